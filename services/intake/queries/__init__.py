"""Intake's reads, by what they return."""
