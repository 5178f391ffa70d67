"""What waits for whom, as the clocks of all services tell it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.portal import todos
from shared.auth import NO_TENANT, Kind, Principal, Role
from shared.contracts.portal import TALLY
from shared.deadlines import Turn
from shared.events.base import CLOCK_EVENTS, ClockFact
from shared.events.intake import CoordinatorAssigned, CoordinatorReleased
from shared.http import CursorNotReadable, PageRequest
from shared.ids import uuid7
from tests.support.world.clock import NOW
from tests.support.world.portal import Portal


@dataclass
class ServiceClock:
    """A clock of a service, which publishes what happens to it."""

    world: Portal
    kind: str = "referral"
    owner: str = Role.REGIONAL_MANAGER
    service: str = "intake"
    case_id: UUID | None = None
    owner_id: UUID | None = None
    escalate_to: str | None = None
    warn_at: datetime | None = None
    due_at: datetime = NOW + timedelta(days=2)
    breached_at: datetime | None = None
    late_reason: str | None = None
    stopped_at: datetime | None = None
    turn: Turn = "now"
    id: UUID = field(default_factory=uuid7)
    subject: UUID = field(default_factory=uuid7)

    def fact(self, what: str) -> ClockFact:
        """Return what is published of a change."""
        return CLOCK_EVENTS[self.service, what](
            clock_id=self.id,
            kind=self.kind,
            subject=self.subject,
            case_id=self.case_id,
            owner=self.owner,
            owner_id=self.owner_id,
            escalate_to=self.escalate_to,
            due_at=self.due_at,
            warn_at=self.warn_at,
            policy_version=1,
            breached_at=self.breached_at,
            late_reason=self.late_reason,
            stopped_at=self.stopped_at,
            turn=self.turn,
        )

    async def publish(self, *changes: str) -> "ServiceClock":
        """Let the portal handle changes."""
        await self.world.handle_all(*map(self.fact, changes))
        return self


def someone(
    world: Portal, *roles: Role, of: UUID | None = None, account: UUID | None = None, outside: bool = False
) -> Principal:
    """Return a member of staff of the tenant, or of another organisation, or of none."""
    return Principal(
        kind=Kind.STAFF,
        id=account or uuid7(),
        tenant=world.tenant,
        organisation=None if outside else of or world.tenant,
        roles=frozenset(roles),
    )


async def known_to(world: Portal, principal: Principal, *, case: UUID) -> list[UUID]:
    """Return the clocks of a case that a reader may know."""
    async with world.context.database.transaction() as session:
        return [todo.id for todo in await todos.of_case(session, principal, case_id=case)]


async def seen_by(world: Portal, principal: Principal, **how: Any) -> list[UUID]:
    """Return the ids of the clocks on somebody's board, in order."""
    async with world.context.database.transaction() as session:
        return [todo.id for todo in (await todos.todos_of(session, principal, **how)).items]


async def assign(world: Portal, coordinator: UUID, case: UUID, *, number: int = 1) -> None:
    """Let somebody coordinate a case."""
    await world.handle_all(
        CoordinatorAssigned(case_id=case, assignment_no=number, coordinator_id=coordinator)
    )


