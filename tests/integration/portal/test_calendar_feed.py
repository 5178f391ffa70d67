"""A coordinator's own calendar: its address is made and renewed, and what it serves is read by another parser."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

from dateutil.tz import tzical  # type: ignore[import-untyped]

from services.portal.routes.calendar_address import RENEW
from services.portal.routes.calendar_feed import FEED
from shared.auth import Role
from shared.ids import uuid7
from tests.support.portal import Browser, FakeServices

CONFERENCE, CASE, TENANT = uuid7(), uuid7(), uuid7()
SECRET = "abcDEF_-123"


def entry(**changes: Any) -> dict[str, Any]:
    """Return a conference as scheduling shows it in a feed."""
    return {
        "conference_id": str(CONFERENCE),
        "case_id": str(CASE),
        "conference_no": 2,
        "revision": 3,
        "starts_at": "2026-07-14T12:00:00Z",
        "ends_at": "2026-07-14T16:00:00Z",
        "takes_place": True,
        "venue": {"name": "Buurthuis; De Linde", "address": "Lindelaan 4, 2800 Mechelen"},
        **changes,
    }


def events_of(text: str) -> list[dict[str, str]]:
    """Return the properties of each event of a calendar file (RFC 5545, 3.1: lines are unfolded first)."""
    found: list[dict[str, str]] = []
    for line in text.replace("\r\n ", "").split("\r\n"):
        name, _colon, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found:
            found[-1].setdefault(name, value)
    return found


async def test_shows_the_address_once(browser: Browser, services: FakeServices) -> None:
    await browser.sign_in(Role.COORDINATOR)
    services.answer(RENEW, {"secret": SECRET})
    before = await browser.ask("GET", "/calendar", expect=200)
    assert SECRET not in before.text
    made = await browser.fill("/calendar", expect=200)
    assert f"/{SECRET}</code>" in made.text
    assert SECRET not in (await browser.ask("GET", "/calendar", expect=200)).text


async def test_is_for_coordinators(browser: Browser, services: FakeServices) -> None:
    await browser.sign_in(Role.FINANCE)
    await browser.ask("GET", "/calendar", expect=403)
    assert services.asked == []


async def test_is_a_calendar_with_both_halves_of_its_zone_a_stable_uid_and_a_sequence(
    browser: Browser, services: FakeServices
) -> None:
    other = uuid7()
    put_off = entry(conference_id=str(other), takes_place=False, revision=4, starts_at="2026-12-14T13:00:00Z")
    services.answer(FEED, {"items": [entry(), {**put_off, "ends_at": "2026-12-14T16:00:00Z"}]})
    served = await browser.ask("GET", f"/calendar/{TENANT}/{SECRET}", expect=200)
    assert served.headers["content-type"].startswith("text/calendar")
    [asked] = services.of(FEED)
    assert asked.body == {"secret": SECRET}
    zone = tzical(StringIO(served.text.replace("\r\n", "\n"))).get("Europe/Brussels")
    assert zone is not None
    first, second = events_of(served.text)
    for event, expected in ((first, "2026-07-14T12:00"), (second, "2026-12-14T13:00")):
        local = datetime.strptime(event["DTSTART;TZID=Europe/Brussels"], "%Y%m%dT%H%M%S").replace(tzinfo=zone)
        assert local.astimezone(UTC).isoformat()[:16] == expected
    assert [each["UID"] for each in (first, second)] == [str(CONFERENCE), str(other)]
    assert [each["SEQUENCE"] for each in (first, second)] == ["3", "4"]
    assert [each["STATUS"] for each in (first, second)] == ["CONFIRMED", "CANCELLED"]
    assert first["LOCATION"] == r"Buurthuis\; De Linde\, Lindelaan 4\, 2800 Mechelen"
    assert served.text.count("BEGIN:STANDARD") == served.text.count("BEGIN:DAYLIGHT") == 1


async def test_is_not_there_with_an_old_address(browser: Browser, services: FakeServices) -> None:
    services.refuse(FEED, 404, "feed-not-found")
    await browser.ask("GET", f"/calendar/{TENANT}/{SECRET}", expect=404)
