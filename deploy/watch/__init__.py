"""What a running platform does, seen from outside, and when its time may move: for stories and for tests.

Nothing here acts: `ledger` reads the databases, `workflows` asks Temporal, `inbox` reads the mailbox, and `watch` tells
from all of them whether anything is in flight.
"""
