"""What a form refuses is said so that everybody can read it: in a real browser, on a phone, without a script."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import cast

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser as Chromium
from playwright.async_api import FilePayload, Page, Response

from deploy.demo.browser.browsing import PHONE, Barriers, chromium
from services.portal.people import ME
from services.portal.routes.case_dates import OPEN
from services.portal.routes.circle import ADD, CHANGE, PEOPLE, PERSON
from services.portal.routes.dates import POLLS
from services.portal.routes.invitation import PROPOSE
from services.portal.routes.of_case import PERSONS
from services.portal.routes.payments import IMPORT, PAYMENTS
from services.portal.wording import say
from shared.auth import Role
from shared.ids import uuid7
from shared.languages import Language
from tests.integration.portal.test_circle import ANN, CIRCLE, somebody
from tests.integration.portal.test_languages import me
from tests.integration.portal.test_meeting import DATES, Meeting
from tests.support.portal import Browser, FakeServices
from tests.support.world.portal import Portal

LONG = "x" * 5000


@dataclass
class Phone:
    """A phone that runs no scripts, and what finds barriers on its pages."""

    page: Page
    barriers: Barriers
    portal: str
    owner: Browser

    async def opens(self, path: str) -> Response:
        """Open a page of its owner."""
        await self.page.context.add_cookies(
            [{"name": name, "value": value, "url": self.portal} for name, value in self.owner.cookies.items()]
        )
        answer = await self.page.goto(f"{self.portal}{path}")
        assert answer is not None
        return answer

    async def sends(
        self, path: str, fields: Mapping[str, str | FilePayload], *, form: str = "page-form"
    ) -> str:
        """Fill in a form and send it; return the summary of what is wrong, if everybody can read the answer."""
        await self.opens(path)
        for name, value in fields.items():
            field = self.page.locator(f"[name='{name}']:not([type=hidden])").first
            if isinstance(value, str):
                await field.fill(value)
            else:
                await field.set_input_files(value)
        async with self.page.expect_navigation() as leads:
            await self.page.click(f"#{form} > button[type=submit]")
        answer = await leads.value
        assert answer is not None
        assert 400 <= answer.status < 500
        assert await self.page.evaluate("document.activeElement.id") == "errors"
        assert await self.page.evaluate("document.documentElement.scrollWidth") <= PHONE
        language = cast("Language", await self.page.locator("html").get_attribute("lang"))
        assert (await self.page.title()).startswith(say("Fout:", language))
        # Each line of the summary leads to a field.
        for target in await self.page.locator("#errors a").evaluate_all("all => all.map(a => a.hash)"):
            assert await self.page.locator(f"[id='{target[1:]}']").count() == 1
        assert await self.barriers.found(await self.page.content()) == []
        return await self.page.locator("#errors").inner_text()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened() -> AsyncIterator[Chromium]:
    """A Chromium."""
    async with chromium() as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(running: Portal) -> AsyncIterator[str]:
    """Where the portal really listens."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(running.app, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve([listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await serving
    listening.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def barriers(opened: Chromium, address: str) -> Barriers:
    """What finds barriers."""
    return Barriers(opened, address)


@pytest_asyncio.fixture
async def phone(opened: Chromium, address: str, barriers: Barriers, browser: Browser) -> AsyncIterator[Phone]:
    """A phone in the hands of whoever uses the browser of the other tests."""
    context = await opened.new_context(
        viewport={"width": PHONE, "height": 844}, locale="nl-BE", java_script_enabled=False
    )
    yield Phone(await context.new_page(), barriers, address, browser)
    await context.close()


class TestARefusedForm:
    async def test_of_one_question(self, phone: Phone, services: FakeServices) -> None:
        services.answer(ME, me(await phone.owner.come_by_link()))
        assert "Kies of je meedoet." in await phone.sends("/me/invitation", {})

    async def test_of_several_fields_behind_a_link(self, phone: Phone, services: FakeServices) -> None:
        services.answer(ME, me(await phone.owner.come_by_link(language="ar")))
        wrong = {"first_name": "", "phone": "bel mij", "email": "geen", "relation": LONG}
        said = await phone.sends("/me/propose", wrong)
        assert len(said.splitlines()) == 1 + len(wrong)
        assert services.of(PROPOSE) == []

    async def test_of_a_matrix_behind_a_link(self, phone: Phone, services: FakeServices) -> None:
        services.answer(ME, me(await phone.owner.come_by_link()))
        day = {
            **dict.fromkeys(("part", "school_holiday", "answer")),
            "starts_at": "2026-03-14T12:30:00Z",
            "ends_at": "2026-03-14T16:30:00Z",
            "public_holiday": True,
        }
        poll = {
            **dict.fromkeys(("poll_id", "conference_id"), str(uuid7())),
            "state": "open",
            "closes_at": "2026-03-08T12:00:00Z",
            "options": [day | {"option_id": str(uuid7())} for _ in range(3)],
        }
        services.answer(POLLS, {"items": [poll], "next": None})
        assert "Kies bij minstens één dag of je kan." in await phone.sends("/me/dates", {})

    async def test_of_several_fields_of_staff(self, phone: Phone, services: FakeServices) -> None:
        await phone.owner.sign_in(Role.COORDINATOR)
        services.answer(PERSONS, {"items": [], "next": None})
        wrong = {"first_name": "", "birth_date": "31/31/2099", "phone": "bel mij", "address": LONG}
        said = await phone.sends(f"{CIRCLE}/new", wrong)
        assert len(said.splitlines()) == 1 + len(wrong)
        assert services.of(ADD) == []

    async def test_of_several_days(self, phone: Phone, services: FakeServices) -> None:
        await phone.owner.sign_in(Role.COORDINATOR)
        Meeting(services)
        said = await phone.sends(DATES, {"day-1": "2026-04-01", "from-2": "14:00", "quorum": "veel"})
        assert len(said.splitlines()) == 3
        assert services.of(OPEN) == []

    async def test_that_somebody_else_changed_meanwhile(self, phone: Phone, services: FakeServices) -> None:
        await phone.owner.sign_in(Role.COORDINATOR)
        services.answer(PEOPLE, {"items": [somebody()], "next": None})
        services.answer(PERSON, somebody(language="nl"))
        services.refuse(CHANGE, 409, "other-version")
        said = await phone.sends(f"{CIRCLE}/{ANN}/details", {"first_name": "Anneke", "relation": ""})
        assert "Iemand anders veranderde dit intussen" in said

    async def test_with_a_file(self, phone: Phone, services: FakeServices) -> None:
        await phone.owner.sign_in(Role.FINANCE)
        services.answer(PAYMENTS, {"items": [], "next": None})
        services.refuse(IMPORT, 422, "statement-not-readable")
        picture = FilePayload(name="foto.jpg", mimeType="image/jpeg", buffer=bytes(range(256)))
        assert "kunnen we niet lezen" in await phone.sends("/payments", {"file": picture}, form="statement")


@pytest.mark.parametrize("status", [404, 503])
async def test_a_page_that_cannot_be_shown_has_no_barriers_either(
    phone: Phone, services: FakeServices, status: int
) -> None:
    await phone.owner.come_by_link()
    services.refuse(ME, status, "gone")
    answer = await phone.opens("/me/invitation")
    assert answer.status == status
    assert await phone.barriers.found(await phone.page.content()) == []