class TestFollow:
    async def test_events_in_whatever_order_and_number_end_in_the_same_row(self, world: Portal) -> None:
        changes = ("started", "paused", "resumed", "breached")
        rows = set()
        for order in permutations(enumerate(changes, start=1)):
            clock = ServiceClock(world)
            for number, what in (*order, order[0]):
                await world.handle(clock.fact(what), sequence=number)
            (row,) = await world.rows(
                "SELECT state, waiting, due_at, changed_at, version FROM todo WHERE id = :id", id=clock.id
            )
            rows.add(tuple(row))
        assert rows == {("breached", True, NOW + timedelta(days=2), NOW, 4)}

    async def test_a_reason_is_kept_whatever_comes_first_and_brings_nothing_back(self, world: Portal) -> None:
        rows = set()
        for order in permutations(range(3)):
            clock = ServiceClock(world)
            late = replace(clock, breached_at=NOW)
            explained = replace(late, late_reason="holidays")
            met = replace(explained, stopped_at=NOW)
            facts = [late.fact("breached"), explained.fact("explained"), met.fact("stopped")]
            for number in order:
                await world.handle(facts[number], sequence=number + 1)
            # Another reason, after it was met.
            await world.handle(replace(met, late_reason="away").fact("explained"), sequence=4)
            (row,) = await world.rows(
                "SELECT state, waiting, breached_at, late_reason FROM todo WHERE id = :id", id=clock.id
            )
            rows.add(tuple(row))
        assert rows == {("stopped", False, NOW, "away")}

    async def test_what_is_explained_while_it_is_late_stays_on_the_board(self, world: Portal) -> None:
        clock, manager = ServiceClock(world, breached_at=NOW), someone(world, Role.REGIONAL_MANAGER)
        await clock.publish("breached")
        await replace(clock, late_reason="holidays").publish("explained")
        assert await seen_by(world, manager) == [clock.id]

    async def test_nobody_is_late_with_what_is_nobodys_turn(self, world: Portal) -> None:
        clock = await ServiceClock(world, "poll", breached_at=NOW, turn="never").publish("breached")
        (row,) = await world.rows("SELECT state, breached_at FROM todo WHERE id = :id", id=clock.id)
        assert tuple(row) == ("stopped", None)

    async def test_a_service_changes_nothing_of_another(self, world: Portal) -> None:
        clock, manager = ServiceClock(world), someone(world, Role.REGIONAL_MANAGER)
        await clock.publish("started")
        theirs = replace(clock, service="plans")
        await world.handle(theirs.fact("stopped"), sequence=1_000)
        assert await seen_by(world, manager) == [clock.id]

    async def test_what_was_done_does_not_come_back_by_a_late_event(self, world: Portal) -> None:
        clock, manager = ServiceClock(world), someone(world, Role.REGIONAL_MANAGER)
        await world.handle(clock.fact("stopped"), sequence=2)
        await world.handle(clock.fact("started"), sequence=1)
        assert await seen_by(world, manager) == []

    async def test_clocks_that_are_long_over_go(self, world: Portal) -> None:
        done = await ServiceClock(world).publish("started", "stopped")
        open_one = await ServiceClock(world).publish("started")
        world.later(days=world.context.settings.clocks_kept_days + 1)
        new = await ServiceClock(world).publish("started")
        kept = {row.id for row in await world.rows("SELECT id FROM todo")}
        assert kept == {open_one.id, new.id}
        assert done.id not in kept


class TestTurn:
    @pytest.mark.parametrize(
        ("turn", "changes", "waits"),
        [
            ("now", ["started"], True),
            ("now", ["started", "paused"], False),
            ("now", ["started", "paused", "resumed"], True),
            ("now", ["started", "stopped"], False),
            ("warned", ["started"], False),
            ("late", ["started"], False),
            ("late", ["started", "breached"], True),
            ("never", ["started"], False),
            ("never", ["started", "breached"], False),
        ],
    )
    async def test_waits_for_its_owner_from_when_on_they_have_to_act(
        self, world: Portal, turn: Turn, changes: Sequence[str], waits: bool
    ) -> None:
        made = ServiceClock(world, warn_at=NOW + timedelta(days=1), turn=turn)
        clock = await made.publish(*changes)
        seen = await seen_by(world, someone(world, Role.REGIONAL_MANAGER))
        assert seen == ([clock.id] if waits else [])

    async def test_a_check_in_waits_once_it_is_warned_of_also_after_a_pause(self, world: Portal) -> None:
        manager = someone(world, Role.REGIONAL_MANAGER)
        made = ServiceClock(world, "check-in", warn_at=NOW + timedelta(days=1), turn="warned")
        clock = await made.publish("started")
        world.later(days=1)
        await clock.publish("warned")
        assert await seen_by(world, manager) == [clock.id]
        await clock.publish("paused")
        assert await seen_by(world, manager) == []
        await clock.publish("resumed")
        assert await seen_by(world, manager) == [clock.id]


