"""Network as a running service for tests: its API, what it hears and says, with made-up cases to work on."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import orjson
from sqlalchemy import text

from services.network.api import create_app
from services.network.consumer import subscriptions
from services.network.operations import links
from shared import outbox
from shared.auth import LOCAL_ISSUER, Issuer, Role, link_token
from shared.clock import Clock
from shared.context import Context
from shared.database import Database
from shared.errors import NotFound
from shared.events import intake
from shared.events.base import EventData
from shared.ids import uuid7
from shared.runtime import connected
from shared.settings import Settings

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PATIENT = {"first_name": "Ilyas", "last_name": "Testman", "language": "nl", "relation": "zelf"}


class StandingClock:
    """A business clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.moment = now

    async def now(self) -> datetime:
        return self.moment


@dataclass
class Intake:
    """What intake answers about the persons of a referral, and every service about one person."""

    people: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    # By service: what it holds on whoever is asked about, or how it fails.
    copies: dict[str, Any] = field(default_factory=dict)
    # By case: whether it is under hold, or how intake fails; not under hold where nothing is said.
    holds: dict[UUID, bool | Exception] = field(default_factory=dict)

    async def get(self, service: str, path: str, *, tenant: UUID, purpose: str) -> Any:
        """Answer as the service would."""
        self.asked.append((service, path, purpose))
        if path.endswith("/copy"):
            answer = self.copies.get(service, NotFound())
            if isinstance(answer, Exception):
                raise answer
            return answer
        if path.endswith("/under-hold"):
            held = self.holds.get(UUID(path.split("/")[3]), False)
            if isinstance(held, Exception):
                raise held
            return {"under_hold": held}
        return {"items": self.people[UUID(path.split("/")[3])]}

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Case:
    """A made-up case."""

    tenant: UUID
    id: UUID = field(default_factory=uuid7)
    coordinator: UUID = field(default_factory=uuid7)
    central: UUID = field(default_factory=uuid7)
    mother: UUID = field(default_factory=uuid7)
    sequences: Iterator[int] = field(default_factory=lambda: count(1))


