"""Intake's writes, grouped by what they change. They take a session and never commit."""
