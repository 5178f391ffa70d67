"""People of a circle and of trainings in a browser, who use the portal's pages behind their link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from playwright.async_api import Page

from deploy.demo.acting import answers, only
from deploy.demo.browser.browsing import Browsing, choose
from deploy.demo.person import Person
from deploy.demo.things import Agreement, Case, Hours, RequestKind, Session, Words
from services.plans.domain import Decision
from shared.events import training
from shared.events.network import AttendanceMode
from shared.events.plans import CheckInKind

# The text of the page after a registration was confirmed.
_STATES = {
    "We houden een plaats voor je vrij": "awaiting-payment",
    "Je bent ingeschreven": "confirmed",
    "Je staat op de wachtlijst": "waitlisted",
}
_PLACED = (training.RegistrationReceived.TYPE, training.RegistrationWaitlisted.TYPE)


@dataclass(eq=False, kw_only=True)
class BrowserPerson(Browsing, Person):
    """Somebody without an account, on a phone."""

    async def answers_invitation(
        self, answer: Literal["yes", "no"], *, mode: AttendanceMode = "in-person"
    ) -> None:
        """{me} says {answer}, on the page behind the personal link."""
        page = await self._open("/me/invitation")
        await choose(page, "taking_part", mode if answer == "yes" else "no")
        await self._send(page, f"/me/thanks/{answer}")

    async def answers_poll(self, *, yes: Sequence[Hours], maybe: Sequence[Hours] = ()) -> None:
        """{me} says on the page which dates suit."""
        poll = only((await self._items("scheduling/me/polls"))[-1:], "there is no poll")
        page = await self._open("/me/dates")
        for option, said in answers(poll, yes=yes, maybe=maybe).items():
            await choose(page, f"day-{option}", said)
        await self._send(page, "/me/thanks/dates")

    async def says_done(self, agreement: Agreement) -> None:
        """{me}, on the page of the plan: “{agreement}” is done."""
        page = await self._open("/me/plan")
        button = f"button[name=done][value='{agreement.id}']"
        if await page.locator(button).count():
            await self._press(page, button, "/me/plan")
        else:
            # Somebody else's agreement can be settled only by the coordinator and the monitor, not on a page yet.
            await super().says_done(agreement)

    async def changes_agreement(self, case: Case, agreement: Agreement, *, due: date, why: Words) -> None:
        """{me} agrees another day for “{agreement}” on its page, between two meetings."""
        page = await self._open(f"/me/agreement/{agreement.id}")
        await page.fill("[name=due]", due.isoformat())
        await page.fill("[name=why]", why)
        await self._send(page, "/me/thanks/agreement-changed")
        # The last change comes last.
        found = await self._items(f"plans/cases/{case.id}/agreements")
        agreement.id, agreement.due = UUID(found[-1]["agreement_id"]), due

    async def invokes_plan_b(
        self,
        case: Case,  # noqa: ARG002 - whose page it is says which
        line: int,
        *,
        instead_of: Agreement,
        why: Words,
    ) -> None:
        """{me} says on a page that plan B is needed in the place of “{instead_of}”."""
        page = await self._open(f"/me/plan-b/{line}")
        await page.select_option("[name=instead_of]", str(instead_of.id))
        await page.fill("[name=why]", why)
        await self._send(page, "/me/thanks/plan-b")

    async def checks_in(
        self,
        case: Case,  # noqa: ARG002 - whose page it is says which
        kind: CheckInKind,  # noqa: ARG002 - the page asks about the one that waits
        decision: Decision = "continue",
        *,
        note: Words | None = None,
    ) -> None:
        """{me} asks how it goes ({kind}), and tells it on a page: {decision}."""
        page = await self._open("/me/check-in")
        await choose(page, "decision", decision)
        await page.fill("[name=note]", note or "")
        await self._send(page, "/me/thanks/check-in")

    async def answers_review(
        self,
        case: Case,  # noqa: ARG002 - whose page it is says which
        answer: Literal["stay", "meet", "another-coordinator"],
    ) -> None:
        """{me} says on a page, at the review of the plan: {answer}."""
        page = await self._open("/me/review")
        await choose(page, "answer", answer)
        await self._send(page, "/me/thanks/review-answer")

    async def asks_for_data(self, kind: RequestKind, *, text: Words | None = None) -> None:
        """{me} asks on a page of their data: {kind}."""
        page = await self._open("/me/data")
        await choose(page, "kind", kind)
        await page.fill("[name=text]", text or "")
        await self._send(page, "/me/data")
        asked = [item for item in await self._items("network/me/data-requests") if item["kind"] == kind]
        self.requests[kind] = UUID(asked[0]["request_id"])

    async def withdraws(self, case: Case, *, reason: str) -> None:  # noqa: ARG002 - whose page it is says which
        """{me} stops the case on a page: everything about it ends here."""
        page = await self._open("/me/stop")
        await choose(page, "reason", reason)
        await self._send(page, "/me/thanks/stopped")

    async def registers(self, session: Session) -> str:
        """{me} registers on a page, and confirms it behind the link in the mail: {result}."""
        page = await self._tab()
        await page.goto(f"{self.portal}/o/{self.api.anybody['Kring-Tenant']}/sessions/{session.id}")
        await self._look(page)
        given = self.contact | {"organisation": self.organisation}
        for name in ("first_name", "last_name", "email", "phone", "organisation"):
            await page.fill(f"[name={name}]", str(given.get(name) or ""))
        await self._send(page, f"/o/{self.api.anybody['Kring-Tenant']}/sessions/{session.id}")
        await self.api.watch.settle()
        emails = self.api.watch.inbox.to(self.email)
        tokens = [email.confirmation for email in emails if email.confirmation is not None]
        token = only(tokens[-1:], f"nobody asked {self.first_name} to confirm a registration")
        await page.goto(f"{self.portal}/r/{token}")
        await self._look(page)
        await self._send(page, "/registration")
        read = await page.locator("h1").inner_text()
        await self.api.watch.settle()
        placed = [event for event in self.api.watch.ledger.events if event.type in _PLACED]
        session.people[self] = UUID(placed[-1].data["registration_id"])
        return _STATES.get(read, read)

    async def _open(self, path: str) -> Page:
        """Go to a page: through the link in their latest email, if they are not there already."""
        page = await self._tab()
        await page.goto(f"{self.portal}{path}")
        if await page.locator("form[action='/sign-out']").count() == 0:
            await self._headers()
            links = [email.link for email in self.api.watch.inbox.to(self.email) if email.link is not None]
            token = only(links[-1:], f"{self.first_name} has no link")[0]
            await page.goto(f"{self.portal}/l/{token}")
            await self._look(page)
            await self._press(page, "main form button", "/me")
            await page.goto(f"{self.portal}{path}")
        await self._look(page)
        return page
