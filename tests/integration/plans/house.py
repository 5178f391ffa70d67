"""Plans as a running service for tests: its API, what it hears, and what it says, with made-up cases to work on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
from sqlalchemy import text

from services.plans.api import create_app
from services.plans.consumer import subscriptions
from services.plans.models import Base
from shared.auth import LOCAL_ISSUER, Issuer, Role
from shared.context import Context
from shared.database import Database
from shared.events import intake, network, scheduling
from shared.events.base import EventData
from shared.ids import uuid7
from shared.runtime import connected
from shared.settings import Settings

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class StandingClock:
    """A business clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.moment = now

    async def now(self) -> datetime:
        return self.moment


@dataclass
class Case:
    """A made-up case, and who is what to it."""

    tenant: UUID
    id: UUID = field(default_factory=uuid7)
    coordinator: UUID = field(default_factory=uuid7)
    central: UUID = field(default_factory=uuid7)
    aunt: UUID = field(default_factory=uuid7)
    neighbour: UUID = field(default_factory=uuid7)
    teacher: UUID = field(default_factory=uuid7)
    mandated: UUID | None = field(default_factory=uuid7)
    referring: UUID = field(default_factory=uuid7)
    conference: UUID = field(default_factory=uuid7)
    bottom_lines: tuple[UUID, ...] = field(default_factory=lambda: (uuid7(), uuid7()))

    def plan(self, **changes: Any) -> dict[str, Any]:
        """Return a plan as a coordinator would send it."""
        who = [str(self.aunt)]
        return {
            "conference_id": str(self.conference),
            "goals": ["Naar school gaan", "Thuis blijven wonen"],
            "agreements": [
                {"what": "Samen opstaan", "who_person_ids": who, "by": "network", "due_on": "2026-03-20"},
                {"what": "Bellen met school", "who_text": "de klastitularis", "by": "professional",
                 "due_on": "2026-04-10", "known_done_how": "er is een brief"},
            ],
            "plan_b": [{"when": "Het lukt niet", "then": "Tante komt", "who_person_id": str(self.aunt)}],
            "monitor_person_id": str(self.neighbour),
            "review_on": "2026-06-01",
        } | changes  # fmt: skip


@dataclass
class House:
    """The service on connected parts."""

    context: Context
    # Sees all rows of all tenants, which the service's own role does not.
    owner: Database
    http: httpx.AsyncClient
    clock: StandingClock
    staff_issuer: Issuer
    tenant: UUID = field(default_factory=uuid7)
    sequences: Any = field(default_factory=lambda: count(1))

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
                "time": (await self.context.clock.now()).isoformat(),
                "tenant": str(tenant or self.tenant),
                "caseid": str(data.case_id),  # type: ignore[attr-defined]
                "sequence": str(sequence if sequence is not None else next(self.sequences)),
                "data": data.model_dump(mode="json"),
            }
        )
        return await subscriptions.deliver(body, data.TYPE, self.context)

    async def open_case(self, **changes: Any) -> Case:
        """Return a case that this service knows of, with its people, baseline, coordinator and conference."""
        case = Case(**{"tenant": self.tenant, **changes})
        opened = intake.CaseOpened(
            case_id=case.id,
            referral_id=uuid4(),
            referring_organisation=case.referring,
            mandated_organisation=case.mandated,
        )
        lines = tuple(intake.BottomLineRef(bottom_line_id=line, version=1) for line in case.bottom_lines)
        people: dict[UUID, network.PersonRole] = {
            case.central: "central",
            case.aunt: "circle",
            case.neighbour: "circle",
            case.teacher: "professional",
        }
        heard: list[EventData] = [
            opened,
            intake.BaselineRecorded(case_id=case.id, version=1, bottom_lines=lines),
            intake.CoordinatorAssigned(case_id=case.id, assignment_no=1, coordinator_id=case.coordinator),
            *(
                network.PersonAdded(case_id=case.id, person_id=person, role=role)
                for person, role in people.items()
            ),
            scheduling.ConferenceHeld(
                case_id=case.id,
                conference_id=case.conference,
                conference_no=1,
                preparation_no=1,
                held_on=NOW.date(),
                outcome="plan",
                invited=4,
                attended=4,
            ),
        ]
        for data in heard:
            assert await self.hear(data, tenant=case.tenant) == "handled"
        return case

    async def met_again(self, case: Case) -> UUID:
        """Let the circle have met again, and return the conference."""
        conference = uuid7()
        held = scheduling.ConferenceHeld(
            case_id=case.id,
            conference_id=conference,
            conference_no=2,
            preparation_no=2,
            held_on=NOW.date(),
            outcome="plan",
            invited=4,
            attended=4,
        )
        assert await self.hear(held, tenant=case.tenant) == "handled"
        return conference

    async def recorded(self, case: Case, **changes: Any) -> dict[str, Any]:
        """Return the recorded plan of a case."""
        answer = await self.ask(
            "POST", f"/v1/cases/{case.id}/plans", self.coordinator(case), json=case.plan(**changes)
        )
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

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

    def referrer(self, organisation: UUID | None) -> dict[str, str]:
        """Return the headers of a professional of another organisation."""
        return self.staff(uuid7(), organisation, Role.REFERRER)

    def person(self, case: Case, person: UUID, *, under_twelve: bool = False) -> dict[str, str]:
        """Return the headers of somebody who came through their personal link."""
        token = self.context.issuer.person(
            person=person,
            tenant=case.tenant,
            case=case.id,
            case_role="circle",
            under_twelve=under_twelve,
        )
        return {"authorization": f"Bearer {token}"}

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """Return what a query finds."""
        async with self.owner.transaction() as session:
            return list((await session.execute(text(statement), values)).all())

    async def said(self, case: Case, *types: str) -> list[Any]:
        """Return the events and commands about a case, in order: all, or those of some types."""
        found = await self.rows(
            "SELECT type, data FROM outbox WHERE case_id = :case ORDER BY position", case=case.id
        )
        return [row for row in found if not types or row.type in types]

    async def told(self, case: Case, kind: str) -> list[UUID]:
        """Return whom network was asked to tell something, in order."""
        return [
            UUID(row.data["person_id"])
            for row in await self.said(case, "network.tell-person.v1")
            if row.data["kind"] == kind
        ]

    async def empty(self) -> None:
        """Forget everything, and begin again at the start of time."""
        tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
        async with self.owner.transaction() as session:
            await session.execute(text(f"TRUNCATE {tables}"))
        self.tenant, self.clock.moment, self.sequences = uuid7(), NOW, count(1)

    def later(self, **length: float) -> None:
        """Move the clock."""
        self.clock.moment += timedelta(**length)


@asynccontextmanager
async def opened(settings: Settings, database: Database, **others: Any) -> AsyncIterator[House]:
    """Yield the service on a database of its own, with a clock that stands still, or with other parts."""
    clock = StandingClock()
    async with connected("plans", settings) as parts:
        chosen: dict[str, Any] = {"clock": clock} | others
        context = replace(parts, **chosen)
        transport = httpx.ASGITransport(app=create_app(context))
        async with httpx.AsyncClient(transport=transport, base_url="http://plans") as http:
            local = Issuer.load(settings.secrets_dir / "local_issuer_key", name=LOCAL_ISSUER)
            yield House(context=context, owner=database, http=http, clock=clock, staff_issuer=local)
