"""Who may come near a case: whatever the order and number of deliveries, the same, and nobody who left is let in."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import case_access, case_state, outbox
from shared.auth import Kind, Principal, Role
from shared.case_access import Relation
from shared.database import Database
from shared.events import intake, network
from shared.events.base import EventData, Received
from tests.support.eventually import eventually
from tests.support.platform import NOW, TENANT

_LEAVING = {
    "removed": network.PersonRemoved,
    "excluded": network.PersonExcluded,
    "erased": network.PersonErased,
}
_ROLES = ("central", "circle", "professional", "advocate", "interpreter", "representative")


@dataclass(frozen=True)
class Life:
    """What happened in a case, in order, and in which order it was delivered, each event at least once."""

    case: UUID
    happened: list[EventData]
    delivered: list[EventData]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Draw a case with some people, some assignments and perhaps a break-glass access, and its deliveries."""
    case, happened = uuid4(), list[EventData]()
    for _ in range(draw(st.integers(1, 3))):
        person: dict[str, Any] = {"case_id": case, "person_id": uuid4()}
        happened.append(network.PersonAdded(**person, role=draw(st.sampled_from(_ROLES))))
        happened += [
            network.PersonCameOfAge(**person | {"age": age})
            for age in draw(st.sampled_from([(), (12,), (18,), (12, 18)]))
        ]
        happened += draw(
            st.sampled_from(
                [
                    [],
                    [network.PersonNotOfAge(**person, corrections=1)],
                    [
                        network.PersonNotOfAge(**person, corrections=1),
                        network.PersonCameOfAge(**person, age=18, corrections=1),
                    ],
                ]
            )
        )
        happened += [
            network.LinkRevoked(**person | {"first_link": first})
            for first in draw(st.sampled_from([(), (2,), (2, 3)]))
        ]
        happened += [
            _LEAVING[how](**person)
            for how in draw(
                st.sampled_from([(), ("removed",), ("excluded",), ("erased",), ("removed", "erased")])
            )
        ]
    assignments = draw(st.integers(0, 3))
    for number in range(1, assignments + 1):
        assigned: dict[str, Any] = {"case_id": case, "assignment_no": number, "coordinator_id": uuid4()}
        happened.append(intake.CoordinatorAssigned(**assigned))
        if number < assignments or draw(st.booleans()):
            happened.append(intake.CoordinatorReleased(**assigned, reason="unavailable"))
    if draw(st.booleans()):
        opened: dict[str, Any] = {
            "case_id": case,
            "break_glass_id": uuid4(),
            "opened_by": uuid4(),
            "until": NOW + timedelta(hours=4),
        }
        happened.append(intake.BreakGlassOpened(**opened))
        if draw(st.booleans()):
            happened.append(intake.BreakGlassClosed(**opened, closed_at=NOW))
    again = draw(st.lists(st.sampled_from(happened), max_size=4))
    return Life(case, happened, draw(st.permutations(happened + again)))


class Projection:
    """What a service knows of one case."""

    def __init__(self, session: AsyncSession, life: Life) -> None:
        self.session = session
        self.life = life

    async def deliver(self, fact: EventData) -> None:
        ids: dict[str, Any] = {"id": uuid4(), "tenant": TENANT, "caseid": self.life.case}
        event = Received[Any](**ids, source="test", type=fact.TYPE, time=NOW, sequence=1, data=fact)
        state = await case_state.read(self.session, self.life.case, hold=True)
        await case_access.follow(self.session, event, state)

    async def rows(self) -> list[list[Any]]:
        found = []
        for table in ("case_coordinator", "case_person", "case_break_glass"):
            query = text(f"SELECT * FROM {table} WHERE case_id = :case ORDER BY 1, 2")
            found.append([tuple(row) for row in await self.session.execute(query, {"case": self.life.case})])
        return found

    async def relations(self, principal: Principal) -> frozenset[Relation]:
        try:
            return (await case_access.access_of(self.session, principal, self.life.case, now=NOW)).relations
        except (case_access.NoLongerInCircle, case_access.LinkOver):
            assert principal.kind is Kind.PERSON
            return frozenset()


