"""Sharing outside the circle stops when those whom the plan is about say so; the mandated side goes on reading."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from shared.errors import NotYet
from shared.events import intake, network
from shared.ids import uuid7
from tests.support.world import Case, problem
from tests.support.world.plans import Plans


@pytest.fixture
async def case(world: Plans) -> Case:
    return await world.open_case()


async def say(
    world: Plans, case: Case, person: UUID, *, given: bool, concerns: UUID | None = None, **how: Any
) -> str:
    """Let plans hear what somebody said about sharing."""
    known = {"case_id": case.id, "person_id": person, "purpose": "share-plan", "concerns": concerns}
    fact = (
        network.ConsentGiven(**known, version=1) if given else network.ConsentWithdrawn(**known)  # type: ignore[arg-type]
    )
    world.later(seconds=1)
    return await world.handle(fact, **how)


class Shared:
    """A plan shared with a teacher, a school, and everybody of the circle."""

    def __init__(self, world: Plans, case: Case, plan: str) -> None:
        self.world, self.case, self.plan, self.school = world, case, plan, uuid7()

    async def share(self, **body: Any) -> Any:
        """Share as the coordinator."""
        path = f"/v1/plans/{self.plan}/share"
        return await self.world.ask("POST", path, self.world.coordinator(self.case), json=body)

    async def outside(self) -> Any:
        """Share with the teacher and the school."""
        return await self.share(person_ids=[str(self.case.teacher)], organisation_ids=[str(self.school)])

    async def readers(self) -> dict[str, bool]:
        """Return who can read the plan."""
        world, case = self.world, self.case
        askers = {
            "teacher": world.person(case, case.teacher),
            "school": world.referrer(self.school),
            "mandated": world.referrer(case.mandated),
            "aunt": world.person(case, case.aunt),
            "central": world.person(case, case.central),
        }
        path = f"/v1/plans/{self.plan}"
        answers = {name: await world.ask("GET", path, who) for name, who in askers.items()}
        listed = {
            name: await world.ask("GET", f"/v1/cases/{case.id}/plans", who) for name, who in askers.items()
        }
        assert {answer.status_code for answer in answers.values()} <= {200, 403, 404}
        assert {name: answer.is_success for name, answer in listed.items()} == {
            name: answer.is_success for name, answer in answers.items()
        }
        return {name: answer.is_success for name, answer in answers.items()}


ALL = {"teacher": True, "school": True, "mandated": True, "aunt": True, "central": True}
WITHIN = ALL | {"teacher": False, "school": False}


class TestEventsOfOneCase:
    async def test_wait_for_each_other_and_never_both(self, world: Plans, case: Case) -> None:
        await world.recorded(case)
        said = (
            say(world, case, person, given=False, sequence=200 + number)
            for number, person in enumerate((case.aunt, case.neighbour, case.central) * 2)
        )
        assert set(await asyncio.gather(*said)) == {"handled"}


@pytest.fixture
async def shared(world: Plans, case: Case) -> Shared:
    plan = await world.recorded(case)
    found = Shared(world, case, plan["plan_id"])
    assert (await found.outside()).status_code == 200
    return found


class TestTakingBack:
    async def test_stops_reading_outside_the_circle_but_for_the_mandated_side(
        self, world: Plans, case: Case, shared: Shared
    ) -> None:
        assert await shared.readers() == ALL
        assert await say(world, case, case.central, given=False) == "handled"
        assert await shared.readers() == WITHIN
        whom = await world.ask("GET", f"/v1/plans/{shared.plan}", world.person(case, case.central))
        assert whom.json()["shared_with"] == []
        # Told of each once: a mail about the sharing that still waits is not sent any more.
        await say(world, case, case.central, given=False)
        ended = await world.published("plans.plan.sharing-ended.v1", case=case)
        assert sorted(each.data["recipient_id"] for each in ended) == sorted(
            [str(case.teacher), str(shared.school)]
        )

    async def test_keeps_it_from_being_shared_again(self, world: Plans, case: Case, shared: Shared) -> None:
        await say(world, case, case.central, given=False)
        refused = await shared.outside()
        assert problem(refused) == (409, "sharing-taken-back")
        everybody = await shared.share()
        assert {UUID(person) for person in everybody.json()["person_ids"]} == {
            case.central,
            case.aunt,
            case.neighbour,
        }

    async def test_a_yes_afterwards_brings_nothing_back_until_it_is_shared_anew(
        self, world: Plans, case: Case, shared: Shared
    ) -> None:
        await say(world, case, case.central, given=False)
        await say(world, case, case.central, given=True)
        assert await shared.readers() == WITHIN
        assert (await shared.outside()).json()["person_ids"] == [str(case.teacher)]
        assert await shared.readers() == ALL

    async def test_is_not_for_others_to_say(self, world: Plans, case: Case, shared: Shared) -> None:
        for person in (case.aunt, case.teacher):
            assert await say(world, case, person, given=False) == "handled"
        assert await shared.readers() == ALL

    async def test_says_nothing_of_other_purposes(self, world: Plans, case: Case, shared: Shared) -> None:
        fact = network.ConsentWithdrawn(case_id=case.id, person_id=case.central, purpose="research")
        assert await world.handle(fact) == "handled"
        assert await shared.readers() == ALL

    async def test_is_heard_when_the_case_has_stopped(self, world: Plans, case: Case, shared: Shared) -> None:
        await world.handle(intake.CaseWithdrawn(case_id=case.id, reason="family-wish", by="central-person"))
        assert await say(world, case, case.central, given=False) == "handled"
        assert (await shared.readers())["teacher"] is False

    async def test_leaves_other_cases_alone(self, world: Plans, case: Case, shared: Shared) -> None:
        other = await world.open_case()
        await say(world, other, other.central, given=False)
        assert await shared.readers() == ALL


class TestOrder:
    async def test_what_comes_twice_or_late_changes_nothing(
        self, world: Plans, case: Case, shared: Shared
    ) -> None:
        event = uuid7()
        await say(world, case, case.central, given=False, sequence=50, event_id=event)
        assert await say(world, case, case.central, given=False, sequence=50, event_id=event) == "duplicate"
        await say(world, case, case.central, given=True, sequence=40)
        assert await shared.readers() == WITHIN
        assert (await shared.outside()).status_code == 409

    async def test_a_no_that_a_yes_overtook_ends_what_was_shared_before_it(
        self, world: Plans, case: Case, shared: Shared
    ) -> None:
        await say(world, case, case.central, given=True, sequence=60)
        await say(world, case, case.central, given=False, sequence=59)
        assert await shared.readers() == WITHIN
        assert (await shared.outside()).status_code == 200
        assert await shared.readers() == ALL

    async def test_waits_for_whom_it_does_not_know_yet(
        self, world: Plans, case: Case, shared: Shared
    ) -> None:
        sister = uuid7()
        with pytest.raises(NotYet):
            await say(world, case, sister, given=False)
        await world.handle(network.PersonAdded(case_id=case.id, person_id=sister, role="central"))
        await say(world, case, sister, given=False)
        assert await shared.readers() == WITHIN


class TestParentalAuthority:
    async def test_has_a_say_about_the_child_until_it_is_eighteen(
        self, world: Plans, case: Case, shared: Shared
    ) -> None:
        await say(world, case, case.aunt, given=False, concerns=case.central)
        assert await shared.readers() == WITHIN
        twelve = network.PersonCameOfAge(case_id=case.id, person_id=case.central, age=12)
        await world.handle(twelve)
        assert (await shared.outside()).status_code == 409
        await world.handle(network.PersonCameOfAge(case_id=case.id, person_id=case.central, age=18))
        assert (await shared.outside()).status_code == 200
        assert await shared.readers() == ALL

    async def test_has_none_after_leaving_the_circle(self, world: Plans, case: Case, shared: Shared) -> None:
        await say(world, case, case.aunt, given=False, concerns=case.central)
        await world.handle(network.PersonRemoved(case_id=case.id, person_id=case.aunt))
        assert (await shared.outside()).status_code == 200

    async def test_has_none_once_it_has_ended(self, world: Plans, case: Case, shared: Shared) -> None:
        await say(world, case, case.aunt, given=False, concerns=case.central)
        ended = network.AuthorityEnded(case_id=case.id, person_id=case.aunt, concerns=case.central)
        assert await world.handle(ended) == "handled"
        assert await shared.readers() == WITHIN
        assert (await shared.outside()).status_code == 200
        assert await shared.readers() == ALL

    async def test_eighteen_may_be_heard_of_first(self, world: Plans, case: Case, shared: Shared) -> None:
        brother = uuid7()
        grown = network.PersonCameOfAge(case_id=case.id, person_id=brother, age=18)
        assert await world.handle(grown) == "handled"
        await world.handle(network.PersonAdded(case_id=case.id, person_id=brother, role="central"))
        await say(world, case, case.aunt, given=False, concerns=brother)
        assert await shared.readers() == ALL
        await say(world, case, brother, given=False)
        assert await shared.readers() == WITHIN
