"""The private calendar feed of a coordinator."""

from typing import Any

import pytest_asyncio

from shared.auth import Role
from shared.events import intake
from shared.ids import contact_id, uuid7
from tests.support.world import Case, problem
from tests.support.world.scheduling import VENUE, Scheduling

FEED = "/v1/calendar-feeds/read"


@pytest_asyncio.fixture
async def world(world: Scheduling) -> Scheduling:
    """Scheduling, knowing its organisation."""
    await world.knows_its_organisation()
    return world


async def secret_of(world: Scheduling, case: Case) -> str:
    made = await world.do("POST", "/v1/me/calendar-feed", world.coordinator(case), expect=201)
    return str(made["secret"])


async def read(world: Scheduling, secret: str) -> Any:
    headers = {"kring-tenant": str(world.tenant)}
    return await world.ask("POST", FEED, headers, json={"secret": secret})


class TestFeed:
    async def test_holds_when_and_where_and_nobody(self, world: Scheduling) -> None:
        case, _other = await world.scheduled(20), await world.scheduled(30)
        found = await read(world, await secret_of(world, case))
        (entry,) = found.json()["items"]
        assert (entry["conference_id"], entry["case_id"]) == (str(case.conference), str(case.id))
        assert (entry["venue"], entry["takes_place"], entry["revision"]) == (
            VENUE | {"reached_by": None},
            True,
            1,
        )
        assert not any(str(person) in found.text for person in case.circle)

    async def test_takes_out_what_was_put_off_and_follows_the_next(self, world: Scheduling) -> None:
        case = await world.scheduled(20, 30)
        secret, first = await secret_of(world, case), case.conference
        await world.postponed(case)
        await world.schedule(case)
        entries = {each["conference_id"]: each for each in (await read(world, secret)).json()["items"]}
        assert (entries[str(first)]["takes_place"], entries[str(first)]["revision"]) == (False, 2)
        assert entries[str(case.conference)]["takes_place"] is True

    async def test_is_read_by_the_newest_secret_alone(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        old, new = await secret_of(world, case), await secret_of(world, case)
        assert problem(await read(world, old)) == (404, "feed-not-found")
        assert (await read(world, new)).status_code == 200
        kept = await world.rows("SELECT digest FROM calendar_feed")
        assert [new.encode() in row.digest for row in kept] == [False]

    async def test_shows_nothing_of_a_case_that_somebody_else_coordinates_now(
        self, world: Scheduling
    ) -> None:
        case = await world.scheduled(20)
        secret = await secret_of(world, case)
        await world.handle(case.assigned(2, uuid7()))
        assert (await read(world, secret)).json() == {"items": []}

    async def test_stands_still_while_its_owner_does_not_come_with_their_account(
        self, world: Scheduling
    ) -> None:
        case = await world.scheduled(90)
        secret = await secret_of(world, case)
        for _ in range(2):
            world.later(days=29)
            assert (await read(world, secret)).status_code == 200
            await world.do("GET", f"/v1/cases/{case.id}/conferences", world.coordinator(case))
        world.later(days=31)
        assert problem(await read(world, secret)) == (404, "feed-not-found")
        await world.do("GET", f"/v1/cases/{case.id}/conferences", world.manager())
        assert problem(await read(world, secret)) == (404, "feed-not-found")
        await world.do("GET", f"/v1/cases/{case.id}/conferences", world.coordinator(case))
        assert len((await read(world, secret)).json()["items"]) == 1

    async def test_ends_when_the_organisation_erases_its_owner(self, world: Scheduling) -> None:
        case, other = await world.scheduled(20), await world.scheduled(30)
        secret, kept = await secret_of(world, case), await secret_of(world, other)
        left = contact_id(world.tenant, case.coordinator)
        await world.handle_all(intake.ContactErased(contact_id=left, kind="coordinator"))
        assert problem(await read(world, secret)) == (404, "feed-not-found")
        assert (await read(world, kept)).status_code == 200
        assert len(await world.rows("SELECT 1 FROM calendar_feed")) == 1

    async def test_is_for_coordinators(self, world: Scheduling) -> None:
        asked = await world.ask("POST", "/v1/me/calendar-feed", world.colleague(Role.REGIONAL_MANAGER))
        assert asked.status_code == 403
