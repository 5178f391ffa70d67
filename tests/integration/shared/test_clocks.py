"""Clocks: one live clock of a kind on a subject, moments that move with pauses, and an event for each change."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clocks import Clock, Clocks
from shared.database import Database
from tests.support.platform import NOW, TENANT, rows

MakeDatabase = Callable[[str], Awaitable[Database]]
clocks = Clocks("plans")


async def _start(session: AsyncSession, subject: UUID, case: UUID) -> Clock:
    return await clocks.start(
        session,
        kind="check-in",
        subject=subject,
        stream=case,
        tenant=TENANT,
        case=case,
        owner="monitor",
        now=NOW,
        due_at=NOW + timedelta(days=10),
        warn_at=NOW + timedelta(days=7),
    )


async def _told(database: Database) -> list[str]:
    found = await rows(database, "SELECT type FROM outbox ORDER BY position")
    return [row.type.removeprefix("plans.clock.").removesuffix(".v1") for row in found]


class TestClocks:
    async def test_starts_once(self, database: MakeDatabase) -> None:
        db = await database("platform")
        subject, case = uuid4(), uuid4()
        async with db.transaction() as session:
            first = await _start(session, subject, case)
            assert await _start(session, subject, case) == first
        assert await _told(db) == ["started"]
        assert first.next_at == NOW + timedelta(days=7)

    async def test_warns_once_then_breaches_once(self, database: MakeDatabase) -> None:
        db = await database("platform")
        subject, case = uuid4(), uuid4()
        async with db.transaction() as session:
            await _start(session, subject, case)
            warned = await clocks.warn(session, kind="check-in", subject=subject, now=NOW)
            assert await clocks.warn(session, kind="check-in", subject=subject, now=NOW) is None
            breached = await clocks.breach(session, kind="check-in", subject=subject, now=NOW)
            assert await clocks.breach(session, kind="check-in", subject=subject, now=NOW) is None
        assert warned is not None
        assert warned.next_at == NOW + timedelta(days=10)
        assert breached is not None
        assert breached.next_at is None
        assert await _told(db) == ["started", "warned", "breached"]

    async def test_moves_by_the_length_of_its_pause(self, database: MakeDatabase) -> None:
        db = await database("platform")
        subject, case = uuid4(), uuid4()
        async with db.transaction() as session:
            await _start(session, subject, case)
            (paused,) = await clocks.pause_all(session, case=case, now=NOW, reason="illness")
            assert paused.next_at is None
            assert await clocks.warn(session, kind="check-in", subject=subject, now=NOW) is None
            (resumed,) = await clocks.resume_all(session, case=case, now=NOW + timedelta(days=3))
        assert resumed.due_at == NOW + timedelta(days=13)
        assert resumed.warn_at == NOW + timedelta(days=10)
        assert await _told(db) == ["started", "paused", "resumed"]

    async def test_a_stopped_case_stops_all_of_its_clocks_also_those_that_rest(
        self, database: MakeDatabase
    ) -> None:
        db = await database("platform")
        case, other = uuid4(), uuid4()
        resting, running = uuid4(), uuid4()
        async with db.transaction() as session:
            for subject, of_case in (
                (resting, case),
                (running, case),
                (uuid4(), other),
            ):
                await _start(session, subject, of_case)
            await clocks.pause(session, kind="check-in", subject=resting, now=NOW, reason="illness")
            stopped = await clocks.stop_all(session, case=case, now=NOW)
            assert await clocks.stop_all(session, case=case, now=NOW) == []
        assert {clock.subject for clock in stopped} == {resting, running}
        found = await rows(db, "SELECT case_id FROM clock WHERE state = 'running'")
        assert [row.case_id for row in found] == [other]

    async def test_runs_again_after_it_was_stopped(self, database: MakeDatabase) -> None:
        db = await database("platform")
        subject, case = uuid4(), uuid4()
        async with db.transaction() as session:
            first = await _start(session, subject, case)
            await clocks.stop(session, kind="check-in", subject=subject, now=NOW)
            second = await _start(session, subject, case)
            found = await clocks.find(session, kind="check-in", subject=subject)
        assert second.id != first.id
        assert found == second
