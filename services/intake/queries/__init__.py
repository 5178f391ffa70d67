"""Intake's reads, by what they return. Always of one tenant."""
