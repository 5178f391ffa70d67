"""Pages answer well whatever a browser sends, also when nothing behind them answers."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import AsyncAdaptedQueuePool
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.portal import sessions
from services.portal.pages import _status_of
from services.portal.people import COORDINATOR, ME, WRITE_IN
from services.portal.routes.invitation import PROPOSE
from services.portal.routes.link import REQUEST_NEW
from services.portal.routes.plan import PLANS
from services.portal.sessions import PersonOfCase, Secret
from services.portal.wording import say
from shared.auth import Role
from shared.ids import uuid7
from shared.languages import LANGUAGES, Language
from tests.integration.portal.test_unsent import comes_again
from tests.support.portal import Browser, FakeServices
from tests.support.world.portal import Portal

HERE = {"sec-fetch-site": "same-origin"}
COURSE = f"/o/{uuid7()}/sessions/{uuid7()}"


async def signed_in(world: Portal, *, link: str = "x" * 64) -> tuple[dict[str, str], Secret]:
    """Return the headers of a browser in which somebody came by a link, and what its cookie holds."""
    secret, now = Secret.new(), await world.now()
    person = PersonOfCase(
        link=link,
        token="token",
        token_until=now + timedelta(minutes=15),
        tenant=uuid7(),
        case_id=uuid7(),
        person_id=uuid7(),
        role="central",
        language="fr",
    )
    async with world.context.database.transaction() as session:
        await sessions.keep(session, secret, person, now=now)
    return {**HERE, "cookie": f"kring-session={secret.cookie}"}, secret


class TestAnyPage:
    async def test_runs_no_script_is_kept_by_nobody_and_leads_nowhere_by_itself(self, world: Portal) -> None:
        answer = await world.ask("GET", "/", {}, expect=200)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        # With no-referrer, browsers would send the forms of a page with `Origin: null`.
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "<script" not in answer.text
        assert 'style="' not in answer.text

    async def test_is_in_the_language_that_the_browser_asks_for(self, world: Portal) -> None:
        french = await world.ask("GET", "/", {"accept-language": "fr-BE,fr;q=0.9,nl;q=0.5"}, expect=200)
        assert '<html lang="fr"' in french.text
        german = await world.ask("GET", "/", {"accept-language": "de"}, expect=200)
        assert '<html lang="nl"' in german.text

    async def test_without_a_form_changes_its_language_and_stays_where_it_is_in_a_list(
        self, browser: Browser
    ) -> None:
        page = (await browser.ask("GET", "/sign-in?next=%2Fcases%3Fshow%3Dall", expect=200)).text
        assert 'action="/sign-in?next=%2Fcases%3Fshow%3Dall"' in page
        french = await browser.ask("POST", "/sign-in?next=%2Fcases", data={"language": "fr"}, expect=200)
        assert '<html lang="fr"' in french.text
        assert 'action="/sign-in?next=%2Fcases"' in french.text

    async def test_that_did_something_does_it_once_though_its_language_is_changed(
        self, browser: Browser, services: FakeServices
    ) -> None:
        services.answer(REQUEST_NEW, None)
        sent = await browser.ask("POST", "/l/some-token/new", data={"language": "fr"}, expect=303)
        assert sent.headers["location"] == "/"
        assert services.of(REQUEST_NEW) == []

    async def test_that_does_not_exist_is_still_a_page(self, world: Portal) -> None:
        answer = await world.ask("GET", "/nergens/heen", {}, expect=404)
        assert "<h1" in answer.text
        assert answer.headers["content-type"].startswith("text/html")

    @pytest.mark.parametrize("path", ["/%2Fevil.example/x", "/%5Cevil.example", "/%2F%2F%5Cevil.example"])
    async def test_sends_its_forms_to_no_other_site_whatever_its_address(
        self, world: Portal, path: str
    ) -> None:
        answer = await world.ask("GET", path, HERE, expect=404)
        targets = re.findall(r'action="([^"]*)"', answer.text)
        assert targets
        assert [target for target in targets if not re.match(r"/(?![/\\])", target)] == []

    async def test_is_fetched_with_its_style_within_the_weight_of_a_first_visit(self, world: Portal) -> None:
        page = await world.ask("GET", "/", {}, expect=200)
        style = re.search(r'href="(/static/[^"]+)"', page.text)
        assert style is not None
        css = await world.ask("GET", style[1], {}, expect=200)
        assert "immutable" in css.headers["cache-control"]
        font = await world.ask("GET", style[1].replace("kring.css", "figtree.woff2"), {}, expect=200)
        assert len(font.content) + len(page.content) < 40_000


class TestAPageThatIsNotThere:
    async def test_leads_back_to_where_its_reader_goes_on(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link()
        services.refuse(ME, 404, "person-not-found")
        own = await browser.ask("GET", "/me/invitation", expect=404)
        assert 'href="/me">Naar jouw pagina' in own.text
        assert "Wat voor jou is, vind je met de knop hieronder." in own.text
        await browser.sign_in(Role.COORDINATOR)
        services.refuse(PLANS, 403, "not-yours")
        case = await browser.ask("GET", f"/cases/{uuid7()}/plan", expect=404)
        assert 'href="/today">Naar Vandaag' in case.text
        assert "mail" not in case.text.partition("<main")[2].partition("</main>")[0]

    @pytest.mark.parametrize("path", ["/nergens", "/me/nergens", "/o/nergens"])
    async def test_says_what_whoever_asks_for_it_can_do(self, browser: Browser, path: str) -> None:
        async def read() -> str:
            page = (await browser.ask("GET", path, expect=404)).text
            return page.partition("<main")[2].partition("</main>")[0]

        nobody = await read()
        assert "Open dan de link in die mail." in nobody
        assert 'href="/">Naar de startpagina' in nobody
        await browser.come_by_registration()
        assert 'href="/registration">Naar je inschrijving' in await read()
        await browser.come_by_link()
        own = await read()
        assert "mail" not in own
        assert 'href="/me">Naar jouw pagina' in own
        await browser.sign_in(Role.REFERRER)
        staffs = await read()
        assert "mail" not in staffs
        assert "Vraag het na bij wie je het adres gaf" in staffs
        assert 'href="/today">Naar Vandaag' in staffs

    async def test_changes_its_language_for_whoever_reads_it(self, browser: Browser) -> None:
        await browser.come_by_link(language="tr")
        assert '<html lang="tr"' in (await browser.ask("GET", "/nergens", expect=404)).text
        french = await browser.ask("POST", "/nergens", data={"language": "fr"}, expect=404)
        assert '<html lang="fr"' in french.text
        assert '<html lang="fr"' in (await browser.ask("GET", "/nergens", expect=404)).text

    async def test_of_somebody_else_says_for_whom_it_is(self, browser: Browser) -> None:
        await browser.come_by_link()
        staffs = (await browser.ask("GET", "/cases?show=all", expect=403)).text
        assert "Deze pagina is voor medewerkers" in staffs
        assert 'href="/me">Naar jouw pagina' in staffs
        assert 'href="/sign-in?next=%2Fcases%3Fshow%3Dall">Aanmelden' in staffs
        browser.cookies.clear()
        await browser.ask("GET", "/cases?show=all", expect=303)
        assert "Open de link in je mail nog eens" in (await browser.ask("GET", "/me", expect=401)).text
        await browser.sign_in(Role.COORDINATOR)
        for path in ("/me", "/me/plan", "/registration"):
            page = (await browser.ask("GET", path, expect=403)).text
            assert "Deze pagina is voor wie een link kreeg" in page
            assert 'href="/today">Naar Vandaag' in page

    async def test_lets_staff_sign_in_again_for_it(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.COORDINATOR)
        services.refuse(PLANS, 401, "token-expired")
        path = f"/cases/{uuid7()}/plan"
        answer = await browser.ask("GET", f"{path}?a=1", expect=401)
        assert f'href="/sign-in?next={quote(path, safe="")}%3Fa%3D1">Opnieuw aanmelden' in answer.text


class TestLeaving:
    async def test_ends_the_session_at_once_and_is_on_another_site(self, browser: Browser) -> None:
        await browser.come_by_link()
        page = await browser.ask("GET", "/me/thanks/yes", expect=200)
        assert 'action="/away"' in page.text
        # Browsers follow the answer to a form to such sites only.
        assert "form-action 'self' https://www.meteo.be;" in page.headers["content-security-policy"]
        kept = dict(browser.cookies)
        gone = await browser.ask("POST", "/away", expect=303)
        assert gone.headers["location"] == "https://www.meteo.be/"
        assert browser.cookies == {}
        browser.cookies = kept
        await browser.ask("GET", "/me/thanks/yes", expect=401)
        # And when there is nothing to end any more.
        await browser.ask("POST", "/away", expect=303)


class TestForms:
    @pytest.mark.parametrize(
        "headers",
        [
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"origin": "https://evil.example"},
        ],
    )
    async def test_of_another_site_are_refused(self, world: Portal, headers: dict[str, str]) -> None:
        cookie, secret = await signed_in(world)
        given = {"form-token": secret.form_token, "reason": "solved"}
        sent = {"cookie": cookie["cookie"], **headers}
        await world.ask("POST", "/me/stop", sent, data=given, expect=403)

    async def test_of_a_browser_that_says_only_its_origin_are_taken(self, world: Portal) -> None:
        cookie, secret = await signed_in(world)
        given = {"form-token": secret.form_token, "language": "en"}
        sent = {"cookie": cookie["cookie"], "origin": world.context.settings.public_url}
        await world.ask("POST", "/me/propose", sent, data=given, expect=200)
        await world.ask("POST", "/me/propose", {**sent, "origin": "null"}, data=given, expect=403)

    @pytest.mark.parametrize("token", ["", "0" * 64, "é", "x" * 100_000])
    async def test_without_the_token_of_this_session_are_refused(self, world: Portal, token: str) -> None:
        cookie, _ = await signed_in(world)
        answer = await world.ask("POST", "/me/stop", cookie, data={"form-token": token, "reason": "solved"})
        assert answer.status_code == 403
        assert "<h1" in answer.text

    async def test_keep_what_was_typed_when_something_is_missing(self, world: Portal) -> None:
        cookie, secret = await signed_in(world)
        hostile = '<b>&"\N{RIGHT-TO-LEFT OVERRIDE}Zoë'
        given = {"form-token": secret.form_token, "first_name": hostile, "relation": "", "email": "geen"}
        answer = await world.ask("POST", "/me/propose", cookie, data=given, expect=422)
        assert 'id="errors"' in answer.text
        assert 'href="#relation"' in answer.text
        assert 'href="#email"' in answer.text
        assert "<b>" not in answer.text
        assert "&lt;b&gt;" in answer.text
        assert 'value="geen"' in answer.text
        assert "<title>Erreur" in answer.text

    async def test_say_at_its_field_what_a_service_refuses_and_keep_it(
        self, world: Portal, services: FakeServices
    ) -> None:
        cookie, secret = await signed_in(world)
        wrong = [
            {"field": "body.phone", "problem": "must be a telephone number", "kind": "phone"},
            {"field": "body.relation", "problem": "too long", "kind": "string_too_long", "limit": 12},
        ]
        services.refuse(PROPOSE, 422, "invalid-request", errors=wrong)
        typed = {"first_name": "Noor", "relation": "een buurvrouw", "phone": "0470123456"}
        given = {"form-token": secret.form_token, **typed}
        page = (await world.ask("POST", "/me/propose", cookie, data=given, expect=422)).text
        for field, said in {"phone": "Écrivez seulement le numéro", "relation": "12 caractères"}.items():
            assert said in page.partition(f'id="{field}-error">')[2].partition("</p>")[0]
            assert f'<a class="ds-link" href="#{field}">' in page
            assert f'value="{typed[field]}"' in page

    async def test_change_language_without_losing_what_was_typed(self, world: Portal) -> None:
        cookie, _ = await signed_in(world)
        given = {"first_name": "Noor", "language": "en"}
        answer = await world.ask("POST", "/me/propose", cookie, data=given, expect=200)
        assert '<html lang="en"' in answer.text
        assert 'value="Noor"' in answer.text
        again = await world.ask("GET", "/me/thanks/yes", cookie, expect=200)
        assert '<html lang="en"' in again.text

    async def test_are_sent_by_enter_and_not_turned_into_another_language(self, world: Portal) -> None:
        cookie, _ = await signed_in(world)
        page = await world.ask("POST", "/me/propose", cookie, data={"language": "en"}, expect=200)
        buttons = re.findall(r'<button[^>]*form="page-form"[^>]*>', page.text)
        assert "name=" not in buttons[0]
        assert all('name="language"' in button for button in buttons[1:])
        assert page.text.index(buttons[0]) < page.text.index('id="page-form"')

    async def test_say_that_it_will_work_later_and_keep_what_was_typed_when_a_service_is_gone(
        self, world: Portal
    ) -> None:
        cookie, secret = await signed_in(world)
        given = {"form-token": secret.form_token, "first_name": "Noor", "relation": "tante"}
        answer = await world.ask("POST", "/me/propose", cookie, data=given, expect=503)
        assert 'value="Noor"' in answer.text
        assert 'id="errors"' in answer.text

    async def test_say_that_it_will_work_later_when_all_connections_are_in_use(self, world: Portal) -> None:
        assert _status_of(PoolTimeout(), "/") == 503
        cookie, _ = await signed_in(world)
        database = world.context.database
        pool = database.engine.pool
        assert isinstance(pool, AsyncAdaptedQueuePool)
        async with AsyncExitStack() as busy:
            while pool.checkedout() < pool.size():
                session = await busy.enter_async_context(database.transaction())
                await session.connection()
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(pool, "_timeout", 0.01)
                await world.ask("GET", "/me/thanks/yes", cookie, expect=503)

    @pytest.mark.parametrize("body", [b"\xff\xfe", b"a=b&" * 1_000, b"{}", b"%00=%00"])
    async def test_that_are_nonsense_are_never_a_bug(self, world: Portal, body: bytes) -> None:
        cookie, _ = await signed_in(world)
        headers = {**cookie, "content-type": "application/x-www-form-urlencoded"}
        answer = await world.ask("POST", "/me/propose", headers, content=body)
        assert answer.status_code in (403, 422)

    @pytest.mark.parametrize(("fields", "status"), [(1_500, 422), (3_000, 413)])
    async def test_that_are_long_are_read_and_too_long_ones_are_said_to_be(
        self, world: Portal, fields: int, status: int
    ) -> None:
        cookie, secret = await signed_in(world)
        given = {"form-token": secret.form_token, **{f"row-{row}": "x" for row in range(fields)}}
        await world.ask("POST", "/me/propose", cookie, data=given, expect=status)


class TestSessions:
    async def test_nobody_is_let_in_without_one(self, world: Portal) -> None:
        for cookie in ("", "kring-session=x", f"kring-session={Secret.new().cookie}", "kring-session=%C3%A9"):
            answer = await world.ask("GET", "/me/stop", {"cookie": cookie}, expect=401)
            assert "<h1" in answer.text

    @pytest.mark.parametrize(("path", "status"), [("/me/data", 401), ("/cases/{id}/circle", 303)])
    async def test_are_known_before_a_form_is_read(self, world: Portal, path: str, status: int) -> None:
        async def unread() -> AsyncIterator[bytes]:
            pytest.fail("it was read before it was known who asks")
            yield b""

        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "cookie": f"kring-session={Secret.new().cookie}",
        }
        answer = await world.http.post(path.format(id=uuid7()), content=unread(), headers=HERE | headers)
        assert answer.status_code == status

    async def test_end_with_signing_out_also_for_who_kept_the_cookie(self, world: Portal) -> None:
        cookie, secret = await signed_in(world)
        await world.ask("GET", "/me/thanks/yes", cookie, expect=200)
        gone = await world.ask(
            "POST", "/sign-out", cookie, data={"form-token": secret.form_token}, expect=303
        )
        assert "Max-Age=0" in gone.headers["set-cookie"]
        await world.ask("GET", "/me/thanks/yes", cookie, expect=401)

    async def test_end_after_half_a_day(self, world: Portal) -> None:
        cookie, _ = await signed_in(world)
        world.later(hours=12)
        await world.ask("GET", "/me/thanks/yes", cookie, expect=401)

    async def test_that_are_over_go_when_somebody_comes(self, world: Portal) -> None:
        _, left = await signed_in(world)
        world.later(days=7)
        _, came = await signed_in(world)
        kept = {bytes(row.id) for row in await world.rows("SELECT id FROM browser_session")}
        assert left.id not in kept
        assert came.id in kept

    async def test_hold_nothing_that_the_database_alone_can_read(self, world: Portal) -> None:
        _, secret = await signed_in(world, link="canary" * 10)
        (row,) = (await world.rows("SELECT id, sealed FROM browser_session"))[:1]
        assert b"canary" not in bytes(row.sealed)
        assert secret.raw not in bytes(row.id) + bytes(row.sealed)

    async def test_of_somebody_whose_link_no_longer_works_end(self, world: Portal) -> None:
        cookie, _ = await signed_in(world)
        world.later(minutes=14)
        # The token has to be renewed now, and nothing answers.
        answer = await world.ask("GET", "/me/stop", cookie)
        assert answer.status_code == 503


class TestALanguage:
    async def test_chosen_behind_a_link_is_that_of_mails_too_and_says_so(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link()
        page = await browser.ask("POST", "/me/thanks/yes", data={"language": "tr"}, expect=200)
        assert say("Vanaf nu schrijven we je ook in deze taal.", "tr") in page.text
        assert [each.body for each in services.of(WRITE_IN)] == [{"language": "tr"}]
        assert 'role="status"' not in (await browser.ask("GET", "/me/thanks/yes", expect=200)).text

    async def test_is_that_of_the_page_alone_while_no_service_answers(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link()
        services.refuse(WRITE_IN, 503, "unavailable")
        page = await browser.ask("POST", "/me/thanks/yes", data={"language": "tr"}, expect=200)
        assert '<html lang="tr"' in page.text
        assert 'role="status"' not in page.text

    @pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "nl"])
    async def test_chosen_on_the_page_of_a_link_is_that_of_the_page_behind_its_button(
        self, browser: Browser, services: FakeServices, language: Language
    ) -> None:
        came = await browser.come_by_link()
        comes_again(services, came)
        link = f"/l/{came.link}?to=polls"
        assert 'name="chosen"' not in (await browser.ask("GET", link, expect=200)).text
        page = (await browser.ask("POST", link, data={"language": language}, expect=200)).text
        assert say("Met de knop kies je deze taal ook voor onze mails.", language) in page
        assert f'name="chosen" value="{language}"' in page
        assert services.of(WRITE_IN) == []
        await browser.ask("POST", link, data={"chosen": language}, expect=303)
        assert [each.body for each in services.of(WRITE_IN)] == [{"language": language}]
        assert f'<html lang="{language}"' in (await browser.ask("GET", "/me/thanks/yes", expect=200)).text

    async def test_that_an_earlier_reader_of_this_browser_chose_is_nobody_elses(
        self, browser: Browser, services: FakeServices
    ) -> None:
        came = await browser.come_by_link()
        comes_again(services, came)
        browser.cookies["kring-language"] = "tr"
        await browser.ask("POST", f"/l/{came.link}", data={}, expect=303)
        assert services.of(WRITE_IN) == []
        assert '<html lang="nl"' in (await browser.ask("GET", "/me/thanks/yes", expect=200)).text


class TestLinks:
    async def test_are_only_opened_by_a_button(self, world: Portal) -> None:
        answer = await world.ask("GET", "/l/abc?to=polls", {}, expect=200)
        assert "set-cookie" not in answer.headers
        assert 'action="/l/abc?to=polls"' in answer.text

    async def test_lead_to_no_page_that_is_not_ours(self, world: Portal) -> None:
        answer = await world.ask("GET", "/l/abc?to=https://evil.example", {}, expect=200)
        form = answer.text.partition('id="page-form"')[2].partition(">")[0]
        assert 'action="/l/abc"' in form


class TestWhomToCall:
    @pytest.mark.parametrize("language", LANGUAGES)
    async def test_is_on_every_page_behind_a_link(
        self, browser: Browser, services: FakeServices, language: Language
    ) -> None:
        came = await browser.come_by_link(language=language)
        comes_again(services, came)
        await browser.ask("POST", f"/l/{came.link}", data={"chosen": language}, expect=303)
        page = (await browser.ask("GET", "/me/thanks/yes", expect=200)).text
        assert "<strong><bdi>Hanne Peeters</bdi></strong>" in page
        assert 'href="tel:+32470123456"' in page
        assert say("Er is nu geen coördinator.", language) not in page

    async def test_is_the_organisation_when_there_is_no_coordinator(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.world.execute("UPDATE tenant_profile SET reply_to = 'kring@example.org'")
        came = await browser.come_by_link()
        comes_again(services, came)
        services.answer(COORDINATOR, dict.fromkeys(("first_name", "last_name", "phone")))
        await browser.ask("POST", f"/l/{came.link}", data={}, expect=303)
        page = (await browser.ask("GET", "/me/thanks/yes", expect=200)).text
        assert "Er is nu geen coördinator." in page
        assert 'href="mailto:kring@example.org"' in page

    async def test_is_known_anew_with_each_token(self, browser: Browser, services: FakeServices) -> None:
        came = await browser.come_by_link()
        comes_again(services, came)
        assert "Hanne" not in (await browser.ask("GET", "/me/thanks/yes", expect=200)).text
        browser.world.later(minutes=14)
        assert "Hanne" in (await browser.ask("GET", "/me/thanks/yes", expect=200)).text
