"""One service in this process: what it is asked, what it handles, and what it publishes, emails and starts."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import import_module
from itertools import count
from typing import Any, ClassVar, Self
from uuid import UUID

import httpx2
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Role
from shared.context import Context
from shared.database import Database, Scope
from shared.errors import Operational
from shared.events.base import EventData, source_of
from shared.events.network import NotifyPeople
from shared.ids import uuid7
from shared.outbox import envelope
from shared.runtime import connected
from shared.settings import Settings
from tests.support.backing import EMPTY
from tests.support.erased import decide
from tests.support.world.case import Case
from tests.support.world.clock import NOW, ManualClock
from tests.support.world.principals import Headers, Principals

EVENTS = (
    "SELECT position, id, type, time, sequence, tenant, case_id, causation_id, traceparent, data::text AS data"
    " FROM outbox WHERE position > :after ORDER BY position"
)


@dataclass
class World:
    """A service as one organisation finds it. What it publishes stays in its outbox until it is delivered."""

    service: ClassVar[str]

    context: Context
    # Sees all rows of all tenants, which the service's own role does not.
    owner: Database
    http: httpx2.AsyncClient
    principals: Principals
    app: Any
    tenant: UUID = field(default_factory=uuid7)
    # Of the events of others; all streams share it, and grow.
    sequences: Iterator[int] = field(default_factory=lambda: count(1))
    delivered: int = 0

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, **parts: Any) -> AsyncIterator[Self]:
        """Yield the service on the parts that the settings name; its clock is moved by hand unless one is given."""
        async with connected(cls.service, settings) as connections:
            context = replace(connections, **({"clock": ManualClock()} | parts))
            app = import_module(f"services.{cls.service}.api").create_app(context)
            owner = Database.connect(
                settings.database_of(cls.service), application_name=f"test-{cls.service}", pool_size=3
            )
            transport, address = httpx2.ASGITransport(app=app), f"http://{cls.service}"
            try:
                async with httpx2.AsyncClient(transport=transport, base_url=address) as http:
                    yield cls(context, owner, http, Principals(settings.secrets_dir), app)
            finally:
                await context.broker.close()
                await owner.close()

    async def emptied(self) -> Self:
        """Return the same running service with empty tables, for an organisation that it does not know yet."""
        try:
            await self.execute(EMPTY)
        except Operational:
            # A neighbour has made the database anew meanwhile, and thrown out who was connected.
            await self.owner.close()
            await self.context.database.close()
            await self.context.vault.close()
            await self.execute(EMPTY)
        self.clock.time = NOW
        return replace(self, tenant=uuid7(), sequences=count(1), delivered=0)

    @property
    def clock(self) -> ManualClock:
        """The clock that is moved by hand."""
        clock = self.context.clock
        assert isinstance(clock, ManualClock)
        return clock

    async def now(self) -> datetime:
        """Return the business time."""
        return await self.context.clock.now()

    def later(self, **length: float) -> None:
        """Move the clock forward."""
        self.clock.forward(**length)

    # Who asks.

    def staff(
        self, person: UUID, organisation: UUID | None, *roles: Role, tenant: UUID | None = None
    ) -> Headers:
        """Return the headers of a member of staff of an organisation, who asks this tenant or another."""
        return self.principals.staff(person, organisation, *roles, tenant=tenant or self.tenant)

    def colleague(self, *roles: Role) -> Headers:
        """Return the headers of a new colleague at the tenant."""
        return self.staff(uuid7(), self.tenant, *roles)

    def stranger(self, *roles: Role) -> Headers:
        """Return the headers of a new colleague of another organisation, who asks there."""
        elsewhere = uuid7()
        return self.staff(uuid7(), elsewhere, *roles, tenant=elsewhere)

    def manager(self) -> Headers:
        """Return the headers of a regional manager."""
        return self.colleague(Role.REGIONAL_MANAGER)

    def officer(self) -> Headers:
        """Return the headers of a data protection officer."""
        return self.colleague(Role.DPO)

    def coordinator(self, who: Case | UUID) -> Headers:
        """Return the headers of a coordinator, or of a case's: they belong to no organisation."""
        return self.staff(who.coordinator if isinstance(who, Case) else who, None, Role.COORDINATOR)

    def person(self, case: Case, person: UUID | None = None, *, role: str = "circle", **says: Any) -> Headers:
        """Return the headers of somebody of a case, or new to it, who came by link; `says`: what their token says."""
        return self.principals.person(person or uuid7(), tenant=case.tenant, case=case.id, role=role, **says)

    def from_service(self, purpose: str, *, tenant: UUID | None = None, service: str = "network") -> Headers:
        """Return the headers of another service that asks for a purpose."""
        return self.principals.service(purpose, tenant=tenant or self.tenant, service=service)

    # Asking.

    async def ask(
        self, method: str, path: str, who: Headers, *, expect: int | None = None, **request: Any
    ) -> httpx2.Response:
        """Send a request, whose answer must have the status `expect` if that is given."""
        answer = await self.http.request(method, path, headers=who, **request)
        assert expect is None or answer.status_code == expect, f"{answer.status_code} {answer.text}"
        return answer

    async def do(
        self, method: str, path: str, who: Headers, *, expect: int | None = None, **request: Any
    ) -> Any:
        """Send a request that must succeed, and return what the answer holds."""
        answer = await self.ask(method, path, who, expect=expect, **request)
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def refused(self, method: str, path: str, who: Headers, **request: Any) -> tuple[int, str]:
        """Send a request that must be refused, and return the status and the code of the problem."""
        answer = await self.ask(method, path, who, **request)
        assert answer.is_client_error, f"{answer.status_code} {answer.text}"
        return problem(answer)

    async def set_policy(
        self, who: Headers, settings: Any, *, part: str = "", expect: int | None = 200
    ) -> httpx2.Response:
        """Put settings in force as somebody does who read those in force; return the answer.

        `part`: the part that they set, as a path.
        """
        read = await self.do("GET", "/v1/policy", self.colleague(Role.ADMINISTRATOR))
        change = {"version": read["version"], "settings": settings}
        return await self.ask("PUT", f"/v1/policy{part}", who, json=change, expect=expect)

    async def audit_entries_seen(self, case: Case, person: UUID) -> tuple[int, int]:
        """Return how many entries of the audit log a person sees as one of the circle, then as the central person.

        Each request adds an entry of their own.
        """
        seen = []
        for role in ("circle", "central"):
            who = self.person(case, person, role=role)
            seen.append(len((await self.do("GET", "/v1/me/audit-log?limit=200", who))["items"]))
        return seen[0], seen[1]

    # Events of others, and its own.

    async def message(
        self,
        event: EventData,
        *,
        case: Case | None = None,
        sequence: int | None = None,
        event_id: UUID | None = None,
        source: str | None = None,
    ) -> bytes:
        """Return an event of another service as it travels: of the tenant and its own case, or of this `case`.

        `source`: the service that publishes it, if another than usual.
        """
        row = {
            "id": event_id or uuid7(),
            "type": event.TYPE,
            "time": await self.now(),
            "sequence": next(self.sequences) if sequence is None else sequence,
            "tenant": case.tenant if case else self.tenant,
            "case_id": case.id if case else getattr(event, "case_id", None),
            "causation_id": None,
            "traceparent": None,
            "data": event.model_dump_json(),
        }
        return envelope(row, source_of(source or self.publisher_of(event)))

    def publisher_of(self, event: EventData) -> str:
        """Return a service that publishes such an event."""
        return min(event.SOURCES)

    async def decide(self, event: EventData, *, case: Case | None = None, **_: Any) -> None:
        """Decide what an event of another service tells of, as that service has before it publishes the event."""
        await decide(self.context.settings, event, tenant=case.tenant if case else self.tenant)

    async def handle(self, event: EventData, **how: Any) -> str:
        """Deliver an event of another service (`how`: see `message`), and return what came of it."""
        await self.decide(event, **how)
        return await self.deliver(await self.message(event, **how), event.TYPE)

    async def handle_all(self, *events: EventData, case: Case | None = None) -> None:
        """Deliver events of other services, each of which must be handled."""
        for event in events:
            assert await self.handle(event, case=case) == "handled", event

    async def deliver(self, body: bytes, event_type: str, *, signed_by: str | None = None) -> str:
        """Deliver a message, and return what came of it."""
        subscriptions = import_module(f"services.{self.service}.consumer").subscriptions
        outcome: str = await subscriptions.deliver(body, event_type, self.context, signed_by=signed_by)
        return outcome

    async def deliver_published(self, *types: str, times: int = 1) -> list[str]:
        """Deliver to the service itself what it published since the last time, as the broker would; how often each.

        Return what came of each. Emails that wait to be sent are left out unless named by type.
        """
        handled = handled_types(self.service)
        outcomes = []
        for row in await self.rows(EVENTS, after=self.delivered):
            self.delivered = row.position
            wanted = row.type in types if types else "message.queued" not in row.type
            if wanted and row.type in handled:
                body = envelope(row._mapping, f"urn:kring:{self.service}")
                outcomes += [await self.deliver(body, row.type) for _ in range(times)]
        return outcomes

    # What is in its tables.

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Return a transaction of the service for this tenant."""
        return self.context.database.transaction(Scope(tenant=self.tenant))

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """Return what a query finds among the rows of all tenants; it may name this :tenant."""
        async with self.owner.transaction() as session:
            return list((await session.execute(text(statement), {"tenant": self.tenant} | values)).all())

    async def execute(self, statement: str, **values: Any) -> None:
        """Change rows behind the service's back."""
        async with self.owner.transaction() as session:
            await session.execute(text(statement), values)

    async def published(self, *types: str, case: Case | None = None) -> list[Any]:
        """Return the events and commands that were published, of some types or about a case only, in order."""
        found = await self.rows("SELECT id, type, data, sequence, case_id FROM outbox ORDER BY position")
        return [
            row
            for row in found
            if (not types or row.type in types) and (case is None or row.case_id == case.id)
        ]

    async def commands(self, case: Case, kind: str) -> list[dict[str, Any]]:
        """Return the commands of a kind to network to write to people of a case, one for each of them, in order."""
        found = await self.published(NotifyPeople.TYPE, case=case)
        return [
            row.data | {"person_id": person}
            for row in found
            if row.data["kind"] == kind
            for person in row.data["person_ids"]
        ]

    async def told(self, case: Case, kind: str) -> list[UUID]:
        """Return whom network was asked to tell something, in order."""
        return [UUID(command["person_id"]) for command in await self.commands(case, kind)]

    async def emails(self, *kinds: str, case: Case | None = None, to: UUID | None = None) -> list[Any]:
        """Return the emails that were queued, of some kinds, about a case or to somebody only, in order."""
        found = await self.rows(
            "SELECT kind, recipient, role, state, even_if_stopped, parameters, case_id FROM message"
            " ORDER BY queued_at, id"
        )
        return [
            row
            for row in found
            if (not kinds or row.kind in kinds)
            and (case is None or row.case_id == case.id)
            and (to is None or row.recipient == to)
        ]

    async def emailed(self, *kinds: str) -> list[UUID]:
        """Return to whom emails of some kinds were queued, in order."""
        return [row.recipient for row in await self.emails(*kinds)]

    async def clocks(self, case: Case) -> dict[str, Any]:
        """Return the newest clock of each kind about a case."""
        found = await self.rows(
            "SELECT * FROM clock WHERE case_id = :case ORDER BY started_at, id", case=case.id
        )
        return {row.kind: row for row in found}

    async def clock_states(self, case: Case) -> dict[str, str]:
        """Return the state of the newest clock of each kind about a case."""
        return {kind: clock.state for kind, clock in (await self.clocks(case)).items()}


def handled_types(service: str) -> set[str]:
    """Return the types of events and commands that a service subscribes to."""
    return set(import_module(f"services.{service}.consumer").subscriptions.all())


def problem(answer: httpx2.Response) -> tuple[int, str]:
    """Return the status and the code of a problem."""
    return answer.status_code, str(answer.json()["type"]).rpartition("/")[2]
