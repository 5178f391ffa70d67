"""Writes on plans, agreements and check-ins. They take a session and never commit."""
