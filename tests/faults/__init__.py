"""What happens when parts die in the middle of a story: it must end right all the same, and nothing happen twice."""
