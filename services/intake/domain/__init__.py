"""Intake's rules: statuses and codes, errors, consent, and how well a coordinator fits. Pure: no I/O, no clock."""
