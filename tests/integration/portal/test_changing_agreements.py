"""Between two meetings one agreement is agreed otherwise, behind a link and by staff; how the plan changed is read."""

from collections.abc import Sequence
from typing import Any, ClassVar

from services.portal.routes.agreement import CHANGE
from services.portal.routes.case_check_ins import ALL
from services.portal.routes.case_plan import WHOLE
from services.portal.routes.case_year import CALLS
from services.portal.routes.dates import CIRCLE
from services.portal.routes.of_case import PERSONS
from services.portal.routes.plan import PLAN, PLANS
from services.portal.routes.plan_b import INVOKE
from services.portal.routes.plan_changes import VERSIONS
from shared.auth import Role
from shared.ids import uuid7
from tests.integration.portal.test_following_up import AGREEMENT, CASE, PLAN_ID, agreement, has_plan
from tests.integration.portal.test_meeting import HOSTILE, OMAR, RITA, person
from tests.support.portal import Browser, FakeServices

CHANGED = {"agreement_id": str(uuid7()), "plan_id": str(PLAN_ID), "version": 2, "acceptance": "not-needed"}
FILLED: dict[str, Any] = {
    "version": "1",
    "what": "Samen ontbijten",
    "who__": str(RITA),
    "due": "2026-05-01",
    "how": "Er is brood",
    "reason": "Tante is ziek",
}
OWN = f"/me/agreement/{AGREEMENT}"
STAFFS = f"/cases/{CASE}/plan/agreements/{AGREEMENT}"


def in_circle(services: FakeServices) -> None:
    """Let there be somebody with a hostile name in the circle."""
    members = [{"person_id": str(RITA), "first_name": HOSTILE, "role": "circle", "mode": "in-person"}]
    services.answer(CIRCLE, {"items": members, "next": None})


