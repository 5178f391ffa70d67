"""Another hand: the same people in a browser, on the portal's pages. What has no page yet they do through the APIs."""

from pathlib import Path

from playwright.async_api import Browser

from deploy.demo.browser.browsing import Barriers, chromium
from deploy.demo.browser.people import BrowserPerson
from deploy.demo.browser.staff import BrowserCoordinator, BrowserStaff
from deploy.demo.story import Hand
from deploy.local.platform import Platform
from shared.services import PORTAL

__all__ = ["chromium", "hand_of"]


def hand_of(browser: Browser, platform: Platform, *, pictures: Path | None = None) -> Hand:
    """Return the hand that plays people in this browser; `pictures`: where each page that they see is kept."""
    portal = platform.addresses[PORTAL]
    base = {
        "browser": browser,
        "portal": portal,
        "barriers": Barriers(browser, portal),
        "accounts": platform.directory / "accounts.json",
        "pictures": pictures,
        "checked": set(),
    }
    return Hand(
        staff=type("BrowserStaff", (BrowserStaff,), base),
        coordinator=type("BrowserCoordinator", (BrowserCoordinator,), base),
        person=type("BrowserPerson", (BrowserPerson,), base),
    )
