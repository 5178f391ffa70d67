"""Members of staff and coordinators in a browser: they sign in, and do on pages what their classes here name."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from playwright.async_api import Page

from deploy.demo.browser.browsing import Browsing
from deploy.demo.coordinator import Coordinator
from deploy.demo.staff import Staff
from deploy.demo.things import Organisation
from shared.auth import Role


@dataclass(eq=False, kw_only=True)
class SigningIn(Browsing):
    """Somebody with an account."""

    # Where the local provider finds who can sign in.
    accounts: ClassVar[Path]

    async def _open(self, path: str) -> Page:
        """Go where somebody wants to be, and sign in on the way if that is needed."""
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
        """Let somebody be chosen at the local provider."""
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


@dataclass(eq=False, kw_only=True)
class BrowserCoordinator(SigningIn, Coordinator):
    """A coordinator, who works for no organisation."""

    async def enter(self) -> None:
        """Be entered by who installs the platform."""
        await super().enter()
        self._has_account(None, Role.COORDINATOR)