class TestWhose:
    async def test_of_a_role_is_whoever_has_it_at_the_organisation(self, world: Portal) -> None:
        clock = await ServiceClock(world).publish("started")
        assert await seen_by(world, someone(world, Role.REGIONAL_MANAGER)) == [clock.id]
        assert await seen_by(world, someone(world, Role.FINANCE, Role.COORDINATOR)) == []
        assert await seen_by(world, someone(world, Role.REGIONAL_MANAGER, of=uuid7())) == []

    async def test_of_a_coordinator_is_what_is_to_be_done_in_their_cases(self, world: Portal) -> None:
        (mine, others), (me, another) = (uuid7(), uuid7()), (uuid7(), uuid7())
        clock = await ServiceClock(world, "check-in", Role.COORDINATOR, "plans", mine).publish("breached")
        await ServiceClock(world, "check-in", Role.COORDINATOR, "plans", others).publish("breached")
        await assign(world, me, mine)
        await assign(world, another, others)
        coordinator = someone(world, Role.COORDINATOR, account=me, outside=True)
        assert await seen_by(world, coordinator) == [clock.id]
        # Not whose turn it is, but of the case.
        await ServiceClock(world, "referral", "circle", "plans", mine).publish("started")
        assert await seen_by(world, coordinator) == [clock.id]
        await world.handle_all(
            CoordinatorReleased(case_id=mine, assignment_no=1, coordinator_id=me, reason="family-wish")
        )
        await assign(world, another, mine, number=2)
        assert await seen_by(world, coordinator) == []

    async def test_of_an_account_is_nobody_elses_in_the_same_role(self, world: Portal) -> None:
        me, case = uuid7(), uuid7()
        offer = ServiceClock(world, "offer", Role.COORDINATOR, case_id=case, owner_id=me)
        await offer.publish("started")
        before = uuid7()
        await assign(world, before, case)
        assert await seen_by(world, someone(world, Role.COORDINATOR, account=me, outside=True)) == [offer.id]
        assert await seen_by(world, someone(world, Role.COORDINATOR, account=before, outside=True)) == []
        assert await seen_by(world, someone(world, Role.COORDINATOR)) == []

    async def test_of_another_organisation_is_theirs_at_this_one(self, world: Portal) -> None:
        mandated = uuid7()
        clock = ServiceClock(world, "plan-acceptance", Role.REFERRER, "plans", owner_id=mandated)
        await clock.publish("started")
        assert await seen_by(world, someone(world, Role.REFERRER, of=mandated)) == [clock.id]
        assert await seen_by(world, someone(world, Role.REFERRER)) == []

    async def test_of_whom_it_escalates_to_too_once_it_is_late(self, world: Portal) -> None:
        clock = ServiceClock(world, owner=Role.FINANCE, escalate_to=Role.ADMINISTRATOR)
        finance, administrator = someone(world, Role.FINANCE), someone(world, Role.ADMINISTRATOR)
        await clock.publish("started")
        assert await seen_by(world, administrator) == []
        await clock.publish("breached")
        assert await seen_by(world, administrator) == [clock.id]
        assert await seen_by(world, finance) == [clock.id]
        assert await seen_by(world, someone(world, Role.FINANCE, Role.ADMINISTRATOR)) == [clock.id]
        assert await seen_by(world, someone(world, Role.ADMINISTRATOR, of=uuid7())) == []

    async def test_of_another_tenant_is_on_no_board_here(self, world: Portal) -> None:
        await ServiceClock(world).publish("breached")
        elsewhere = uuid7()
        manager = Principal(
            kind=Kind.STAFF,
            id=uuid7(),
            tenant=elsewhere,
            organisation=elsewhere,
            roles=frozenset({Role.REGIONAL_MANAGER}),
        )
        assert await seen_by(world, manager) == []