@dataclass
class House:
    """The service on connected parts."""

    context: Context
    # Sees all rows of all tenants, which the service's own role does not.
    owner: Database
    http: httpx.AsyncClient
    clock: Any
    intake: Intake
    staff_issuer: Issuer
    tenant: UUID = field(default_factory=uuid7)

    async def hear(
        self,
        data: EventData,
        *,
        case: Case,
        sequence: int | None = None,
        event_id: UUID | None = None,
    ) -> str:
        """Let the service hear an event, and return what came of it."""
        return await self.deliver(
            self.envelope(data, case=case, sequence=sequence, event_id=event_id), data.TYPE
        )

    def envelope(
        self, data: EventData, *, case: Case, sequence: int | None = None, event_id: UUID | None = None
    ) -> bytes:
        """Return an event as it travels."""
        return orjson.dumps(
            {
                "specversion": "1.0",
                "id": str(event_id or uuid7()),
                "source": "urn:kring:test",
                "type": data.TYPE,
                "time": NOW.isoformat(),
                "tenant": str(case.tenant),
                "caseid": str(case.id),
                "sequence": str(sequence if sequence is not None else next(case.sequences)),
                "data": data.model_dump(mode="json"),
            }
        )

    async def deliver(self, body: bytes, event_type: str) -> str:
        """Deliver a message to the service."""
        return await subscriptions.deliver(body, event_type, self.context)

    async def deliver_own(self, *types: str) -> list[str]:
        """Let the service hear its own events of these types that it said so far; return what came of each."""
        found = await self.rows(
            "SELECT id, type, time, sequence, tenant, case_id, causation_id, traceparent, data::text AS data"
            " FROM outbox WHERE tenant = :tenant AND type = ANY(:types) ORDER BY position",
            tenant=self.tenant,
            types=list(types),
        )
        return [
            await self.deliver(outbox.envelope(row._mapping, "urn:kring:network"), row.type) for row in found
        ]

    async def open_case(self, *, coordinator: bool = True, born: str = "2012-01-05", **changes: Any) -> Case:
        """Return a case that this service knows of: a boy of fourteen, his mother, and a coordinator."""
        case = Case(**{"tenant": self.tenant, **changes})
        self.intake.people[case.id] = [
            {"person_id": str(case.central), "role": "central", "side": "other", "birth_date": born,
             "parental_authority": False, "consent": {"referral": True, "date": "2026-02-27"},
             "email": "ilyas@example.org", **PATIENT},
            {"person_id": str(case.mother), "role": "central", "side": "maternal", "language": "fr",
             "first_name": "Samira", "last_name": "Testman", "email": "samira@example.org", "relation": "moeder",
             "consent": None},
        ]  # fmt: skip
        assert (
            await self.hear(intake.CaseOpened(case_id=case.id, referral_id=uuid4()), case=case) == "handled"
        )
        if coordinator:
            await self.assign(case)
        return case

    async def assign(self, case: Case, *, number: int = 1) -> None:
        """Let the case's coordinator in."""
        fact = intake.CoordinatorAssigned(
            case_id=case.id, assignment_no=number, coordinator_id=case.coordinator
        )
        assert await self.hear(fact, case=case) == "handled"

    async def withdraw(self, case: Case) -> str:
        """Let the case be withdrawn."""
        fact = intake.CaseWithdrawn(case_id=case.id, reason="family-wish", by="central-person")
        return await self.hear(fact, case=case)

    async def ask(self, method: str, path: str, who: dict[str, str], **request: Any) -> httpx.Response:
        """Send a request as somebody."""
        return await self.http.request(method, path, headers=who, **request)

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
        answer = await self.ask("POST", path, self.coordinator(case), json=person | body)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["person_id"])

    async def invite(self, case: Case, person: UUID) -> UUID:
        """Invite somebody; return the invitation's id."""
        answer = await self.ask("POST", f"/v1/persons/{person}/invitation", self.coordinator(case))
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["invitation_id"])

    async def people(self, case: Case) -> dict[str, dict[str, Any]]:
        """Return the people of a case by first name, as their coordinator sees them."""
        answer = await self.ask("GET", f"/v1/cases/{case.id}/persons", self.coordinator(case))
        assert answer.status_code == 200, answer.text
        return {person["first_name"]: person for person in answer.json()["items"]}

    def staff(self, person: UUID, organisation: UUID | None, *roles: Role) -> dict[str, str]:
        """Return the headers of a member of staff."""
        token = self.staff_issuer.staff(person=person, organisation=organisation, roles=set(roles))
        return {"authorization": f"Bearer {token}", "kring-tenant": str(self.tenant)}

    def coordinator(self, case: Case) -> dict[str, str]:
        """Return the headers of the case's coordinator, who works for nobody."""
        return self.staff(case.coordinator, None, Role.COORDINATOR)

    def manager(self) -> dict[str, str]:
        """Return the headers of a regional manager."""
        return self.staff(uuid7(), self.tenant, Role.REGIONAL_MANAGER)

    def person(self, case: Case, person: UUID) -> dict[str, str]:
        """Return the headers of somebody who came through their personal link."""
        token = self.context.issuer.person(
            person=person, tenant=case.tenant, case=case.id, case_role="circle"
        )
        return {"authorization": f"Bearer {token}"}

    async def link_token_of(self, person: UUID) -> str:
        """Return the token that the next mail to somebody would carry."""
        found = await self.rows(
            "SELECT id, generation FROM personal_link WHERE person_id = :person", person=person
        )
        return link_token(links.link_key(self.context), found[0].id, found[0].generation)

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """Return what a query finds."""
        async with self.owner.transaction() as session:
            return list((await session.execute(text(statement), values)).all())

    async def said(self, case: Case, *types: str) -> list[Any]:
        """Return the events about a case, in order: all, or those of some types."""
        found = await self.rows(
            "SELECT type, data FROM outbox WHERE case_id = :case ORDER BY position", case=case.id
        )
        return [row for row in found if not types or row.type in types]

    async def mails(self, case: Case) -> list[Any]:
        """Return what was decided to be mailed about a case, in order."""
        return await self.rows(
            "SELECT kind, recipient, role, state, even_if_stopped, parameters FROM message WHERE case_id = :case"
            " ORDER BY id",
            case=case.id,
        )

    def later(self, **length: float) -> None:
        """Move the clock."""
        self.clock.moment += timedelta(**length)


@asynccontextmanager
async def opened(settings: Settings, clock: Clock, **others: Any) -> AsyncIterator[House]:
    """Yield the service on the parts that the settings name, but for its clock, intake and the parts given."""
    async with connected("network", settings) as context:
        asked = Intake()
        parts = replace(context, clock=clock, services=cast("Any", asked), **others)
        transport = httpx.ASGITransport(app=create_app(parts))
        async with httpx.AsyncClient(transport=transport, base_url="http://network") as http:
            local = Issuer.load(settings.secrets_dir / "local_issuer_key", name=LOCAL_ISSUER)
            owner = Database.connect(
                settings.database_of("network"), application_name="test-network", pool_size=2
            )
            try:
                yield House(
                    context=parts, owner=owner, http=http, clock=clock, intake=asked, staff_issuer=local
                )
            finally:
                await owner.close()
