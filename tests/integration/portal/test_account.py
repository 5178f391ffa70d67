"""Who the reader is here, on a page."""

from typing import Any

from services.portal.routes import account
from shared.auth import Role
from tests.support.portal import Browser, FakeServices

KNOWN: dict[str, Any] = {
    "id": "00000000-0000-7000-8000-000000000001",
    "organisation_id": "00000000-0000-7000-8000-000000000002",
    "tenant_id": "00000000-0000-7000-8000-000000000002",
    "languages": [],
    "organisation": "De Ring",
    "roles": ["regional-manager"],
    "entered_roles": ["regional-manager"],
    "is_coordinator": False,
    "first_name": "Hanneke",
    "last_name": "Verbeeck",
    "email": "hanneke@voorbeeld.example",
    "language": "nl",
}


async def test_is_shown_and_whether_mails_reach_them(browser: Browser, services: FakeServices) -> None:
    services.answer(account.ME, KNOWN)
    await browser.sign_in(Role.REGIONAL_MANAGER)
    page = (await browser.ask("GET", account.PATH)).text
    for said in ("Hanneke Verbeeck", "hanneke@voorbeeld.example", "De Ring"):
        assert said in page
    assert "krijg je geen mails" not in page
    services.answer(
        account.ME, KNOWN | {"entered_roles": [], "first_name": None, "last_name": None, "email": None}
    )
    assert "krijg je geen mails" in (await browser.ask("GET", account.PATH)).text
