"""Plans: cases whose circle met, and the plans that they recorded."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from shared.auth import Role
from shared.ids import uuid7
from tests.support.world.base import World
from tests.support.world.case import Case
from tests.support.world.principals import Headers


def plan_of(case: Case, **changes: Any) -> dict[str, Any]:
    """Return a plan as a coordinator would send it."""
    who = [str(case.aunt)]
    return {
        "conference_id": str(case.conference),
        "goals": ["Naar school gaan", "Thuis blijven wonen"],
        "agreements": [
            {"what": "Samen opstaan", "who_person_ids": who, "by": "network", "due_on": "2026-03-20"},
            {"what": "Bellen met school", "who_text": "de klastitularis", "by": "professional",
             "due_on": "2026-04-10", "known_done_how": "er is een brief"},
        ],
        "plan_b": [{"when": "Het lukt niet", "then": "Tante komt", "who_person_id": str(case.aunt)}],
        "monitor_person_id": str(case.neighbour),
        "review_on": "2026-06-01",
    } | changes  # fmt: skip


def changed_plan(case: Case, version: int = 1, **changes: Any) -> dict[str, Any]:
    """Return what the circle made of a version of its plan."""
    return plan_of(case, **{"version": version, "reason": "Het ging anders dan gedacht"} | changes)


class Plans(World):
    """Plans."""

    service = "plans"

    def referrer(self, organisation: UUID | None) -> Headers:
        """Return the headers of a professional of another organisation."""
        return self.staff(uuid7(), organisation, Role.REFERRER)

    async def open_case(self, **changes: Any) -> Case:
        """Return a case that this service knows of, with its people, baseline, coordinator and conference."""
        # A case that somebody referred for others has a call to the referrer too: those tests say so.
        case = Case(**{"tenant": self.tenant, "referring": None, **changes})
        await self.handle_all(
            case.opened(),
            case.baseline(),
            case.assigned(),
            *case.people(),
            case.ready(),
            case.met(),
            case=case,
        )
        return case

    async def met_again(self, case: Case) -> UUID:
        """Let the circle have met again, and return the conference."""
        again = replace(case, conference=uuid7())
        await self.handle_all(again.met(2), case=case)
        return again.conference

    async def recorded(self, case: Case, **changes: Any) -> dict[str, Any]:
        """Return the recorded plan of a case."""
        path = f"/v1/cases/{case.id}/plans"
        found: dict[str, Any] = await self.do(
            "POST", path, self.coordinator(case), json=plan_of(case, **changes)
        )
        return found
