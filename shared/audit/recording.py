"""Writes down what a transaction touched, as its last statement: one round trip, and none if nothing was touched."""

import hmac
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit.noting import ITSELF, Actor, Notes, actor_of, break_glass_of, take_notes
from shared.clock import Clock
from shared.database import fetch, scope_in
from shared.ids import uuid7

# The columns of an entry, in the order in which its MAC covers them.
COLUMNS = (
    *("id", "tenant", "at", "actor_kind", "actor", "roles", "organisation", "case_id", "persons", "action"),
    *("what", "operation", "request", "purpose", "break_glass_id"),
)
_TYPES = (
    "id uuid, tenant uuid, at timestamptz, actor_kind text, actor uuid, roles text[], organisation uuid, case_id uuid,"
    " persons uuid[], action text, what text[], operation text, request text, purpose text,"
    " break_glass_id uuid, mac text"
)
_NAMES = ", ".join(COLUMNS)
_WRITE = (
    f"WITH entry AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS entry({_TYPES})),"  # noqa: S608
    f" written AS (INSERT INTO audit_log ({_NAMES}) SELECT {_NAMES} FROM entry)"
    " INSERT INTO audit_pending (entry_id, tenant, mac) SELECT id, tenant, decode(mac, 'hex') FROM entry"
)


class Unattributed(Exception):
    """Personal data was touched in a transaction without a tenant: a bug, and nothing is committed."""


def mac_of(key: bytes, entry: dict[str, Any]) -> bytes:
    """Return the MAC of an entry: without the key nobody can make it for another entry."""
    # asyncpg has a UUID type of its own: hence str.
    return hmac.digest(key, orjson.dumps([entry[name] for name in COLUMNS], default=str), sha256)


class Recorder:
    """Writes the entries of one service."""

    def __init__(self, *, service: str, clock: Clock, key: bytes) -> None:
        """Take the service's name, the business clock, and the service's key for MACs."""
        self._service = service
        self._clock = clock
        self._key = key

    async def write(self, session: AsyncSession) -> None:
        """Write what was noted in the session. Raises: Unattributed."""
        notes = take_notes(session)
        if not notes:
            return
        actor = actor_of(session) or Actor(kind=ITSELF, operation="unnamed")
        if actor.kind == ITSELF:
            # What a service does with plain facts on its own is visible from its events and their causes.
            notes = {key: note for key, note in notes.items() if note.personal}
            if not notes:
                return
        tenant = scope_in(session).tenant
        if tenant is None:
            raise Unattributed(f"{actor.operation} touched {sorted(_tables(notes))} of no tenant")
        entries = self._entries(session, notes, actor, tenant=tenant, now=await self._clock.now())
        await fetch(session, _WRITE, orjson.dumps(entries, default=str).decode())

    def _entries(
        self, session: AsyncSession, notes: Notes, actor: Actor, *, tenant: UUID, now: datetime
    ) -> list[dict[str, Any]]:
        break_glass = break_glass_of(session)
        who = {
            "actor_kind": actor.kind,
            "actor": actor.id,
            "roles": list(actor.roles) or ([self._service] if actor.kind == ITSELF else []),
            "organisation": actor.organisation,
            "operation": actor.operation,
            "request": actor.request,
            "purpose": actor.purpose,
        }
        entries = []
        for (case, action), note in notes.items():
            opening = break_glass.get(case) if case is not None else None
            entry: dict[str, Any] = who | {
                "id": uuid7(),
                "tenant": tenant,
                "at": now,
                "case_id": case,
                "persons": sorted(note.persons, key=str),
                "action": action,
                "what": sorted(note.what),
                "break_glass_id": opening,
            }
            entries.append(entry | {"mac": mac_of(self._key, entry).hex()})
        return entries


def _tables(notes: Notes) -> set[str]:
    return {table for note in notes.values() for table in note.what}