class TestList:
    async def test_gives_what_is_late_first_page_by_page(self, world: Portal) -> None:
        manager = someone(world, Role.REGIONAL_MANAGER, Role.ADMINISTRATOR)
        made = []
        for days in (3, -2, 1, 2, -1):
            clock = ServiceClock(world, due_at=NOW + timedelta(days=days), escalate_to=Role.ADMINISTRATOR)
            made.append(await clock.publish("breached" if days < 0 else "started"))
        expected = [clock.id for clock in sorted(made, key=lambda clock: clock.due_at)]
        found, cursor = [], None
        async with world.context.database.transaction() as session:
            for _ in range(3):
                page = await todos.todos_of(session, manager, page=PageRequest(limit=2, cursor=cursor))
                found += [todo.id for todo in page.items]
                cursor = page.next
            assert cursor is None
            assert found == expected
            assert await todos.tally_of(session, manager) == todos.Tally(waiting=5, late=2)
            assert await todos.tally_of(session, manager, most=3) == todos.Tally(waiting=3, late=2)
            with pytest.raises(CursorNotReadable):
                await todos.todos_of(session, manager, page=PageRequest(cursor="x"))
        assert await seen_by(world, manager, kinds=["offer"]) == []

    async def test_gives_everything_that_runs_in_a_case(self, world: Portal) -> None:
        case, coordinator = uuid7(), someone(world, Role.COORDINATOR, outside=True)
        later = ServiceClock(world, "check-in", Role.COORDINATOR, "plans", case, due_at=NOW + timedelta(9))
        paused = ServiceClock(world, "agreement", "circle", "plans", case)
        done = ServiceClock(world, "referral", case_id=case)
        await later.publish("started")
        await paused.publish("started", "paused")
        await done.publish("started", "stopped")
        assert await known_to(world, coordinator, case=case) == []
        await world.handle_all(
            CoordinatorAssigned(case_id=case, assignment_no=1, coordinator_id=coordinator.id)
        )
        assert await known_to(world, coordinator, case=case) == [paused.id, later.id]

    async def test_gives_a_party_the_steps_and_what_is_its_own(self, world: Portal) -> None:
        case, referrer = uuid7(), someone(world, Role.REFERRER, of=uuid7())
        step = ServiceClock(world, "circle-ready", Role.COORDINATOR, "scheduling", case)
        kinds = ("agreement-slips", "agreement-grace", "check-in", "invitation", "turns-12", "canary")
        canaries = [ServiceClock(world, kind, Role.COORDINATOR, "plans", case) for kind in kinds]
        own = ServiceClock(
            world, "something-new", Role.REFERRER, "plans", case, owner_id=referrer.organisation
        )
        own = replace(own, due_at=NOW + timedelta(days=3))
        for clock in (*canaries, step, own):
            await clock.publish("started", "warned")
        assert await known_to(world, referrer, case=case) == [step.id, own.id]
        manager = someone(world, Role.REGIONAL_MANAGER)
        assert len(await known_to(world, manager, case=case)) == len(canaries) + 2
        await step.publish("stopped")
        async with world.context.database.transaction() as session:
            found = await todos.next_of_cases(session, referrer, case_ids=[case])
        assert [todo.id for todo in found] == [own.id]


class TestLate:
    async def test_counts_by_kind_and_age_of_all_organisations_or_of_one(self, world: Portal) -> None:
        for hours in (1, 30, 24 * 6, 24 * 30):
            said = {30: "holidays", 24 * 30: "away"}.get(hours)
            clock = ServiceClock(world, due_at=NOW - timedelta(hours=hours), late_reason=said)
            await clock.publish("breached")
        await ServiceClock(world, due_at=NOW - timedelta(days=1)).publish("breached", "stopped")
        await ServiceClock(world, "payment", "finance", "training").publish("started")
        oldest = NOW - timedelta(days=30)
        reasons = [(None, 2), ("away", 1), ("holidays", 1)]
        async with world.context.database.transaction() as session:
            found = await todos.late_by_kind(session, now=NOW)
            assert found == [todos.Late("intake", "referral", 1, 2, 1, oldest, reasons)]
            assert await todos.late_by_kind(session, now=NOW, tenant=world.tenant) == found
            assert await todos.late_by_kind(session, now=NOW, tenant=uuid7()) == []


