"""Who read or changed what, when, and as whom: kept in the transaction that did it, and sealed into a chain.

Nothing calls this for each route. Personal data passes the vault, changes pass the outbox, requests pass the router:
these note what a transaction touched, and its commit writes it down (`Recorder`), one entry per case and action.
"""

from shared.trace.noting import ITSELF, Actor, Row, act_as, acting, note_facts, note_opening, note_rows
from shared.trace.recording import Recorder, Untraceable
from shared.trace.sealing import Sealer, trace_key_for

__all__ = [
    "ITSELF",
    "Actor",
    "Recorder",
    "Row",
    "Sealer",
    "Untraceable",
    "act_as",
    "acting",
    "note_facts",
    "note_opening",
    "note_rows",
    "trace_key_for",
]
