"""Scheduling as a running service for tests: its API, what it hears and says, and made-up cases to work on."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
from sqlalchemy import text

from services.scheduling.api import create_app
from services.scheduling.consumer import subscriptions
from shared.auth import LOCAL_ISSUER, Issuer, Role
from shared.clock import Clock
from shared.context import Context
from shared.database import Database
from shared.events import intake, network
from shared.events.base import EventData
from shared.ids import uuid7
from shared.runtime import connected
from shared.settings import Settings

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
VENUE = {"name": "Buurthuis De Linde", "address": "Lindelaan 4, 2800 Mechelen"}


class StandingClock:
    """A business clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = NOW

    async def now(self) -> datetime:
        return self.moment


@dataclass
class Case:
    """A made-up case, and who is what to it."""

    tenant: UUID
    id: UUID = field(default_factory=uuid7)
    coordinator: UUID = field(default_factory=uuid7)
    central: UUID = field(default_factory=uuid7)
    uncle: UUID = field(default_factory=uuid7)
    neighbour: UUID = field(default_factory=uuid7)
    teacher: UUID = field(default_factory=uuid7)
    conference: UUID = field(default_factory=uuid7)
    poll: UUID = field(default_factory=uuid7)
    # The dates of the poll, earliest first.
    options: list[UUID] = field(default_factory=list)

    @property
    def circle(self) -> list[UUID]:
        """Return who takes part."""
        return [self.central, self.uncle, self.neighbour, self.teacher]

    def ready(self, *newcomers: network.CircleMember, without: UUID | None = None) -> network.CircleReady:
        """Return the word that the circle stands; the central person and the uncle are required."""
        members = (
            network.CircleMember(person_id=self.central, role="central", required=True),
            network.CircleMember(person_id=self.uncle, role="circle", required=True),
            network.CircleMember(person_id=self.neighbour, role="circle"),
            network.CircleMember(person_id=self.teacher, role="professional", mode="online"),
            *newcomers,
        )
        return network.CircleReady(
            case_id=self.id, members=tuple(member for member in members if member.person_id != without)
        )


def dates(*days: int, hours: int = 4, first: datetime = NOW) -> list[dict[str, str]]:
    """Return dates so many days from the first, at the same time of day."""
    return [
        {
            "starts_at": (first + timedelta(days=day)).isoformat(),
            "ends_at": (first + timedelta(days=day, hours=hours)).isoformat(),
        }
        for day in days
    ]


