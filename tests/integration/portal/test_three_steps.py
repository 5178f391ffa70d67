"""What a coordinator does without a to-do for it: each in at most three steps from the first page."""

from itertools import pairwise

import pytest

from services.portal.central_persons import CENTRAL_PERSONS
from services.portal.road import BASELINE
from services.portal.routes.cases import CASES
from services.portal.routes.circle import CONSENTS, CONTACTS, PERSON
from services.portal.routes.circle_apart import PAIRS
from services.portal.routes.plan import PLANS
from shared.auth import Role
from tests.integration.portal.test_cases import WRITTEN, a_case, page_of
from tests.integration.portal.test_meeting import CASE, MEETING, RITA, SET, Meeting, person
from tests.support.portal import Browser, FakeServices

TODAY, HERE = "/today", f"/cases/{CASE}"
PERSON_PAGE = f"{HERE}/circle/{RITA}"


@pytest.mark.parametrize(
    "way",
    [
        (TODAY, HERE),
        (TODAY, f"{HERE}/circle", PERSON_PAGE, f"{PERSON_PAGE}/contact"),
        (TODAY, f"{HERE}/circle", PERSON_PAGE, f"{PERSON_PAGE}/consents/taking-part"),
        (TODAY, f"{HERE}/circle", f"{HERE}/circle/apart"),
        (TODAY, MEETING, f"{MEETING}/day-sheet"),
        (TODAY, MEETING, f"{MEETING}/change"),
        (TODAY, f"{HERE}/plan", f"{HERE}/plan/write"),
    ],
    ids=["case", "contact", "consent", "apart", "day-sheet", "change", "plan"],
)
async def test_is_reached(browser: Browser, services: FakeServices, way: tuple[str, ...]) -> None:
    await browser.sign_in(Role.COORDINATOR)
    meeting = Meeting(services)
    meeting.stands("scheduled", **SET)
    services.answer(CASES, page_of(a_case(case_id=str(CASE))))
    services.answer(CENTRAL_PERSONS, page_of())
    services.answer(CONSENTS, {"case_id": str(CASE), "persons": []})
    services.answer(CONTACTS, page_of())
    services.answer(PAIRS, page_of())
    services.answer(PLANS, page_of())
    services.answer(PERSON, person(RITA, "Rita"))
    services.answer(BASELINE, WRITTEN)
    assert len(way) <= 4
    for here, there in pairwise(way):
        assert f'href="{there}"' in (await browser.ask("GET", here, expect=200)).text


async def test_shows_a_coordinators_own_live_cases_on_the_first_page(
    browser: Browser, services: FakeServices
) -> None:
    me = await browser.sign_in(Role.COORDINATOR, Role.REGIONAL_MANAGER)
    services.answer(CENTRAL_PERSONS, page_of())
    services.answer(CASES, page_of(a_case(case_id=str(CASE)), following="later"))
    page = (await browser.ask("GET", TODAY, expect=200)).text
    assert "<bdi>Eenzaamheid, sinds" in page
    assert 'href="/cases">Alle zaken' in page
    assert [each.query for each in services.of(CASES)] == [{"coordinator_id": str(me), "limit": "30"}]
    resting = a_case(state="paused", pause_reason="illness", paused_at="2026-03-02T09:00:00Z")
    services.answer(CASES, page_of(resting))
    page = (await browser.ask("GET", TODAY, expect=200)).text
    assert "Staat stil sinds maandag 2 maart 2026: Iemand is ziek" in page
    services.refuse(CASES, 503, "not-ready")
    assert "Jouw zaken" not in (await browser.ask("GET", TODAY, expect=200)).text
