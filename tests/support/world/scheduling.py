"""Scheduling: cases whose conference is prepared, polled about, scheduled and postponed."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2

from services.scheduling import operations
from shared.events import intake, network
from tests.support.steps import attempt
from tests.support.world.base import World
from tests.support.world.case import Case
from tests.support.world.clock import NOW

VENUE = {"name": "Buurthuis De Linde", "address": "Lindelaan 4, 2800 Mechelen"}


def dates(*days: int, hours: int = 4, first: datetime = NOW) -> list[dict[str, str]]:
    """Return dates so many days from the first, at the same time of day."""
    return [
        {
            "starts_at": (first + timedelta(days=day)).isoformat(),
            "ends_at": (first + timedelta(days=day, hours=hours)).isoformat(),
        }
        for day in days
    ]


class Scheduling(World):
    """Scheduling."""

    service = "scheduling"

    async def knows_its_organisation(self) -> None:
        """Let scheduling know the tenant as intake tells of it."""
        entered = intake.OrganisationEntered(
            organisation_id=self.tenant, version=1, name="De Ring", country="BE", time_zone="Europe/Brussels"
        )
        await self.handle_all(entered)

    async def assigned(self, *, track: Any = "normal", **changes: Any) -> Case:
        """Return a case whose coordinator was just assigned, and whose people are known."""
        case = Case(**{"tenant": self.tenant, **changes})
        await self.handle_all(case.opened(track), case.assigned(), *case.people(), case=case)
        (conference,) = await self.conferences(case)
        case.conference = UUID(conference["conference_id"])
        return case

    async def polled(self, *days: int, **changes: Any) -> Case:
        """Return a case with an open poll about some days (the 20th and the 30th if none are named)."""
        case = await self.assigned(**changes)
        await self.handle_all(case.ready(), case=case)
        await self.open_poll(case, *(days or (20, 30)))
        return case

    async def enter_venue(self, **body: Any) -> dict[str, Any]:
        """Enter a venue, as a regional manager does."""
        entered: dict[str, Any] = await self.do(
            "POST", "/v1/venues", self.manager(), json={"name": "Zaal", "address": "Plein 1, Gent"} | body
        )
        return entered

    async def on_course(self, case: Case) -> None:
        """Take the first steps of the preparation: a first contact, and the questions are talked through and told."""
        await self.made_contact(case)
        await self.talked(case)
        await self.told_questions(case)

    async def made_contact(self, case: Case) -> None:
        """Let the coordinator have spoken with the family for the first time."""
        made = network.ContactMade(
            case_id=case.id, person_id=case.central, channel="phone", purpose="first-contact"
        )
        await self.handle(made)

    async def talked(self, case: Case) -> None:
        """Let the coordinator have talked the questions through with the referrer: they stay as they were."""
        await self.handle(intake.BaselineConfirmed(case_id=case.id, version=1))

    async def told_questions(self, case: Case) -> None:
        """Let the circle know the questions."""
        path = f"/v1/conferences/{case.conference}/checklist/questions-shared"
        await self.do("PUT", path, self.coordinator(case), json={"done": True})

    async def write_givers(self, case: Case, givers: list[dict[str, Any]]) -> dict[str, Any]:
        """Write down who gives information at the case's conference; return it as it stands then."""
        path, who = f"/v1/conferences/{case.conference}/information-givers", self.coordinator(case)
        version = (await self.do("GET", path, who))["version"]
        written: dict[str, Any] = await self.do("PUT", path, who, json={"version": version, "givers": givers})
        return written

    async def write_notes(self, case: Case, *, version: int = 1, **notes: str | None) -> dict[str, Any]:
        """Write down what was agreed about safety and how the children take part; return it as it stands then."""
        path = f"/v1/conferences/{case.conference}/notes"
        body = {"version": version, **notes}
        written: dict[str, Any] = await self.do("PUT", path, self.coordinator(case), json=body)
        return written

    async def open_poll(self, case: Case, *days: int, **more: Any) -> None:
        """Open the poll of the case's conference, about days from now."""
        options = dates(*days, first=await self.now())
        answer = await self.post(case, f"/v1/conferences/{case.conference}/poll", options=options, **more)
        assert answer.status_code == 201, answer.text
        await self._follow(case, answer.json()["poll_id"])

    async def scheduled(self, *days: int) -> Case:
        """Return a case whose conference has a date: the first of the poll, where all can come."""
        case = await self.polled(*days)
        for person in case.circle:
            await self.say(case, person, "yes")
        answer = await self.schedule(case)
        assert answer.status_code == 200, answer.text
        return case

    async def schedule(self, case: Case, **body: Any) -> httpx2.Response:
        """Set the date of the case's conference."""
        return await self.change_date(case, "schedule", **{"venue": VENUE, **body})

    async def change_date(self, case: Case, how: str, **body: Any) -> httpx2.Response:
        """Schedule, postpone or cancel the case's conference as its coordinator does, who reads it first."""
        read = await self.conference(case)
        path = f"/v1/conferences/{case.conference}/{how}"
        return await self.post(case, path, **{"version": read["version"], **body})

    async def postponed(self, case: Case, reason: str = "key-person-ill") -> None:
        """Put the case's conference off, and go on with the next one."""
        answer = await self.change_date(case, "postpone", reason=reason)
        assert answer.status_code == 200, answer.text
        case.conference = UUID(answer.json()["next_conference_id"])
        if (poll := (await self.conferences(case))[-1]["poll_id"]) is not None:
            await self._follow(case, poll)

    async def say(self, case: Case, person: UUID, *answers: str) -> httpx2.Response:
        """Answer the dates of the poll in order as a person; the last answer counts for the rest."""
        said = {
            str(option): answers[min(index, len(answers) - 1)] for index, option in enumerate(case.options)
        }
        path = f"/v1/me/polls/{case.poll}"
        return await self.ask("PUT", path, self.person(case, person), json={"answers": said})

    async def close_answered(self, case: Case) -> bool:
        """Let the time for corrections pass, and close the poll that everybody answered; say whether it was."""
        self.later(hours=2)
        return await attempt(
            self.context,
            operations.close_when_answered,
            tenant=case.tenant,
            kind="poll-answered",
            subject=case.poll,
            what="due",
        )

    async def conferences(self, case: Case) -> list[dict[str, Any]]:
        """Return the conferences of a case."""
        answer = await self.do("GET", f"/v1/cases/{case.id}/conferences", self.coordinator(case))
        items: list[dict[str, Any]] = answer["items"]
        return items

    async def conference(self, case: Case) -> dict[str, Any]:
        """Return the case's conference as its coordinator sees it."""
        path = f"/v1/conferences/{case.conference}"
        found: dict[str, Any] = await self.do("GET", path, self.coordinator(case))
        return found

    async def poll(self, case: Case) -> dict[str, Any]:
        """Return the case's poll as its coordinator sees it."""
        found: dict[str, Any] = await self.do("GET", f"/v1/polls/{case.poll}", self.coordinator(case))
        return found

    async def post(self, case: Case, path: str, **body: Any) -> httpx2.Response:
        """Send something as the case's coordinator."""
        return await self.ask("POST", path, self.coordinator(case), json=body)

    async def _follow(self, case: Case, poll: str) -> None:
        case.poll = UUID(poll)
        case.options = [UUID(option["option_id"]) for option in (await self.poll(case))["options"]]
