"""The survey after a conference: who is asked, that nobody is found in what is kept, and what is told of it."""

from typing import Any
from uuid import UUID

import pytest

from services.network.domain.surveys import workflow_id
from services.network.workflows import Survey
from shared.auth import Role
from shared.events import intake, network
from shared.ids import uuid7
from tests.support.steps import step_on
from tests.support.world import Case
from tests.support.world.network import Network

OPENED, CLOSED = network.SurveyOpened.TYPE, network.SurveyClosed.TYPE
NONE = {"answers": 0, "total": 0}


async def _met(world: Network) -> tuple[Case, dict[str, UUID]]:
    """A circle that met: a boy of fourteen, his mother, an aunt, a teacher, and others not asked."""
    case = await world.open_case()
    people = {
        "Nadia": await world.add(case, "Nadia"),
        "Lies": await world.add(case, "Lies", role="professional"),
        "Omar": await world.add(case, "Omar", role="interpreter"),
        "Karim": await world.add(case, "Karim"),
        "Rachida": await world.add(case, "Rachida", email=None),
        "Silent": await world.add(case, "Silent"),
    }
    for name, person in people.items():
        await world.invite(case, person)
        if name != "Silent":
            body = {"answer": "no" if name == "Karim" else "yes"}
            await world.do("POST", "/v1/me/invitation/answer", world.person(case, person), json=body)
    assert await world.handle(case.met()) == "handled"
    return case, people | {"Ilyas": case.central, "Samira": case.mother}


async def _asked(world: Network) -> tuple[Case, dict[str, UUID]]:
    case, people = await _met(world)
    await step_on(world, Survey, workflow_id(case.conference))
    return case, people


async def _say(world: Network, case: Case, who: Any, **scores: int) -> dict[str, Any]:
    answer: dict[str, Any] = await world.do("PUT", f"/v1/cases/{case.id}/survey", who, json=scores)
    return answer


def _referrer(world: Network, case: Case) -> Any:
    return world.staff(uuid7(), case.referring, Role.REFERRER, tenant=world.tenant)


async def _closed(world: Network) -> dict[str, dict[str, Any]]:
    [event] = await world.published(CLOSED)
    return {each["group"]: each for each in event.data["groups"]}


class TestASurvey:
    async def test_asks_everybody_who_takes_part_and_who_referred_a_week_after_the_conference(
        self, world: Network
    ) -> None:
        case, people = await _met(world)
        assert await world.emails("survey", case=case) == []
        begun = world.clock.time
        await step_on(world, Survey, workflow_id(case.conference))
        assert (world.clock.time - begun).days == 7
        told = {mail.recipient for mail in await world.emails("survey", case=case)}
        assert told == {people[name] for name in ("Ilyas", "Samira", "Nadia", "Lies")}
        assert len(await world.published(OPENED, case=case)) == 1

    async def test_is_answered_once_and_changed_until_it_closes(self, world: Network) -> None:
        case, people = await _asked(world)
        aunt, path = world.person(case, people["Nadia"]), f"/v1/cases/{case.id}/survey"
        before = await world.do("GET", path, aunt)
        assert (before["group"], before["answered"], before["meeting"]) == ("circle", False, None)
        await _say(world, case, aunt, meeting=3)
        said = await _say(world, case, aunt, meeting=9, plan=8)
        assert said == await world.do("GET", path, aunt)
        assert (said["answered"], said["meeting"], said["plan"], said["coordinator"]) == (True, 9, 8, None)
        assert len(await world.rows("SELECT 1 FROM survey_answer")) == 1
        for body in ({}, {"meeting": 11}, {"meeting": 0}):
            assert (await world.ask("PUT", path, aunt, json=body)).status_code == 422

    async def test_reminds_once_and_only_who_did_not_answer(self, world: Network) -> None:
        case, people = await _asked(world)
        await _say(world, case, world.person(case, people["Ilyas"]), meeting=10)
        await step_on(world, Survey, workflow_id(case.conference))
        reminded = {mail.recipient for mail in await world.emails("survey-reminder", case=case)}
        assert reminded == {people[name] for name in ("Samira", "Nadia", "Lies")}
        await step_on(world, Survey, workflow_id(case.conference))
        assert len(await world.emails("survey-reminder", case=case)) == 3

    async def test_is_added_up_by_group_and_nothing_else_stays(self, world: Network) -> None:
        case, people = await _asked(world)
        for name, scores in (
            ("Ilyas", {"meeting": 8, "coordinator": 10}),
            ("Samira", {"meeting": 6, "plan": 7}),
            ("Nadia", {"plan": 9}),
            ("Rachida", {"plan": 5}),
            ("Lies", {"meeting": 7}),
        ):
            await _say(world, case, world.person(case, people[name]), **scores)
        await _say(world, case, _referrer(world, case), meeting=5)
        for _ in range(2):
            await step_on(world, Survey, workflow_id(case.conference))
        told = await _closed(world)
        assert {name: (each["asked"], each["answered"]) for name, each in told.items()} == {
            "central": (1, 1), "child": (1, 1), "circle": (2, 2), "professional": (2, 2)
        }  # fmt: skip
        assert told["circle"]["plan"] == {"answers": 2, "total": 14}
        assert told["circle"]["meeting"] == NONE
        assert told["professional"]["meeting"] == {"answers": 2, "total": 12}
        assert await world.rows("SELECT 1 FROM survey_answer") == []
        late = await world.ask("GET", f"/v1/cases/{case.id}/survey", world.person(case, people["Nadia"]))
        assert late.status_code == 404

    async def test_keeps_answers_without_who_or_when(self, world: Network) -> None:
        case, people = await _asked(world)
        await _say(world, case, world.person(case, people["Nadia"]), meeting=4)
        [row] = await world.rows("SELECT survey_answer::text AS row FROM survey_answer")
        assert str(people["Nadia"]) not in row.row
        columns = await world.rows(
            "SELECT column_name AS name, data_type AS kind FROM information_schema.columns"
            " WHERE table_name = 'survey_answer'"
        )
        assert not any("time" in column.kind for column in columns)
        for table in ("outbox", "message"):
            rows = await world.rows(f"SELECT {table}::text AS row FROM {table}")
            assert not any('"meeting": 4' in each.row for each in rows)

    @pytest.mark.parametrize("name", ["Omar", "nobody"])
    async def test_is_not_asked_of_interpreters_and_others(self, world: Network, name: str) -> None:
        case, people = await _asked(world)
        who = world.person(case, people["Omar"]) if name == "Omar" else world.colleague(Role.REFERRER)
        assert (await world.ask("GET", f"/v1/cases/{case.id}/survey", who)).status_code == 404

    async def test_of_a_case_that_is_over_is_added_up_at_once(self, world: Network) -> None:
        case, people = await _asked(world)
        await _say(world, case, world.person(case, people["Nadia"]), plan=9)
        await world.handle(intake.CaseClosed(case_id=case.id, outcome="closed-early"))
        assert (await _closed(world))["circle"]["plan"] == {"answers": 1, "total": 9}
        assert await world.rows("SELECT 1 FROM survey_answer") == []

    async def test_forgets_who_is_erased(self, world: Network) -> None:
        case, people = await _asked(world)
        for name in ("Nadia", "Lies"):
            await _say(world, case, world.person(case, people[name]), plan=9)
        erased = network.PersonErased(case_id=case.id, person_id=people["Nadia"])
        await world.deliver(await world.message(erased), erased.TYPE)
        assert [row.voice_group for row in await world.rows("SELECT voice_group FROM survey_answer")] == [
            "professional"
        ]
