"""Clocks: every deadline is a row with an owner, a warning, a breach, reasons for pausing, and events that tell of it.

Workflows sleep until a clock's moments; the row, not the workflow, is the truth about what is late.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import outbox
from shared.events.base import CLOCK_EVENTS
from shared.ids import uuid7

_COLUMNS = (
    "id, kind, subject, stream, tenant, case_id, owner, escalate_to, policy_version, state, started_at, warn_at,"
    " due_at, warned_at, breached_at, paused_at, pause_reason"
)
_START = text(
    f"""
    INSERT INTO clock (id, kind, subject, stream, tenant, case_id, owner, escalate_to, policy_version, state,
                       started_at, warn_at, due_at)
    VALUES (:id, :kind, :subject, :stream, :tenant, :case_id, :owner, :escalate_to, :policy_version, 'running', :now,
            :warn_at, :due_at)
    ON CONFLICT (kind, subject) WHERE state IN ('running', 'paused') DO NOTHING RETURNING {_COLUMNS}
    """  # noqa: S608
)
_FIND = text(
    f"SELECT {_COLUMNS} FROM clock WHERE kind = :kind AND subject = :subject"  # noqa: S608
    " ORDER BY (state IN ('running', 'paused')) DESC, started_at DESC, id DESC LIMIT 1"
)
_OF_CASE = text(
    f"SELECT {_COLUMNS} FROM clock WHERE case_id = :case AND state IN ('running', 'paused')"  # noqa: S608
    " ORDER BY id FOR UPDATE"
)
_CHANGES = {
    "warned": "warned_at = :now WHERE id = :id AND state = 'running' AND warned_at IS NULL",
    "breached": "state = 'breached', breached_at = :now WHERE id = :id AND state = 'running'",
    "paused": "state = 'paused', paused_at = :now, pause_reason = :reason WHERE id = :id AND state = 'running'",
    "resumed": "state = 'running', due_at = due_at + (:now - paused_at), warn_at = warn_at + (:now - paused_at),"
    " paused_at = NULL, pause_reason = NULL WHERE id = :id AND state = 'paused'",
    "stopped": "state = 'stopped', stopped_at = :now, paused_at = NULL WHERE id = :id"
    " AND state IN ('running', 'paused', 'breached')",
}


@dataclass(frozen=True)
class Clock:
    """A clock as stored. `state`: running, paused, breached (due passed) or stopped (done in time or called off)."""

    id: UUID
    kind: str
    subject: UUID
    stream: UUID
    tenant: UUID
    case_id: UUID | None
    owner: str
    escalate_to: str | None
    policy_version: int
    state: str
    started_at: datetime
    warn_at: datetime | None
    due_at: datetime
    warned_at: datetime | None
    breached_at: datetime | None
    paused_at: datetime | None
    pause_reason: str | None

    @property
    def next_at(self) -> datetime | None:
        """Return the next moment at which something is to be done; None while it is paused or when it is over."""
        if self.state != "running":
            return None
        return self.warn_at if self.warn_at is not None and self.warned_at is None else self.due_at


class Clocks:
    """The clocks of one service; every change is an event `<service>.clock.<what>.v1` in the same transaction."""

    def __init__(self, service: str) -> None:
        self._service = service

    async def start(
        self,
        session: AsyncSession,
        *,
        kind: str,
        subject: UUID,
        stream: UUID,
        tenant: UUID,
        case: UUID | None,
        owner: str,
        now: datetime,
        due_at: datetime,
        warn_at: datetime | None = None,
        escalate_to: str | None = None,
        policy_version: int = 1,
    ) -> Clock:
        """Start a clock and return it; the live clock of this kind on this subject is returned unchanged."""
        row = (
            await session.execute(
                _START,
                {
                    "id": uuid7(),
                    "kind": kind,
                    "subject": subject,
                    "stream": stream,
                    "tenant": tenant,
                    "case_id": case,
                    "owner": owner,
                    "escalate_to": escalate_to,
                    "policy_version": policy_version,
                    "now": now,
                    "warn_at": warn_at,
                    "due_at": due_at,
                },
            )
        ).first()
        if row is None:
            found = await self.find(session, kind=kind, subject=subject)
            if found is None:
                raise LookupError(f"clock {kind} was neither started nor found")
            return found
        clock = Clock(**row._mapping)
        await self._publish(session, clock, "started", now)
        return clock

    async def find(self, session: AsyncSession, *, kind: str, subject: UUID) -> Clock | None:
        """Return the live clock of this kind on this subject, else the last one."""
        row = (await session.execute(_FIND, {"kind": kind, "subject": subject})).first()
        return None if row is None else Clock(**row._mapping)

    async def warn(self, session: AsyncSession, *, kind: str, subject: UUID, now: datetime) -> Clock | None:
        """Note that the warning was given; None if there was nothing to warn of (so do not warn twice)."""
        return await self._change_found(session, "warned", kind=kind, subject=subject, now=now)

    async def breach(self, session: AsyncSession, *, kind: str, subject: UUID, now: datetime) -> Clock | None:
        """Note that the due moment passed; None if the clock no longer ran."""
        return await self._change_found(session, "breached", kind=kind, subject=subject, now=now)

    async def stop(self, session: AsyncSession, *, kind: str, subject: UUID, now: datetime) -> Clock | None:
        """Stop the clock: what it timed was done or called off; None if it had stopped."""
        return await self._change_found(session, "stopped", kind=kind, subject=subject, now=now)

    async def pause(
        self, session: AsyncSession, *, kind: str, subject: UUID, now: datetime, reason: str
    ) -> Clock | None:
        """Pause the clock for a reason (a code)."""
        return await self._change_found(session, "paused", kind=kind, subject=subject, now=now, reason=reason)

    async def resume(self, session: AsyncSession, *, kind: str, subject: UUID, now: datetime) -> Clock | None:
        """Resume the clock; its due times move by the length of the pause."""
        return await self._change_found(session, "resumed", kind=kind, subject=subject, now=now)

    async def stop_all(self, session: AsyncSession, *, case: UUID, now: datetime) -> list[Clock]:
        """Stop every clock of a case."""
        return await self._change_all(session, "stopped", case, now)

    async def pause_all(
        self, session: AsyncSession, *, case: UUID, now: datetime, reason: str, but: Sequence[str] = ()
    ) -> list[Clock]:
        """Pause every clock of a case, except kinds that are never paused."""
        return await self._change_all(session, "paused", case, now, reason, but=but)

    async def resume_all(self, session: AsyncSession, *, case: UUID, now: datetime) -> list[Clock]:
        """Resume every paused clock of a case."""
        return await self._change_all(session, "resumed", case, now)

    async def _change_found(
        self,
        session: AsyncSession,
        what: str,
        *,
        kind: str,
        subject: UUID,
        now: datetime,
        reason: str | None = None,
    ) -> Clock | None:
        clock = await self.find(session, kind=kind, subject=subject)
        return None if clock is None else await self._change(session, what, clock, now, reason)

    async def _change_all(
        self,
        session: AsyncSession,
        what: str,
        case: UUID,
        now: datetime,
        reason: str | None = None,
        *,
        but: Sequence[str] = (),
    ) -> list[Clock]:
        found = [Clock(**row._mapping) for row in await session.execute(_OF_CASE, {"case": case})]
        changed = [
            await self._change(session, what, clock, now, reason) for clock in found if clock.kind not in but
        ]
        return [clock for clock in changed if clock is not None]

    async def _change(
        self, session: AsyncSession, what: str, clock: Clock, now: datetime, reason: str | None
    ) -> Clock | None:
        values = {"id": clock.id, "now": now} | ({"reason": reason} if what == "paused" else {})
        statement = text(f"UPDATE clock SET {_CHANGES[what]} RETURNING {_COLUMNS}")  # noqa: S608
        row = (await session.execute(statement, values)).first()
        if row is None:
            return None
        changed = Clock(**row._mapping)
        await self._publish(session, changed, what, now, reason)
        return changed

    async def _publish(
        self, session: AsyncSession, clock: Clock, what: str, now: datetime, reason: str | None = None
    ) -> None:
        fact = CLOCK_EVENTS[self._service, what](
            clock_id=clock.id,
            kind=clock.kind,
            subject=clock.subject,
            case_id=clock.case_id,
            owner=clock.owner,
            escalate_to=clock.escalate_to,
            due_at=clock.due_at,
            warn_at=clock.warn_at,
            policy_version=clock.policy_version,
            reason=reason,
        )
        await outbox.publish(
            session, fact, stream=clock.stream, tenant=clock.tenant, case=clock.case_id, now=now
        )
