"""Erasing: what a service holds of a case or a person becomes unreadable, and the service confirms it.

Three effects with an event between each: `wipe` (the service's own rows go, the ledger names the keys),
destroying the keys in their store, and confirming it. An interrupted erasure is restarted and ends in destroyed
keys and one confirmation. Sealed columns stay as they are: without their key nobody can read them, here or in a
backup.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from shared import outbox
from shared.auth.principal import NO_TENANT, Role
from shared.clocks import Clocks
from shared.context import Context
from shared.database import Scope
from shared.deadlines import TimeLimit, clock_kind
from shared.events.base import (
    ERASURE_CONFIRMED,
    ERASURE_WRITTEN,
    ErasureConfirmedFact,
    ErasureKind,
    ErasureReason,
    ErasureWrittenFact,
    Received,
)
from shared.http.paging import PageRequest, Rows, paginate
from shared.subscriptions import AndThen, Malformed, Subscriptions, WriteHandler
from shared.tables import erasure as table
from shared.vault import Vault, subjects_of_case

CLOCK = clock_kind("erasure", turn="warned")

_NAME_KEYS = text(
    "INSERT INTO erasure_ledger (erased, key_id, subject, kind, reason, at, tenant, case_id)"
    " SELECT :erased, key_id, subject, :kind, :reason, :now, :tenant, CAST(:case AS uuid) FROM subject_key"
    " WHERE subject = ANY(:subjects)"
    " ON CONFLICT DO NOTHING"
).bindparams(bindparam("subjects", type_=ARRAY(Uuid)))
_KEYS = text("SELECT key_id FROM erasure_ledger WHERE erased = :erased ORDER BY key_id")
# Answers that cannot reveal this case stay. The row itself stays too: what was done once is not done again.
_EMPTY_ANSWERS = text(
    "UPDATE idempotency_key SET answer = NULL, status = 410 WHERE tenant IN (:tenant, :nobody)"
    " AND answer IS NOT NULL AND (case_ids = '{}' OR :case = ANY(case_ids))"
)
_CALL_MAILS_OFF = text(
    "UPDATE message SET state = 'cancelled', settled_at = :now WHERE state = 'queued'"
    " AND (case_id = :subject OR recipient = :subject OR recipient = ANY(:recipients))"
).bindparams(bindparam("recipients", type_=ARRAY(Uuid)))
_BEGIN = text(
    "INSERT INTO erasure (subject, tenant, kind, reason, waits_for, began_at)"
    " VALUES (:subject, :tenant, :kind, :reason, :waits_for, :now)"
)
# The row's lock orders simultaneous confirmations, so that one of them sees that it is the last.
_LOCK = text("SELECT kind, waits_for, done_at FROM erasure WHERE subject = :subject FOR UPDATE")
_CONFIRM = text(
    "INSERT INTO erasure_confirmation (subject, service, tenant, at) VALUES (:subject, :service, :tenant, :now)"
    " ON CONFLICT DO NOTHING"
)
_CONFIRMED = text(
    "SELECT subject, service, at FROM erasure_confirmation WHERE subject = ANY(:subjects) ORDER BY at, service"
).bindparams(bindparam("subjects", type_=ARRAY(Uuid)))
_DONE = text("UPDATE erasure SET done_at = :now WHERE subject = :subject")


@dataclass(frozen=True)
class Erasure:
    """The progress of an erasure: who must confirm it, who has and when, and by when all should have."""

    subject: UUID
    kind: str
    reason: str
    waits_for: tuple[str, ...]
    began_at: datetime
    done_at: datetime | None
    confirmed: dict[str, datetime]
    # None: finished long ago, and its clock was deleted.
    due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What must become unreadable in a service, from the event of its erasure: a case, a person or another subject.

    `subject` is its id; `case` is the case that it is or belongs to, None if it has none.
    """

    service: str
    kind: ErasureKind
    subject: UUID
    tenant: UUID
    case: UUID | None
    reason: ErasureReason
    sequence: int
    now: datetime

    @property
    def case_id(self) -> UUID:
        """Return the case. Raises: Malformed if there is none."""
        if self.case is None:
            raise Malformed(f"an erasure of a {self.kind} that names no case")
        return self.case


async def erased_by(event: Received[Any], context: Context, *, kind: ErasureKind, subject: UUID) -> Erased:
    """Return what an event says must become unreadable in the receiving service. Raises: Malformed."""
    return Erased(
        service=context.service,
        kind=kind,
        subject=subject,
        tenant=event.tenant,
        case=event.case,
        reason=event.data.reason,
        sequence=event.sequence,
        now=await context.clock.now(),
    )


async def clear(
    session: AsyncSession,
    vault: Vault,
    erased: Erased,
    *,
    base: type[DeclarativeBase],
    recipients: Sequence[UUID] = (),
) -> None:
    """List the keys of what is erased in the ledger, empty stored answers, cancel mails; the keys are destroyed after.

    `base`: of the service's models, whose sealed rows of an erased case determine the keys. `recipients`:
    people whose mails are cancelled too, if they are known by another id than what is erased. A subject without
    a key gets one, so that it cannot get another later. The caller deletes its own rows. Raises: NotYet while
    the service that decides on this kind of erasure has not done so in the key store.
    """
    await vault.confirm_decision(erased.subject, kind=erased.kind)
    keys_of = [erased.subject]
    if erased.kind == "case":
        keys_of = await subjects_of_case(session, base, tenant=erased.tenant, case=erased.subject)
    await vault.prepare(session, subjects=keys_of)
    await session.execute(
        _NAME_KEYS,
        {
            "erased": erased.subject,
            "subjects": keys_of,
            "kind": erased.kind,
            "reason": erased.reason,
            "now": erased.now,
            "tenant": erased.tenant,
            "case": erased.case,
        },
    )
    stream = erased.case or erased.subject
    await session.execute(_EMPTY_ANSWERS, {"tenant": erased.tenant, "nobody": NO_TENANT, "case": stream})
    mails = {"subject": erased.subject, "recipients": list(recipients), "now": erased.now}
    await session.execute(_CALL_MAILS_OFF, mails)
    fact = ERASURE_WRITTEN[erased.service](kind=erased.kind, subject=erased.subject)
    await outbox.publish(session, fact, stream=stream, tenant=erased.tenant, case=erased.case, now=erased.now)


