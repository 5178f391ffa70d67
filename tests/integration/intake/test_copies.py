"""What intake hands out for somebody's own copy: the referral to whom it is about, and nobody else's data."""

from typing import Any
from uuid import UUID

import pytest

from tests.integration.intake.house import Case, House

PURPOSE = "copy-for-person"
AUNT = {
    "ref": "p3", "role": "circle", "first_name": "Leontien", "last_name": "Zonderling",
    "email": "leontien@voorbeeld.example", "relation": "tante", "address": "Geheimstraat 9",
}  # fmt: skip


async def opened(house: House) -> tuple[Case, dict[str, UUID]]:
    """Return a case with its persons by their first name."""
    referral = house.referral()
    case = await house.open_case(await house.refer(persons=[*referral["persons"], AUNT]))
    path = f"/v1/cases/{case.id}/persons-at-opening"
    items = (await house.do("GET", path, house.service("copy-persons")))["items"]
    return case, {item["first_name"]: UUID(item["person_id"]) for item in items}


async def copy(house: House, case: Case, person: UUID) -> Any:
    """Return what intake hands out on one person."""
    return await house.do("GET", f"/v1/cases/{case.id}/persons/{person}/copy", house.service(PURPOSE))


class TestCopy:
    async def test_tells_the_story_to_those_whose_it_is(self, house: House) -> None:
        case, people = await opened(house)
        for name in ("Wannes", "Godelieve"):
            found = await copy(house, case, people[name])
            assert found["entry"]["first_name"] == name
            assert found["referral"]["question"] == "Hoe kan Wannes thuis blijven wonen?"
            assert found["baseline"]["bottom_lines"] == ["Elke dag naar school", "Slaapt op een bekend adres"]
            assert found["case"]["referring_organisation"].startswith("Organisatie")
            assert found["erased"] is False
            for other in ("Zonderling", "Geheimstraat", "leontien"):
                assert other not in str(found)

    async def test_tells_others_only_what_it_says_of_them(self, house: House) -> None:
        case, people = await opened(house)
        found = await copy(house, case, people["Leontien"])
        assert found["entry"]["address"] == "Geheimstraat 9"
        assert (found["case"], found["referral"], found["baseline"]) == (None, None, None)
        assert "Wannes" not in str(found)

    async def test_of_somebody_who_came_later_there_is_nothing(self, house: House) -> None:
        case, _ = await opened(house)
        other, people = await opened(house)
        for stranger in (people["Wannes"], UUID(int=7)):
            found = await copy(house, case, stranger)
            assert (found["entry"], found["referral"], found["erased"]) == (None, None, False)
        assert other.id != case.id

    async def test_says_that_it_was_erased(self, house: House) -> None:
        case, people = await opened(house)
        keys = await house.rows("SELECT subject FROM subject_key")
        async with house.context.database.transaction() as session:
            await house.context.vault.destroy(session, subjects=[row.subject for row in keys])
        found = await copy(house, case, people["Wannes"])
        assert found["erased"] is True
        assert (found["entry"], found["referral"]) == (None, None)

    @pytest.mark.parametrize("purpose", ["copy-persons", "none", "", "copy-for-person "])
    async def test_is_for_this_purpose_alone(self, house: House, purpose: str) -> None:
        case, people = await opened(house)
        path = f"/v1/cases/{case.id}/persons/{people['Wannes']}/copy"
        assert (await house.refused("GET", path, house.service(purpose)))[0] in (401, 403)
        for who in (house.manager(), house.referrer(), house.person(case)):
            assert (await house.refused("GET", path, who))[0] == 403
        path = f"/v1/cases/{UUID(int=1)}/persons/{people['Wannes']}/copy"
        assert (await house.refused("GET", path, house.service(PURPOSE)))[0] == 404
