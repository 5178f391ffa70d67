"""How a story speaks of time, takes turns, asserts, and hands verbs to the hand; on a platform made of nothing."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import cast

import pytest

from deploy.demo.api import Api
from deploy.demo.person import Person
from deploy.demo.staff import Staff
from deploy.demo.story import API, Hand, Listener, Step, Story
from deploy.demo.things import Case, Hours, RequestKind, Weekday
from deploy.watch.failures import WentWrong
from shared.auth import Role
from shared.ids import uuid7

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


class Nowhere:
    """APIs that take note of organisations and do nothing else."""

    def __init__(self, now: datetime) -> None:
        self.watch = Still(now)

    async def enter(self, organisation: object) -> None: ...


@dataclass(eq=False, kw_only=True)
class Clerk(Staff):
    """Staff who act elsewhere than in the APIs: another hand."""

    async def enter(self) -> None: ...

    async def accepts(self, case: Case) -> None:
        case.id = case.referral_id

    async def approves_request(self, person: Person, kind: RequestKind) -> None:
        person.requests.pop(kind)


class Hearing(Listener):
    """Hears the sentences of steps."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    async def played(self, story: Story, step: Step) -> None:
        self.steps.append(step)


def a_story(now: datetime = MONDAY, *listeners: Listener, hand: Hand = API) -> Story:
    story = Story(cast("Api", Nowhere(now)), listeners, hand)
    story.organisation("De Ring", runs_conferences=True)
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
        self, weekday: Weekday | None, clock: str, expected: datetime
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
    async def test_are_played_by_the_hand_and_told_in_the_words_of_the_verb(self) -> None:
        hearing = Hearing()
        story = a_story(MONDAY, hearing, hand=Hand(staff=Clerk))
        hanne = story.staff(
            "Hanne",
            "Lambrechts",
            "h@dering.example",
            organisation=story.organisations[0],
            roles=[Role.REGIONAL_MANAGER],
        )
        noor = story.person("Noortje", "Bastiaens")
        noor.requests["copy"] = uuid7()
        case = Case(uuid7())
        await hanne.accepts(case)
        await hanne.approves_request(noor, "copy")
        assert (case.id, noor.requests) == (case.referral_id, {})
        assert [step.sentence for step in hearing.steps] == [
            "Hanne takes the referral on: a case opens.",
            "Hanne approves what Noortje asked of their data (copy).",
        ]
        assert hearing.steps[1].given == {"self": hanne, "person": noor, "kind": "copy"}
        assert story.actors == [hanne, noor]

    async def test_who_acts_in_a_case_belongs_to_it(self) -> None:
        story, case = a_story(hand=Hand(staff=Clerk)), Case(uuid7())
        hanne = story.staff("Hanne", "Lambrechts", organisation=story.organisations[0], roles=[])
        await hanne.accepts(case)
        assert case.people == {hanne}
        assert list(story.cases.values()) == [case]
