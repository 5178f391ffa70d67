"""The same people in a browser: what they do behind their link they do on the portal's pages, in a real Chromium.

Staff still act through the APIs. Every page that somebody comes to must be one that answers well, without a word of
script, no wider than the phone, and without anything that axe-core finds (WCAG 2.2 A and AA).
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal
from uuid import UUID

from playwright.async_api import Browser, Page, async_playwright

from deploy.demo.acting import answers, only
from deploy.demo.person import Person
from deploy.demo.story import Hand
from deploy.demo.things import Agreement, Case, Hours, RequestKind, Session, Words
from deploy.local.errors import PlatformError
from deploy.watch.failures import WentWrong
from services.plans.domain import Decision
from shared.events import training
from shared.events.network import AttendanceMode
from shared.events.plans import CheckInKind

# Pictures are not compared, so nothing needs to be smooth; and no sandbox: the pages are our own.
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--font-render-hinting=none",
]
PHONE = 390
# What the page says after a registration was confirmed.
_STATES = {
    "We houden een plaats voor je vrij": "awaiting-payment",
    "Je bent ingeschreven": "confirmed",
    "Je staat op de wachtlijst": "waitlisted",
}
_AXE = Path(__file__).parents[2] / "services/portal/frontend/node_modules/axe-core/axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_FOUND = """async rules => {
    const found = await axe.run({runOnly: {type: "tag", values: rules}});
    return found.violations.map(each => `${each.id}: ${each.nodes[0].html}`);
}"""
_PLACED = (training.RegistrationReceived.TYPE, training.RegistrationWaitlisted.TYPE)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Give a Chromium. Raises: PlatformError if the machine has none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise PlatformError("Chromium is missing; install it (on Debian: apt-get install chromium).")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


def hand_of(browser: Browser, *, portal: str, pictures: Path | None = None) -> Hand:
    """Return the hand that plays people in this browser; `pictures`: where each page that they see is kept."""
    base = {"browser": browser, "portal": portal, "pictures": pictures, "checked": set()}
    return Hand(person=type("BrowserPerson", (BrowserPerson,), base))


@dataclass(eq=False, kw_only=True)
class BrowserPerson(Person):
    """Somebody without an account, on a phone."""

    browser: ClassVar[Browser]
    portal: ClassVar[str]
    pictures: ClassVar[Path | None]
    # The pages that were looked at for what keeps somebody out, each once.
    checked: ClassVar[set[str]]
    _page: Page | None = field(default=None, init=False, repr=False)
    _seen: int = field(default=0, init=False, repr=False)

    async def answers_invitation(
        self, answer: Literal["yes", "no"], *, mode: AttendanceMode = "in-person"
    ) -> None:
        """{me} says {answer}, on the page behind the personal link."""
        page = await self._open("/me/invitation")
        await _choose(page, "taking_part", mode if answer == "yes" else "no")
        await self._send(page, f"/me/thanks/{answer}")

    async def answers_poll(self, *, yes: Sequence[Hours], maybe: Sequence[Hours] = ()) -> None:
        """{me} says on the page which dates suit."""
        poll = only((await self._items("scheduling/me/polls"))[-1:], "there is no poll")
        page = await self._open("/me/dates")
        for option, said in answers(poll, yes=yes, maybe=maybe).items():
            await _choose(page, f"day-{option}", said)
        await self._send(page, "/me/thanks/dates")

    async def says_done(self, agreement: Agreement) -> None:
        """{me}, on the page of the plan: “{agreement}” is done."""
        page = await self._open("/me/plan")
        button = f"button[name=done][value='{agreement.id}']"
        if await page.locator(button).count():
            await self._press(page, button, "/me/plan")
        else:
            # Of what somebody else promised only the coordinator and the monitor say so, not on a page yet.
            await super().says_done(agreement)

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
        await _choose(page, "decision", decision)
        await page.fill("[name=note]", note or "")
        await self._send(page, "/me/thanks/check-in")

    async def asks_for_data(self, kind: RequestKind, *, text: Words | None = None) -> None:
        """{me} asks on a page of their data: {kind}."""
        page = await self._open("/me/data")
        await _choose(page, "kind", kind)
        await page.fill("[name=text]", text or "")
        await self._send(page, "/me/data")
        asked = [item for item in await self._items("network/me/data-requests") if item["kind"] == kind]
        self.requests[kind] = UUID(asked[0]["request_id"])

    async def withdraws(self, case: Case, *, reason: str) -> None:  # noqa: ARG002 - whose page it is says which
        """{me} stops the case on a page: everything about it ends here."""
        page = await self._open("/me/stop")
        await _choose(page, "reason", reason)
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
        await self._send(page, f"/r/{token}")
        read = await page.locator("h1").inner_text()
        await self.api.watch.settle()
        placed = [event for event in self.api.watch.ledger.events if event.type in _PLACED]
        session.people[self] = UUID(placed[-1].data["registration_id"])
        return _STATES.get(read, read)

    async def _tab(self) -> Page:
        if self._page is None:
            context = await self.browser.new_context(
                viewport={"width": PHONE, "height": 844},
                locale="nl-BE",
                timezone_id="Europe/Brussels",
                java_script_enabled=False,
            )
            self._page = await context.new_page()
        return self._page

    async def _open(self, path: str) -> Page:
        """Go where somebody wants to be: through the link in their latest email, if they are not there already."""
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

    async def _send(self, page: Page, leads_to: str) -> None:
        await self._press(page, "#page-form > button[type=submit]", leads_to)

    async def _press(self, page: Page, button: str, path: str) -> None:
        # A click ends before the page that it leads to is there: half of a page has nothing to look at.
        async with page.expect_navigation():
            await page.click(button)
        await self._look(page)
        if not page.url.removeprefix(self.portal).startswith(path) or await page.locator("#errors").count():
            words = await page.locator("main").inner_text()
            raise WentWrong(f"{self.first_name} came to {page.url}, not to {path}: {words[:300]}")

    async def _look(self, page: Page) -> None:
        """Keep a picture of a page, and refuse one that is wider than the phone or keeps somebody out."""
        self._seen += 1
        if self.pictures is not None:
            name = page.url.removeprefix(self.portal).partition("?")[0].strip("/").replace("/", "-")[:40]
            path = self.pictures / f"{self.first_name.lower()}-{self._seen:03}-{name or 'start'}.png"
            await page.screenshot(path=path, full_page=True)
        width = await page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE:
            raise WentWrong(f"{page.url} is {width} wide on a phone of {PHONE}")
        title = await page.title()
        if title not in self.checked:
            self.checked.add(title)
            found = await self._keeps_out(await page.content())
            if found:
                raise WentWrong(f"{page.url} keeps somebody out: {'; '.join(found)}")

    async def _keeps_out(self, html: str) -> list[str]:
        """Return what axe-core finds on a page: in a tab of its own, because it is a script."""
        context = await self.browser.new_context(
            viewport={"width": PHONE, "height": 844}, bypass_csp=True, locale="nl-BE"
        )
        try:
            tab = await context.new_page()
            await tab.goto(f"{self.portal}/")
            await tab.set_content(html)
            await tab.evaluate(await asyncio.to_thread(_AXE.read_text, encoding="utf-8"))
            found: list[str] = await tab.evaluate(_FOUND, _RULES)
        finally:
            await context.close()
        return found


async def _choose(page: Page, name: str, value: str) -> None:
    """Choose one of several as a finger does: on its words, which lie over the circle or around it."""
    circle = page.locator(f"input[name='{name}'][value='{value}']")
    await circle.locator("xpath=ancestor::label | following-sibling::label").first.click()
