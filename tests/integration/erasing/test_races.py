"""What is written about a case at the moment it is erased: it goes with the case, or it is refused."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

import pytest

from services.network.models import PersonFields
from services.network.operations import cases, persons
from services.scheduling import queries
from services.scheduling.models import PollAnswer
from services.scheduling.operations.base import lock
from shared.case_state import CaseErased
from shared.database import Scope
from tests.support.eventually import eventually
from tests.support.world.platform import CasePlatform, Story

_ROUNDS = 6


def closing(_service: str, event_type: str) -> bool:
    """Say whether an event tells that a case was closed."""
    return event_type == "intake.case.closed.v1"


async def erased_but_not_heard_of(
    platform: CasePlatform, service: str
) -> tuple[Story, Callable[[], Coroutine[Any, Any, None]]]:
    """Return a case that is open as far as a service knows, and what lets it hear of the erasure."""
    story = await platform.story()
    path = f"/v1/cases/{story.case.id}/close"
    await platform.do("intake", "POST", path, platform.manager(), json={"outcome": "followed-up"})
    await platform.erase(story)
    letters = [
        (source, row) for source, row in await platform.published() if row.type == "intake.case.erased.v1"
    ]
    ((source, row),) = letters
    # Intake, which decides on it, orders it.
    await platform.deliver(source, row, source)

    async def hear() -> None:
        assert await platform.deliver(service, row, source) == "handled"

    return story, hear


async def waits_for_a_lock(platform: CasePlatform, service: str) -> bool:
    """Say whether somebody waits for a lock in a service's database."""
    found = await platform.rows(
        service,
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    )
    return bool(found)


def new_person() -> PersonFields:
    return PersonFields(first_name="Ludo", last_name="Ver", email="ludo@voorbeeld.example")


async def add_directly(platform: CasePlatform, session: Any, story: Story) -> UUID:
    """Add somebody as the route does, in a transaction that the test ends."""
    await cases.require_live(session, case_id=story.case.id, tenant=platform.intake.tenant)
    added = await persons.add(
        session,
        platform.worlds["network"].context.vault,
        tenant=platform.intake.tenant,
        case_id=story.case.id,
        fields=new_person(),
        role="circle",
        side="other",
        proposed_by=None,
        required=False,
        now=platform.clock.time,
    )
    return added.id


class TestNetwork:
    async def test_the_erasure_waits_for_a_write_that_began_before_it_and_takes_it_along(
        self, platform: CasePlatform
    ) -> None:
        story, hear = await erased_but_not_heard_of(platform, "network")
        database = platform.worlds["network"].context.database
        async with database.transaction(Scope(tenant=platform.intake.tenant)) as session:
            added = await add_directly(platform, session, story)
            hearing = asyncio.create_task(hear())
            await eventually(lambda: waits_for_a_lock(platform, "network"), "the erasure to wait")
            assert not hearing.done()
        await hearing
        assert await platform.living_keys("network", added) == [added]
        await platform.settle(but=closing)
        assert await platform.living_keys("network", added, story.central, story.neighbour) == []

    async def test_a_write_that_began_after_it_is_refused(self, platform: CasePlatform) -> None:
        story, hear = await erased_but_not_heard_of(platform, "network")
        await hear()
        database = platform.worlds["network"].context.database
        with pytest.raises(CaseErased):
            async with database.transaction(Scope(tenant=platform.intake.tenant)) as session:
                await add_directly(platform, session, story)

    async def test_whichever_is_first_nothing_readable_is_left(self, platform: CasePlatform) -> None:
        for _ in range(_ROUNDS):
            story, hear = await erased_but_not_heard_of(platform, "network")
            path, who = f"/v1/cases/{story.case.id}/persons", platform.coordinator(story)
            body = {"first_name": "Ludo", "last_name": "Ver"}
            writes = [platform.code("network", "POST", path, who, json=body) for _ in range(3)]
            answers, _ = await asyncio.gather(asyncio.gather(*writes), hear())
            assert {status for status, _ in answers} <= {201, 410}
            await platform.settle(but=closing)
            people = await platform.rows(
                "network", "SELECT id FROM person WHERE case_id = :case", case=story.case.id
            )
            assert await platform.living_keys("network", *(row.id for row in people)) == []


class TestScheduling:
    async def test_whichever_is_first_no_answer_to_a_poll_is_left(self, platform: CasePlatform) -> None:
        for _ in range(_ROUNDS):
            story, hear = await erased_but_not_heard_of(platform, "scheduling")
            poll = await platform.do(
                "scheduling", "GET", f"/v1/polls/{story.poll}", platform.coordinator(story)
            )
            answers = {"answers": {poll["options"][0]["option_id"]: "no"}}
            path = f"/v1/polls/{story.poll}/answers/{story.neighbour}"
            write = platform.code("scheduling", "PUT", path, platform.coordinator(story), json=answers)
            (status, _), _ = await asyncio.gather(write, hear())
            assert status in (200, 409, 410)
            assert await platform.rows("scheduling", "SELECT 1 FROM poll_answer") == []

    async def test_the_erasure_waits_for_an_answer_that_began_before_it_and_takes_it_along(
        self, platform: CasePlatform
    ) -> None:
        story, hear = await erased_but_not_heard_of(platform, "scheduling")
        tenant, database = platform.intake.tenant, platform.worlds["scheduling"].context.database
        async with database.transaction(Scope(tenant=tenant)) as session:
            conference = await queries.conference(session, tenant=tenant, conference_id=story.conference)
            poll = await queries.poll_of(session, conference)
            assert poll is not None
            (option,) = await queries.options(session, poll)
            await lock(session, conference)
            session.add(
                PollAnswer(
                    option_id=option.id,
                    person_id=story.mother,
                    tenant=tenant,
                    poll_id=poll.id,
                    answer="yes",
                    via="link",
                    created_at=platform.clock.time,
                )
            )
            await session.flush()
            hearing = asyncio.create_task(hear())
            await eventually(lambda: waits_for_a_lock(platform, "scheduling"), "the erasure to wait")
            assert not hearing.done()
        await hearing
        assert await platform.rows("scheduling", "SELECT 1 FROM poll_answer") == []


class TestIntake:
    async def test_of_two_who_ask_at_once_one_is_told_that_it_was_done(self, platform: CasePlatform) -> None:
        story = await platform.story()
        await platform.close(story)
        path, body = f"/v1/cases/{story.case.id}/erase", {"reason": "asked"}
        both = await asyncio.gather(
            *(platform.code("intake", "POST", path, platform.officer(), json=body) for _ in range(2))
        )
        assert sorted(both) == [(200, ""), (410, "case-erased")]
        told = await platform.rows("intake", "SELECT 1 FROM outbox WHERE type = 'intake.case.erased.v1'")
        assert len(told) == 1
