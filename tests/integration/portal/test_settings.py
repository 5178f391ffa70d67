"""Administrators see how long everything takes, change it by version, and see who changed it before."""

from typing import Any

from services.intake.settings import policies as intake
from services.network.settings import policies as network
from services.plans.settings import policies as plans
from services.portal.of_services import LENGTHS
from services.portal.routes.colleagues import COLLEAGUES
from services.portal.routes.coordinators import COORDINATORS
from services.portal.routes.settings import CHANGES, FIELDS, POLICIES, VERSIONS
from services.scheduling.settings import policies as scheduling
from services.training.settings import policies as training
from shared.auth import Role
from shared.ids import uuid7
from shared.services import SERVICES
from tests.support.portal import Browser, FakeServices

DEFAULTS = {
    "intake": intake.settings(),
    "network": network.settings(),
    "plans": plans.settings(),
    "scheduling": scheduling.settings(),
    "training": training.settings(),
}
INTAKE = list(SERVICES).index("intake")
SCHEDULING = list(SERVICES).index("scheduling")


def version(service: str, number: int = 1, **changed: Any) -> dict[str, Any]:
    """Return a version of what is set."""
    settings = DEFAULTS[service].model_dump(mode="json") | changed
    by = None if number == 1 else str(uuid7())
    at = None if number == 1 else "2026-03-02T09:00:00Z"
    return {"version": number, "settings": settings, "set_at": at, "set_by": by}


async def administrator(browser: Browser, services: FakeServices) -> None:
    """Sign in, with everything as it comes."""
    await browser.sign_in(Role.ADMINISTRATOR)
    for index, service in enumerate(SERVICES):
        services.answer(POLICIES[index], version(service))
        services.answer(VERSIONS[index], {"items": [version(service)]})
    services.answer(COLLEAGUES, {"items": [], "next": None})
    services.answer(COORDINATORS, {"items": [], "next": None})


def typed(**changed: str) -> dict[str, str]:
    """Return the form of intake, filled in."""
    days = dict.fromkeys(LENGTHS["intake"], "9") | {f"{name}-unit": "d" for name in LENGTHS["intake"]}
    kept = {
        "keep_youth_until_age": "",
        "keep_case_years": "7",
        "keep_plan_without_meeting_years": "5",
        "keep_referral_years": "1",
        "retention_warn_days": "60",
    }
    return {**days, **kept, "version": "1", **changed}


async def test_all_lengths_are_on_one_page_with_what_they_mean_today(
    browser: Browser, services: FakeServices
) -> None:
    await administrator(browser, services)
    page = await browser.ask("GET", "/settings", expect=200)
    assert "8 weken" in page.text
    assert ">1 werkdag<" in page.text
    assert page.text.count('<tr><th scope="row">') == sum(len(each.labels) for each in FIELDS)


async def test_a_change_keeps_what_the_form_does_not_show(browser: Browser, services: FakeServices) -> None:
    await administrator(browser, services)
    services.answer(CHANGES[INTAKE], version("intake", 2))
    path = "/settings/lengths/intake"
    wrong: Any = typed(allocate="veel", keep_case_years="-3")
    refused = await browser.fill(path, **wrong, expect=422)
    assert "Schrijf een getal" in refused.text
    right: Any = typed(allocate="6", **{"allocate-unit": "wd"})
    await browser.fill(path, **right)
    body = services.of(CHANGES[INTAKE])[0].body
    assert body["version"] == 1
    assert body["settings"]["allocate"] == "6wd"
    assert body["settings"]["keep_case_years"] == 7
    assert body["settings"]["keep_youth_until_age"] is None
    # The officer's, who alone sets them.
    assert body["settings"]["break_glass"] == "PT4H"


async def test_the_school_holidays_are_those_of_a_community(browser: Browser, services: FakeServices) -> None:
    await administrator(browser, services)
    services.answer(CHANGES[SCHEDULING], version("scheduling", 2))
    path = "/settings/lengths/scheduling"
    assert '<option value="flemish" selected>' in (await browser.ask("GET", path, expect=200)).text
    days: Any = dict.fromkeys(LENGTHS["scheduling"], "9") | {
        f"{name}-unit": "d" for name in LENGTHS["scheduling"]
    }
    await browser.fill(path, **days, version="1", school_holidays="german", expect=422)
    await browser.fill(path, **days, version="1", school_holidays="french")
    assert services.of(CHANGES[SCHEDULING])[0].body["settings"]["school_holidays"] == "french"


