"""Training: courses for professionals who want to propose a conference, their sessions, and their participants.

Owns courses, sessions, registrations with the participants' details, bank statements and payments. Publishes
events about registrations, payments and sessions. Consumes only its own events: nothing here is about a case.
"""
