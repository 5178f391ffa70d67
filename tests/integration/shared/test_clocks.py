"""Clocks: one live clock of a kind on a subject, moments that move with pauses, and an event for each change."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from shared import case_state
from shared.calendar import Unit
from shared.clock_rows import Clock
from shared.clocks import Clocks
from shared.database import Database
from shared.deadlines import TimeLimit
from shared.tables import clock
from shared.trail import taken_by
from tests.support.platform import NOW, TENANT, rows

MakeDatabase = Callable[[str], Awaitable[Database]]
clocks = Clocks("plans")


async def _start(
    session: AsyncSession,
    subject: UUID,
    case: UUID,
    *,
    days: int = 7,
    unit: Unit = "days",
    workflow_id: str | None = None,
) -> Clock:
    return await clocks.start(
        session,
        kind="check-in",
        subject=subject,
        stream=case,
        tenant=TENANT,
        case=case,
        owner="monitor",
        now=NOW,
        limit=TimeLimit(NOW + timedelta(days=10), NOW + timedelta(days=days), unit),
        workflow_id=workflow_id,
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
        assert first.deadline is not None
        assert (first.deadline.what, first.deadline.at) == ("warn", NOW + timedelta(days=7))

    async def test_warns_once_then_breaches_once(self, database: MakeDatabase) -> None:
        db = await database("platform")
        subject, case = uuid4(), uuid4()
        async with db.transaction() as session:
            warning = (await _start(session, subject, case)).deadline
            assert warning is not None
            warned = await clocks.reach(session, warning, now=NOW)
            assert await clocks.reach(session, warning, now=NOW) is None
            assert warned is not None
            due = warned.deadline
            assert due is not None
            breached = await clocks.reach(session, due, now=NOW)
            assert await clocks.reach(session, due, now=NOW) is None
        assert (due.what, due.at) == ("due", NOW + timedelta(days=10))
        assert breached is not None
        assert breached.deadline is None
        assert await _told(db) == ["started", "warned", "breached"]

    async def test_has_no_deadline_for_who_saw_it_before_it_moved(self, database: MakeDatabase) -> None:
        db = await database("platform")
        subject, case = uuid4(), uuid4()
        async with db.transaction() as session:
            seen = (await _start(session, subject, case)).deadline
            assert seen is not None
            await clocks.pause_all(session, case=case, now=NOW, reason="illness")
            assert await clocks.reach(session, seen, now=NOW) is None
            await clocks.resume_all(session, case=case, now=NOW + timedelta(days=3), reason="illness")
            assert await clocks.reach(session, seen, now=NOW + timedelta(days=9)) is None
        assert await _told(db) == ["started", "paused", "resumed"]

    @pytest.mark.parametrize(
        ("unit", "warn", "due"),
        [
            # From a Thursday seven days and ten, of which the last is a Sunday.
            ("days", timedelta(days=10), timedelta(days=14)),
            # Five working days and eight.
            ("working-days", timedelta(days=10), timedelta(days=15)),
            ("hours", timedelta(days=10), timedelta(days=13)),
            ("set-day", timedelta(days=7), timedelta(days=10)),
        ],
    )
    async def test_has_as_much_time_after_a_pause_as_was_left(
        self, database: MakeDatabase, unit: Unit, warn: timedelta, due: timedelta
    ) -> None:
        db = await database("platform")
        subject, case = uuid4(), uuid4()
        async with db.transaction() as session:
            await _start(session, subject, case, unit=unit)
            (paused,) = await clocks.pause_all(session, case=case, now=NOW, reason="illness")
            assert paused.deadline is None
            (resumed,) = await clocks.resume_all(
                session, case=case, now=NOW + timedelta(days=3), reason="illness"
            )
        assert (resumed.state, resumed.warn_at, resumed.due_at) == ("running", NOW + warn, NOW + due)
        assert await _told(db) == ["started", "paused", "resumed"]

    async def test_is_now_without_a_warning_if_its_set_day_passed(self, database: MakeDatabase) -> None:
        db = await database("platform")
        case, later = uuid4(), NOW + timedelta(days=30)
        async with db.transaction() as session:
            await _start(session, uuid4(), case, unit="set-day")
            await clocks.pause_all(session, case=case, now=NOW, reason="illness")
            (resumed,) = await clocks.resume_all(session, case=case, now=later, reason="illness")
        assert (resumed.warn_at, resumed.due_at) == (None, later)

    async def test_that_rests_for_a_reason_of_its_own_does_not_go_on_with_its_case(
        self, database: MakeDatabase
    ) -> None:
        db = await database("platform")
        case, first, second, third = (uuid4() for _ in range(4))
        async with db.transaction() as session:
            for subject in (first, second, third):
                await _start(session, subject, case)
            postponed: dict[str, Any] = {"kind": "check-in", "now": NOW, "reason": "postponed"}
            await clocks.pause(session, subject=first, **postponed)
            assert len(await clocks.pause_all(session, case=case, now=NOW, reason="illness")) == 2
            await clocks.pause(session, subject=second, **postponed)
            (resumed,) = await clocks.resume_all(session, case=case, now=NOW, reason="illness")
        assert resumed.subject == third

    @pytest.mark.parametrize("kind", ["check-in", "turns-12"])
    async def test_starts_paused_in_a_paused_case_and_follows_it_unless_its_kind_never_does(
        self, database: MakeDatabase, kind: str
    ) -> None:
        db = await database("platform")
        some = Clocks("plans", never_paused=("turns-12",))
        case, subject, states = uuid4(), uuid4(), []
        statuses: tuple[case_state.Status, ...] = ("paused", "open", "paused", "ended")
        for version, status in enumerate(statuses):
            async with db.transaction() as session:
                await case_state.raise_to(
                    session, case_id=case, tenant=TENANT, status=status, version=version
                )
                if version == 0:
                    started = await some.start(
                        session,
                        kind=kind,
                        subject=subject,
                        tenant=TENANT,
                        case=case,
                        owner="monitor",
                        now=NOW,
                        limit=TimeLimit(NOW + timedelta(days=10)),
                    )
                    states.append(started.state)
                await some.follow_case(session, case=case, now=NOW)
                found = await some.find(session, kind=kind, subject=subject)
                assert found is not None
                states.append(found.state)
        rests = "paused" if kind == "check-in" else "running"
        assert states == [rests, rests, "running", rests, "stopped"]

    async def test_moves_to_another_time_limit_and_stays_paused_from_then_on(
        self, database: MakeDatabase
    ) -> None:
        db = await database("platform")
        subject, case, later = uuid4(), uuid4(), NOW + timedelta(days=4)
        clock: dict[str, Any] = {"kind": "check-in", "subject": subject}
        async with db.transaction() as session:
            started = await _start(session, subject, case, days=2)
            assert started.deadline is not None
            await clocks.reach(session, started.deadline, now=NOW + timedelta(days=2))
            await clocks.pause(session, **clock, now=NOW + timedelta(days=3), reason="illness")
            longer = TimeLimit(NOW + timedelta(days=20), NOW + timedelta(days=15), "hours", policy_version=3)
            moved = await clocks.move(session, **clock, limit=longer, now=later)
            assert await clocks.find(session, **clock) == moved
        assert moved.id != started.id
        assert (moved.limit, moved.warned_at, moved.owner) == (longer, None, started.owner)
        assert (moved.state, moved.pause_reason, moved.paused_at) == ("paused", "illness", later)
        assert await _told(db) == ["started", "warned", "paused", "stopped", "started", "paused"]

    async def test_moves_one_that_is_late(self, database: MakeDatabase) -> None:
        db = await database("platform")
        subject, case, late = uuid4(), uuid4(), NOW + timedelta(days=11)
        async with db.transaction() as session:
            await _start(session, subject, case)
            for now in (NOW + timedelta(days=7), late):
                found = await clocks.find(session, kind="check-in", subject=subject)
                assert found is not None
                assert found.deadline is not None
                await clocks.reach(session, found.deadline, now=now)
            limit = TimeLimit(NOW + timedelta(days=20))
            moved = await clocks.move(session, kind="check-in", subject=subject, limit=limit, now=late)
        assert (moved.state, moved.limit, moved.breached_at) == ("running", limit, None)
        assert await _told(db) == ["started", "warned", "breached", "stopped", "started"]

    async def test_moves_none_that_was_never_started(self, database: MakeDatabase) -> None:
        db = await database("platform")
        async with db.transaction() as session:
            with pytest.raises(LookupError, match="no clock check-in to move"):
                await clocks.move(session, kind="check-in", subject=uuid4(), limit=TimeLimit(NOW), now=NOW)

    async def test_keeps_the_moment_of_a_warning_that_was_given(self, database: MakeDatabase) -> None:
        db = await database("platform")
        subject, case = uuid4(), uuid4()
        async with db.transaction() as session:
            warning = (await _start(session, subject, case)).deadline
            assert warning is not None
            await clocks.reach(session, warning, now=warning.at)
            await clocks.pause_all(session, case=case, now=warning.at, reason="illness")
            (resumed,) = await clocks.resume_all(
                session, case=case, now=warning.at + timedelta(days=1), reason="illness"
            )
        assert (resumed.warn_at, resumed.due_at) == (warning.at, NOW + timedelta(days=11))

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


class TestWorkflow:
    async def test_waits_for_the_first_deadline_of_its_clocks_and_for_paused_ones_last(
        self, database: MakeDatabase
    ) -> None:
        db = await database("platform")
        case = uuid4()
        async with db.transaction() as session:
            assert (await clocks.agenda(session, workflow_id="follow-up/1")).over
            later, sooner = [
                await _start(session, uuid4(), case, days=days, workflow_id="follow-up/1") for days in (9, 5)
            ]
            await _start(session, uuid4(), case, days=1, workflow_id="follow-up/2")
            assert (await clocks.agenda(session, workflow_id="follow-up/1")).next == sooner.deadline
            await clocks.pause(session, kind="check-in", subject=sooner.subject, now=NOW, reason="illness")
            assert (await clocks.agenda(session, workflow_id="follow-up/1")).next == later.deadline
            await clocks.stop(session, kind="check-in", subject=later.subject, now=NOW)
            agenda = await clocks.agenda(session, workflow_id="follow-up/1")
            assert (agenda.next, agenda.over) == (None, False)

    async def test_takes_of_clocks_at_one_moment_the_one_that_started_first(
        self, database: MakeDatabase
    ) -> None:
        db = await database("platform")
        case = uuid4()
        async with db.transaction() as session:
            first, second, third = [
                await _start(session, uuid4(), case, workflow_id="follow-up/1") for _ in range(3)
            ]
            # Moved and moved back, it stands behind the others in the index.
            for days in (1, -1):
                moved = clock.c.warn_at + timedelta(days=days)
                await session.execute(update(clock).where(clock.c.id == first.id).values(warn_at=moved))
            assert (await clocks.agenda(session, workflow_id="follow-up/1")).next == first.deadline
            reached = await clocks.reached(
                session, workflow_id="follow-up/1", by=NOW + timedelta(days=8), most=5
            )
            assert reached == [each.deadline for each in (first, second, third)]

    async def test_is_woken_once_by_a_change_of_several_clocks_and_never_by_its_own_step(
        self, database: MakeDatabase
    ) -> None:
        db = await database("platform")
        case = uuid4()
        async with db.transaction() as session:
            for _ in range(3):
                await _start(session, uuid4(), case, workflow_id="follow-up/1")
            await _start(session, uuid4(), case)
        with taken_by("follow-up/1"):
            async with db.transaction() as session:
                await clocks.pause_all(session, case=case, now=NOW, reason="illness")
        woken = [
            row.wakes
            for row in await rows(db, "SELECT data->>'wakes' AS wakes FROM outbox ORDER BY position")
        ]
        (own,) = await rows(db, "SELECT workflow_id FROM clock WHERE workflow_id LIKE 'clock/%'")
        assert woken[:4] == ["follow-up/1", None, None, own.workflow_id]
        assert sorted(woken[4:], key=str) == [None, None, None, own.workflow_id]
