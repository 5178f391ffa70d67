"""Clocks: every deadline is a row with an owner, a warning, a breach, reasons for pausing, and events about them.

The row is the truth about what is late; the workflow that it names waits for its deadlines and takes the steps.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared import case_state, outbox, profiles
from shared.clock_rows import COLUMNS, Clock, Watcher
from shared.database import fetch
from shared.deadlines import Agenda, Deadline, TimeLimit, turn_of
from shared.events.base import CLOCK_EVENTS, WAKING, LateReason
from shared.ids import uuid7
from shared.trail import current_workflow

_START = f"""
    INSERT INTO clock (id, kind, subject, stream, tenant, case_id, owner, owner_id, escalate_to, workflow_id,
                       policy_version, unit, started_at, warn_at, warned_at, due_at, state)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'running')
    ON CONFLICT (kind, subject) WHERE state IN ('running', 'paused') DO NOTHING RETURNING {COLUMNS}
    """  # noqa: S608
_FIND = (
    f"SELECT {COLUMNS} FROM clock WHERE kind = $1 AND subject = $2"  # noqa: S608
    " ORDER BY (state IN ('running', 'paused')) DESC, started_at DESC, id DESC LIMIT 1"
)
_DUE = (
    "SELECT DISTINCT ON (subject) subject, due_at FROM clock WHERE kind = $1 AND subject = ANY($2)"
    " ORDER BY subject, started_at DESC, id DESC"
)
_OF_CASE = (
    f"SELECT {COLUMNS} FROM clock WHERE case_id = $1 AND state <> 'stopped'"  # noqa: S608
    " ORDER BY id FOR UPDATE"
)
_BY_ID = f"SELECT {COLUMNS} FROM clock WHERE id = $1"  # noqa: S608
_EXPLAIN = f"""UPDATE clock SET late_reason = $2 WHERE id = $1 AND breached_at IS NOT NULL
    AND late_reason IS DISTINCT FROM $2 RETURNING {COLUMNS}"""  # noqa: S608
_LIVE_OF_WORKFLOW = "FROM clock WHERE workflow_id = $1 AND state IN ('running', 'paused')"
# Of two at the same moment, the one that started first, so that the answer is stable.
_AGENDA = f"SELECT {COLUMNS} {_LIVE_OF_WORKFLOW} ORDER BY next_at, id LIMIT 1"
_WATCHERS = (
    "SELECT DISTINCT ON (workflow_id) workflow_id, kind, tenant FROM clock"
    " WHERE workflow_id > $1 AND state IN ('running', 'paused') ORDER BY workflow_id LIMIT $2"
)
_REACHED = f"SELECT {COLUMNS} {_LIVE_OF_WORKFLOW} AND next_at <= $2 ORDER BY next_at, id LIMIT $3"
# Of the clock $1; what the others are is said in `_change`.
_CHANGES = {
    "warned": "warned_at = $2 WHERE id = $1 AND state = 'running' AND warned_at IS NULL AND warn_at = $3",
    "breached": "state = 'breached', breached_at = $2 WHERE id = $1 AND state = 'running' AND due_at = $3",
    "paused": "state = 'paused', paused_at = COALESCE(paused_at, $2), pause_reason = $3 WHERE id = $1"
    " AND (state = 'running' OR state = 'paused' AND pause_reason <> $3)",
    "resumed": "state = 'running', due_at = $2, warn_at = $3, paused_at = NULL, pause_reason = NULL"
    " WHERE id = $1 AND paused_at = $4",
    "stopped": "state = 'stopped', stopped_at = $2, paused_at = NULL WHERE id = $1"
    " AND state IN ('running', 'paused', 'breached')",
}


class Clocks:
    """The clocks of one service; every change is an event `<service>.clock.<what>.v1` in the same transaction."""

    def __init__(
        self,
        service: str,
        *,
        never_paused: Collection[str] = (),
        pause_reason: Callable[[AsyncSession, UUID], Awaitable[str | None]] = case_state.pause_reason,
    ) -> None:
        """Prepare for a service. `never_paused`: the kinds that run on while their case is paused.

        `pause_reason`: how the service knows why a case is paused (a code, None if it is not); intake knows it first.
        """
        self._service = service
        self._never_paused = never_paused
        self._pause_reason = pause_reason

    async def start(
        self,
        session: AsyncSession,
        *,
        kind: str,
        subject: UUID,
        tenant: UUID,
        owner: str,
        now: datetime,
        limit: TimeLimit,
        case: UUID | None = None,
        stream: UUID | None = None,
        warned_at: datetime | None = None,
        owner_id: UUID | None = None,
        escalate_to: str | None = None,
        workflow_id: str | None = None,
        paused: str | None = None,
        paused_at: datetime | None = None,
    ) -> Clock:
        """Start a clock and return it; the live clock of this kind on this subject is returned unchanged.

        `case`: the case whose end stops it, and while which is paused it does not run. `stream`: the order its
        events are published in; by default the case, else the subject. `warned_at`: when a warning was already
        given. `paused`: another reason why it does not run yet (a code), since `paused_at` or from now on.
        `owner_id`: the account or the organisation that must act, if the role `owner` and the case do not
        determine it. `workflow_id`: the workflow that waits for its deadlines, which its event starts or wakes; by
        default one that only warns and records the breach.
        """
        rows = await fetch(
            session,
            _START,
            uuid7(),
            kind,
            subject,
            stream or case or subject,
            tenant,
            case,
            owner,
            owner_id,
            escalate_to,
            workflow_id or f"clock/{kind}/{subject}",
            limit.policy_version,
            limit.unit,
            now,
            limit.warn_at,
            warned_at,
            limit.due_at,
        )
        clock = _only(rows) or await self.find(session, kind=kind, subject=subject)
        if clock is None:
            raise LookupError(f"clock {kind} was neither started nor found")
        if not rows:
            return clock
        await self._publish(session, clock, "started", now)
        if paused is None and case is not None and kind not in self._never_paused:
            paused = await self._pause_reason(session, case)
        if paused is not None:
            clock = await self._change(session, "paused", clock, now, paused, at=paused_at) or clock
        return clock

    async def find(self, session: AsyncSession, *, kind: str, subject: UUID) -> Clock | None:
        """Return the live clock of this kind on this subject, else the latest one."""
        return _only(await fetch(session, _FIND, kind, subject))

    async def by_id(self, session: AsyncSession, clock_id: UUID) -> Clock | None:
        """Return a clock, also one that is over; None if there is none, or it was purged."""
        return _only(await fetch(session, _BY_ID, clock_id))

    async def due_times(
        self, session: AsyncSession, *, kind: str, subjects: Collection[UUID]
    ) -> dict[UUID, datetime]:
        """Return when the latest clock of this kind on each of these subjects is or was due."""
        rows = await fetch(session, _DUE, kind, list(subjects))
        return {row["subject"]: row["due_at"] for row in rows}

    async def agenda(self, session: AsyncSession, *, workflow_id: str) -> Agenda:
        """Return what a workflow waits for next."""
        clock = _only(await fetch(session, _AGENDA, workflow_id))
        return Agenda(over=True) if clock is None else Agenda(next=clock.deadline)

    async def watchers(self, session: AsyncSession, *, after: str, most: int) -> list[Watcher]:
        """Return some of the workflows that should run, by their ids: those that live clocks name, of all tenants.

        Needs the owner's session: a service sees the clocks of one tenant at a time.
        """
        return [Watcher(**row) for row in await fetch(session, _WATCHERS, after, most)]

    async def reached(
        self, session: AsyncSession, *, workflow_id: str, by: datetime, most: int
    ) -> list[Deadline]:
        """Return some of a workflow's deadlines that have passed at a moment, the earliest first."""
        found = [Clock(**row).deadline for row in await fetch(session, _REACHED, workflow_id, by, most)]
        return [deadline for deadline in found if deadline is not None]

    async def waiting_for(self, session: AsyncSession, due: Deadline) -> Clock | None:
        """Return the clock whose next deadline this is; None if it was paused, moved, stopped or taken."""
        clock = await self.by_id(session, due.clock_id)
        return clock if clock is not None and clock.deadline == due else None

    async def reach(self, session: AsyncSession, due: Deadline, *, now: datetime) -> Clock | None:
        """Record that a deadline was reached: the warning was given, or the clock is breached.

        None if it is not (or no longer) the clock's next deadline: then there is nothing to do.
        """
        clock = await self.waiting_for(session, due)
        if clock is None:
            return None
        return await self._change(
            session, "warned" if due.what == "warn" else "breached", clock, now, at=due.at
        )

    async def meet(self, session: AsyncSession, due: Deadline, *, now: datetime) -> Clock | None:
        """Stop a clock at its deadline because the work it timed is done now, so nothing is late.

        None if it is not (or no longer) the clock's next deadline: then there is nothing to do.
        """
        clock = await self.waiting_for(session, due)
        return None if clock is None else await self._change(session, "stopped", clock, now)

    async def stop(self, session: AsyncSession, *, kind: str, subject: UUID, now: datetime) -> Clock | None:
        """Stop the clock: its work was done or called off; None if it had already stopped."""
        return await self._change_found(session, "stopped", kind=kind, subject=subject, now=now)

    async def pause(
        self, session: AsyncSession, *, kind: str, subject: UUID, now: datetime, reason: str
    ) -> Clock | None:
        """Pause the clock for a reason (a code); one that is paused rests for this reason from now on."""
        return await self._change_found(session, "paused", kind=kind, subject=subject, now=now, reason=reason)

    async def resume(self, session: AsyncSession, *, kind: str, subject: UUID, now: datetime) -> Clock | None:
        """Resume the clock; what was left of its time is counted anew (`Calendar.resumed`)."""
        return await self._change_found(session, "resumed", kind=kind, subject=subject, now=now)

    async def explain(
        self, session: AsyncSession, clock: Clock, *, reason: LateReason, now: datetime
    ) -> None:
        """Record why a clock was breached, unless that is known. One that was not breached stays as it is."""
        changed = _only(await fetch(session, _EXPLAIN, clock.id, reason))
        if changed is not None:
            await self._publish(session, changed, "explained", now)

    async def lock_all(self, session: AsyncSession, *, case: UUID) -> list[Clock]:
        """Return every clock of a case that was not stopped, locked."""
        return [Clock(**row) for row in await fetch(session, _OF_CASE, case)]

    async def stop_all(self, session: AsyncSession, *, case: UUID, now: datetime) -> list[Clock]:
        """Stop every clock of a case, also breached ones: nothing of it is late any more."""
        return await self._change_all(session, "stopped", await self.lock_all(session, case=case), now)

    async def pause_all(
        self, session: AsyncSession, *, case: UUID, now: datetime, reason: str
    ) -> list[Clock]:
        """Pause the running clocks of a case, except the kinds that are never paused."""
        found = [clock for clock in await self.lock_all(session, case=case) if clock.state == "running"]
        affected = [clock for clock in found if clock.kind not in self._never_paused]
        return await self._change_all(session, "paused", affected, now, reason)

    async def resume_all(
        self, session: AsyncSession, *, case: UUID, now: datetime, reason: str | None
    ) -> list[Clock]:
        """Resume the clocks of a case that were paused for a reason."""
        found = [clock for clock in await self.lock_all(session, case=case) if clock.pause_reason == reason]
        return await self._change_all(session, "resumed", found, now)

    async def follow_case(self, session: AsyncSession, *, case: UUID, now: datetime) -> None:
        """Pause, resume or stop the clocks of a case, as the case is now: its events come in any order."""
        state = await case_state.read(session, case)
        if state is None:
            return
        if not state.live:
            await self.stop_all(session, case=case, now=now)
        elif state.status == "paused":
            await self.pause_all(session, case=case, now=now, reason=case_state.CasePaused.code)
        else:
            await self.resume_all(session, case=case, now=now, reason=case_state.CasePaused.code)

    async def hand_over(
        self, session: AsyncSession, *, case: UUID, kinds: Collection[str], owner: str, now: datetime
    ) -> None:
        """Hand the live clocks of these kinds in a case to another owner, keeping their deadlines.

        A clock never changes its owner: the old one stops and a new one takes its place, with the same warning
        and pause.
        """
        for clock in await self.lock_all(session, case=case):
            if clock.kind in kinds and clock.state != "breached" and clock.owner != owner:
                await self._replace(session, replace(clock, owner=owner), now=now)

    async def move(
        self, session: AsyncSession, *, kind: str, subject: UUID, limit: TimeLimit, now: datetime
    ) -> Clock:
        """Give the clock another time limit, also a breached one, and return it; a pause of it goes on from now.

        A deadline that was published never changes: the clock stops and a new one takes its place.
        """
        clock = await self.find(session, kind=kind, subject=subject)
        if clock is None:
            raise LookupError(f"there is no clock {kind} to move")
        paused_at = None if clock.paused_at is None else now
        moved = replace(
            clock,
            due_at=limit.due_at,
            warn_at=limit.warn_at,
            unit=limit.unit,
            policy_version=limit.policy_version,
            warned_at=None,
            paused_at=paused_at,
        )
        return await self._replace(session, moved, now=now)

    async def _replace(self, session: AsyncSession, clock: Clock, *, now: datetime) -> Clock:
        await self._change(session, "stopped", clock, now)
        return await self.start(
            session,
            kind=clock.kind,
            subject=clock.subject,
            stream=clock.stream,
            tenant=clock.tenant,
            case=clock.case_id,
            owner=clock.owner,
            owner_id=clock.owner_id,
            escalate_to=clock.escalate_to,
            now=now,
            limit=clock.limit,
            warned_at=clock.warned_at,
            workflow_id=clock.workflow_id,
            paused=clock.pause_reason if clock.paused_at is not None else None,
            paused_at=clock.paused_at,
        )

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
        found: Sequence[Clock],
        now: datetime,
        reason: str | None = None,
    ) -> list[Clock]:
        changed = [await self._change(session, what, clock, now, reason) for clock in found]
        return [clock for clock in changed if clock is not None]

    async def _change(
        self,
        session: AsyncSession,
        what: str,
        clock: Clock,
        now: datetime,
        reason: str | None = None,
        *,
        at: datetime | None = None,
    ) -> Clock | None:
        statement = f"UPDATE clock SET {_CHANGES[what]} RETURNING {COLUMNS}"  # noqa: S608
        given: list[Any]
        match what:
            case "warned" | "breached":
                given = [now, at]
            case "paused":
                given = [at or now, reason]
            case "resumed":
                left = clock.if_resumed(now, calendar=await profiles.calendar(session, tenant=clock.tenant))
                given = [left.due_at, left.warn_at, clock.paused_at]
            case _:
                given = [now]
        changed = _only(await fetch(session, statement, clock.id, *given))
        if changed is None:
            return None
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
            owner_id=clock.owner_id,
            escalate_to=clock.escalate_to,
            due_at=clock.due_at,
            warn_at=clock.warn_at,
            policy_version=clock.policy_version,
            reason=reason,
            wakes=_woken(session, clock) if what in WAKING else None,
            breached_at=clock.breached_at,
            late_reason=clock.late_reason,
            stopped_at=clock.stopped_at,
            turn=turn_of(clock.kind),
        )
        await outbox.publish(
            session, fact, stream=clock.stream, tenant=clock.tenant, case=clock.case_id, now=now
        )


def _only(rows: Sequence[Any]) -> Clock | None:
    return Clock(**rows[0]) if rows else None


def _woken(session: AsyncSession, clock: Clock) -> str | None:
    """Return the workflow that a change wakes: not the one that takes this step, and each once per transaction."""
    woken: set[str] = session.info.setdefault("woken", {current_workflow()})
    if clock.workflow_id in woken:
        return None
    woken.add(clock.workflow_id)
    return clock.workflow_id
