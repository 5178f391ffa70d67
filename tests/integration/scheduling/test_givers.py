"""Who gives information at the conference: written whole by the coordinator, read by the circle before the day."""

from typing import Any
from uuid import UUID

import pytest

from shared.events import network
from tests.integration.scheduling.test_copies import copy
from tests.support.world import Case
from tests.support.world.scheduling import Scheduling

NURSE = {"name": "Mia Mertens", "function": "verpleegkundige", "tells": "Hoe de pillen werken."}
WRITTEN = {"name": "Tom Claes", "tells": "Wat de school kan doen.", "how": "in-writing"}


def teacher(case: Case, tells: str = "Hoe het op school gaat.") -> dict[str, Any]:
    """Return what a professional of the circle comes to tell."""
    return {"person_id": str(case.teacher), "tells": tells}


async def own(world: Scheduling, case: Case, person: UUID) -> list[Any]:
    """Return what somebody of the circle reads of it."""
    read = await world.do("GET", "/v1/me/information-givers", world.person(case, person))
    found: list[Any] = read["items"]
    return found


class TestWriting:
    async def test_keeps_who_tells_what_in_order_and_sealed(self, world: Scheduling) -> None:
        case = await world.scheduled()
        written = await world.write_givers(case, [NURSE, teacher(case), WRITTEN])
        assert written["version"] == 2
        assert [(each["name"], each["how"]) for each in written["givers"]] == [
            ("Mia Mertens", "present"),
            (None, "present"),
            ("Tom Claes", "in-writing"),
        ]
        stored = str(await world.rows("SELECT information_giver::text AS row FROM information_giver"))
        assert "Mertens" not in stored
        assert "pillen" not in stored
        # Said again it is nothing new; in another order it is.
        assert (await world.write_givers(case, [NURSE, teacher(case), WRITTEN]))["version"] == 2
        turned = await world.write_givers(case, [WRITTEN, NURSE])
        assert (turned["version"], [each["name"] for each in turned["givers"]]) == (
            3,
            ["Tom Claes", "Mia Mertens"],
        )

    async def test_is_by_the_version_that_was_read(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await world.write_givers(case, [NURSE])
        path = f"/v1/conferences/{case.conference}/information-givers"
        body = {"version": 1, "givers": [WRITTEN]}
        assert await world.refused("PUT", path, world.coordinator(case), json=body) == (409, "other-version")

    async def test_names_people_of_the_case_or_others_by_name(self, world: Scheduling) -> None:
        case, other = await world.scheduled(), await world.scheduled()
        path, who = f"/v1/conferences/{case.conference}/information-givers", world.coordinator(case)
        for wrong in (teacher(other), {**teacher(case), "name": "Mia"}, {"tells": "Iets."}):
            body = {"version": 1, "givers": [wrong]}
            assert (await world.ask("PUT", path, who, json=body)).status_code == 422
        body = {"version": 1, "givers": [WRITTEN] * 13}
        assert (await world.ask("PUT", path, who, json=body)).status_code == 422
        await world.change_date(case, "cancel", reason="other")
        body = {"version": 1, "givers": [WRITTEN]}
        assert await world.refused("PUT", path, who, json=body) == (409, "conference-over")

    async def test_stays_with_the_preparation_when_the_day_is_put_off(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await world.write_givers(case, [NURSE])
        await world.postponed(case)
        path = f"/v1/conferences/{case.conference}/information-givers"
        assert (await world.do("GET", path, world.coordinator(case)))["givers"][0]["tells"] == NURSE["tells"]


class TestReading:
    async def test_is_for_everybody_of_the_circle_before_the_day(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await world.write_givers(case, [NURSE, teacher(case)])
        for person in case.circle:
            assert [each["tells"] for each in await own(world, case, person)] == [
                NURSE["tells"],
                "Hoe het op school gaat.",
            ]
        path = f"/v1/conferences/{case.conference}/information-givers"
        assert (await world.ask("GET", path, world.manager())).status_code == 403

    @pytest.mark.parametrize("left", [network.PersonRemoved, network.PersonExcluded])
    async def test_shows_nothing_of_or_to_who_left(self, world: Scheduling, left: Any) -> None:
        case = await world.scheduled()
        await world.write_givers(case, [NURSE, teacher(case)])
        await world.handle(left(case_id=case.id, person_id=case.teacher))
        assert [each["name"] for each in await own(world, case, case.aunt)] == ["Mia Mertens"]
        await world.ask("GET", "/v1/me/information-givers", world.person(case, case.teacher), expect=410)

    async def test_shows_nothing_of_who_is_kept_from_the_reader(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await world.write_givers(case, [teacher(case)])
        apart = [
            member.model_copy(update={"not_with": (kept,)}) if member.person_id == person else member
            for member in case.ready().members
            for person, kept in [(case.aunt, case.teacher)]
        ]
        await world.handle(network.CircleReady(case_id=case.id, members=tuple(apart)))
        assert await own(world, case, case.aunt) == []
        assert len(await own(world, case, case.neighbour)) == 1


class TestCopy:
    async def test_holds_what_the_circle_is_told_and_who_left_what_they_tell_themselves(
        self, world: Scheduling
    ) -> None:
        case = await world.scheduled()
        await world.write_givers(case, [NURSE, teacher(case)])
        found = await copy(world, case, case.aunt)
        assert [(each["tells"], each["yours"]) for each in found["givers"]] == [
            (NURSE["tells"], False),
            ("Hoe het op school gaat.", False),
        ]
        assert "Mertens" not in str(found)
        await world.handle(network.PersonRemoved(case_id=case.id, person_id=case.teacher))
        assert [each["yours"] for each in (await copy(world, case, case.teacher))["givers"]] == [True]


class TestErasing:
    async def test_leaves_nothing_of_a_person(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await world.write_givers(case, [NURSE, teacher(case)])
        await world.handle(network.PersonErased(case_id=case.id, person_id=case.teacher))
        rows = await world.rows("SELECT person_id FROM information_giver")
        assert [row.person_id for row in rows] == [None]
