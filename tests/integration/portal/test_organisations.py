"""An administrator reads the register of organisations, and enters one that is not in it."""

from typing import Any

from services.portal.routes.organisations import ENTER, PATH, REGISTER
from shared.auth import Role
from shared.ids import uuid7
from tests.integration.portal.test_own_organisation import KNOWN
from tests.support.portal import Browser, FakeServices

HOSTILE = "<b onload=x>" + "w" * 180


def organisation(**changes: object) -> dict[str, Any]:
    """Return an organisation as intake answers it."""
    return KNOWN | {
        "organisation_id": str(uuid7()),
        "kbo_number": "0403170701",
        "is_tenant": False,
        "superseded_by": None,
        "created_at": "2031-01-01T08:00:00Z",
        **changes,
    }


class TestTheRegister:
    async def test_lists_organisations_by_name_and_number(
        self, browser: Browser, services: FakeServices
    ) -> None:
        gone = organisation(name="Weg", superseded_by=str(uuid7()))
        await browser.sign_in(Role.ADMINISTRATOR)
        own = organisation(name="Wijzelf", organisation_id=str(browser.world.tenant))
        items = [organisation(name=HOSTILE), gone, own]
        services.answer(REGISTER, {"items": items, "next": "further"})
        page = (await browser.ask("GET", PATH, expect=200)).text
        assert "0403.170.701" in page
        assert "<b onload" not in page
        assert "Weg" not in page
        assert "Wijzelf" not in page
        assert "after=further" in page

    async def test_takes_one_more_which_runs_no_conferences(
        self, browser: Browser, services: FakeServices
    ) -> None:
        services.answer(ENTER, {"organisation_id": str(uuid7())})
        await browser.sign_in(Role.ADMINISTRATOR)
        page = await browser.fill(f"{PATH}/new", name="De Brug", expect=422)
        assert "Schrijf het ondernemingsnummer" in page.text
        await browser.fill(f"{PATH}/new", name="De Brug", kbo_number="0403.170.701")
        [asked] = services.of(ENTER)
        assert asked.body == {"name": "De Brug", "kbo_number": "0403170701", "is_tenant": False}

    async def test_is_for_administrators(self, browser: Browser) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        await browser.ask("GET", PATH, expect=403)
