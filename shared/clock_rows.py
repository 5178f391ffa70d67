"""Clocks as the database has them, and what follows from that."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Self
from uuid import UUID

from shared.calendar import Calendar, Unit
from shared.deadlines import Deadline, TimeLimit

COLUMNS = (
    "id, kind, subject, stream, tenant, case_id, owner, owner_id, escalate_to, workflow_id, policy_version, unit,"
    " state, started_at, warn_at, due_at, warned_at, breached_at, late_reason, paused_at, pause_reason, stopped_at"
)


@dataclass(frozen=True)
class Clock:
    """A clock as stored. `state`: running, paused, breached (due passed) or stopped (done in time or called off).

    `unit`: what its time is counted in.
    """

    id: UUID
    kind: str
    subject: UUID
    stream: UUID
    tenant: UUID
    case_id: UUID | None
    owner: str
    owner_id: UUID | None
    escalate_to: str | None
    workflow_id: str
    policy_version: int
    unit: Unit
    state: str
    started_at: datetime
    warn_at: datetime | None
    due_at: datetime
    warned_at: datetime | None
    breached_at: datetime | None
    late_reason: str | None
    paused_at: datetime | None
    pause_reason: str | None
    stopped_at: datetime | None

    def if_resumed(self, now: datetime, *, calendar: Calendar) -> Self:
        """Return the clock with the deadlines that it has if its pause ends now; itself if it is not paused.

        A warning that was given stays when it was; of a set day that passed there is none.
        """
        if self.paused_at is None:
            return self
        moved = partial(calendar.resumed, paused_at=self.paused_at, now=now, unit=self.unit)
        due_at, warn_at = moved(self.due_at), self.warn_at
        if warn_at is not None and self.warned_at is None:
            warn_at = None if self.unit == "set-day" and due_at == now else min(moved(warn_at), due_at)
        return replace(self, due_at=due_at, warn_at=warn_at)

    @property
    def limit(self) -> TimeLimit:
        """Return the time that it gives."""
        return TimeLimit(self.due_at, self.warn_at, self.unit, self.policy_version)

    @property
    def deadline(self) -> Deadline | None:
        """Return the next deadline; None while the clock is paused, or when it is over."""
        if self.state != "running":
            return None
        warns = self.warn_at is not None and self.warned_at is None
        return Deadline(
            tenant=self.tenant,
            case_id=self.case_id,
            clock_id=self.id,
            kind=self.kind,
            subject=self.subject,
            what="warn" if warns else "due",
            at=self.warn_at if self.warn_at is not None and warns else self.due_at,
        )


@dataclass(frozen=True)
class Watcher:
    """A workflow that clocks name: its id, the kind of one of them (which determines its type), and their tenant."""

    workflow_id: str
    kind: str
    tenant: UUID
