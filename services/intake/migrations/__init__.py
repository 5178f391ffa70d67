"""Intake's database, step by step."""
