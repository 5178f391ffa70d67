"""A circle that meets again: its new plan begins a year of its own, and nothing closes while it waits to meet."""

from dataclasses import replace

from shared.events import scheduling
from shared.ids import uuid7
from tests.integration.plans.test_follow_up import check_ins, record, step, steps_to
from tests.support.world import Case
from tests.support.world.plans import Plans, changed_plan

ENDED = "plans.follow-up.ended.v1"
YEAR = ["four-weeks", "six-months", "three-months", "twelve-months"]


async def _prepare(world: Plans, case: Case, number: int = 2) -> None:
    fact = scheduling.PreparationStarted(
        case_id=case.id,
        preparation_no=number,
        reason="review",
        conference_id=uuid7(),
        target_at=await world.now(),
    )
    await world.handle(fact)


async def _call_off(world: Plans, case: Case, number: int = 2) -> None:
    fact = scheduling.ConferenceCancelled(
        case_id=case.id,
        conference_id=uuid7(),
        conference_no=number,
        preparation_no=number,
        reason="family-wish",
    )
    await world.handle(fact)


async def _checks(world: Plans, case: Case) -> dict[str, list[str]]:
    rows = await world.rows(
        "SELECT kind, state FROM check_in WHERE case_id = :case ORDER BY kind, created_at, id", case=case.id
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.state, []).append(row.kind)
    return found


async def _to_the_end(world: Plans, case: Case) -> dict[str, str]:
    """Come to the last check of the year, asked for by the monitor; return it as they see it."""
    for _ in range(30):
        await step(world, case)
        last = (await check_ins(world, case, world.person(case, case.neighbour)))["twelve-months"]
        if last["state"] == "due":
            found: dict[str, str] = last
            return found
    raise AssertionError("the last check was never due")


class TestAPlanFromANewConference:
    async def test_begins_a_year_of_its_own(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[], review_on="2026-08-15")
        first = await check_ins(world, case, world.coordinator(case))
        await record(world, first["four-weeks"], world.coordinator(case))
        await steps_to(world, case, "check-in")
        again = replace(case, conference=await world.met_again(case))
        plan_id = (await world.rows("SELECT id FROM plan WHERE case_id = :case", case=case.id))[0].id
        body = changed_plan(again, agreements=[], goals=["Samen verder"], review_on="2026-09-01")
        await world.do("POST", f"/v1/plans/{plan_id}/versions", world.coordinator(case), json=body)
        assert await _checks(world, case) == {
            "recorded": ["four-weeks"],
            "cancelled": ["six-months", "three-months", "twelve-months"],
            "planned": YEAR,
        }
        clocks = await world.rows(
            "SELECT kind, count(*) AS n, min(due_at) AS due FROM clock"
            " WHERE case_id = :case AND state = 'running' GROUP BY kind ORDER BY kind",
            case=case.id,
        )
        assert [(row.kind, row.n) for row in clocks] == [
            ("check-in", 4),
            ("follow-up", 1),
            ("review", 1),
        ]
        assert clocks[1].due > await world.now() + (clocks[0].due - await world.now())

    async def test_is_not_what_a_version_from_the_same_conference_is(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case, agreements=[])
        body = changed_plan(case, agreements=[])
        await world.do("POST", f"/v1/plans/{plan['plan_id']}/versions", world.coordinator(case), json=body)
        assert await _checks(world, case) == {"planned": YEAR}


class TestACircleThatIsToMeet:
    async def test_keeps_its_case_open_by_its_decision(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[])
        last = await _to_the_end(world, case)
        who = world.person(case, case.neighbour)
        answer = await record(world, last, who, decision="new-conference")
        assert (answer.status_code, answer.json()["follow_up"]) == (200, "running")
        await steps_to(world, case, "follow-up")
        assert await world.published(ENDED, case=case) == []

    async def test_keeps_its_case_open_while_it_prepares_and_no_longer(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[])
        await _prepare(world, case)
        last = await _to_the_end(world, case)
        answer = await record(world, last, world.person(case, case.neighbour))
        assert answer.json()["follow_up"] == "running"
        await steps_to(world, case, "follow-up")
        assert await world.published(ENDED, case=case) == []
        await _call_off(world, case)
        await steps_to(world, case, "follow-up")
        (ended,) = await world.published(ENDED, case=case)
        assert ended.data["outcome"] == "followed-up"

    async def test_keeps_its_case_open_until_its_plan_is_written(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[])
        world.later(days=30)
        await world.met_again(case)
        await steps_to(world, case, "follow-up")
        assert await world.published(ENDED, case=case) == []

    async def test_is_known_whatever_is_heard_first(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[])
        await _call_off(world, case)
        await _prepare(world, case)
        (known,) = await world.rows(
            "SELECT ended_at FROM round WHERE case_id = :case AND preparation_no = 2", case=case.id
        )
        assert known.ended_at is not None

    async def test_closes_when_it_says_that_it_is_done(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[])
        await _prepare(world, case)
        call = (await check_ins(world, case, world.coordinator(case)))["four-weeks"]
        answer = await record(world, call, world.coordinator(case), decision="close")
        assert answer.json()["follow_up"] == "ended"

    async def test_names_another_coordinator_only_for_a_conference(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[])
        call = (await check_ins(world, case, world.coordinator(case)))["four-weeks"]
        who = world.coordinator(case)
        assert (await record(world, call, who, another_coordinator=True)).status_code == 422
        body = {"decision": "new-conference", "another_coordinator": True}
        answer = await world.ask("POST", f"/v1/check-ins/{call['check_in_id']}/record", who, json=body)
        assert answer.status_code == 200, answer.text
        (said,) = await world.published("plans.check-in.recorded.v1", case=case)
        assert (said.data["decision"], said.data["another_coordinator"]) == ("new-conference", True)
