"""A file opened by break-glass: what intake's events let a regional manager read here, and for how long."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from shared.auth import Role
from shared.errors import NotYet
from shared.events import intake
from shared.ids import uuid7
from tests.support.world import NOW, Case
from tests.support.world.network import Network

BreakGlass = intake.BreakGlassOpened


def break_glass_of(case: Case, manager: UUID, *, hours: int = 4) -> BreakGlass:
    """Return that a manager opened a file."""
    until = NOW + timedelta(hours=hours)
    return BreakGlass(case_id=case.id, break_glass_id=uuid7(), opened_by=manager, until=until)


def closing_of(opening: BreakGlass) -> intake.BreakGlassClosed:
    """Return that an opening ended before its time."""
    return intake.BreakGlassClosed(**opening.model_dump(), closed_at=NOW)


def manager(world: Network, manager_id: UUID, organisation: UUID | None = None) -> dict[str, str]:
    """Return the headers of a regional manager."""
    return world.staff(manager_id, organisation or world.tenant, Role.REGIONAL_MANAGER)


async def reads(world: Network, case: Case, who: dict[str, str]) -> int:
    """Return how reading the people of a case is answered, the same for all of them and for one."""
    answers = [
        await world.ask("GET", path, who)
        for path in (
            f"/v1/cases/{case.id}/persons",
            f"/v1/persons/{case.central}",
            f"/v1/persons/{case.central}/contacts",
            f"/v1/persons/{case.central}/consents",
        )
    ]
    (status,) = {answer.status_code for answer in answers}
    return status


class TestOpenedFile:
    async def test_is_read_by_the_manager_who_opened_it_alone(self, world: Network) -> None:
        case, other, opener = await world.open_case(), await world.open_case(), uuid4()
        # Before the event arrived there is no opening here.
        assert await reads(world, case, manager(world, opener)) == 404
        assert await world.handle(break_glass_of(case, opener)) == "handled"
        assert await reads(world, case, manager(world, opener)) == 200
        assert await reads(world, case, manager(world, uuid4())) == 404
        assert await reads(world, other, manager(world, opener)) == 404
        assert await reads(world, case, manager(world, opener, uuid4())) == 403

    async def test_leaves_in_the_audit_log_by_what_it_was_read(self, world: Network) -> None:
        case, opener = await world.open_case(), uuid4()
        opening = break_glass_of(case, opener)
        await world.handle(opening)
        who = manager(world, opener)
        read = []
        for path in (f"/v1/cases/{case.id}/persons", f"/v1/persons/{case.central}"):
            await world.ask("GET", path, who, expect=200)
            rows = await world.rows(
                "SELECT what, break_glass_id FROM audit_log WHERE actor = :actor", actor=opener
            )
            read.append([("person" in row.what, row.break_glass_id) for row in rows])
        assert read == [[(True, opening.break_glass_id)] * many for many in (1, 2)]

    async def test_is_believed_when_intake_has_decided_just_this(self, world: Network) -> None:
        case, opener = await world.open_case(), uuid4()
        decided = break_glass_of(case, opener)
        await world.decide(decided)
        longer = decided.model_copy(update={"until": decided.until + timedelta(days=3650)})
        for forged in (
            break_glass_of(case, opener),
            longer,
            decided.model_copy(update={"opened_by": uuid4()}),
            decided.model_copy(update={"case_id": (await world.open_case()).id}),
        ):
            with pytest.raises(NotYet):
                await world.deliver(await world.message(forged), forged.TYPE)
        # Of another organisation, with all else as it was decided.
        elsewhere = replace(world, tenant=uuid7())
        with pytest.raises(NotYet):
            await world.deliver(await elsewhere.message(decided), decided.TYPE)
        assert not await world.rows("SELECT 1 FROM case_break_glass")
        assert await reads(world, case, manager(world, opener)) == 404
        assert await world.deliver(await world.message(decided), decided.TYPE) == "handled"
        assert await reads(world, case, manager(world, opener)) == 200

    async def test_is_never_written(self, world: Network) -> None:
        case, opener = await world.open_case(), uuid4()
        await world.handle(break_glass_of(case, opener))
        who = manager(world, opener)
        for method, path in (
            ("POST", f"/v1/cases/{case.id}/persons"),
            ("PATCH", f"/v1/persons/{case.central}"),
            ("POST", f"/v1/persons/{case.central}/contacts"),
            ("PUT", f"/v1/persons/{case.central}/consents/mail"),
        ):
            await world.ask(method, path, who, json={"first_name": "Iemand"}, expect=403)

    async def test_ends_by_itself(self, world: Network) -> None:
        case, opener = await world.open_case(), uuid4()
        await world.handle(break_glass_of(case, opener))
        before = world.clock.time
        world.clock.time = NOW + timedelta(hours=4)
        assert await reads(world, case, manager(world, opener)) == 404
        world.clock.time = before

    @pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0), (1, 0, 0, 1)])
    async def test_is_closed_whatever_the_order_of_events(
        self, world: Network, order: tuple[int, ...]
    ) -> None:
        case, opener = await world.open_case(), uuid4()
        opening = break_glass_of(case, opener)
        for which in order:
            await world.handle((opening, closing_of(opening))[which])
        assert await reads(world, case, manager(world, opener)) == 404

    async def test_is_opened_once_by_an_event_that_comes_twice(self, world: Network) -> None:
        case, opener, event = await world.open_case(), uuid4(), uuid7()
        opening = break_glass_of(case, opener)
        outcomes = [await world.handle(opening, event_id=event) for _ in range(2)]
        assert outcomes == ["handled", "duplicate"]
        await world.handle(closing_of(opening))
        assert await world.handle(opening, event_id=event) == "duplicate"
        assert await reads(world, case, manager(world, opener)) == 404

    async def test_may_be_heard_of_before_the_case(self, world: Network) -> None:
        unknown, opener = Case(tenant=world.tenant), uuid4()
        assert await world.handle(break_glass_of(unknown, opener), case=unknown, sequence=9) == "handled"
        answer = await world.ask("GET", f"/v1/cases/{unknown.id}/persons", manager(world, opener))
        assert answer.json()["items"] == []

    async def test_is_closed_with_the_erasure_of_the_case_alone(self, world: Network) -> None:
        case, opener = await world.open_case(), uuid4()
        await world.handle(break_glass_of(case, opener))
        await world.handle(case.withdrawn())
        assert await reads(world, case, manager(world, opener)) == 200
        await world.handle(intake.CaseErased(case_id=case.id))
        # No closing was heard of.
        assert await reads(world, case, manager(world, opener)) in (404, 410)


class TestAuditLog:
    async def test_says_by_which_opening_and_of_whom(self, world: Network) -> None:
        case, opener = await world.open_case(), uuid4()
        opening = break_glass_of(case, opener)
        await world.handle(opening)
        await world.ask("GET", f"/v1/persons/{case.central}", manager(world, opener))
        rows = await world.rows(
            "SELECT * FROM audit_log WHERE case_id = :case AND actor = :actor", case=case.id, actor=opener
        )
        (entry,) = rows
        assert (entry.break_glass_id, entry.persons, entry.what) == (
            opening.break_glass_id,
            [case.central],
            ["person"],
        )

    async def test_shows_people_of_the_circle_what_is_their_own(self, world: Network) -> None:
        case = await world.open_case()
        neighbour = await world.add(case, "Buur")
        for person in (neighbour, case.central):
            await world.ask("GET", f"/v1/persons/{person}", world.coordinator(case))
        seen = (await world.do("GET", "/v1/me/audit-log", world.person(case, neighbour)))["items"]
        reads_of_own = [entry for entry in seen if entry["action"] == "read" and "person" in entry["what"]]
        assert [(entry["by"], entry["roles"]) for entry in reads_of_own] == [("staff", ["coordinator"])]

    async def test_names_the_service_itself_where_it_takes_people_over(self, world: Network) -> None:
        case = await world.open_case()
        rows = await world.rows(
            "SELECT DISTINCT actor_kind, purpose FROM audit_log WHERE case_id = :case AND actor IS NULL",
            case=case.id,
        )
        assert [tuple(row) for row in rows] == [("service-itself", "intake.case.opened.v1")]
