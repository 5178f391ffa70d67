"""Kring on one machine: PostgreSQL, RabbitMQ, Temporal and a mailbox as private processes, under one supervisor.

Nothing here is shared with the system: every part has its own directory, its own free ports and its own
passwords.
"""