class TestIndexes:
    async def test_a_page_in_the_middle_of_many_reads_what_it_shows(self, world: Portal) -> None:
        await world.execute(
            "INSERT INTO todo (id, tenant, service, kind, subject, case_id, owner, escalate_to, state, waiting,"
            " due_at, changed_at, version)"
            " SELECT gen_random_uuid(), :tenant, 'intake', 'referral', gen_random_uuid(), gen_random_uuid(),"
            " CASE n % 4 WHEN 0 THEN 'regional-manager' WHEN 1 THEN 'finance' ELSE 'coordinator' END,"
            " 'administrator', CASE n % 10 WHEN 0 THEN 'breached' ELSE 'running' END, true,"
            " now() + n * interval '1 minute', now(), 1 FROM generate_series(1, 20000) n",
            tenant=world.tenant,
        )
        await world.execute("ANALYZE todo")
        everything = someone(world, *Role)
        page = PageRequest(limit=20)
        async with world.context.database.transaction() as session:
            for _ in range(3):
                rows = await todos.todos_of(session, everything, page=page)
                page = PageRequest(limit=20, cursor=rows.next)
            plan = await _plan(session, todos.todos_of(session, everything, page=page))
        assert "Seq Scan on todo" not in plan
        assert {"ix_todo_owner", "ix_todo_escalated"} <= {
            word for line in plan.splitlines() for word in line.split()
        }
        read = [float(line.split("rows=")[-1].split()[0]) for line in plan.splitlines() if "on todo" in line]
        assert max(read) <= 21

    @pytest.mark.parametrize("met_late", [False, True])
    async def test_a_case_among_many_is_found_by_its_index(self, world: Portal, met_late: bool) -> None:
        case = uuid7()
        await world.execute(
            "INSERT INTO todo (id, tenant, service, kind, subject, case_id, owner, state, waiting, due_at,"
            " breached_at, changed_at, version)"
            " SELECT gen_random_uuid(), :tenant, 'scheduling', 'circle-ready', gen_random_uuid(),"
            " CASE WHEN n % 2000 = 0 THEN CAST(:case AS uuid) ELSE gen_random_uuid() END, 'coordinator',"
            " CASE WHEN n > 10000 THEN 'stopped' ELSE 'running' END, false, now(),"
            " CASE WHEN n % 4000 = 0 THEN now() END, now(), 1 FROM generate_series(1, 20000) n",
            tenant=world.tenant,
            case=case,
        )
        await world.execute("ANALYZE todo")
        reader = someone(world, Role.COORDINATOR)
        async with world.context.database.transaction() as session:
            found = await todos.of_case(session, reader, case_id=case, met_late=met_late)
            plan = await _plan(session, todos.of_case(session, reader, case_id=case, met_late=met_late))
        # What runs comes first.
        assert [each.state for each in found] == ["running"] * 5 + ["stopped"] * (3 if met_late else 0)
        assert "ix_todo_case_id" in plan


async def _plan(session: Any, asked: Any) -> str:
    """Return the real plan of the list that is asked for."""
    original = session.execute
    plans: list[str] = []

    async def scalars(statement: Any) -> Any:
        return (await execute(statement)).scalars()

    async def execute(statement: Any, *args: Any, **options: Any) -> Any:
        compiled = statement.compile(
            session.get_bind(), compile_kwargs={"literal_binds": True, "render_postcompile": True}
        )
        if "todo" in str(compiled):
            explained = text("EXPLAIN (ANALYZE) " + str(compiled).replace(":", r"\:"))
            plans.extend(row[0] for row in await original(explained))
        return await original(statement, *args, **options)

    session.execute, session.scalars = execute, scalars
    try:
        await asked
    finally:
        del session.execute, session.scalars
    return "\n".join(plans)


class TestTally:
    """What the service that writes to members of staff is told."""

    async def counted(self, world: Portal, who: Principal, *, expect: int = 200) -> Any:
        path = TALLY.path_of(
            staff_id=who.id, organisation_id=who.organisation or NO_TENANT, roles=",".join(sorted(who.roles))
        )
        asker = world.from_service(TALLY.purpose, service="intake")
        return (await world.ask("GET", path, asker, expect=expect)).json()

    async def test_counts_what_is_on_the_board_also_what_escalates(self, world: Portal) -> None:
        await ServiceClock(world).publish("started")
        late = await ServiceClock(world, escalate_to=Role.ADMINISTRATOR).publish("started", "breached")
        manager = someone(world, Role.REGIONAL_MANAGER)
        administrator = someone(world, Role.ADMINISTRATOR)
        assert await self.counted(world, manager) == {"waiting": 2, "late": 1}
        assert await self.counted(world, administrator) == {"waiting": 1, "late": 1}
        # Of both roles each thing counts once.
        both = someone(world, Role.REGIONAL_MANAGER, Role.ADMINISTRATOR)
        assert await self.counted(world, both) == {"waiting": 2, "late": 1}
        await late.publish("stopped")
        assert await self.counted(world, administrator) == {"waiting": 0, "late": 0}

    async def test_is_for_that_service_and_no_role_that_nobody_has(self, world: Portal) -> None:
        path = TALLY.path_of(staff_id=uuid7(), organisation_id=NO_TENANT, roles="coordinator")
        others = world.from_service("erase-person", service="intake"), world.from_service(TALLY.purpose)
        for asker in (world.staff(uuid7(), world.tenant, Role.OPS), *others):
            await world.ask("GET", path, asker, expect=403)
        unknown = path.replace("coordinator", "queen")
        await world.ask("GET", unknown, world.from_service(TALLY.purpose, service="intake"), expect=404)
