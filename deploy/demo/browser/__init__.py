"""Another hand: the same people using the portal's pages in a browser."""

from pathlib import Path

from playwright.async_api import Browser

from deploy.demo.browser.browsing import Barriers, Window, chromium
from deploy.demo.browser.people import BrowserPerson
from deploy.demo.browser.staff import BrowserCoordinator, BrowserStaff
from deploy.demo.story import Hand
from deploy.local.platform import Platform
from shared.services import PORTAL

__all__ = ["chromium", "hand_of"]


def hand_of(browser: Browser, platform: Platform, *, pictures: Path | None = None) -> Hand:
    """Return the hand that plays people in this browser; `pictures`: where each page that they see is stored."""
    portal = platform.addresses[PORTAL]
    base = {
        "window": Window(browser),
        "portal": portal,
        "barriers": Barriers(browser, portal),
        "accounts": platform.directory,
        "pictures": pictures,
    }
    return Hand(
        staff=type("BrowserStaff", (BrowserStaff,), base),
        coordinator=type("BrowserCoordinator", (BrowserCoordinator,), base),
        person=type("BrowserPerson", (BrowserPerson,), base),
    )
