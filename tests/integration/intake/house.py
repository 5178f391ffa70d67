"""Intake as a running service for tests: its API, what it hears, and what it says, with made-up people to work with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson
from sqlalchemy import text

from services.intake.api import create_app
from services.intake.consumer import subscriptions
from services.intake.domain.codes import SEARCH_CLOCK, assignment_workflow_id
from services.intake.models import Base
from services.intake.operations import offers
from shared.auth import LOCAL_ISSUER, Issuer, Role
from shared.clocks import Clocks
from shared.context import Context
from shared.database import Database, Scope
from shared.events.base import EventData
from shared.ids import uuid7
from shared.outbox import envelope
from shared.runtime import connected
from shared.settings import Settings

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
Headers = dict[str, str]
Body = dict[str, Any]


class StandingClock:
    """A business clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.moment = now

    async def now(self) -> datetime:
        return self.moment


@dataclass
class Case:
    """A case made for a test."""

    id: UUID
    referral_id: UUID


@dataclass
class House:
    """The service on connected parts, with a tenant, a referring and a mandated organisation."""

    context: Context
    # Sees all rows of all tenants, which the service's own role does not.
    owner: Database
    http: httpx.AsyncClient
    clock: StandingClock
    staff_issuer: Issuer
    tenant: UUID = field(default_factory=uuid7)
    school: UUID = field(default_factory=uuid7)
    mandated: UUID = field(default_factory=uuid7)
    manager_id: UUID = field(default_factory=uuid7)
    referrer_id: UUID = field(default_factory=uuid7)
    heard: int = 0

    async def anew(self) -> "House":
        """Return the same running service with empty tables but for the organisations, the manager and the referrer."""
        tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
        async with self.owner.transaction() as session:
            await session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        self.clock.moment = NOW
        house = House(
            context=self.context,
            owner=self.owner,
            http=self.http,
            clock=self.clock,
            staff_issuer=self.staff_issuer,
        )
        await house.furnish()
        return house

    async def ask(self, method: str, path: str, who: Headers, **request: Any) -> httpx.Response:
        """Send a request as somebody."""
        return await self.http.request(method, path, headers=who, **request)

    async def do(self, method: str, path: str, who: Headers, **request: Any) -> Any:
        """Send a request that must succeed, and return its answer."""
        answer = await self.ask(method, path, who, **request)
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json()

    async def refused(self, method: str, path: str, who: Headers, **request: Any) -> tuple[int, str]:
        """Send a request that must be refused, and return status and code."""
        answer = await self.ask(method, path, who, **request)
        assert 400 <= answer.status_code < 500, f"{answer.status_code} {answer.text}"
        return answer.status_code, str(answer.json()["type"]).rpartition("/")[2]

    def staff(
        self, person: UUID, organisation: UUID | None, *roles: Role, tenant: UUID | None = None
    ) -> Headers:
        """Return the headers of a member of staff."""
        token = self.staff_issuer.staff(person=person, organisation=organisation, roles=set(roles))
        return {"authorization": f"Bearer {token}", "kring-tenant": str(tenant or self.tenant)}

    def manager(self) -> Headers:
        """Return the headers of the tenant's regional manager."""
        return self.staff(self.manager_id, self.tenant, Role.REGIONAL_MANAGER)

    def referrer(self) -> Headers:
        """Return the headers of the professional who refers."""
        return self.staff(self.referrer_id, self.school, Role.REFERRER)

    def mandatee(self) -> Headers:
        """Return the headers of a professional who must accept plans."""
        return self.staff(uuid7(), self.mandated, Role.REFERRER)

    def coordinator(self, coordinator_id: UUID) -> Headers:
        """Return the headers of a coordinator, who belongs to no organisation."""
        return self.staff(coordinator_id, None, Role.COORDINATOR)

    def ops(self, tenant: UUID | None = None) -> Headers:
        """Return the headers of those who run the installation."""
        return self.staff(uuid7(), None, Role.OPS, tenant=tenant)

    def person(
        self, case: Case, case_role: str = "central", *, who: UUID | None = None, under_twelve: bool = False
    ) -> Headers:
        """Return the headers of somebody who came through their personal link."""
        token = self.context.issuer.person(
            person=who or uuid7(),
            tenant=self.tenant,
            case=case.id,
            case_role=case_role,
            under_twelve=under_twelve,
        )
        return {"authorization": f"Bearer {token}"}

    def service(self, purpose: str) -> Headers:
        """Return the headers of another service."""
        token = self.context.issuer.service(service="network", purpose=purpose, tenant=self.tenant)
        return {"authorization": f"Bearer {token}"}

    async def furnish(self) -> None:
        """Enter the organisations, the manager and the referrer."""
        entries = ((self.tenant, "0999900150"), (self.school, "0999901437"), (self.mandated, "0999902328"))
        for organisation_id, number in entries:
            body = {
                "organisation_id": str(organisation_id),
                "name": f"Organisatie {number}",
                "kbo_number": number,
                "is_tenant": organisation_id == self.tenant,
            }
            await self.do("POST", "/v1/organisations", self.ops(), json=body)
        await self.enter_staff(self.manager_id, self.tenant, "regional-manager", tenant=self.tenant)
        await self.enter_staff(self.referrer_id, self.school, "referrer", tenant=self.school)

    async def enter_staff(self, staff_id: UUID, organisation: UUID, role: str, *, tenant: UUID) -> None:
        """Enter a colleague."""
        body = {
            "staff_id": str(staff_id),
            "organisation_id": str(organisation),
            "roles": [role],
            "first_name": "Hanneke",
            "last_name": "Verbeeck",
            "email": "hanneke@voorbeeld.example",
            "language": "nl",
        }
        await self.do("POST", "/v1/staff", self.ops(tenant), json=body)

    async def enter_coordinator(self, **changes: Any) -> UUID:
        """Enter a coordinator of the tenant and return their id."""
        body = {
            "first_name": "Malou",
            "last_name": "Jespers",
            "email": "malou@voorbeeld.example",
            "languages": ["nl"],
        }
        answer = await self.do("POST", "/v1/coordinators", self.manager(), json=body | changes)
        return UUID(answer["coordinator_id"])

    def referral(self, **changes: Any) -> Body:
        """Return a referral of a boy of fourteen and his mother, as a professional sends it."""
        agreed = {"referral": True, "date": "2026-03-01"}
        return {
            "kind": "professional",
            "themes": ["school-drop-out", "out-of-home-placement"],
            "question": "Hoe kan Wannes thuis blijven wonen?",
            "languages": ["nl"],
            "wishes": {"languages": ["nl"]},
            "persons": [
                {"ref": "p1", "role": "central", "first_name": "Wannes", "last_name": "Pittoors",
                 "birth_date": "2012-01-15", "email": "wannes@voorbeeld.example", "consent": agreed},
                {"ref": "p2", "role": "representative", "first_name": "Godelieve", "last_name": "Pittoors",
                 "birth_date": "1985-05-05", "relation": "moeder", "side": "maternal",
                 "parental_authority": True, "consent": agreed},
            ],
            "bottom_lines": ["Elke dag naar school", "Slaapt op een bekend adres"],
            "resources": "Een zaal",
            "mandated_organisation_id": str(self.mandated),
        } | changes  # fmt: skip

    def own_referral(self, **changes: Any) -> Body:
        """Return a referral of an adult by herself."""
        person = {"ref": "p1", "role": "central", "first_name": "Marijke", "last_name": "Goor"}
        return {
            "kind": "self",
            "themes": ["loneliness"],
            "question": "Ik wil niet meer alleen eten.",
            "persons": [person],
        } | changes

    async def refer(self, **changes: Any) -> UUID:
        """Send a referral and return its id."""
        answer = await self.do("POST", "/v1/referrals", self.referrer(), json=self.referral(**changes))
        return UUID(answer["referral_id"])

    async def refer_oneself(self, **changes: Any) -> UUID:
        """Send a self-referral without an account and return its id."""
        answer = await self.do(
            "POST",
            "/v1/referrals",
            {"kring-tenant": str(self.tenant)},
            json=self.own_referral(**changes),
        )
        return UUID(answer["referral_id"])

    async def open_case(self, referral_id: UUID | None = None) -> Case:
        """Accept a referral and return its case, of which intake has heard."""
        referral_id = referral_id or await self.refer()
        answer = await self.do("POST", f"/v1/referrals/{referral_id}/accept", self.manager())
        return Case(UUID(answer["case_id"]), referral_id)

    async def offer_next(self, case: Case, number: int = 1) -> UUID | None:
        """Let the search take its next step, and return the offer that is open then."""
        async with self.context.database.transaction(Scope(tenant=self.tenant)) as session:
            search = await Clocks("intake").find(session, kind=SEARCH_CLOCK, subject=case.id)
            assert search is not None
            if search.deadline is not None:
                assert search.workflow_id == assignment_workflow_id(case.id, number)
                due = search.deadline
                await offers.offer_to_next(session, self.context.vault, due=due, now=self.clock.moment)
        found = await self.rows("SELECT id FROM offer WHERE case_id = :case AND state = 'open'", case=case.id)
        return found[0].id if found else None

    async def assigned_case(self, referral_id: UUID | None = None) -> tuple[Case, UUID]:
        """Return a case and the coordinator who took it."""
        coordinator = await self.enter_coordinator()
        case = await self.open_case(referral_id)
        offer = await self.offer_next(case)
        await self.accept(offer, coordinator)
        return case, coordinator

    async def accept(self, offer: UUID | None, coordinator: UUID) -> None:
        """Let a coordinator accept an offer."""
        who = self.coordinator(coordinator)
        await self.do("POST", f"/v1/offers/{offer}/accept", who, json={"no_conflict": True})

    async def decline(self, offer: UUID | None, coordinator: UUID, reason: str = "no-time") -> None:
        """Let a coordinator decline an offer."""
        who = self.coordinator(coordinator)
        await self.do("POST", f"/v1/offers/{offer}/decline", who, json={"reason": reason})

    async def hear_own_events(self, *types: str) -> dict[str, str]:
        """Deliver what intake said since the last time to intake itself, as the broker would, but for mails to be sent.

        Return what came of each type; with `types`, only these are delivered.
        """
        found = await self.rows(
            "SELECT position, id, type, time, sequence, tenant, case_id, causation_id, traceparent,"
            " data::text AS data FROM outbox WHERE position > :heard ORDER BY position",
            heard=self.heard,
        )
        known = subscriptions.all()
        outcomes = {}
        for row in found:
            self.heard = row.position
            wanted = row.type in types if types else "message.queued" not in row.type
            if row.type in known and wanted:
                body = envelope(row._mapping, "urn:kring:intake")
                outcomes[row.type] = await subscriptions.deliver(body, row.type, self.context)
        return outcomes

    async def hear(
        self, data: EventData, *, case: Case, sequence: int = 1, event_id: UUID | None = None
    ) -> str:
        """Let intake hear another service's event, and return what came of it."""
        body = orjson.dumps(
            {
                "specversion": "1.0",
                "id": str(event_id or uuid7()),
                "source": "urn:kring:test",
                "type": data.TYPE,
                "time": self.clock.moment.isoformat(),
                "tenant": str(self.tenant),
                "caseid": str(case.id),
                "sequence": str(sequence),
                "data": data.model_dump(mode="json"),
            }
        )
        return await subscriptions.deliver(body, data.TYPE, self.context)

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """Return what a query finds."""
        async with self.owner.transaction() as session:
            return list((await session.execute(text(statement), values)).all())

    async def said(self, case: Case, *types: str) -> list[Any]:
        """Return the events about a case, in order: all, or those of some types."""
        found = await self.rows(
            "SELECT type, data, sequence FROM outbox WHERE case_id = :case ORDER BY position", case=case.id
        )
        return [row for row in found if not types or row.type in types]

    async def mails(self, kind: str) -> list[UUID]:
        """Return to whom mails of a kind were queued, in order."""
        found = await self.rows(
            "SELECT recipient FROM message WHERE kind = :kind ORDER BY queued_at, id", kind=kind
        )
        return [row.recipient for row in found]

    async def clocks(self, case: Case) -> dict[str, str]:
        """Return the state of the last clock of each kind in a case."""
        found = await self.rows(
            "SELECT kind, state FROM clock WHERE case_id = :case ORDER BY started_at, id", case=case.id
        )
        return {row.kind: row.state for row in found}

    def later(self, **length: float) -> None:
        """Move the clock."""
        self.clock.moment += timedelta(**length)


def kbo(number: int) -> str:
    """Return a KBO number that begins with these seven digits."""
    first = f"0{number:07d}"
    return f"{first}{97 - int(first) % 97:02d}"


@asynccontextmanager
async def opened(settings: Settings, database: Database, **others: Any) -> AsyncIterator[House]:
    """Yield the service on a database of its own, with a clock that stands still, or with other parts."""
    clock = StandingClock()
    async with connected("intake", settings) as parts:
        changed: dict[str, Any] = {"clock": clock} | others
        context = replace(parts, **changed)
        transport = httpx.ASGITransport(app=create_app(context))
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as http:
            local = Issuer.load(settings.secrets_dir / "local_issuer_key", name=LOCAL_ISSUER)
            yield House(context=context, owner=database, http=http, clock=clock, staff_issuer=local)