def _staff(staff_id: UUID, role: Role) -> Principal:
    return Principal(
        kind=Kind.STAFF, id=staff_id, tenant=TENANT, organisation=TENANT, roles=frozenset({role})
    )


def _gone(life: Life, fact: EventData) -> Principal | None:
    """Return who has nothing to do with the case any more once an event was delivered."""
    match fact:
        case network.PersonRemoved() | network.PersonExcluded() | network.PersonErased():
            return Principal(
                kind=Kind.PERSON, id=fact.person_id, tenant=TENANT, case=life.case, case_role="central"
            )
        case intake.CoordinatorReleased():
            return _staff(fact.coordinator_id, Role.COORDINATOR)
        case intake.BreakGlassClosed():
            return _staff(fact.opened_by, Role.REGIONAL_MANAGER)
    return None


@pytest_asyncio.fixture
async def db(database: Callable[[str], Awaitable[Database]]) -> Database:
    return await database("platform")


class TestFollow:
    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(life=lives())
    async def test_comes_to_the_same_in_any_order_however_often(self, db: Database, life: Life) -> None:
        async with db.transaction() as session:
            here = Projection(session, life)
            savepoint = await session.begin_nested()
            for fact in life.delivered:
                await here.deliver(fact)
            found = await here.rows()
            await savepoint.rollback()
            for fact in life.happened:
                await here.deliver(fact)
            assert found == await here.rows()

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(life=lives())
    async def test_lets_in_nobody_of_whom_it_was_heard_that_they_left(self, db: Database, life: Life) -> None:
        gone: list[Principal] = []
        async with db.transaction() as session:
            here = Projection(session, life)
            for fact in life.delivered:
                await here.deliver(fact)
                left = _gone(life, fact)
                gone += [left] if left else []
                for principal in gone:
                    assert await here.relations(principal) <= {Relation.MANAGER}

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(life=lives())
    async def test_lets_in_one_coordinator_at_most(self, db: Database, life: Life) -> None:
        assigned = [fact for fact in life.happened if isinstance(fact, intake.CoordinatorAssigned)]
        async with db.transaction() as session:
            here = Projection(session, life)
            for fact in life.delivered:
                await here.deliver(fact)
                found = [
                    await here.relations(_staff(one.coordinator_id, Role.COORDINATOR)) for one in assigned
                ]
                assert sum(Relation.COORDINATOR in one for one in found) <= 1

    async def test_writes_nothing_more_of_an_erased_case(self, db: Database) -> None:
        case, person = uuid4(), uuid4()
        added = network.PersonAdded(case_id=case, person_id=person, role="central")
        async with db.transaction() as session:
            here = Projection(session, Life(case, [], []))
            await here.deliver(added)
            await case_state.raise_to(session, case_id=case, tenant=TENANT, status="erased", version=9)
            await here.deliver(intake.CaseErased(case_id=case))
            await here.deliver(added)
            assert await here.rows() == [[], [], []]

    @pytest.mark.parametrize("how", _LEAVING)
    async def test_tells_who_left_that_they_did_and_nobody_else(self, db: Database, how: str) -> None:
        case, person = uuid4(), uuid4()
        own = Principal(kind=Kind.PERSON, id=person, tenant=TENANT, case=case, case_role="central")
        async with db.transaction() as session:
            here = Projection(session, Life(case, [], []))
            await here.deliver(network.PersonAdded(case_id=case, person_id=person, role="central"))
            assert await here.relations(own) == {Relation.CENTRAL}
            await here.deliver(_LEAVING[how](case_id=case, person_id=person))
            with pytest.raises(case_access.NoLongerInCircle):
                await case_access.relations(session, own, case)
            of_another = replace(own, case=uuid4())
            assert await case_access.relations(session, of_another, case) == frozenset()

    async def test_lets_in_with_a_link_from_after_the_revoked_one_alone(self, db: Database) -> None:
        case, person = uuid4(), uuid4()
        own = Principal(kind=Kind.PERSON, id=person, tenant=TENANT, case=case, case_role="central", link=2)
        async with db.transaction() as session:
            here = Projection(session, Life(case, [], []))
            await here.deliver(network.PersonAdded(case_id=case, person_id=person, role="central"))
            for first in (3, 2):
                await here.deliver(network.LinkRevoked(case_id=case, person_id=person, first_link=first))
            with pytest.raises(case_access.LinkOver):
                await case_access.relations(session, own, case)
            with pytest.raises(case_access.LinkOver):
                await case_access.require_link(session, own)
            assert await here.relations(replace(own, link=3)) == {Relation.CENTRAL}

    async def test_tells_people_of_an_erased_case_so(self, db: Database) -> None:
        case = uuid4()
        own = Principal(kind=Kind.PERSON, id=uuid4(), tenant=TENANT, case=case, case_role="central")
        async with db.transaction() as session:
            await case_state.raise_to(session, case_id=case, tenant=TENANT, status="erased", version=9)
            with pytest.raises(case_state.CaseErased):
                await case_access.require(
                    session, own, case, Relation.CENTRAL, otherwise=case_state.UnknownCase(case_id=str(case))
                )

    async def test_leaves_nothing_of_a_case_that_is_erased_while_its_first_event_is_noted(
        self, db: Database
    ) -> None:
        """As after a restore: the erasure is the first that the service learns of the case, beside an older event."""
        case = uuid4()

        async def erase() -> None:
            async with db.transaction() as session:
                await case_state.raise_to(session, case_id=case, tenant=TENANT, status="erased", version=9)
                await Projection(session, Life(case, [], [])).deliver(intake.CaseErased(case_id=case))

        async with db.transaction() as session:
            here = Projection(session, Life(case, [], []))
            await here.deliver(network.PersonAdded(case_id=case, person_id=uuid4(), role="central"))
            erasing = asyncio.create_task(erase())

            async def waits_or_is_done() -> bool:
                async with db.transaction() as other:
                    waiting = await other.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
                return erasing.done() or bool(waiting)

            await eventually(waits_or_is_done, "the erasure to wait, or to be done")
        await erasing
        async with db.transaction() as session:
            assert await Projection(session, Life(case, [], [])).rows() == [[], [], []]


