"""The coordinator's own notes of a preparation: safety, and how the children take part."""

from typing import Any

import pytest

from shared.events import intake
from tests.integration.scheduling.test_copies import copy
from tests.support.world import Case
from tests.support.world.scheduling import Scheduling

SAFETY = "Pim zit naast tante Griet, en belt haar als hij buiten staat."
CHILDREN = "Lies leest haar brief voor.\nDaarna speelt ze met Tom."
BOTH: dict[str, Any] = {"safety_plan": SAFETY, "child_participation": CHILDREN}


def path_of(case: Case) -> str:
    """Return where the notes of a conference are."""
    return f"/v1/conferences/{case.conference}/notes"


async def read(world: Scheduling, case: Case) -> Any:
    """Return what the coordinator reads."""
    return await world.do("GET", path_of(case), world.coordinator(case))


async def ticked(world: Scheduling, case: Case) -> set[str]:
    """Return the tasks of the checklist that are done."""
    found = (await world.conference(case))["preparation"]["checklist"]
    return {code for code, done in found.items() if done}


class TestWriting:
    async def test_keeps_both_sealed(self, world: Scheduling) -> None:
        case = await world.assigned()
        assert await read(world, case) == {"version": 1, "safety_plan": None, "child_participation": None}
        assert await world.write_notes(case, **BOTH) == {"version": 2, **BOTH}
        stored = str(await world.rows("SELECT preparation::text AS row FROM preparation"))
        assert "Griet" not in stored
        assert "Lies" not in stored
        # The same once more, as by a repeated click, is no change.
        assert (await world.write_notes(case, **BOTH))["version"] == 2
        assert await read(world, case) == {"version": 2, **BOTH}

    async def test_ticks_what_was_written_and_unticks_nothing(self, world: Scheduling) -> None:
        case = await world.assigned()
        await world.write_notes(case, safety_plan=SAFETY)
        assert await ticked(world, case) == {"safety-plan"}
        await world.write_notes(case, version=2, child_participation=CHILDREN)
        assert await ticked(world, case) == {"safety-plan", "child-participation"}
        path = f"/v1/conferences/{case.conference}/checklist/child-participation"
        await world.do("PUT", path, world.coordinator(case), json={"done": False})
        # Only what is new is ticked.
        await world.write_notes(case, version=3, **BOTH)
        assert await ticked(world, case) == {"safety-plan"}

    async def test_is_by_the_version_that_was_read(self, world: Scheduling) -> None:
        case = await world.assigned()
        await world.write_notes(case, **BOTH)
        body = {"version": 1, "safety_plan": "Iets anders."}
        refused = await world.refused("PUT", path_of(case), world.coordinator(case), json=body)
        assert refused == (409, "other-version")
        assert (await read(world, case))["safety_plan"] == SAFETY

    async def test_is_of_some_length_and_before_the_day(self, world: Scheduling) -> None:
        case, who = await world.scheduled(), "x" * 4001
        for name in BOTH:
            body = {"version": 1, name: who}
            await world.ask("PUT", path_of(case), world.coordinator(case), json=body, expect=422)
        await world.change_date(case, "cancel", reason="other")
        refused = await world.refused(
            "PUT", path_of(case), world.coordinator(case), json={"version": 1, **BOTH}
        )
        assert refused == (409, "conference-over")

    async def test_stays_with_the_preparation_when_the_day_is_put_off(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await world.write_notes(case, **BOTH)
        await world.postponed(case)
        assert await read(world, case) == {"version": 2, **BOTH}


class TestReading:
    async def test_is_for_the_coordinator_only(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await world.write_notes(case, **BOTH)
        for who in (world.manager(), world.person(case, case.aunt)):
            await world.ask("GET", path_of(case), who, expect=403)
        found = await world.conference(case)
        assert "Griet" not in str(found)

    async def test_is_in_nobodys_copy(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await world.write_notes(case, **BOTH)
        for person in case.circle:
            assert "Griet" not in str(await copy(world, case, person))


@pytest.mark.parametrize("dated", [False, True])
async def test_are_erased_with_the_case(world: Scheduling, dated: bool) -> None:
    case = await (world.scheduled() if dated else world.assigned())
    await world.write_notes(case, **BOTH)
    await world.handle(intake.CaseErased(case_id=case.id))
    assert await world.rows("SELECT sealed FROM preparation") == [(None,)]
    await world.ask("GET", path_of(case), world.coordinator(case), expect=410)