def install(subscriptions: Subscriptions) -> None:
    """Make a service destroy the keys that its ledger names, and then confirm that nothing is left."""
    service = subscriptions.service

    async def destroy_keys(event: Received[ErasureWrittenFact], context: Context) -> AndThen:
        async with context.database.transaction(Scope(tenant=event.tenant)) as session:
            keys = (await session.execute(_KEYS, {"erased": event.data.subject})).scalars().all()
        await context.vault.destroy_keys(keys, erased=event.data.subject)
        now = await context.clock.now()

        async def confirm(session: AsyncSession) -> None:
            fact = ERASURE_CONFIRMED[service](kind=event.data.kind, subject=event.data.subject)
            stream = event.case or event.data.subject
            await outbox.publish(session, fact, stream=stream, tenant=event.tenant, case=event.case, now=now)

        return confirm

    subscriptions.acts(ERASURE_WRITTEN[service], case="any")(destroy_keys)


class Erasures:
    """The erasures that one service starts: each has a clock, until every service that must confirm it has."""

    def __init__(self, service: str) -> None:
        self._clocks = Clocks(service)

    async def begin(
        self,
        session: AsyncSession,
        *,
        kind: ErasureKind,
        subject: UUID,
        tenant: UUID,
        stream: UUID,
        reason: ErasureReason,
        waits_for: Sequence[str],
        now: datetime,
        limit: TimeLimit,
    ) -> None:
        """Record that an erasure started, and start its clock. The caller has checked that it did not start before."""
        values = {"subject": subject, "tenant": tenant, "kind": kind, "reason": reason, "now": now}
        await session.execute(_BEGIN, {**values, "waits_for": list(waits_for)})
        # Without a case: stopping or pausing a case stops or pauses its clocks, but not this one.
        await self._clocks.start(
            session,
            kind=CLOCK,
            subject=subject,
            stream=stream,
            tenant=tenant,
            case=None,
            owner=Role.DPO,
            escalate_to=Role.ADMINISTRATOR,
            now=now,
            limit=limit,
        )

    async def confirm(
        self, session: AsyncSession, *, service: str, subject: UUID, tenant: UUID, now: datetime
    ) -> None:
        """Record that a service has confirmed; the last one stops the clock. Erasures started elsewhere are ignored."""
        erasure = (await session.execute(_LOCK, {"subject": subject})).first()
        if erasure is None:
            return
        values = {"subject": subject, "service": service, "tenant": tenant, "now": now}
        await session.execute(_CONFIRM, values)
        confirmed = {row.service for row in await session.execute(_CONFIRMED, {"subjects": [subject]})}
        if erasure.done_at is None and confirmed.issuperset(erasure.waits_for):
            await session.execute(_DONE, {"subject": subject, "now": now})
            await self._clocks.stop(session, kind=CLOCK, subject=subject, now=now)

    async def read(self, session: AsyncSession, *, subject: UUID, tenant: UUID) -> Erasure | None:
        """Return the progress of an erasure, None if none started here."""
        query = select(table).where(table.c.tenant == tenant, table.c.subject == subject)
        found = await self._far(session, (await session.execute(query)).all())
        return found[0] if found else None

    async def page(self, session: AsyncSession, *, tenant: UUID, page: PageRequest) -> Rows[Erasure]:
        """Return the progress of a tenant's erasures that started here, the newest first."""
        query = select(table).where(table.c.tenant == tenant)
        rows = await paginate(session, query, page, time=table.c.began_at, id=table.c.subject)
        return Rows(await self._far(session, rows.items), rows.next)

    async def _far(self, session: AsyncSession, rows: Sequence[Any]) -> list[Erasure]:
        subjects = [row.subject for row in rows]
        due = await self._clocks.due_times(session, kind=CLOCK, subjects=subjects)
        confirmed: dict[UUID, dict[str, datetime]] = {subject: {} for subject in subjects}
        for each in await session.execute(_CONFIRMED, {"subjects": subjects}):
            confirmed[each.subject][each.service] = each.at
        return [
            Erasure(
                subject=row.subject,
                kind=row.kind,
                reason=row.reason,
                waits_for=tuple(row.waits_for),
                began_at=row.began_at,
                done_at=row.done_at,
                confirmed=confirmed[row.subject],
                due_at=due.get(row.subject),
            )
            for row in rows
        ]

    def follow(self, subscriptions: Subscriptions, *, services: Sequence[str]) -> None:
        """Subscribe to the confirmations of these services."""
        for service in services:
            subscriptions.writes(ERASURE_CONFIRMED[service], case="always")(self._note(service))

    def _note(self, service: str) -> WriteHandler:
        async def note(
            session: AsyncSession, event: Received[ErasureConfirmedFact], context: Context
        ) -> None:
            await self.confirm(
                session,
                service=service,
                subject=event.data.subject,
                tenant=event.tenant,
                now=await context.clock.now(),
            )

        return note
