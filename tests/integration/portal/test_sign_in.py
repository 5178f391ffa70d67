"""Members of staff sign in at a provider, stay signed in while it lets them, and lose nothing that they wrote."""

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from joserfc.jwk import ECKey

from deploy.local.provider import Endpoints, create_app
from services.portal.providers import BACK, providers_of
from services.portal.sessions import Secret, StaffMember, load
from services.portal.staff import CHOOSE
from shared.ids import uuid7
from tests.support.serving import serving
from tests.support.world.portal import Portal

HERE = {"sec-fetch-site": "same-origin"}
HANNE, FREEK = uuid7(), uuid7()


@dataclass
class SignIn:
    """The portal and the provider that it sends people to."""

    world: Portal
    endpoints: Endpoints
    cookies: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """Ask the portal as one browser does, which remembers cookies and follows nothing by itself."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.world.http.cookies.clear()
        answer = await self.world.ask(method, path, {**HERE, "cookie": cookie}, **request)
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        for given in answer.headers.get_list("set-cookie"):
            if "Max-Age=0" in given:
                self.cookies.pop(given.partition("=")[0], None)
        return answer

    async def chooses(self, answer: httpx2.Response, account: UUID) -> httpx2.Response:
        """Say at the provider who one is, and come back."""
        async with httpx2.AsyncClient() as http:
            sent = await http.get(f"{answer.headers['location']}&login_hint={account}")
        back = urlsplit(sent.headers["location"])
        assert back.path == BACK
        return await self.ask("GET", f"{back.path}?{back.query}")

    async def signs_in(self, account: UUID = HANNE) -> None:
        """Sign in."""
        await self.chooses(await self.ask("GET", "/sign-in", expect=303), account)
        assert "kring-staff" in self.cookies

    @property
    def form_token(self) -> str:
        """What forms carry."""
        secret = Secret.read(self.cookies["kring-staff"])
        assert secret is not None
        return secret.form_token


@pytest_asyncio.fixture
async def browser(world: Portal, tmp_path: Path) -> AsyncIterator[SignIn]:
    """A browser in which nobody signed in."""
    accounts: list[dict[str, object]] = [
        {
            "id": str(HANNE),
            "name": "Hanne Peeters",
            "organisation": str(world.tenant),
            "roles": ["regional-manager"],
        },
        {"id": str(FREEK), "name": "Freek Aerts", "organisation": None, "roles": ["coordinator"]},
    ]
    named = [{**each, "organisation_name": "De Ring"} for each in accounts]
    (tmp_path / "accounts.json").write_text(json.dumps(named))
    settings = world.context.settings
    key = ECKey.import_key(json.loads((settings.secrets_dir / "local_issuer_key").read_text()))
    endpoints = Endpoints(tmp_path, settings.public_url, "", key)
    for tenant, name in ((world.tenant, "De Ring"), (uuid7(), "Anker")):
        await world.execute(
            "INSERT INTO tenant_profile (tenant, version, name, country, time_zone)"
            " VALUES (:tenant, 1, :name, 'BE', 'Europe/Brussels')",
            tenant=tenant,
            name=name,
        )
    async with serving(create_app(endpoints), settings) as port:
        endpoints.address = f"http://127.0.0.1:{port}"
        given = settings.model_copy(update={"local_provider_url": endpoints.address})
        world.app.state.providers = providers_of(given, world.app.state.verifier)
        yield SignIn(world, endpoints)
        world.app.state.providers = []


class TestSigningIn:
    async def test_leads_through_the_provider_to_the_page_that_was_asked_for(self, browser: SignIn) -> None:
        sent = await browser.ask("GET", f"{CHOOSE}?next=/today", expect=303)
        assert sent.headers["location"] == f"/sign-in?next={CHOOSE.replace('/', '%2F')}%3Fnext%3D%2Ftoday"
        to_provider = await browser.ask("GET", sent.headers["location"], expect=303)
        asked = parse_qs(urlsplit(to_provider.headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert len(asked["state"][0]) >= 32
        back = await browser.chooses(to_provider, HANNE)
        assert back.headers["location"] == f"{CHOOSE}?next=/today"
        page = await browser.ask("GET", CHOOSE, expect=200)
        assert "Hanne Peeters" in page.text
        assert "kring-signing-in" not in browser.cookies

    async def test_says_of_whom_a_browser_has_a_session_nowhere_but_in_it(self, browser: SignIn) -> None:
        await browser.signs_in()
        rows = await browser.world.rows("SELECT * FROM browser_session")
        assert len(rows) == 1
        assert b"Hanne" not in bytes(rows[0].sealed)
        assert str(HANNE).encode() not in bytes(rows[0].sealed)

    @pytest.mark.parametrize(
        "changed",
        [{"state": "other"}, {"code": "other"}, {"code": ""}, {"iss": "https://evil.example"}, {"iss": None}],
    )
    async def test_is_refused_when_what_comes_back_is_not_what_was_asked(
        self, browser: SignIn, changed: dict[str, str | None]
    ) -> None:
        sent = await browser.ask("GET", "/sign-in", expect=303)
        async with httpx2.AsyncClient() as http:
            there = await http.get(f"{sent.headers['location']}&login_hint={HANNE}")
        query = {
            name: value[0] for name, value in parse_qs(urlsplit(there.headers["location"]).query).items()
        }
        given = {name: value for name, value in {**query, **changed}.items() if value is not None}
        answer = await browser.ask("GET", BACK, params=given, expect=400)
        assert "<h1" in answer.text
        assert "kring-staff" not in browser.cookies
        # And not a second time with what would have been right.
        await browser.ask("GET", BACK, params=query, expect=400)

    async def test_is_refused_in_another_browser(self, browser: SignIn) -> None:
        sent = await browser.ask("GET", "/sign-in", expect=303)
        browser.cookies.clear()
        assert (await browser.chooses(sent, HANNE)).status_code == 400
        assert "kring-staff" not in browser.cookies

    async def test_takes_no_cookie_that_it_did_not_give(self, browser: SignIn) -> None:
        browser.cookies["kring-signing-in"] = urlsafe_b64encode(b"[" * 20_000).decode()
        await browser.ask("GET", BACK, params={"code": "x", "state": "x"}, expect=400)

    @pytest.mark.parametrize(
        "path",
        [
            "//evil.example",
            "https://evil.example/",
            "/\\evil.example",
            "javascript:x",
            "",
            "/a\r\nb",
            "//[x",
            "http://[x",
        ],
    )
    async def test_leads_to_no_other_site(self, browser: SignIn, path: str) -> None:
        sent = await browser.ask("GET", "/sign-in", params={"next": path}, expect=303)
        back = await browser.chooses(sent, HANNE)
        assert back.headers["location"] == "/today"

    async def test_is_said_to_be_for_later_when_the_provider_is_away(self, browser: SignIn) -> None:
        for provider in browser.world.app.state.providers:
            provider.description_url = "http://127.0.0.1:9/.well-known/openid-configuration"
        await browser.ask("GET", "/sign-in", expect=503)


class TestSessionsOfStaff:
    async def test_are_renewed_in_time_and_end_when_the_provider_ends_them(self, browser: SignIn) -> None:
        await browser.signs_in()
        browser.world.later(minutes=14, seconds=30)
        first = set(browser.endpoints.refresh_tokens)
        await browser.ask("GET", CHOOSE, expect=200)
        assert first.isdisjoint(browser.endpoints.refresh_tokens)
        browser.endpoints.refresh_tokens.clear()
        browser.world.later(minutes=15)
        await browser.ask("GET", CHOOSE, expect=303)

    async def test_end_after_a_working_day(self, browser: SignIn) -> None:
        await browser.signs_in()
        browser.world.later(hours=11, minutes=59)
        await browser.ask("GET", CHOOSE, expect=200)
        browser.world.later(minutes=16)
        await browser.ask("GET", CHOOSE, expect=303)

    async def test_end_here_and_at_the_provider_with_signing_out(self, browser: SignIn) -> None:
        await browser.signs_in()
        kept = dict(browser.cookies)
        page = await browser.ask("GET", CHOOSE, expect=200)
        assert f"form-action 'self' {browser.endpoints.address};" in page.headers["content-security-policy"]
        gone = await browser.ask(
            "POST", "/staff/sign-out", data={"form-token": browser.form_token}, expect=303
        )
        assert gone.headers["location"].startswith(f"{browser.endpoints.address}/end-session?")
        assert "Hanne" not in gone.headers["location"]
        assert browser.endpoints.refresh_tokens == {}
        browser.cookies = kept
        await browser.ask("GET", CHOOSE, expect=303)

    async def test_keep_what_was_written_after_they_ended_for_who_wrote_it(self, browser: SignIn) -> None:
        await browser.signs_in(FREEK)
        browser.endpoints.refresh_tokens.clear()
        browser.world.later(minutes=20)
        written = {"form-token": browser.form_token, "tenant": "een hele bladzijde"}
        sent = await browser.ask("POST", CHOOSE, data=written, expect=303)
        assert "een" not in sent.headers["location"]
        other = dict(browser.cookies)
        back = await browser.chooses(await browser.ask("GET", sent.headers["location"], expect=303), FREEK)
        assert back.headers["location"] == CHOOSE
        page = await browser.ask("GET", CHOOSE, expect=200)
        assert 'role="status"' in page.text
        browser.cookies = other
        await browser.chooses(await browser.ask("GET", sent.headers["location"], expect=303), HANNE)
        assert 'role="status"' not in (await browser.ask("GET", CHOOSE, expect=200)).text

    async def test_keep_what_was_written_days_after_they_ended_and_let_nobody_in(
        self, browser: SignIn
    ) -> None:
        await browser.signs_in(FREEK)
        browser.world.later(days=3)
        written = {"form-token": browser.form_token, "tenant": "een hele bladzijde"}
        sent = await browser.ask("POST", CHOOSE, data=written, expect=303)
        await browser.ask("GET", CHOOSE, expect=303)
        back = await browser.chooses(await browser.ask("GET", sent.headers["location"], expect=303), FREEK)
        assert back.headers["location"] == CHOOSE
        assert "Wat je invulde, staat er nog." in (await browser.ask("GET", CHOOSE, expect=200)).text

    @pytest.mark.parametrize(
        ("path", "page"),
        [
            (f"{CHOOSE}?next=/me", f"{CHOOSE}?next=/me"),
            (f"/payments/{UUID(int=1)}/divide?session=1", f"/payments/{UUID(int=1)}?session=1"),
            (f"/referrals/{UUID(int=1)}", f"/referrals/{UUID(int=1)}"),
            ("/staff/sign-out", "/"),
        ],
    )
    async def test_lead_back_to_the_page_with_the_form_that_was_sent(
        self, browser: SignIn, path: str, page: str
    ) -> None:
        await browser.signs_in()
        browser.endpoints.refresh_tokens.clear()
        browser.world.later(minutes=20)
        sent = await browser.ask("POST", path, data={"form-token": browser.form_token}, expect=303)
        assert parse_qs(urlsplit(sent.headers["location"]).query)["next"] == [page]
        secret = Secret.read(browser.cookies["kring-staff"])
        assert secret is not None
        async with browser.world.context.database.transaction() as session:
            kept = await load(session, secret, StaffMember, now=await browser.world.now())
        assert kept is not None
        assert kept.unsent is not None
        assert kept.unsent.path == page

    async def test_are_of_one_organisation_or_of_the_one_that_is_chosen(self, browser: SignIn) -> None:
        await browser.signs_in(FREEK)
        page = await browser.ask("GET", CHOOSE, expect=200)
        assert "De Ring" in page.text
        assert "Anker" in page.text
        meant = await browser.ask("GET", f"{CHOOSE}?next=/cases", expect=200)
        assert f'action="{CHOOSE}?next=%2Fcases"' in meant.text
        wrong = {"form-token": browser.form_token, "tenant": str(uuid7())}
        await browser.ask("POST", CHOOSE, data=wrong, expect=422)
