"""Network: cases with people, who are added, invited and have links; and what the other services answer it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self, cast
from uuid import UUID

import httpx2

from services.network.domain import INVITATION_CLOCK
from services.network.domain.emails import kind_of
from services.network.operations import invitations, links
from shared.auth import link_token
from shared.contracts import COPY_PATH, Contract
from shared.contracts.base import Answer
from shared.contracts.intake import UNDER_HOLD
from shared.errors import NotFound
from shared.events.base import EventData
from shared.events.network import NotifyPeople
from shared.settings import Settings
from tests.support.steps import attempt
from tests.support.world.base import World
from tests.support.world.case import Case

CENTRAL_PERSON = {"first_name": "Ilyas", "last_name": "Testman", "language": "nl", "relation": "zelf"}
# What a referral says of somebody of whom it says nothing.
UNSAID = {
    **dict.fromkeys(("birth_date", "email", "phone", "address", "relation")),
    "language": "nl",
    "side": "other",
    "parental_authority": False,
    "agreed": False,
}


@dataclass
class OtherServices:
    """What intake answers about the persons of a referral, and every service about one person."""

    people: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    # By service: what it holds on whoever is asked about, or how it fails.
    copies: dict[str, Any] = field(default_factory=dict)
    # By case: whether it is under hold, or how intake fails; not under hold where nothing is said.
    holds: dict[UUID, bool | Exception] = field(default_factory=dict)

    async def read(self, contract: Contract[Answer], *, tenant: UUID, **ids: UUID) -> Answer:
        """Answer as the service would."""
        self.asked.append((contract.owner, contract.path_of(**ids), contract.purpose))
        case = ids["case_id"]
        if contract.path == COPY_PATH:
            answer = self.copies.get(contract.owner, NotFound())
        elif contract == UNDER_HOLD:
            answer = self.holds.get(case, False)
            answer = answer if isinstance(answer, Exception) else {"under_hold": answer}
        else:
            answer = {"items": [UNSAID | person for person in self.people[case]]}
        if isinstance(answer, Exception):
            raise answer
        return contract.answer.model_validate(answer)

    async def close(self) -> None:
        """Nothing is open."""


class Network(World):
    """Network."""

    service = "network"

    def publisher_of(self, event: EventData) -> str:
        """Return the service that publishes such an event, or asks for such mails."""
        by = kind_of(event.kind).by if isinstance(event, NotifyPeople) else self.service
        return super().publisher_of(event) if by == self.service else by

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, **parts: Any) -> AsyncIterator[Self]:
        """Yield the service with other services that answer what a test says."""
        async with super().open(settings, **({"services": cast("Any", OtherServices())} | parts)) as world:
            yield world

    @property
    def others(self) -> OtherServices:
        """The other services."""
        return cast("OtherServices", self.context.services)

    async def emptied(self) -> Self:
        """Return the same running service with empty tables."""
        for answers in vars(self.others).values():
            answers.clear()
        return await super().emptied()

    async def open_case(self, *, coordinator: bool = True, born: str = "2012-01-05", **changes: Any) -> Case:
        """Return a case that this service knows of: a boy of fourteen, his mother, and a coordinator."""
        case = Case(**{"tenant": self.tenant, **changes})
        self.others.people[case.id] = [
            {"person_id": str(case.central), "role": "central", "side": "other", "birth_date": born,
             "parental_authority": False, "agreed": True,
             "email": "ilyas@example.org", **CENTRAL_PERSON},
            {"person_id": str(case.mother), "role": "central", "side": "maternal", "language": "fr",
             "first_name": "Samira", "last_name": "Testman", "email": "samira@example.org", "relation": "moeder"},
        ]  # fmt: skip
        await self.handle_all(case.opened(), *([case.assigned()] if coordinator else []), case=case)
        return case

    async def add(self, case: Case, first_name: str, **body: Any) -> UUID:
        """Add somebody to the circle; return their id."""
        person = {
            "first_name": first_name,
            "last_name": "Testman",
            "email": f"{first_name.lower()}@example.org",
            "language": "nl",
            "role": "circle",
            "side": "maternal",
            "relation": "tante",
        }
        path = f"/v1/cases/{case.id}/persons"
        added = await self.do("POST", path, self.coordinator(case), json=person | body)
        return UUID(added["person_id"])

    async def correct(self, case: Case, person: UUID, **changes: Any) -> httpx2.Response:
        """Change what is known of somebody as their coordinator does, who reads it first; return the answer."""
        path, who = f"/v1/persons/{person}", self.coordinator(case)
        version = (await self.do("GET", path, who))["version"]
        return await self.ask("PATCH", path, who, json={"version": version} | changes)

    async def invite(self, case: Case, person: UUID) -> UUID:
        """Invite somebody; return the invitation's id."""
        invited = await self.do("POST", f"/v1/persons/{person}/invitation", self.coordinator(case))
        return UUID(invited["invitation_id"])

    async def begin(self, invitation: UUID) -> None:
        """Do what comes of an invitation that was sent: its mail and its clock."""
        async with self.transaction() as session:
            await invitations.begin(
                session, tenant=self.tenant, invitation_id=invitation, now=self.clock.time
            )

    async def remind(self, invitation: UUID) -> bool:
        """Take the step at which whoever is silent is reminded, if its time has come; say whether it did anything."""
        return await attempt(
            self.context,
            invitations.remind,
            tenant=self.tenant,
            kind=INVITATION_CLOCK,
            subject=invitation,
            what="warn",
        )

    async def people(self, case: Case) -> dict[str, dict[str, Any]]:
        """Return the people of a case by first name, as their coordinator sees them."""
        answer = await self.do("GET", f"/v1/cases/{case.id}/persons", self.coordinator(case))
        return {person["first_name"]: person for person in answer["items"]}

    async def link_token_of(self, person: UUID) -> str:
        """Return the token that the next email to somebody would carry."""
        [link] = await self.rows(
            "SELECT id, generation FROM personal_link WHERE person_id = :person", person=person
        )
        return link_token(links.link_key(self.context), link.id, link.generation)
