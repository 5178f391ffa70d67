"""Observes a running platform from outside, and tells when its time may move: for stories and for tests.

Nothing here acts: `ledger` reads the databases, `workflows` asks Temporal, `inbox` reads the mailbox, and
`watch` decides from all of them whether anything is in flight.
"""
