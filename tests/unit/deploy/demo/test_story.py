"""How a story speaks of time, takes turns, asserts, and hands verbs to the hand; on a platform made of nothing."""

import inspect
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from deploy.demo.api_calls import CALLS
from deploy.demo.api_hand import ApiHand
from deploy.demo.hand import Actor, Coordinator, Person, Staff
from deploy.demo.story import Listener, Story
from deploy.demo.values import Hours, Organisation
from deploy.watch.failures import WentWrong
from deploy.watch.watch import Watch
from shared.auth import Role

MONDAY = datetime(2026, 3, 23, 8, 0, tzinfo=UTC)  # nine in Brussels, in the last week of winter time


class Still:
    """A platform on which nothing happens: its time moves at once to where it should."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    async def now(self) -> datetime:
        return self._now

    async def settle(self) -> None: ...

    async def move_towards(self, target: datetime) -> datetime:
        self._now = max(self._now, target)
        return self._now


class Noting:
    """A hand that notes what it is given."""

    asked: Sequence[str] = ()

    def __init__(self) -> None:
        self.played: list[tuple[str, str, Mapping[str, Any]]] = []

    async def register(
        self, organisations: Sequence[Organisation], actors: Sequence[Actor], policies: Mapping[str, Any]
    ) -> None: ...

    async def play(self, verb: str, me: Actor, given: Mapping[str, Any]) -> Any:
        self.played.append((verb, me.first_name, given))
        return 3


class Hearing(Listener):
    """Hears the sentences of steps."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def played(self, story: Story, verb: str, told: str) -> None:
        self.told.append(told)


def a_story(now: datetime = MONDAY, hand: Noting | None = None, *listeners: Listener) -> Story:
    story = Story(hand or Noting(), cast("Watch", Still(now)), listeners)
    story.start = now
    return story


class TestTime:
    def test_counts_days_in_brussels_across_summer_time(self) -> None:
        story = a_story()
        assert story.at(7, "14:00") == datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
        assert story.date(7) == date(2026, 3, 30)
        assert story.hours(1, "13:30", "18:00") == Hours(
            datetime(2026, 3, 24, 12, 30, tzinfo=UTC), datetime(2026, 3, 24, 17, 0, tzinfo=UTC)
        )

    @pytest.mark.parametrize(
        ("weekday", "clock", "expected"),
        [
            # Nine on Monday has come already; nine on Monday by summer time is an hour earlier.
            ("monday", "09:00", datetime(2026, 3, 30, 7, 0, tzinfo=UTC)),
            ("monday", "10:00", datetime(2026, 3, 23, 9, 0, tzinfo=UTC)),
            ("wednesday", "14:00", datetime(2026, 3, 25, 13, 0, tzinfo=UTC)),
            (None, "", MONDAY),
        ],
    )
    async def test_begins_on_the_first_such_day_to_come(
        self, weekday: str | None, clock: str, expected: datetime
    ) -> None:
        story = a_story()
        await story.begins(weekday, clock)
        assert story.start == await story.now() == expected

    async def test_passes_for_all_parts_together(self) -> None:
        story, told = a_story(), list[tuple[str, datetime]]()

        async def slow(s: Story, cast: None) -> None:
            await s.days_pass(2)
            told.append((s.lane.name, await s.now()))

        async def quick_one(s: Story, cast: None) -> None:
            for hours in (5, 60):
                await s.hours_pass(hours)
                told.append((s.lane.name, await s.now()))

        await story.together(None, slow, quick_one)
        assert told == [
            ("quick-one", MONDAY + timedelta(hours=5)),
            ("slow", MONDAY + timedelta(hours=48)),
            ("quick-one", MONDAY + timedelta(hours=65)),
        ]

    async def test_a_part_that_fails_ends_the_others(self) -> None:
        async def waits(s: Story, cast: None) -> None:
            await s.days_pass(9)
            pytest.fail("it was not ended")

        async def fails(s: Story, cast: None) -> None:
            await s.hours_pass(1)
            raise WentWrong("no")

        with pytest.raises(WentWrong, match="no"):
            await a_story().together(None, waits, fails)


class TestExpectations:
    def test_are_counted_and_the_first_that_does_not_hold_is_told(self) -> None:
        story = a_story()
        story.expect_that(2, 2)
        with pytest.raises(WentWrong, match="state: open, expected closed"):
            story.expect_that({"state": "open", "number": 1}, {"number": 1, "state": "closed"})
        assert story.assertions == 3


class TestVerbs:
    async def test_are_played_by_the_hand_told_and_searched_for_words(self) -> None:
        hand, hearing = Noting(), Hearing()
        story = a_story(MONDAY, hand, hearing)
        ring = story.organisation("De Ring", kbo="0999900150")
        hanne = story.staff(
            "Hanne", "Lambrechts", "h@dering.example", organisation=ring, roles=[Role.FINANCE]
        )
        noor = story.person("Noortje", "Bastiaens")
        await hanne.approves_request(noor, "copy")
        await noor.asks_for_data("copy", text="Wat weten jullie van mij?")
        assert hand.played == [
            ("approves_request", "Hanne", {"person": noor, "kind": "copy"}),
            ("asks_for_data", "Noortje", {"kind": "copy", "text": "Wat weten jullie van mij?"}),
        ]
        assert hearing.told == [
            "Hanne approves what Noortje asked of their data (copy).",
            "Noortje asks of their data: copy.",
        ]
        assert "Wat weten jullie van mij?" in story.words
        assert story.actors == [hanne, noor]

    @pytest.mark.parametrize("role", [Staff, Coordinator, Person])
    def test_are_all_known_to_the_hand_of_the_apis(self, role: type[Actor]) -> None:
        verbs = {name for name, value in inspect.getmembers(role) if inspect.iscoroutinefunction(value)}
        assert {verb for verb in verbs if verb not in CALLS and not hasattr(ApiHand, f"_{verb}")} == set()
