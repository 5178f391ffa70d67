"""Training: courses with sessions, registrations, statements of a bank."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio.testing import ActivityEnvironment

from services.training import queries
from services.training.activities import book_statement
from services.training.domain import STATEMENT_CLOCK
from services.training.operations import requests
from shared.auth import Role
from shared.steps import activities, name_of
from tests.support.steps import deadline_of
from tests.support.world.base import World
from tests.support.world.principals import Headers

ACCOUNT = "BE71096123456769"
ANOTHER_ACCOUNT = "BE62510007547061"


def participant(first_name: str, last_name: str = "Peeters", **more: Any) -> dict[str, Any]:
    """Return a registration as somebody would send it."""
    email = f"{first_name}.{last_name}@voorbeeld.example".lower().replace(" ", "")
    return {"first_name": first_name, "last_name": last_name, "email": email, "language": "nl"} | more


class Training(World):
    """Training."""

    service = "training"

    @property
    def trainer(self) -> Headers:
        return self.colleague(Role.TRAINER)

    @property
    def finance(self) -> Headers:
        return self.colleague(Role.FINANCE)

    @property
    def anyone(self) -> Headers:
        return {"kring-tenant": str(self.tenant)}

    async def session(self, *, days: int = 60, course: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return the id of a new session, of a new course."""
        described = {"title": "Een conferentie voorstellen", "language": "nl"} | (course or {})
        created = await self.do("POST", "/v1/courses", self.trainer, json=described)
        starts = await self.now() + timedelta(days=days)
        plan = {
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=7)).isoformat(),
            "place": "Rupelmeer",
            "capacity": 3,
            "price": "20.00",
            "account_iban": ACCOUNT,
            "account_name": "De Ring vzw",
        } | changes
        path = f"/v1/courses/{created['course_id']}/sessions"
        return str((await self.do("POST", path, self.trainer, json=plan))["session_id"])

    async def register(self, session: str, first_name: str, **more: Any) -> dict[str, Any]:
        """Register somebody, who confirms it from their address, and return the answer."""
        return await self.confirm(await self.ask_for_place(session, first_name, **more))

    async def ask_for_place(self, session: str, first_name: str, **more: Any) -> str:
        """Ask for a place, and return the id of what is to be confirmed."""
        path, body = f"/v1/sessions/{session}/registrations", participant(first_name, **more)
        return str((await self.do("POST", path, self.anyone, json=body, expect=202))["registration_id"])

    async def confirm(self, registration_id: str, *, expect: int = 200) -> dict[str, Any]:
        """Confirm a registration as who gets the mail does, and return the answer."""
        body = {"token": await self.token_of(registration_id)}
        answer = await self.ask("POST", "/v1/registrations/confirm", {}, json=body, expect=expect)
        found: dict[str, Any] = answer.json()
        return found

    async def token_of(self, registration_id: str) -> str:
        """Return the token in the mail that asks to confirm a registration."""
        async with self.transaction() as session:
            row = await queries.registration(
                session, tenant=self.tenant, registration_id=UUID(registration_id)
            )
            return await requests.token_of(session, self.context.vault, row)

    async def registration(self, registration_id: str) -> dict[str, Any]:
        """Return a registration as finance sees it."""
        found: dict[str, Any] = await self.do("GET", f"/v1/registrations/{registration_id}", self.finance)
        return found

    async def state(self, registered: dict[str, Any]) -> str:
        """Return the state of a registration."""
        return str((await self.registration(registered["registration_id"]))["state"])

    async def import_file(self, content: bytes, *, expect: int = 202) -> dict[str, Any]:
        """Import a statement file, book it as its workflow would, and return what came of it."""
        return await self.booked((await self.send_file(content, expect=expect))["statement_id"])

    async def send_file(self, content: bytes, *, expect: int = 202) -> dict[str, Any]:
        """Import a statement file, and return what is answered before it is booked."""
        answer = await self.ask("POST", "/v1/statements", self.finance, content=content, expect=expect)
        found: dict[str, Any] = answer.json()
        return found

    async def booked(self, statement_id: str) -> dict[str, Any]:
        """Book what is left of a statement, and return it with its payments."""
        path = f"/v1/statements/{statement_id}"
        due = await deadline_of(self.context, tenant=self.tenant, kind=STATEMENT_CLOCK, subject=statement_id)
        if due is not None:
            await ActivityEnvironment().run(activities(self.context)[name_of(book_statement)], due)
        found: dict[str, Any] = await self.do("GET", path, self.finance)
        assert found["state"] == "imported"
        listed = await self.do("GET", f"{path}/payments?limit=200", self.finance)
        states = Counter(payment["state"] for payment in listed["items"])
        assert (found["payments"], listed["next"]) == (states, None)
        return found | {"payments": listed["items"]}

    async def match(
        self, payment: dict[str, Any], registered: dict[str, Any], *, expect: int = 200, **more: Any
    ) -> dict[str, Any]:
        """Decide as a person to whom a payment belongs."""
        path = f"/v1/payments/{payment['payment_id']}/match"
        body = {
            "registration_id": registered["registration_id"],
            "moved_from": payment["registration_id"],
        } | more
        answer = await self.ask("POST", path, self.finance, json=body, expect=expect)
        found: dict[str, Any] = answer.json()
        return found

    async def types_published(self, *types: str) -> list[str]:
        """Return the types of what was published, without what all share, in order: all, or some."""
        names = [row.type.removeprefix("training.").removesuffix(".v1") for row in await self.published()]
        return [name for name in names if not types or name in types]

    async def kinds_emailed(self, registered: dict[str, Any]) -> list[str]:
        """Return the kinds of the emails queued for a registration since it was confirmed, in order."""
        emails = await self.emails(to=UUID(registered["registration_id"]))
        return [row.kind for row in emails if row.kind != "registration-requested"]
