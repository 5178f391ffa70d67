"""A file opened by break-glass: what intake's events let a regional manager read here, and for how long."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from shared.auth import Role
from shared.events import intake
from shared.ids import uuid7
from tests.integration.network.house import NOW, Case, House

Opening = intake.FileOpened


def opening_of(case: Case, manager: UUID, *, hours: int = 4) -> Opening:
    """Return that a manager opened a file."""
    until = NOW + timedelta(hours=hours)
    return Opening(case_id=case.id, opening_id=uuid7(), opened_by=manager, until=until)


def closing_of(opening: Opening) -> intake.FileClosed:
    """Return that an opening ended before its time."""
    return intake.FileClosed(**opening.model_dump(), closed_at=NOW)


def manager(house: House, manager_id: UUID, organisation: UUID | None = None) -> dict[str, str]:
    """Return the headers of a regional manager."""
    return house.staff(manager_id, organisation or house.tenant, Role.REGIONAL_MANAGER)


async def reads(house: House, case: Case, who: dict[str, str]) -> int:
    """Return how reading the people of a case is answered, the same for all of them and for one."""
    answers = [
        await house.ask("GET", path, who)
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
    async def test_is_read_by_the_manager_who_opened_it_alone(self, house: House) -> None:
        case, other, opener = await house.open_case(), await house.open_case(), uuid4()
        # Before the event arrived there is no opening here.
        assert await reads(house, case, manager(house, opener)) == 404
        assert await house.hear(opening_of(case, opener), case=case) == "handled"
        assert await reads(house, case, manager(house, opener)) == 200
        assert await reads(house, case, manager(house, uuid4())) == 404
        assert await reads(house, other, manager(house, opener)) == 404
        assert await reads(house, case, manager(house, opener, uuid4())) == 403

    async def test_is_never_written(self, house: House) -> None:
        case, opener = await house.open_case(), uuid4()
        await house.hear(opening_of(case, opener), case=case)
        who = manager(house, opener)
        for method, path in (
            ("POST", f"/v1/cases/{case.id}/persons"),
            ("PATCH", f"/v1/persons/{case.central}"),
            ("POST", f"/v1/persons/{case.central}/contacts"),
            ("PUT", f"/v1/persons/{case.central}/consents/mail"),
        ):
            answer = await house.ask(method, path, who, json={"first_name": "Iemand"})
            assert answer.status_code == 403, path

    async def test_ends_by_itself(self, house: House) -> None:
        case, opener = await house.open_case(), uuid4()
        await house.hear(opening_of(case, opener), case=case)
        before = house.clock.moment
        house.clock.moment = NOW + timedelta(hours=4)
        assert await reads(house, case, manager(house, opener)) == 404
        house.clock.moment = before

    @pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0), (1, 0, 0, 1)])
    async def test_is_closed_whatever_the_order_of_events(self, house: House, order: tuple[int, ...]) -> None:
        case, opener = await house.open_case(), uuid4()
        opening = opening_of(case, opener)
        for which in order:
            await house.hear((opening, closing_of(opening))[which], case=case)
        assert await reads(house, case, manager(house, opener)) == 404

    async def test_is_opened_once_by_an_event_that_comes_twice(self, house: House) -> None:
        case, opener, event = await house.open_case(), uuid4(), uuid7()
        opening = opening_of(case, opener)
        outcomes = [await house.hear(opening, case=case, event_id=event) for _ in range(2)]
        assert outcomes == ["handled", "duplicate"]
        await house.hear(closing_of(opening), case=case)
        assert await house.hear(opening, case=case, event_id=event) == "duplicate"
        assert await reads(house, case, manager(house, opener)) == 404

    async def test_may_be_heard_of_before_the_case(self, house: House) -> None:
        unknown, opener = Case(tenant=house.tenant), uuid4()
        assert await house.hear(opening_of(unknown, opener), case=unknown, sequence=9) == "handled"
        answer = await house.ask("GET", f"/v1/cases/{unknown.id}/persons", manager(house, opener))
        assert answer.json()["items"] == []

    async def test_is_closed_with_the_erasure_of_the_case_alone(self, house: House) -> None:
        case, opener = await house.open_case(), uuid4()
        await house.hear(opening_of(case, opener), case=case)
        await house.withdraw(case)
        assert await reads(house, case, manager(house, opener)) == 200
        await house.hear(intake.CaseErased(case_id=case.id), case=case)
        # No closing was heard of.
        assert await reads(house, case, manager(house, opener)) in (404, 410)


class TestTrace:
    async def test_says_by_which_opening_and_of_whom(self, house: House) -> None:
        case, opener = await house.open_case(), uuid4()
        opening = opening_of(case, opener)
        await house.hear(opening, case=case)
        await house.ask("GET", f"/v1/persons/{case.central}", manager(house, opener))
        rows = await house.rows(
            "SELECT * FROM trace WHERE case_id = :case AND actor = :actor", case=case.id, actor=opener
        )
        (entry,) = rows
        assert (entry.opening_id, entry.persons, entry.what) == (
            opening.opening_id,
            [case.central],
            ["person"],
        )

    async def test_shows_people_of_the_circle_what_is_their_own(self, house: House) -> None:
        case = await house.open_case()
        neighbour = await house.add(case, "Buur")
        for person in (neighbour, case.central):
            await house.ask("GET", f"/v1/persons/{person}", house.coordinator(case))
        seen = (await house.ask("GET", "/v1/me/trace", house.person(case, neighbour))).json()["items"]
        reads_of_own = [entry for entry in seen if entry["action"] == "read" and "person" in entry["what"]]
        assert [(entry["by"], entry["roles"]) for entry in reads_of_own] == [("staff", ["coordinator"])]

    async def test_names_the_service_itself_where_it_takes_people_over(self, house: House) -> None:
        case = await house.open_case()
        rows = await house.rows(
            "SELECT DISTINCT actor_kind, purpose FROM trace WHERE case_id = :case AND actor IS NULL",
            case=case.id,
        )
        assert [tuple(row) for row in rows] == [("service-itself", "intake.case.opened.v1")]
