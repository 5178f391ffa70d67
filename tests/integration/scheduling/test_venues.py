"""The register of venues: entered and changed, suggested for a conference, taken by one circle at a time."""

import asyncio
from typing import Any
from uuid import UUID

from shared.auth import Role
from shared.ids import uuid7
from tests.support.world import Case
from tests.support.world.scheduling import Scheduling


async def choices(world: Scheduling, case: Case, *needs: str) -> list[dict[str, Any]]:
    """Return the venues for a case's conference, by what those who come need."""
    asked = "&".join(f"needs={need}" for need in needs)
    path = f"/v1/conferences/{case.conference}/venues?{asked}"
    found: list[dict[str, Any]] = (await world.do("GET", path, world.coordinator(case)))["venues"]
    return found


async def schedule_at(world: Scheduling, case: Case, venue: dict[str, Any]) -> Any:
    return await world.change_date(case, "schedule", venue_id=venue["venue_id"])


class TestRegister:
    async def test_is_kept_by_the_regional_manager_and_the_administrator(self, world: Scheduling) -> None:
        hall = await world.enter_venue(name="Zaal B", contact_name="Mia", contact_phone="0470 12 34 56")
        administrator = world.staff(uuid7(), world.tenant, Role.ADMINISTRATOR)
        await world.do("POST", "/v1/venues", administrator, json={"name": "Zaal A", "address": "Weg 2"})
        listed = (await world.do("GET", "/v1/venues", administrator))["venues"]
        assert [(each["name"], each["neutral"]) for each in listed] == [("Zaal A", True), ("Zaal B", True)]
        body = {"name": "Zaal C", "address": "Weg 3", "neutral": False, "version": 1}
        path = f"/v1/venues/{hall['venue_id']}"
        changed = await world.do("PUT", path, world.manager(), json=body)
        assert (changed["version"], changed["contact_name"]) == (2, None)
        assert await world.refused("PUT", path, world.manager(), json=body) == (409, "other-version")

    async def test_forgets_who_to_call_when_a_venue_is_closed(self, world: Scheduling) -> None:
        hall = await world.enter_venue(contact_name="Mia Mertens")
        [row] = await world.rows("SELECT venue::text AS row FROM venue")
        assert "Mertens" not in row.row
        path = f"/v1/venues/{hall['venue_id']}"
        for _ in range(2):
            await world.do("POST", f"{path}/close", world.manager(), expect=204)
        assert (await world.do("GET", "/v1/venues", world.manager()))["venues"] == []
        assert (await world.rows("SELECT sealed FROM venue"))[0].sealed is None
        body = {"name": "Zaal", "address": "Weg", "version": 1}
        assert await world.refused("PUT", path, world.manager(), json=body) == (409, "venue-closed")
        unknown = f"/v1/venues/{uuid7()}"
        assert await world.refused("PUT", unknown, world.manager(), json=body) == (404, "venue-not-found")


class TestChoosing:
    async def test_suggests_a_neutral_venue_where_everybody_can_take_part(self, world: Scheduling) -> None:
        case = await world.polled(20)
        await world.enter_venue(name="A kantoor", neutral=False, meets=["step-free"])
        await world.enter_venue(name="B zaal", meets=["hearing"])
        await world.enter_venue(name="C zaal", meets=["step-free", "hearing"])
        assert [(each["name"], each["suggested"]) for each in await choices(world, case)] == [
            ("B zaal", True),
            ("C zaal", False),
            ("A kantoor", False),
        ]
        found = await choices(world, case, "step-free", "hearing")
        assert [(each["name"], each["lacks"], each["suggested"]) for each in found] == [
            ("C zaal", [], True),
            ("B zaal", ["step-free"], False),
            ("A kantoor", ["hearing"], False),
        ]

    async def test_says_at_which_dates_a_venue_can_be_had(self, world: Scheduling) -> None:
        # Day 20 is Sunday 22 March 2026, day 22 the Tuesday after it; both in the morning.
        case = await world.polled(20, 22)
        await world.enter_venue(name="Dinsdagzaal", open_at=["tue-morning", "tue-evening"])
        await world.enter_venue(name="Avondzaal", open_at=["sun-evening"])
        poll = await world.poll(case)
        first, second = sorted(poll["options"], key=lambda each: each["starts_at"])
        [tuesday, evening] = await choices(world, case)
        assert (tuesday["name"], tuesday["free_for"]) == ("Dinsdagzaal", [second["option_id"]])
        assert (tuesday["free"], evening["free_for"], evening["suggested"]) == (None, [], False)
        assert (first["venues_free"], second["venues_free"]) == (0, 1)

    async def test_is_not_asked_of_an_organisation_without_a_register(self, world: Scheduling) -> None:
        case = await world.polled(20)
        assert [each["venues_free"] for each in (await world.poll(case))["options"]] == [None]
        assert await choices(world, case) == []


class TestTaking:
    async def test_tells_people_the_place_as_it_stands_in_the_register(self, world: Scheduling) -> None:
        hall = await world.enter_venue(name="Zaal", address="Plein 1", reached_by="Tram 4")
        case = await world.scheduled(20)
        assert (await schedule_at(world, case, hall)).status_code == 200
        told = await world.conference(case)
        assert told["venue"] == {"name": "Zaal", "address": "Plein 1", "reached_by": "Tram 4"}
        [seen] = (await world.do("GET", "/v1/me/conferences", world.person(case, case.aunt)))["items"]
        assert seen["venue"] == told["venue"]
        assert told["preparation"]["venue_id"] == hall["venue_id"]
        [chosen] = await choices(world, case)
        assert chosen["free"] is True
        elsewhere = {"name": "Buurthuis", "address": "Kerkstraat 1"}
        assert (await world.schedule(case, venue=elsewhere)).status_code == 200
        told = await world.conference(case)
        assert (told["venue"]["reached_by"], told["preparation"]["venue_id"]) == (None, None)

    async def test_is_for_one_circle_at_a_time(self, world: Scheduling) -> None:
        hall = await world.enter_venue()
        one, other = await world.scheduled(20), await world.scheduled(20)
        answers = await asyncio.gather(*(schedule_at(world, case, hall) for case in (one, other)))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        taken, waits = (one, other) if answers[0].status_code == 200 else (other, one)
        assert (await choices(world, waits))[0]["free"] is False
        assert [each["venues_free"] for each in (await world.poll(waits))["options"]] == [0]
        # Saying it again is no other circle, and a conference that is put off gives the venue back.
        assert (await schedule_at(world, taken, hall)).status_code == 200
        await world.postponed(taken)
        assert (await schedule_at(world, waits, hall)).status_code == 200

    async def test_is_refused_of_a_closed_or_unknown_venue_and_of_two_places(self, world: Scheduling) -> None:
        hall = await world.enter_venue()
        case = await world.scheduled(20)
        await world.do("POST", f"/v1/venues/{hall['venue_id']}/close", world.manager(), expect=204)
        assert (await schedule_at(world, case, hall)).status_code == 409
        assert (await schedule_at(world, case, {"venue_id": str(UUID(int=1))})).status_code == 404
        assert (await world.schedule(case, venue_id=hall["venue_id"])).status_code == 422
