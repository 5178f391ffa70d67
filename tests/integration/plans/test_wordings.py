"""A plan in another language: who writes it, what a reader sees of it, and what a new version keeps."""

from typing import Any

import pytest

from tests.integration.plans.test_content import read, share
from tests.integration.plans.test_copies import copy
from tests.support.world import Case, problem
from tests.support.world.plans import Plans, changed_plan, plan_of

SCHOOL, HOME = (
    {"in_plan": "Naar school gaan", "wording": "Aller à l’école"},
    {
        "in_plan": "Thuis blijven wonen",
        "wording": "Rester à la maison",
    },
)
WAKE = {"in_plan": "Samen opstaan", "wording": "Se lever ensemble"}


async def put(
    world: Plans,
    case: Case,
    plan: dict[str, Any],
    *texts: dict[str, str],
    language: str = "fr",
    version: int = 1,
) -> Any:
    body = {"version": version, "texts": texts}
    path = f"/v1/plans/{plan['plan_id']}/wordings/{language}"
    return await world.ask("PUT", path, world.coordinator(case), json=body)


def french(plan: dict[str, Any]) -> list[dict[str, str]]:
    [wording] = plan["wordings"]
    assert wording["language"] == "fr"
    found: list[dict[str, str]] = wording["texts"]
    return found


class TestAWording:
    async def test_stands_beside_the_words_of_the_circle_and_is_written_anew_as_a_whole(
        self, world: Plans
    ) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        aunt = world.person(case, case.aunt)
        assert (await read(world, plan, aunt))["wordings"] == []
        assert (await put(world, case, plan, SCHOOL, WAKE)).status_code == 200
        shown = await read(world, plan, aunt)
        assert (shown["language"], shown["goals"][0]) == ("nl", "Naar school gaan")
        assert french(shown) == [SCHOOL, WAKE]
        await put(world, case, plan, HOME)
        assert french(await read(world, plan, aunt)) == [HOME]
        rows = await world.rows("SELECT sealed FROM wording")
        assert len(rows) == 1
        assert b"maison" not in rows[0].sealed
        copied = (await copy(world, case, case.aunt))["plan"]["wordings"]
        assert copied == [{"language": "fr", "texts": [HOME]}]

    async def test_is_read_as_far_as_what_it_says_is_read(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        await put(world, case, plan, SCHOOL, WAKE)
        await share(world, case, plan, "agreements")
        assert french(await read(world, plan, world.person(case, case.teacher))) == [WAKE]
        copied = (await copy(world, case, case.teacher))["plan"]["wordings"]
        assert copied == [{"language": "fr", "texts": [WAKE]}]

    async def test_of_what_stays_as_it_was_is_kept_by_a_new_version(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        await put(world, case, plan, SCHOOL, WAKE)
        other = plan_of(case)["agreements"][1:]
        path = f"/v1/plans/{plan['plan_id']}/versions"
        await world.do("POST", path, world.coordinator(case), json=changed_plan(case, agreements=other))
        assert french(await read(world, plan, world.person(case, case.aunt))) == [SCHOOL]

    @pytest.mark.parametrize(
        ("language", "text", "code"),
        [
            ("nl", SCHOOL, "plan-in-this-language"),
            ("fr", {"in_plan": "Iets anders", "wording": "Autre chose"}, "text-not-in-plan"),
            ("de", SCHOOL, "invalid-request"),
        ],
    )
    async def test_is_of_the_plan_and_in_another_language_of_the_pages(
        self, world: Plans, language: str, text: dict[str, str], code: str
    ) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        assert problem(await put(world, case, plan, text, language=language)) == (422, code)

    async def test_is_of_the_version_that_was_read_and_of_each_text_once(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        assert problem(await put(world, case, plan, SCHOOL, version=2)) == (409, "other-version")
        assert problem(await put(world, case, plan, SCHOOL, SCHOOL)) == (422, "invalid-request")
