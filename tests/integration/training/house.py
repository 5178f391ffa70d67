"""Training as a service for tests: its API, what it hears and says, and a bank that makes statements."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from services.training.api import create_app
from services.training.consumer import subscriptions
from shared.auth import LOCAL_ISSUER, Issuer, Role
from shared.context import Context
from shared.database import Database
from shared.ids import uuid7
from shared.outbox import envelope
from shared.runtime import connected
from shared.settings import Settings

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ACCOUNT = "BE71096123456769"
ANOTHER_ACCOUNT = "BE62510007547061"


class StandingClock:
    """A business clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.moment = now

    async def now(self) -> datetime:
        return self.moment


def person(first_name: str, last_name: str = "Peeters", **more: Any) -> dict[str, Any]:
    """Return a registration as somebody would send it."""
    email = f"{first_name}.{last_name}@voorbeeld.invalid".lower().replace(" ", "")
    return {"first_name": first_name, "last_name": last_name, "email": email, "language": "nl"} | more


@dataclass
class House:
    """The service on connected parts; its events stay in its outbox until `spread` is called."""

    context: Context
    # Sees all rows of all tenants, which the service's own role does not.
    owner: Database
    http: httpx.AsyncClient
    clock: Any
    staff_issuer: Issuer
    tenant: UUID = field(default_factory=uuid7)
    spread_to: int = 0

    def staff(self, *roles: Role, organisation: UUID | None = None) -> dict[str, str]:
        """Return the headers of a member of staff."""
        token = self.staff_issuer.staff(
            person=uuid7(), organisation=organisation or self.tenant, roles=set(roles)
        )
        return {"authorization": f"Bearer {token}"}

    @property
    def trainer(self) -> dict[str, str]:
        return self.staff(Role.TRAINER)

    @property
    def finance(self) -> dict[str, str]:
        return self.staff(Role.FINANCE)

    @property
    def anyone(self) -> dict[str, str]:
        return {"kring-tenant": str(self.tenant)}

    async def ask(
        self, method: str, path: str, who: dict[str, str], *, expect: int | None = None, **request: Any
    ) -> httpx.Response:
        """Send a request as somebody."""
        answer = await self.http.request(method, path, headers=who, **request)
        assert expect is None or answer.status_code == expect, f"{answer.status_code}: {answer.text}"
        return answer

    async def session(self, *, days: int = 60, course: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return the id of a new session, of a new course."""
        described = {"title": "Een conferentie voorstellen", "language": "nl"} | (course or {})
        answer = await self.ask("POST", "/v1/courses", self.trainer, json=described, expect=201)
        starts = await self.clock.now() + timedelta(days=days)
        plan = {
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=7)).isoformat(),
            "place": "Rupelmeer",
            "capacity": 3,
            "price": "20.00",
            "account_iban": ACCOUNT,
            "account_name": "De Ring vzw",
        } | changes
        path = f"/v1/courses/{answer.json()['course_id']}/sessions"
        answer = await self.ask("POST", path, self.trainer, json=plan, expect=201)
        return str(answer.json()["session_id"])

    async def register(self, session: str, first_name: str, **more: Any) -> dict[str, Any]:
        """Register somebody, and return the answer."""
        body = person(first_name, **more)
        path = f"/v1/sessions/{session}/registrations"
        answer = await self.ask("POST", path, self.anyone, json=body, expect=201)
        found: dict[str, Any] = answer.json()
        return found

    async def registration(self, registration_id: str) -> dict[str, Any]:
        """Return a registration as finance sees it."""
        answer = await self.ask("GET", f"/v1/registrations/{registration_id}", self.finance, expect=200)
        found: dict[str, Any] = answer.json()
        return found

    async def state(self, registered: dict[str, Any]) -> str:
        """Return the state of a registration."""
        return str((await self.registration(registered["registration_id"]))["state"])

    async def import_file(self, content: bytes, *, expect: int = 201) -> dict[str, Any]:
        """Import a statement file, and return the answer."""
        answer = await self.ask("POST", "/v1/statements", self.finance, content=content, expect=expect)
        found: dict[str, Any] = answer.json()
        return found

    async def match(
        self, payment: dict[str, Any], registered: dict[str, Any], *, expect: int = 200, **more: Any
    ) -> dict[str, Any]:
        """Decide as a person to whom a payment belongs."""
        path = f"/v1/payments/{payment['payment_id']}/match"
        body = {"registration_id": registered["registration_id"]} | more
        answer = await self.ask("POST", path, self.finance, json=body, expect=expect)
        found: dict[str, Any] = answer.json()
        return found

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """Return what a query finds."""
        async with self.owner.transaction() as session:
            return list((await session.execute(text(statement), values)).all())

    async def change(self, statement: str, id: str) -> None:  # noqa: A002 - as in the statement
        """Change a row behind the service's back."""
        async with self.owner.transaction() as session:
            await session.execute(text(statement), {"id": UUID(id)})

    async def said(self, *types: str) -> list[str]:
        """Return the types of the events said, without what all types share, in order: all, or some."""
        found = await self.rows("SELECT type FROM outbox ORDER BY position")
        names = [row.type.removeprefix("training.").removesuffix(".v1") for row in found]
        return [name for name in names if not types or name in types]

    async def mails(self, registered: dict[str, Any]) -> list[str]:
        """Return the kinds of the mails decided on for a registration, in order."""
        found = await self.rows(
            "SELECT kind FROM message WHERE recipient = :id ORDER BY queued_at, id",
            id=UUID(registered["registration_id"]),
        )
        return [row.kind for row in found]

    async def spread(self, *types: str, times: int = 1) -> list[str]:
        """Deliver what was said since the last time (only some types) to the service itself; return what came of it."""
        found = await self.rows(
            "SELECT position, id, type, time, sequence, tenant, case_id, causation_id, traceparent, data::text AS data"
            " FROM outbox WHERE position > :after ORDER BY position",
            after=self.spread_to,
        )
        outcomes = []
        for row in found:
            self.spread_to = row.position
            if row.type.removeprefix("training.").removesuffix(".v1") in types:
                body = envelope(row._mapping, "urn:kring:training")
                outcomes += [await subscriptions.deliver(body, row.type, self.context) for _ in range(times)]
        return outcomes


@asynccontextmanager
async def opened(
    settings: Settings, database: Database, *, clock: Any = None, **parts: Any
) -> AsyncIterator[House]:
    """Yield the service on a database of its own."""
    async with connected("training", settings) as parts_of_it:
        context = replace(parts_of_it, clock=clock or StandingClock(), **parts)
        transport = httpx.ASGITransport(app=create_app(context))
        async with httpx.AsyncClient(transport=transport, base_url="http://training") as http:
            local = Issuer.load(settings.secrets_dir / "local_issuer_key", name=LOCAL_ISSUER)
            yield House(context=context, owner=database, http=http, clock=context.clock, staff_issuer=local)