async def test_school_holidays_that_are_not_known_are_entered(
    browser: Browser, services: FakeServices
) -> None:
    await administrator(browser, services)
    carnival = {"name": "<b>Carnaval</b>", "first": "2027-02-08", "last": "2027-02-21"}
    services.answer(POLICIES[SCHEDULING], version("scheduling", own_school_holidays=[carnival]))
    services.answer(CHANGES[SCHEDULING], version("scheduling", 2))
    path = "/settings/school-holidays"
    assert f'href="{path}"' in (await browser.ask("GET", "/settings", expect=200)).text
    shown = (await browser.ask("GET", path, expect=200)).text
    assert "23 augustus 2026" in shown
    assert "&lt;b&gt;Carnaval" in shown
    autumn = {"name-1": "Herfst", "first-1": "2026-10-19", "last-1": "2026-11-01"}
    for wrong, field in (
        ({"name-1": ""}, "name-1"),
        ({"first-1": "morgen"}, "first-1"),
        ({"last-1": "2026-10-18"}, "last-1"),
        ({"last-1": "2027-10-18"}, "last-1"),
    ):
        refused = await browser.fill(path, expect=422, **{**autumn, "version": "1", **wrong})
        assert f'href="#{field}"' in refused.text
    later = {"name-4": carnival["name"], "first-4": carnival["first"], "last-4": carnival["last"]}
    sent: Any = {"version": "1", **later, "name-6": "Herfst", "first-6": "2026-10-19", "last-6": "2026-11-01"}
    await browser.fill(path, **sent)
    [asked] = services.of(CHANGES[SCHEDULING])
    assert asked.body["version"] == 1
    assert asked.body["settings"]["poll_closes"] == "8d"
    assert asked.body["settings"]["own_school_holidays"] == [
        {"name": "Herfst", "first": "2026-10-19", "last": "2026-11-01"},
        carnival,
    ]


async def test_who_was_not_the_first_sees_what_changed_and_who_did_what_before(
    browser: Browser, services: FakeServices
) -> None:
    await administrator(browser, services)
    items = [version("intake", 2, allocate="5wd"), version("intake")]
    services.answer(POLICIES[INTAKE], items[0])
    services.answer(VERSIONS[INTAKE], {"items": items})
    services.refuse(CHANGES[INTAKE], 409, "other-version")
    late: Any = typed()
    page = await browser.fill("/settings/lengths/intake", **late, expect=409)
    assert page.text.count("Een zaak een coördinator geven: 3 werkdagen → 5 werkdagen") == 2
    # What was typed replaces the other's change only when its writer says so.
    assert 'name="version" value="1"' in page.text
    assert 'name="whose" value="2"' in page.text
    assert 'name="allocate" value="9"' in page.text


async def test_older_versions_are_a_page_further(browser: Browser, services: FakeServices) -> None:
    await administrator(browser, services)
    items = [version("intake", number, allocate=f"{number}wd") for number in range(40, 19, -1)]
    services.answer(POLICIES[INTAKE], items[0])
    services.answer(VERSIONS[INTAKE], {"items": items})
    first = await browser.ask("GET", "/settings/lengths/intake", expect=200)
    assert first.text.count('<tr><th scope="row">') == 20
    assert "?before=21" in first.text
    services.answer(VERSIONS[INTAKE], {"items": [items[-1], version("intake", 19)]})
    older = await browser.ask("GET", "/settings/lengths/intake?before=21", expect=200)
    assert services.of(VERSIONS[INTAKE])[1].query == {"limit": "21", "before": "21"}
    assert older.text.count('<tr><th scope="row">') == 1
    assert 'href="/settings/lengths/intake?before=' not in older.text
    # The form is that of now.
    assert 'name="version" value="40"' in older.text


async def test_others_are_not_let_in(browser: Browser, services: FakeServices) -> None:
    del services
    await browser.sign_in(Role.COORDINATOR, Role.DPO)
    await browser.ask("GET", "/settings", expect=403)
    await browser.ask("GET", "/settings/lengths/intake", expect=403)
