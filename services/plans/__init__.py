"""Plans: what a circle decided, whether it is accepted, whom it is shared with, and the follow-up for a year.

Owns plans and their versions, agreements, acceptance per bottom line, sharing, check-ins, and the end of the
follow-up. Publishes `plans.*`; has network notify people (`network.notify-people.v1`). Consumes from intake the
case, its coordinator and baseline; from network who belongs to the case; from scheduling the conferences held.
Of these it stores only ids and codes.
"""
