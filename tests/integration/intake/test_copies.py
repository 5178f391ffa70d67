"""What intake hands out for somebody's own copy: the referral to whom it is about, and nobody else's data."""

from typing import Any
from uuid import UUID

import pytest

from tests.support.erased import destroy_in
from tests.support.world import Case
from tests.support.world.intake import Intake

PURPOSE = "copy-for-person"
AUNT = {
    "ref": "p3", "role": "circle", "first_name": "Leontien", "last_name": "Zonderling",
    "email": "leontien@voorbeeld.example", "relation": "tante", "address": "Geheimstraat 9",
}  # fmt: skip


async def opened(world: Intake) -> tuple[Case, dict[str, UUID]]:
    """Return a case with its persons by their first name."""
    referral = world.referral()
    case = await world.open_case(await world.refer(persons=[*referral["persons"], AUNT]))
    path = f"/v1/cases/{case.id}/persons-at-opening"
    items = (await world.do("GET", path, world.from_service("copy-persons")))["items"]
    return case, {item["first_name"]: UUID(item["person_id"]) for item in items}


async def copy(world: Intake, case: Case, person: UUID) -> Any:
    """Return what intake hands out on one person."""
    return await world.do("GET", f"/v1/cases/{case.id}/persons/{person}/copy", world.from_service(PURPOSE))


class TestCopy:
    async def test_tells_the_story_to_those_whose_it_is(self, world: Intake) -> None:
        case, people = await opened(world)
        for name in ("Wannes", "Godelieve"):
            found = await copy(world, case, people[name])
            assert found["entry"]["first_name"] == name
            assert found["referral"]["question"] == "Hoe kan Wannes thuis blijven wonen?"
            assert found["baseline"]["bottom_lines"] == ["Elke dag naar school", "Slaapt op een bekend adres"]
            assert found["case"]["referring_organisation"].startswith("Organisatie")
            assert found["erased"] is False
            for other in ("Zonderling", "Geheimstraat", "leontien"):
                assert other not in str(found)

    async def test_tells_others_only_what_it_says_of_them(self, world: Intake) -> None:
        case, people = await opened(world)
        found = await copy(world, case, people["Leontien"])
        assert found["entry"]["address"] == "Geheimstraat 9"
        assert (found["case"], found["referral"], found["baseline"]) == (None, None, None)
        assert "Wannes" not in str(found)

    async def test_of_somebody_who_came_later_there_is_nothing(self, world: Intake) -> None:
        case, _ = await opened(world)
        other, people = await opened(world)
        for stranger in (people["Wannes"], UUID(int=7)):
            found = await copy(world, case, stranger)
            assert (found["entry"], found["referral"], found["erased"]) == (None, None, False)
        assert other.id != case.id

    async def test_says_that_it_was_erased(self, world: Intake) -> None:
        case, people = await opened(world)
        keys = await world.rows("SELECT subject FROM subject_key")
        await destroy_in(world.context, *(row.subject for row in keys))
        found = await copy(world, case, people["Wannes"])
        assert found["erased"] is True
        assert (found["entry"], found["referral"]) == (None, None)

    @pytest.mark.parametrize("purpose", ["copy-persons", "none", "", "copy-for-person "])
    async def test_is_for_this_purpose_alone(self, world: Intake, purpose: str) -> None:
        case, people = await opened(world)
        path = f"/v1/cases/{case.id}/persons/{people['Wannes']}/copy"
        assert (await world.refused("GET", path, world.from_service(purpose)))[0] in (401, 403)
        another = world.from_service(PURPOSE, service="training")
        for who in (another, world.manager(), world.referrer(), world.person(case, role="central")):
            assert (await world.refused("GET", path, who))[0] == 403
        path = f"/v1/cases/{UUID(int=1)}/persons/{people['Wannes']}/copy"
        assert (await world.refused("GET", path, world.from_service(PURPOSE)))[0] == 404
