"""The ages from which the law lets people decide, about help and about everything."""

# A Flemish minor of twelve is presumed able to decide about help (decree of 7 May 2004, art. 4).
OWN_DECISIONS_FROM = 12
ADULT_FROM = 18
