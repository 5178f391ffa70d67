"""People of a circle and of trainings in a browser, who use the portal's pages behind their link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Unpack
from uuid import UUID

from playwright.async_api import Page

from deploy.demo.acting import born, only
from deploy.demo.api import fields_of
from deploy.demo.browser.browsing import SEND, Browsing
from deploy.demo.browser.forms import CONTACT, SCORES, days, form, wishes
from deploy.demo.person import Person
from deploy.demo.things import Agreement, Case, Hours, Referral, RequestKind, Session, Words
from shared.events import intake, training

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

    answers_invitation = form(
        "/me/invitation", fields=lambda said: {"taking_part": said.mode if said.answer == "yes" else "no"}
    )
    proposes = form(
        "/me/propose",
        "relation",
        written_in="{person.language}",
        fields=lambda said: fields_of(said.person, *CONTACT),
    )
    invokes_plan_b = form("/me/plan-b/{line}", "reason", instead_of="{instead_of.id}")
    checks_in = form("/me/check-in", "decision", "note")
    gives_scores = form("/me/survey", *SCORES)
    answers_review = form("/me/review", "answer")
    withdraws = form("/me/stop", "reason")

    async def asks_for_conference(self, **about: Unpack[Referral]) -> Case:
        """{me} asks for a conference, and needs nobody to be referred."""
        page = await super()._open(f"/o/{self.api.tenant}/refer")
        await self._press(page, SEND)
        for fields in (
            {"question": about["question"]},
            {"themes[]": about["themes"]},
            fields_of(self, "first_name", "last_name"),
            {"birth_date": born(self, await self._today())},
            fields_of(self, "phone", "email", "address"),
            wishes(about),
            {"agreed": ["yes"]},
        ):
            await self._fill(page, fields)
        await self.api.watch.settle()
        received = [
            each for each in self.api.watch.ledger.events if each.type == intake.ReferralReceived.TYPE
        ]
        return Case(UUID(received[-1].data["referral_id"]))

    async def answers_poll(self, *, yes: Sequence[Hours], maybe: Sequence[Hours] = ()) -> None:
        """{me} says which dates suit."""
        poll = only((await self._items("scheduling/me/polls"))[:1], "there is no poll")
        await self._fill(await self._open("/me/dates"), days(poll, yes, maybe))

    async def says_done(self, agreement: Agreement) -> None:
        """{me}: “{agreement}” is done."""
        page = await self._open("/me/plan")
        button = f"button[name=done][value='{agreement.id}']"
        if await page.locator(button).count():
            await self._press(page, button)
        else:
            # Somebody else's agreement can be settled only by the coordinator and the monitor, not on a page yet.
            await super().says_done(agreement)

    async def changes_agreement(self, case: Case, agreement: Agreement, *, due: date, reason: Words) -> None:
        """{me} agrees another day for “{agreement}”, between two meetings."""
        await self._fill(await self._open(f"/me/agreement/{agreement.id}"), {"due": due, "reason": reason})
        # The last change comes last.
        found = await self._items(f"plans/cases/{case.id}/agreements")
        agreement.id, agreement.due = UUID(found[-1]["agreement_id"]), due

    async def asks_for_data(self, kind: RequestKind, *, text: Words | None = None) -> None:
        """{me} asks of their data: {kind}."""
        await self._fill(await self._open("/me/data"), {"kind": kind, "text": text})
        asked = [item for item in await self._items("network/me/data-requests") if item["kind"] == kind]
        self.requests[kind] = UUID(asked[0]["request_id"])

    async def registers(self, session: Session) -> str:
        """{me} registers, and confirms it behind the link in the mail: {result}."""
        page = await super()._open(f"/o/{self.api.tenant}/sessions/{session.id}")
        await self._fill(page, fields_of(self, "first_name", "last_name", "email", "phone", "organisation"))
        await self._press(await super()._open(f"/r/{await self._asked_to_confirm()}"), SEND)
        read = await page.locator("h1").inner_text()
        await self.api.watch.settle()
        placed = [event for event in self.api.watch.ledger.events if event.type in _PLACED]
        session.people[self] = UUID(placed[-1].data["registration_id"])
        return _STATES.get(read, read)

    async def _open(self, path: str) -> Page:
        """Go to a page: through the link in their latest email, if they are not there already."""
        page = await self.window.of(self)
        await page.goto(f"{self.portal}{path}")
        if await page.locator("form[action='/sign-out']").count() == 0:
            await self._headers()
            links = [email.link for email in self.api.watch.inbox.to(self.email) if email.link is not None]
            token = only(links[-1:], f"{self.first_name} has no link")[0]
            await self._press(await super()._open(f"/l/{token}"), "main form button")
            await page.goto(f"{self.portal}{path}")
        await self._look(page)
        return page
