"""An administrator says how the organisation is met: name, colours, how emails end."""

from io import BytesIO
from typing import Any

import httpx2
import pytest
from PIL import Image

from services.portal.routes import own_organisation
from shared.auth import Role
from shared.ids import uuid7
from tests.support.portal import Browser, FakeServices

PATH = "/settings/organisation"
KNOWN: dict[str, Any] = {
    "name": "De Ring",
    "reply_to": None,
    "languages": ["nl"],
    "country": "BE",
    "subdivision": None,
    "time_zone": "Europe/Brussels",
    "accent_colour": None,
    "heading_colour": None,
    "background_colour": None,
    "signature": None,
    "version": 3,
}


@pytest.fixture
def given(services: FakeServices, browser: Browser) -> FakeServices:
    """Intake with the profile of the organisation."""
    entry = KNOWN | {
        "organisation_id": str(browser.world.tenant),
        "kbo_number": "0202239951",
        "is_tenant": True,
        "superseded_by": None,
        "created_at": "2031-01-01T08:00:00Z",
    }
    services.answer(own_organisation.READ, entry)
    services.answer(own_organisation.CHANGE, entry)
    return services


async def test_what_is_changed_is_sent_with_what_stays(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.ADMINISTRATOR)
    assert 'value="De Ring"' in (await browser.ask("GET", PATH)).text
    answer = await browser.fill(
        PATH, version="3", name="De Kring", accent_colour="#7a1f5c", signature="De Kring vzw\r\n09 1"
    )
    assert answer.headers["location"] == f"{PATH}?saved=1"
    [sent] = given.of(own_organisation.CHANGE)
    changed = {"name": "De Kring", "accent_colour": "#7a1f5c", "signature": "De Kring vzw\r\n09 1"}
    assert sent.body == KNOWN | changed
    assert str(sent.ids["organisation_id"]) == str(browser.world.tenant)


async def test_a_colour_that_cannot_be_read_is_refused_and_the_nearest_proposed(
    browser: Browser, given: FakeServices
) -> None:
    await browser.sign_in(Role.ADMINISTRATOR)
    page = (
        await browser.fill(
            PATH, version="3", name="De Ring", accent_colour="#ffd700", heading_colour="rood", expect=422
        )
    ).text
    assert 'id="heading_colour-error"' in page
    page = (await browser.fill(PATH, version="3", name="De Ring", accent_colour="#ffd700", expect=422)).text
    assert "De dichtste kleur die wel gaat, is #" in page
    assert 'value="#ffd700"' in page
    assert given.of(own_organisation.CHANGE) == []


async def test_who_was_faster_is_said(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.ADMINISTRATOR)
    given.refuse(own_organisation.CHANGE, 409, "other-version")
    assert "Wat telt?" in (await browser.fill(PATH, version="2", name="Anders", expect=409)).text


async def test_only_an_administrator_changes_it(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.COORDINATOR, Role.REGIONAL_MANAGER)
    await browser.ask("GET", PATH, expect=403)
    assert given.asked == []


async def test_pages_are_in_the_colours_of_the_organisation(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.ADMINISTRATOR)
    assert "/theme/" not in (await browser.ask("GET", PATH)).text
    await browser.world.execute(
        "UPDATE tenant_profile SET accent_colour = '#7a1f5c', background_colour = '#f6eef2' WHERE tenant = :tenant",
        tenant=browser.world.tenant,
    )
    page = (await browser.ask("GET", PATH)).text
    address = page.partition('<link rel="stylesheet" href="/theme/')[2].partition('"')[0]
    style = await browser.ask("GET", f"/theme/{address}", expect=200)
    assert style.headers["content-type"].startswith("text/css")
    assert "immutable" in style.headers["cache-control"]
    assert "background:#f6eef2" in style.text
    await browser.ask("GET", f"/theme/{address.partition('/')[0]}/red-x-x.css", expect=404)


def picture(kind: str = "PNG", size: tuple[int, int] = (1200, 400), **more: Any) -> bytes:
    """Return a file with a picture in it."""
    written = BytesIO()
    Image.new("RGB", size, "#7a1f5c").save(written, kind, **more)
    return written.getvalue()


async def give(browser: Browser, file: bytes, *, expect: int = 303, **fields: str) -> httpx2.Response:
    """Open the page, and send its form with a file."""
    token = (
        (await browser.ask("GET", PATH, expect=200))
        .text.partition('name="form-token" value="')[2]
        .partition('"')[0]
    )
    sent = {"form-token": token, "once": str(uuid7()), **fields}
    files = {"file": ("logo.png", file)}
    return await browser.ask("POST", f"{PATH}/logo", data=sent, files=files, expect=expect)


class TestTheLogo:
    async def test_is_drawn_anew_and_stands_above_every_page_of_the_organisation(
        self, browser: Browser, given: FakeServices
    ) -> None:
        await browser.sign_in(Role.ADMINISTRATOR)
        file = picture("JPEG", comment=b"taken at Kwartelstraat 12")
        answer = await give(browser, file)
        assert answer.headers["location"] == f"{PATH}?saved=1"
        page = (await browser.ask("GET", PATH)).text
        address = page.partition('class="k-logo" src="')[2].partition('"')[0]
        assert address.startswith(f"/logo/{browser.world.tenant}/")
        # Also for who refers themselves, and was never here before.
        browser.cookies.clear()
        assert address in (await browser.ask("GET", f"/o/{browser.world.tenant}/refer")).text
        shown = await browser.ask("GET", address, expect=200)
        assert shown.headers["content-type"] == "image/png"
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert shown.headers["content-security-policy"] == "default-src 'none'"
        assert "immutable" in shown.headers["cache-control"]
        assert b"Kwartelstraat" not in shown.content
        drawn = Image.open(BytesIO(shown.content))
        assert (drawn.format, drawn.size) == ("PNG", (336, 112))
        await browser.ask("GET", f"/logo/{browser.world.tenant}/{'0' * 16}.png", expect=404)

    async def test_is_changed_by_no_administrator_of_another_organisation(
        self, browser: Browser, given: FakeServices
    ) -> None:
        await browser.sign_in(Role.ADMINISTRATOR, organisation=uuid7())
        for more in ({}, {"without": "yes"}):
            await give(browser, picture(), expect=403, **more)

    async def test_is_gone_when_the_organisation_wants_none(
        self, browser: Browser, given: FakeServices
    ) -> None:
        await browser.sign_in(Role.ADMINISTRATOR)
        await give(browser, picture())
        await give(browser, b"", without="yes")
        assert "/logo/" not in (await browser.ask("GET", PATH)).text.replace(f"{PATH}/logo", "")

    @pytest.mark.parametrize(
        "file",
        [
            b"",
            b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
            picture("GIF", (10, 10)),
            picture()[:200],
            picture(size=(2001, 2000)),
            picture() + b"\0" * 1_000_000,
        ],
        ids=["nothing", "SVG", "GIF", "cut off", "too many dots", "too large"],
    )
    async def test_is_refused_unless_it_is_a_picture(
        self, browser: Browser, given: FakeServices, file: bytes
    ) -> None:
        await browser.sign_in(Role.ADMINISTRATOR)
        page = (await give(browser, file, expect=422)).text
        assert 'id="file-error"' in page
        assert "k-logo" not in page
