"""Intake's writes: the use cases, by what they operate on. They take a session and never commit."""