class TestBehindTheLink:
    async def test_the_monitor_agrees_something_else(self, browser: Browser, services: FakeServices) -> None:
        me = await browser.come_by_link(role="circle")
        in_circle(services)
        has_plan(services, agreement(), monitor_person_id=str(me.person_id))
        services.answer(CHANGE, CHANGED)
        shown = await browser.ask("GET", "/me/plan", expect=200)
        assert f'href="{OWN}"' in shown.text
        asked = await browser.ask("GET", OWN, expect=200)
        assert "&lt;b&gt;Samen&lt;/b&gt; opstaan" in asked.text
        assert HOSTILE not in asked.text
        assert 'value="2026-04-01"' in asked.text
        sent = await browser.fill(OWN, **FILLED)
        assert sent.headers["location"] == "/me/thanks/agreement-changed"
        [change] = services.of(CHANGE)
        assert change.ids == {"agreement_id": str(AGREEMENT)}
        assert change.body == {
            "version": 1,
            "what": "Samen ontbijten",
            "who_person_ids": [str(RITA)],
            "who_text": None,
            "due_on": "2026-05-01",
            "known_done_how": "Er is brood",
            "reason": "Tante is ziek",
        }

    async def test_nothing_is_sent_that_lacks_what_who_when_or_why(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link()
        in_circle(services)
        has_plan(services, agreement())
        for lacking in ("what", "who__", "due", "reason"):
            left = {name: value for name, value in FILLED.items() if name != lacking}
            refused = await browser.fill(OWN, expect=422, **left)
            assert refused.text.count("ds-validation-message") == 1
        await browser.fill(OWN, expect=422, **{**FILLED, "due": "morgen"})
        assert services.of(CHANGE) == []

    async def test_is_for_the_monitor_and_those_whom_the_plan_is_about_from_twelve_on(
        self, browser: Browser, services: FakeServices
    ) -> None:
        in_circle(services)
        has_plan(services, agreement())
        for who, status in (
            ({"role": "central"}, 200),
            ({"role": "circle"}, 404),
            ({"role": "central", "young": True, "reads_with": ["Rita"]}, 404),
            # Who decides for them.
            ({"role": "circle", "decides_for_child": True}, 200),
            ({"role": "professional", "decides_for_child": True}, 404),
        ):
            given: dict[str, Any] = who
            await browser.come_by_link(**given)
            await browser.ask("GET", OWN, expect=status)
            shown = await browser.ask("GET", "/me/plan", expect=200)
            assert (f'href="{OWN}"' in shown.text) == (status == 200)

    async def test_what_is_settled_or_another_ones_is_not_there(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link()
        in_circle(services)
        has_plan(services, agreement(state="done"))
        for each in (OWN, f"/me/agreement/{uuid7()}", "/me/agreement/%3Cb%3E"):
            await browser.ask("GET", each, expect=404)

    async def test_says_so_when_somebody_else_was_faster(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link()
        in_circle(services)
        has_plan(services, agreement())
        services.refuse(CHANGE, 409, "other-version")
        refused = await browser.fill(OWN, expect=409, **FILLED)
        assert "Wat telt?" in refused.text
        assert "Samen ontbijten" in refused.text


class TestHowThePlanChanged:
    async def test_names_who_wrote_each_version_down_and_why(
        self, browser: Browser, services: FakeServices
    ) -> None:
        me = await browser.come_by_link()
        in_circle(services)
        has_plan(services, agreement(), version=3)
        versions = [
            _version(4, "person", uuid7(), "Niemand weet meer van wie"),
            _version(3, "person", RITA, HOSTILE),
            _version(2, "person", me.person_id, "Van mij"),
            _version(1, "coordinator", uuid7(), None),
        ]
        services.answer(VERSIONS, {"items": versions, "next": "b"})
        assert "/me/plan/versions" in (await browser.ask("GET", "/me/plan", expect=200)).text
        shown = (await browser.ask("GET", "/me/plan/versions?after=a", expect=200)).text
        assert HOSTILE not in shown
        for words in ("iemand van de kring", "<bdi>jou</bdi>", "de coördinator", "Dit was het eerste plan."):
            assert words in shown
        assert 'href="/me/plan/versions?after=b"' in shown
        assert services.of(VERSIONS)[0].query == {"limit": "30", "cursor": "a"}

    async def test_is_not_for_whom_the_plan_was_shared_with(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link(role="professional")
        has_plan(services, agreement(), version=3)
        services.refuse(CIRCLE, 404, "unknown-case")
        services.refuse(VERSIONS, 403, "not-yours")
        assert "/me/plan/versions" not in (await browser.ask("GET", "/me/plan", expect=200)).text
        await browser.ask("GET", "/me/plan/versions", expect=404)

    async def test_is_read_by_the_coordinator_with_whole_names(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.COORDINATOR)
        of_staff(services)
        items = [_version(2, "person", RITA, "Tante is ziek"), _version(1, "regional-manager", OMAR, None)]
        services.answer(VERSIONS, {"items": items, "next": None})
        shown = (await browser.ask("GET", f"/cases/{CASE}/plan/versions", expect=200)).text
        assert "<bdi>Rita Maes</bdi>" in shown
        assert "de regiomanager" in shown


class TestStaff:
    async def test_writes_down_what_is_agreed_now(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.COORDINATOR)
        of_staff(services)
        services.answer(CHANGE, CHANGED)
        sent = await browser.fill(STAFFS, **FILLED)
        assert sent.headers["location"] == f"/cases/{CASE}/check-ins"
        assert services.of(CHANGE)[0].body["reason"] == "Tante is ziek"

    async def test_the_manager_keeps_whom_they_do_not_know_by_name(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        of_staff(services, agreement(who_person_ids=[str(RITA)]))
        services.refuse(PERSONS, 403, "not-yours")
        shown = (await browser.ask("GET", STAFFS, expect=200)).text
        assert f'value="{RITA}" checked' in shown
        assert "iemand van de kring" in shown
        services.refuse(PLANS, 404, "unknown-case")
        await browser.ask("GET", STAFFS, expect=404)


def of_staff(services: FakeServices, *agreements: dict[str, Any], lines: Sequence[Any] = ()) -> None:
    """Let there be a plan that staff reads, of a circle with names."""
    has_plan(services, *(agreements or [agreement()]), otherwise=lines)
    services.answers[f"{WHOLE.service} {WHOLE.method} {WHOLE.path}"] = services.answers[
        f"{PLAN.service} {PLAN.method} {PLAN.path}"
    ]
    services.answer(PERSONS, {"items": [person(RITA, "Rita"), person(OMAR, HOSTILE)]})


def _version(number: int, recorded_as: str, by: object, change_reason: str | None) -> dict[str, Any]:
    return {
        "version": number,
        "conference_id": None,
        "recorded_at": "2026-03-14T18:00:00Z",
        "recorded_by": str(by),
        "recorded_as": recorded_as,
        "asked_by_person_id": None,
        "change_reason": change_reason,
    }


class TestPlanB:
    LINE: ClassVar[dict[str, Any]] = {"when": HOSTILE, "then": "<i>Oma</i> belt", "who_person_id": None}
    SAID: ClassVar[dict[str, Any]] = {"version": "1", "instead_of": str(AGREEMENT), "reason": "Oma is ziek"}

    async def test_is_called_in_behind_the_link(self, browser: Browser, services: FakeServices) -> None:
        await browser.come_by_link()
        in_circle(services)
        has_plan(services, agreement(), otherwise=[self.LINE])
        services.answer(INVOKE, CHANGED)
        shown = (await browser.ask("GET", "/me/plan", expect=200)).text
        assert 'href="/me/plan-b/1"' in shown
        asked = (await browser.ask("GET", "/me/plan-b/1", expect=200)).text
        assert "&lt;i&gt;Oma" in asked
        assert HOSTILE not in asked
        await browser.fill("/me/plan-b/1", expect=422, version="1")
        sent = await browser.fill("/me/plan-b/1", expect=303, **self.SAID)
        assert sent.headers["location"] == "/me/thanks/plan-b"
        [called] = services.of(INVOKE)
        assert called.body == {
            "version": 1,
            "line": 1,
            "instead_of": str(AGREEMENT),
            "reason": "Oma is ziek",
        }
        for nowhere in ("0", "2", "x", "%3Cb%3E", "99999999999999999999"):
            await browser.ask("GET", f"/me/plan-b/{nowhere}", expect=404)

    async def test_that_runs_says_who_asked_for_it_and_why_and_is_asked_for_no_more(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link()
        in_circle(services)
        runs = agreement(agreement_id=str(uuid7()), invoked=_invoked("person", RITA))
        has_plan(services, agreement(state="suspended"), runs, otherwise=[self.LINE])
        shown = (await browser.ask("GET", "/me/plan", expect=200)).text
        assert 'href="/me/plan-b/1"' not in shown
        assert "rust: er loopt een plan B" in shown
        assert "&lt;u&gt;Ziek" in shown
        assert "Dit is al gevraagd." in (await browser.ask("GET", "/me/plan-b/1", expect=200)).text

    async def test_is_not_called_in_by_others_of_the_circle(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link(role="circle")
        in_circle(services)
        has_plan(services, agreement(), otherwise=[self.LINE])
        assert "/me/plan-b/1" not in (await browser.ask("GET", "/me/plan", expect=200)).text
        await browser.ask("GET", "/me/plan-b/1", expect=404)

    async def test_is_written_down_by_staff(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.COORDINATOR)
        runs = _invoked("coordinator", uuid7()) | {"line": 2}
        other = agreement(agreement_id=str(uuid7()), invoked=runs)
        of_staff(services, agreement(state="suspended"), other, lines=[self.LINE])
        services.answer(INVOKE, CHANGED)
        services.answer(ALL, {"items": [], "next": None})
        services.refuse(CALLS, 404, "unknown-case")
        page = f"/cases/{CASE}/plan/plan-b/1"
        shown = (await browser.ask("GET", f"/cases/{CASE}/check-ins", expect=200)).text
        assert f'href="{page}"' in shown
        # What rests can be taken up again.
        for words in ("rust: er loopt een plan B", "&lt;u&gt;Ziek", f'href="{STAFFS}"'):
            assert words in shown
        sent = await browser.fill(page, expect=303, **self.SAID)
        assert sent.headers["location"] == f"/cases/{CASE}/check-ins"
        assert services.of(INVOKE)[0].body["instead_of"] == str(AGREEMENT)
        services.refuse(PLANS, 404, "unknown-case")
        await browser.ask("GET", page, expect=404)


def _invoked(invoked_as: str, by: object) -> dict[str, Any]:
    return {
        "line": 1,
        "instead_of": str(AGREEMENT),
        "invoked_by": str(by),
        "invoked_as": invoked_as,
        "invoked_at": "2026-03-14T18:00:00Z",
        "invoked_reason": "<u>Ziek</u>",
    }
