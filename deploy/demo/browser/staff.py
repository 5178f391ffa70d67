"""Members of staff and coordinators in a browser: they sign in, and use the pages for the verbs defined here."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from playwright.async_api import FilePayload, Page

from deploy.demo.browser.browsing import Browsing, choose
from deploy.demo.coordinator import Coordinator
from deploy.demo.person import Person
from deploy.demo.staff import Staff
from deploy.demo.things import Case, Hours, Organisation, RequestKind, Session, Transfer, Words
from shared.auth import Role
from shared.fields import LanguageCode

_BRUSSELS = ZoneInfo("Europe/Brussels")


@dataclass(eq=False, kw_only=True)
class SigningIn(Browsing):
    """Somebody with an account."""

    # Where the local provider finds the accounts.
    accounts: ClassVar[Path]

    async def _open(self, path: str) -> Page:
        """Go to a page, and sign in on the way if needed."""
        page = await self._tab()
        await page.goto(f"{self.portal}{path}")
        if not page.url.startswith(self.portal):
            # At the provider, which asks who they are.
            await page.goto(f"{page.url}&login_hint={self.id}")
        if page.url == f"{self.portal}/organisation" or page.url.startswith(f"{self.portal}/organisation?"):
            await page.check(f"input[name=tenant][value='{self.api.tenant}']", force=True)
            await self._press(page, "#page-form > button[type=submit]", path)
        await self._look(page)
        return page

    def _has_account(self, organisation: Organisation | None, *roles: Role) -> None:
        """Add an account to the local provider."""
        known = json.loads(self.accounts.read_text()) if self.accounts.exists() else []
        mine = {
            "id": str(self.id),
            "name": f"{self.first_name} {self.last_name}",
            "organisation": None if organisation is None else str(organisation.id),
            "organisation_name": "" if organisation is None else organisation.name,
            "roles": [str(role) for role in roles],
        }
        half = self.accounts.with_suffix(".half")
        half.write_text(json.dumps([*known, mine], indent=1))
        half.replace(self.accounts)


@dataclass(eq=False, kw_only=True)
class BrowserStaff(SigningIn, Staff):
    """A member of staff of an organisation."""

    async def enter(self) -> None:
        """Be entered by who installs the platform."""
        await super().enter()
        self._has_account(self.organisation, *self.roles)

    async def accepts(self, case: Case) -> None:
        """{me} takes the referral on, on its page: a case opens."""
        page = await self._open(f"/referrals/{case.referral_id}")
        await choose(page, "decision", "accept")
        await self._send(page, "/cases/")
        case.id = UUID(self._part_of(page, 2))

    async def opens_file(self, case: Case, *, reason: Words) -> None:
        """{me} opens the file on a page for some hours, and says why."""
        page = await self._open(f"/cases/{case.id}/open-file")
        await page.fill("[name=reason]", reason)
        await page.check("[name=understood]")
        await self._send(page, f"/cases/{case.id}/open-file")

    async def approves_request(self, person: Person, kind: RequestKind) -> None:
        """{me} approves on a page what {person} asked of their data ({kind})."""
        path = f"/privacy/requests/{person.requests[kind]}"
        page = await self._open("/privacy/requests")
        await self._follow(page, path)
        await self._press(page, "button[name=do][value=approve]", path)

    async def erases(self, case: Case, *, because: Literal["asked", "entered-by-mistake"]) -> None:
        """{me} erases the case on a page."""
        path = f"/privacy/files/{case.id}"
        page = await self._open(path)
        await choose(page, "because", because)
        await page.check("[name=understood]")
        await self._press(page, "button[name=do][value=erase]", path)

    async def offers_course(
        self, title: str, *, language: LanguageCode = "nl", audience: str | None = None
    ) -> UUID:
        """{me} announces “{title}” on a page."""
        page = await self._open("/trainings/new")
        await page.fill("[name=title]", title)
        await page.fill("[name=audience]", audience or "")
        await page.select_option("[name=in_language]", language)
        await self._send(page, "/trainings/courses/")
        return UUID(self._part_of(page, 3))

    async def plans_session(
        self,
        course: UUID,
        when: Hours,
        *,
        place: str,
        capacity: int,
        price: str = "0.00",
        account_iban: str | None = None,
        account_name: str | None = None,
    ) -> Session:
        """{me} plans a session on a page: {capacity} places, EUR {price}."""
        page = await self._open(f"/trainings/courses/{course}")
        begins, ends = (each.astimezone(_BRUSSELS) for each in (when.starts_at, when.ends_at))
        await page.fill("[name=day]", begins.date().isoformat())
        for name, value in {
            "begins": f"{begins:%H:%M}",
            "ends": f"{ends:%H:%M}",
            "place": place,
            "capacity": str(capacity),
            "price": price,
            "account_iban": account_iban or "",
            "account_name": account_name or "",
        }.items():
            await page.fill(f"[name={name}]", value)
        await self._send(page, "/trainings/sessions/")
        return Session(course, UUID(self._part_of(page, 3)))

    async def cancels_session(self, session: Session) -> None:
        """{me} cancels the session on a page."""
        page = await self._open(f"/trainings/sessions/{session.id}/cancel")
        await self._send(page, f"/trainings/sessions/{session.id}")

    async def confirms_payment(self, transfer: Transfer, registration: UUID) -> None:
        """{me} confirms on a page whose payment it is: {transfer}'s."""
        await self._decide(transfer, f"button[name=registration][value='{registration}']")

    async def gives_back(self, transfer: Transfer) -> str:
        """{me} says on a page that {transfer}'s money went back: {result}."""
        await self._decide(transfer, "button[name=settle][value=refund]")
        return str((await self._ask("GET", f"training/payments/{transfer.id}"))["state"])

    async def _give(self, statement: bytes) -> str:
        """Upload a bank's file; return where its import can be read."""
        page = await self._open("/payments")
        file = FilePayload(name="statement.xml", mimeType="application/xml", buffer=statement)
        await page.set_input_files("[name=file]", file)
        await self._press(page, "#statement > button[type=submit]", "/payments/statements/")
        return f"training/statements/{self._part_of(page, 3)}"

    async def _decide(self, transfer: Transfer, button: str) -> None:
        page = await self._open("/payments")
        await self._press(page, f"#f-{transfer.id} {button}", "/payments")

    async def _follow(self, page: Page, path: str) -> None:
        """Go to a page by the link that leads there."""
        await self._press(page, f"a[href='{path}']", path)

    def _part_of(self, page: Page, number: int) -> str:
        """Return a part of the current address."""
        return page.url.removeprefix(self.portal).partition("?")[0].split("/")[number]


@dataclass(eq=False, kw_only=True)
class BrowserCoordinator(SigningIn, Coordinator):
    """A coordinator, who works for no organisation."""

    async def enter(self) -> None:
        """Be entered by who installs the platform."""
        await super().enter()
        self._has_account(None, Role.COORDINATOR)
