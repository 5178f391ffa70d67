"""Who read or changed what, when, and in which role: recorded in the transaction that did it, and sealed into a chain.

No route calls this itself. Personal data passes the vault, changes pass the outbox, requests pass the router:
these note what a transaction touched, and its commit writes it down (`Recorder`), one entry per case and
action.
"""

from shared.audit.noting import ITSELF, Actor, Row, act_as, acting, note_break_glass, note_facts, note_rows
from shared.audit.recording import Recorder, Unattributed
from shared.audit.sealing import Sealer

__all__ = [
    "ITSELF",
    "Actor",
    "Recorder",
    "Row",
    "Sealer",
    "Unattributed",
    "act_as",
    "acting",
    "note_break_glass",
    "note_facts",
    "note_rows",
]