class TestPublish:
    async def test_notes_in_the_same_transaction_what_the_owner_decides(self, db: Database) -> None:
        case, coordinator = uuid4(), uuid4()
        values: dict[str, Any] = {"case_id": case, "assignment_no": 1, "coordinator_id": coordinator}
        asker = _staff(coordinator, Role.COORDINATOR)
        async with db.transaction() as session:
            here = Projection(session, Life(case, [], []))
            await case_state.read(session, case, hold=True)
            for fact, found in (
                (intake.CoordinatorAssigned(**values), {Relation.COORDINATOR}),
                (intake.CoordinatorReleased(**values, reason="unavailable"), set()),
            ):
                await outbox.publish(session, fact, stream=case, tenant=TENANT, case=case, now=NOW)
                assert await here.relations(asker) == found

    async def test_refuses_what_would_outlive_the_erasure_of_a_case_that_is_not_held(
        self, db: Database
    ) -> None:
        case = uuid4()
        fact = network.PersonAdded(case_id=case, person_id=uuid4(), role="circle")
        async with db.transaction() as session:
            await case_state.read(session, uuid4(), hold=True)
            with pytest.raises(case_access.CaseNotHeld):
                await outbox.publish(session, fact, stream=case, tenant=TENANT, case=case, now=NOW)
