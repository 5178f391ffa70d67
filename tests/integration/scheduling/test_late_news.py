"""Nothing new at the meeting: what changes after the circle was told warns, and is told again, or the date is moved."""

from datetime import datetime, timedelta

import pytest

from shared.events import intake
from shared.events.intake import BaselinePart
from tests.support.world import NOW, Case
from tests.support.world.scheduling import Scheduling

LINES = "bottom-lines-shared"


async def tick(world: Scheduling, case: Case, item: str, *, done: bool = True) -> None:
    path = f"/v1/conferences/{case.conference}/checklist/{item}"
    await world.do("PUT", path, world.coordinator(case), json={"done": done})


async def changed(world: Scheduling, case: Case, *parts: BaselinePart) -> None:
    """Let parts of the baseline change."""
    await world.handle(intake.BaselineChanged(case_id=case.id, version=2, changed=parts))


async def news(world: Scheduling, case: Case) -> dict[str, str]:
    """Return what came late, and what became of it."""
    prepared = (await world.conference(case))["preparation"]
    return {each["code"]: each["state"] for each in prepared["late_news"]}


async def inform_again(world: Scheduling, case: Case) -> None:
    answer = await world.post(case, f"/v1/conferences/{case.conference}/inform-again")
    assert answer.status_code == 200, answer.text


async def told(world: Scheduling, *items: str) -> Case:
    """Return a case with a date, whose circle was told some things."""
    case = await world.scheduled()
    for item in items:
        await tick(world, case, item)
    world.later(hours=1)
    return case


class TestLateNews:
    @pytest.mark.parametrize(
        ("part", "item"),
        [("questions", "questions-shared"), ("bottom-lines", LINES), ("resources", LINES)],
    )
    async def test_is_what_changes_after_the_circle_was_told(
        self, world: Scheduling, part: BaselinePart, item: str
    ) -> None:
        case = await told(world, "questions-shared", LINES)
        for _ in range(2):
            await changed(world, case, part)
        assert await news(world, case) == {item: "open"}
        clock = (await world.clocks(case))["late-news"]
        assert (clock.state, clock.owner, clock.escalate_to) == (
            "running",
            "coordinator",
            "regional-manager",
        )
        assert clock.warn_at is not None
        assert NOW < clock.warn_at < clock.due_at < NOW + timedelta(days=5)

    async def test_is_not_what_the_circle_was_not_told_yet_or_knows_already(self, world: Scheduling) -> None:
        case = await told(world, "questions-shared")
        await changed(world, case, "bottom-lines")
        fact = intake.BaselineChanged(case_id=case.id, version=3, changed=("bottom-lines",))
        on_its_way = await world.message(fact)
        world.later(hours=1)
        # The circle was told after it had changed, which is heard only now.
        await tick(world, case, LINES)
        assert await world.deliver(on_its_way, fact.TYPE) == "handled"
        assert await news(world, case) == {}
        assert "late-news" not in await world.clocks(case)

    async def test_is_what_a_giver_tells_otherwise_and_not_their_order(self, world: Scheduling) -> None:
        case = await told(world)
        one, other = ({"name": name, "tells": f"Wat {name} weet."} for name in ("Mia", "Tom"))
        await world.write_givers(case, [one, other])
        await tick(world, case, "information-givers")
        world.later(hours=1)
        await world.write_givers(case, [other, one])
        await world.write_givers(case, [other])
        assert await news(world, case) == {}
        await world.write_givers(case, [other | {"tells": "Iets anders."}])
        assert await news(world, case) == {"information-givers": "open"}

    async def test_is_due_before_the_day(self, world: Scheduling) -> None:
        case = await told(world, LINES)
        begins = datetime.fromisoformat((await world.conference(case))["starts_at"])
        world.later(seconds=(begins - await world.now() - timedelta(hours=3)).total_seconds())
        await changed(world, case, "bottom-lines")
        clock = (await world.clocks(case))["late-news"]
        assert (clock.due_at, clock.warn_at) == (begins, None)


class TestDeciding:
    async def test_to_tell_it_again_unticks_the_step_until_it_is_ticked_again(
        self, world: Scheduling
    ) -> None:
        case = await told(world, LINES, "food")
        await changed(world, case, "bottom-lines")
        # Ticking what is ticked decides nothing.
        await tick(world, case, LINES)
        assert await news(world, case) == {LINES: "open"}
        for _ in range(2):
            await inform_again(world, case)
        assert await news(world, case) == {LINES: "informing"}
        checklist = (await world.conference(case))["preparation"]["checklist"]
        assert (checklist[LINES], checklist["food"]) == (False, True)
        assert (await world.clocks(case))["late-news"].state == "running"
        await tick(world, case, LINES)
        assert await news(world, case) == {LINES: "told"}
        assert (await world.clocks(case))["late-news"].state == "stopped"

    async def test_is_what_unticking_by_hand_does_too(self, world: Scheduling) -> None:
        case = await told(world, LINES)
        await changed(world, case, "bottom-lines")
        await tick(world, case, LINES, done=False)
        assert await news(world, case) == {LINES: "informing"}

    async def test_to_move_the_date_takes_it_along_to_be_told_before_the_next_day(
        self, world: Scheduling
    ) -> None:
        case = await told(world, LINES)
        await changed(world, case, "bottom-lines")
        await world.postponed(case, reason="bottom-line-late")
        assert await news(world, case) == {LINES: "informing"}
        assert (await world.conference(case))["preparation"]["checklist"][LINES] is False
        assert (await world.clocks(case))["late-news"].state == "stopped"
        assert (await world.schedule(case)).status_code == 200
        assert (await world.clocks(case))["late-news"].state == "running"
        await tick(world, case, LINES)
        assert (await world.clocks(case))["late-news"].state == "stopped"

    async def test_rests_with_the_case_and_ends_with_it(self, world: Scheduling) -> None:
        case = await told(world, LINES)
        await changed(world, case, "bottom-lines")
        await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"))
        assert (await world.clocks(case))["late-news"].state == "paused"
        await world.handle(intake.CaseResumed(case_id=case.id))
        assert (await world.clocks(case))["late-news"].state == "running"
        assert (await world.change_date(case, "cancel", reason="other")).status_code == 200
        assert (await world.clocks(case))["late-news"].state == "stopped"
        path = f"/v1/conferences/{case.conference}/inform-again"
        assert await world.refused("POST", path, world.coordinator(case)) == (409, "conference-over")

    @pytest.mark.parametrize("decided", [False, True])
    async def test_is_kept_by_the_conference_where_nobody_told_it_in_time(
        self, world: Scheduling, decided: bool
    ) -> None:
        case = await told(world, LINES, "questions-shared")
        await changed(world, case, "bottom-lines")
        if decided:
            await inform_again(world, case)
        world.later(days=21)
        held = await world.conference(case)
        begins, ends = held["starts_at"], held["ends_at"]
        answer = await world.post(
            case,
            f"/v1/conferences/{case.conference}/hold",
            attendance=[{"person_id": str(case.central), "mode": "in-person", "came": True}],
            parts={
                "information": {"from": begins, "to": begins},
                "private": {"from": begins, "to": ends},
                "presentation": {"from": ends, "to": ends},
            },
            outcome="continued",
        )
        assert answer.status_code == 200, answer.text
        assert await news(world, case) == {LINES: "on-the-day"}
        assert (await world.clocks(case))["late-news"].state == "stopped"