@dataclass
class House:
    """The service on connected parts."""

    context: Context
    # Sees all rows of all tenants, which the service's own role does not.
    owner: Database
    http: httpx.AsyncClient
    clock: Any
    staff_issuer: Issuer
    first: datetime = NOW
    tenant: UUID = field(default_factory=uuid7)
    sequences: Iterator[int] = field(default_factory=lambda: count(1))

    def renewed(self) -> "House":
        """Return the same service for another tenant, at the first moment."""
        self.clock.moment = NOW
        return replace(self, tenant=uuid7(), sequences=count(1))

    async def hear(
        self,
        data: EventData,
        *,
        tenant: UUID | None = None,
        sequence: int | None = None,
        event_id: UUID | None = None,
    ) -> str:
        """Let the service hear an event, and return what came of it."""
        body = orjson.dumps(
            {
                "specversion": "1.0",
                "id": str(event_id or uuid7()),
                "source": "urn:kring:test",
                "type": data.TYPE,
                "time": (await self.clock.now()).isoformat(),
                "tenant": str(tenant or self.tenant),
                "caseid": str(data.case_id),  # type: ignore[attr-defined]
                "sequence": str(sequence if sequence is not None else next(self.sequences)),
                "data": data.model_dump(mode="json"),
            }
        )
        return await subscriptions.deliver(body, data.TYPE, self.context)

    async def assigned(self, **changes: Any) -> Case:
        """Return a case whose coordinator was just assigned, and whose people are known."""
        track = changes.pop("track", "normal")
        case = Case(**{"tenant": self.tenant, **changes})
        roles: dict[UUID, network.PersonRole] = {
            case.central: "central",
            case.uncle: "circle",
            case.neighbour: "circle",
            case.teacher: "professional",
        }
        heard: list[EventData] = [
            intake.CaseOpened(case_id=case.id, referral_id=uuid4(), track=track),
            intake.CoordinatorAssigned(case_id=case.id, assignment_no=1, coordinator_id=case.coordinator),
            *(
                network.PersonAdded(case_id=case.id, person_id=person, role=role)
                for person, role in roles.items()
            ),
        ]
        for data in heard:
            assert await self.hear(data, tenant=case.tenant) == "handled"
        (conference,) = await self.conferences(case)
        case.conference = UUID(conference["conference_id"])
        return case

    async def polled(self, *days: int, **changes: Any) -> Case:
        """Return a case with an open poll about some days (the 20th and the 30th if none are named)."""
        case = await self.assigned(**changes)
        assert await self.hear(case.ready(), tenant=case.tenant) == "handled"
        await self.open_poll(case, *(days or (20, 30)))
        return case

    async def open_poll(self, case: Case, *days: int, **more: Any) -> None:
        """Open the poll of the case's conference."""
        answer = await self.post(
            case, f"/v1/conferences/{case.conference}/poll", options=dates(*days, first=self.first), **more
        )
        assert answer.status_code == 201, answer.text
        case.poll = UUID(answer.json()["poll_id"])
        case.options = [UUID(option["option_id"]) for option in (await self.poll(case))["options"]]

    async def scheduled(self, *days: int) -> Case:
        """Return a case whose conference has a date: the first of the poll, where all can come."""
        case = await self.polled(*days)
        for person in case.circle:
            await self.say(case, person, "yes")
        answer = await self.schedule(case)
        assert answer.status_code == 200, answer.text
        return case

    async def schedule(self, case: Case, **body: Any) -> httpx.Response:
        """Set the date of the case's conference."""
        return await self.post(
            case, f"/v1/conferences/{case.conference}/schedule", **{"venue": VENUE, **body}
        )

    async def postponed(self, case: Case, reason: str = "key-person-ill") -> None:
        """Put the case's conference off, and go on with the next one."""
        answer = await self.post(case, f"/v1/conferences/{case.conference}/postpone", reason=reason)
        assert answer.status_code == 200, answer.text
        case.conference = UUID(answer.json()["next_conference_id"])
        listed = await self.conferences(case)
        if listed[-1]["poll_id"] is not None:
            case.poll = UUID(listed[-1]["poll_id"])
            case.options = [UUID(option["option_id"]) for option in (await self.poll(case))["options"]]

    async def say(self, case: Case, person: UUID, *answers: str) -> httpx.Response:
        """Answer the dates of the poll in order as a person; the last answer counts for the rest."""
        said = {
            str(option): answers[min(index, len(answers) - 1)] for index, option in enumerate(case.options)
        }
        path = f"/v1/me/polls/{case.poll}"
        return await self.ask("PUT", path, self.person(case, person), json={"answers": said})

    async def conferences(self, case: Case) -> list[dict[str, Any]]:
        """Return the conferences of a case."""
        answer = await self.ask("GET", f"/v1/cases/{case.id}/conferences", self.coordinator(case))
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def conference(self, case: Case) -> dict[str, Any]:
        """Return the case's conference as its coordinator sees it."""
        answer = await self.ask("GET", f"/v1/conferences/{case.conference}", self.coordinator(case))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def poll(self, case: Case) -> dict[str, Any]:
        """Return the case's poll as its coordinator sees it."""
        answer = await self.ask("GET", f"/v1/polls/{case.poll}", self.coordinator(case))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def post(self, case: Case, path: str, **body: Any) -> httpx.Response:
        """Send something as the case's coordinator."""
        return await self.ask("POST", path, self.coordinator(case), json=body)

    async def ask(self, method: str, path: str, who: dict[str, str], **request: Any) -> httpx.Response:
        """Send a request as somebody."""
        return await self.http.request(method, path, headers=who, **request)

    def staff(self, person: UUID, organisation: UUID | None, *roles: Role) -> dict[str, str]:
        """Return the headers of a member of staff."""
        token = self.staff_issuer.staff(person=person, organisation=organisation, roles=set(roles))
        return {"authorization": f"Bearer {token}", "kring-tenant": str(self.tenant)}

    def coordinator(self, case: Case) -> dict[str, str]:
        """Return the headers of the case's coordinator."""
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

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """Return what a query finds; it may name this :tenant."""
        async with self.owner.transaction() as session:
            return list((await session.execute(text(statement), {"tenant": self.tenant, **values})).all())

    async def said(self, case: Case, *types: str) -> list[Any]:
        """Return the events and commands about a case, in order: all, or those of some types."""
        found = await self.rows(
            "SELECT id, type, data FROM outbox WHERE case_id = :case ORDER BY position", case=case.id
        )
        return [row for row in found if not types or row.type in types]

    async def commands(self, case: Case, kind: str) -> list[dict[str, Any]]:
        """Return the commands of a kind, in order."""
        told = await self.said(case, "network.tell-person.v1")
        return [row.data for row in told if row.data["kind"] == kind]

    async def told(self, case: Case, kind: str) -> list[UUID]:
        """Return whom network was asked to tell something, in order."""
        return [UUID(command["person_id"]) for command in await self.commands(case, kind)]

    async def clocks(self, case: Case) -> dict[str, Any]:
        """Return the newest clock of each kind about a case."""
        found = await self.rows(
            "SELECT * FROM clock WHERE case_id = :case ORDER BY started_at, id", case=case.id
        )
        return {row.kind: row for row in found}

    def later(self, **length: float) -> None:
        """Move the clock."""
        self.clock.moment += timedelta(**length)


def code(answer: httpx.Response) -> tuple[int, str]:
    """Return status and code of a problem."""
    return answer.status_code, str(answer.json()["type"]).rpartition("/")[2]


@asynccontextmanager
async def opened(
    settings: Settings, database: Database, *, clock: Clock | None = None
) -> AsyncIterator[House]:
    """Yield the service on a database of its own; its clock stands still unless another is given."""
    clock = clock or StandingClock()
    async with connected("scheduling", settings) as found:
        context = replace(found, clock=clock)
        transport = httpx.ASGITransport(app=create_app(context))
        async with httpx.AsyncClient(transport=transport, base_url="http://scheduling") as http:
            local = Issuer.load(settings.secrets_dir / "local_issuer_key", name=LOCAL_ISSUER)
            first = await clock.now()
            yield House(
                context=context, owner=database, http=http, clock=clock, staff_issuer=local, first=first
            )
