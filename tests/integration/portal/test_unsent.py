"""Words are never lost to a session: a form that comes too late, or from another tab, comes back to be sent again."""

import re

import httpx2
import pytest

from services.portal.people import EXCHANGE, ME
from services.portal.routes.invitation import PROPOSE
from services.portal.sessions import PersonOfCase
from services.portal.staff import CHOOSE
from shared.auth import Role
from shared.ids import uuid7
from tests.integration.portal.test_languages import me
from tests.support.portal import Browser, FakeServices

PATH = "/me/propose"
WRITTEN = {"first_name": "Noor", "relation": "de buurvrouw <van> hiernaast", "written_in": "tr"}
LOOK = "Kijk het na en verstuur het opnieuw."
KEPT = "We bewaren het een week."


def token_of(page: httpx2.Response) -> str:
    """Return the token in a page's forms."""
    found = re.search(r'name="form-token" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def comes_again(services: FakeServices, came: PersonOfCase) -> None:
    """Let the link of somebody open their page."""
    ids = {name: str(getattr(came, name)) for name in ("person_id", "case_id", "tenant")}
    access = {
        "access_token": "next",
        "token_type": "Bearer",
        "expires_in": 900,
        "case_role": "central",
        **ids,
    }
    services.answer(EXCHANGE, access)
    services.answer(ME, me(came))
    services.answer(PROPOSE, {"person_id": str(uuid7())})


async def written(browser: Browser, services: FakeServices) -> tuple[PersonOfCase, dict[str, str]]:
    """Open a form, and return who came and what they will send."""
    came = await browser.come_by_link()
    comes_again(services, came)
    return came, {"form-token": token_of(await browser.ask("GET", PATH, expect=200)), **WRITTEN}


class TestAFormOfAnotherTab:
    async def test_comes_back_with_its_words_when_the_link_was_opened_anew(
        self, browser: Browser, services: FakeServices
    ) -> None:
        came, sent = await written(browser, services)
        await browser.ask("POST", f"/l/{came.link}", data={}, expect=303)
        page = await browser.ask("POST", PATH, data=sent, expect=422)
        assert LOOK in page.text
        assert 'value="Noor"' in page.text
        assert "de buurvrouw &lt;van&gt; hiernaast" in page.text
        assert services.of(PROPOSE) == []
        again = {**sent, "form-token": token_of(page)}
        await browser.ask("POST", PATH, data=again, expect=303)
        assert [each.body["first_name"] for each in services.of(PROPOSE)] == ["Noor"]

    async def test_comes_back_when_its_writer_signed_in_again(self, browser: Browser) -> None:
        hanne = await browser.sign_in(Role.COORDINATOR)
        page = await browser.ask("GET", CHOOSE, expect=200)
        await browser.sign_in(Role.COORDINATOR, member=hanne)
        sent = {"form-token": token_of(page), "tenant": str(browser.world.tenant)}
        assert LOOK in (await browser.ask("POST", CHOOSE, data=sent, expect=422)).text
        await browser.sign_in(Role.COORDINATOR)
        await browser.ask("POST", CHOOSE, data=sent, expect=403)

    async def test_is_never_sent_nor_shown_in_the_name_of_somebody_else(
        self, browser: Browser, services: FakeServices
    ) -> None:
        _, sent = await written(browser, services)
        comes_again(services, await browser.come_by_link())
        page = await browser.ask("POST", PATH, data=sent, expect=403)
        assert "Noor" not in page.text
        assert services.of(PROPOSE) == []

    @pytest.mark.parametrize(
        "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}]
    )
    async def test_comes_back_only_if_the_browser_says_that_it_was_ours(
        self, browser: Browser, services: FakeServices, headers: dict[str, str]
    ) -> None:
        came, sent = await written(browser, services)
        await browser.ask("POST", f"/l/{came.link}", data={}, expect=303)
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        browser.world.http.cookies.clear()
        asked = {"cookie": cookie, **headers}
        answer = await browser.world.ask("POST", PATH, asked, data=sent, expect=403)
        assert "Noor" not in answer.text


class TestAFormAfterItsSession:
    async def test_comes_back_with_the_link(self, browser: Browser, services: FakeServices) -> None:
        came, sent = await written(browser, services)
        browser.world.later(hours=13)
        late = await browser.ask("POST", PATH, data=sent, expect=401)
        assert KEPT in late.text
        assert "Noor" not in late.text
        assert 'lang="nl"' in late.text
        # The session stays over: words are kept, and nobody is let in.
        await browser.ask("GET", PATH, expect=401)
        back = await browser.ask("POST", f"/l/{came.link}?to=polls", data={}, expect=303)
        assert back.headers["location"] == PATH
        page = await browser.ask("GET", PATH, expect=200)
        assert LOOK in page.text
        assert 'value="Noor"' in page.text
        assert services.of(PROPOSE) == []
        await browser.ask("POST", PATH, data={**sent, "form-token": token_of(page)}, expect=303)
        assert 'value="Noor"' not in (await browser.ask("GET", PATH, expect=200)).text

    async def test_is_for_nobody_else_who_opens_a_link_there(
        self, browser: Browser, services: FakeServices
    ) -> None:
        came, sent = await written(browser, services)
        browser.world.later(hours=13)
        await browser.ask("POST", PATH, data=sent, expect=401)
        comes_again(services, came.model_copy(update={"person_id": uuid7()}))
        back = await browser.ask("POST", f"/l/{came.link}?to=polls", data={}, expect=303)
        assert back.headers["location"] == "/me/dates"
        assert "Noor" not in (await browser.ask("GET", PATH, expect=200)).text

    async def test_comes_back_when_the_link_was_replaced_meanwhile(
        self, browser: Browser, services: FakeServices
    ) -> None:
        came, sent = await written(browser, services)
        services.refuse(EXCHANGE, 410, "link-replaced")
        browser.world.later(minutes=14)
        await browser.ask("POST", PATH, data=sent, expect=410)
        comes_again(services, came)
        back = await browser.ask("POST", "/l/newer", data={}, expect=303)
        assert back.headers["location"] == PATH

    @pytest.mark.parametrize(("hours", "token"), [(24 * 7 + 1, None), (13, "0" * 64)])
    async def test_is_kept_for_a_week_and_only_if_it_was_ours(
        self, browser: Browser, services: FakeServices, hours: int, token: str | None
    ) -> None:
        _, sent = await written(browser, services)
        browser.world.later(hours=hours)
        page = await browser.ask(
            "POST", PATH, data={**sent, "form-token": token or sent["form-token"]}, expect=401
        )
        assert KEPT not in page.text

    async def test_is_sealed_and_extends_nothing(self, browser: Browser, services: FakeServices) -> None:
        _, sent = await written(browser, services)
        [before] = await browser.world.rows("SELECT expires_at FROM browser_session")
        browser.world.later(hours=13)
        await browser.ask("POST", PATH, data=sent, expect=401)
        [row] = await browser.world.rows("SELECT sealed, expires_at FROM browser_session")
        assert b"Noor" not in bytes(row.sealed)
        assert row.expires_at == before.expires_at
