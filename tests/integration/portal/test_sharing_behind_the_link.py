"""Behind their link those whom the plan is about, or who decides for a child, share it outside the circle."""

from typing import Any
from uuid import UUID

from services.portal.routes.dates import CIRCLE
from services.portal.routes.plan_sharing import SHARE, TAKE_BACK
from shared.ids import uuid7
from tests.integration.portal.test_following_up import PLAN_ID, agreement, has_plan
from tests.integration.portal.test_meeting import HOSTILE, OMAR, RITA
from tests.support.portal import Browser, FakeServices

SHARING = "/me/plan/share"
SCHOOL = uuid7()
SHARED = {"plan_id": str(PLAN_ID), "version": 1, "person_ids": [str(OMAR)], "organisation_ids": []}


def is_there(services: FakeServices, *shared: dict[str, Any], child: UUID | None = None) -> None:
    """Let there be a plan, somebody of the circle, a professional with a hostile name, and perhaps a child."""
    members = [(RITA, "Rita", "circle"), (OMAR, HOSTILE, "professional")]
    members += [(child, "Noa", "central")] if child else []
    found = [
        {"person_id": str(each), "first_name": name, "role": role, "mode": "in-person"}
        for each, name, role in members
    ]
    services.answer(CIRCLE, {"items": found, "next": None})
    has_plan(services, agreement(), shared_with=list(shared), referring_organisation_id=str(SCHOOL))


def a_share(recipient: UUID, *, by: UUID, children: tuple[UUID, ...] = (), **more: Any) -> dict[str, Any]:
    """Return that a part of the plan is shared with somebody."""
    return {
        "version": 1,
        "person_id": str(recipient),
        "organisation_id": None,
        "parts": ["goals"],
        "shared_at": "2026-03-15T18:00:00Z",
        "shared_by": str(by),
        "shared_for": [str(each) for each in children],
        **more,
    }


class TestSharing:
    async def test_is_for_whom_the_plan_is_about_from_twelve_on_and_who_decides_for_a_child(
        self, browser: Browser, services: FakeServices
    ) -> None:
        is_there(services)
        for who, status in (
            ({"role": "central"}, 200),
            ({"role": "circle"}, 404),
            ({"role": "central", "young": True, "reads_with": ["Rita"]}, 404),
            ({"role": "circle", "decides_for_child": True}, 200),
            ({"role": "professional", "decides_for_child": True}, 404),
        ):
            given: dict[str, Any] = who
            await browser.come_by_link(**given)
            await browser.ask("GET", SHARING, expect=status)
            shown = await browser.ask("GET", "/me/plan", expect=200)
            assert (f'href="{SHARING}"' in shown.text) == (status == 200)

    async def test_lets_somebody_outside_the_circle_or_the_referrer_read_parts(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link(role="circle", decides_for_child=True)
        is_there(services)
        services.answer(SHARE, SHARED)
        shown = await browser.ask("GET", SHARING, expect=200)
        assert HOSTILE not in shown.text
        assert f'value="{RITA}"' not in shown.text
        assert "Je beslist dit voor een kind" in shown.text
        # Data protection by default (GDPR, article 25): nothing is shared that nobody chose.
        assert " checked" not in shown.text
        for given, field in (({}, "people"), ({"people__": str(OMAR), "parts__": ""}, "parts")):
            refused = await browser.fill(SHARING, expect=422, **given)
            assert f'href="#{field}"' in refused.text
        await browser.fill(SHARING, people__=f"{OMAR},{SCHOOL}", parts__="goals")
        [asked] = services.of(SHARE)
        assert asked.body == {
            "person_ids": [str(OMAR)],
            "organisation_ids": [str(SCHOOL)],
            "parts": ["goals"],
        }

    async def test_asks_what_counts_if_the_plan_changed_meanwhile(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link(role="central")
        is_there(services)
        services.refuse(SHARE, 409, "other-version")
        chosen = {"people__": str(OMAR), "parts__": "goals"}
        shown = await browser.fill(SHARING, expect=409, version="7", **chosen)
        assert ('href="#whose"' in shown.text, 'id="whose"' in shown.text) == (True, True)
        assert 'name="version" value="7"' in shown.text
        await browser.fill(SHARING, expect=409, version="7", whose="1", **chosen)
        assert [asked.body["version"] for asked in services.of(SHARE)] == [7, 1]

    async def test_says_who_decided_for_whom_and_is_taken_back(
        self, browser: Browser, services: FakeServices
    ) -> None:
        child = uuid7()
        me = await browser.come_by_link(role="circle", decides_for_child=True)
        by_me = a_share(OMAR, by=me.person_id, children=(child,))
        is_there(services, by_me, a_share(RITA, by=RITA), child=child)
        services.answer(TAKE_BACK, {"plan_id": str(PLAN_ID), "recipient_id": str(OMAR)})
        shown = await browser.ask("GET", SHARING, expect=200)
        assert "jij besliste dit voor Noa" in shown.text
        # Who is of the circle reads it all: there is nothing to take back.
        assert shown.text.count("Terugnemen") == 1
        await browser.fill(SHARING, back=str(OMAR))
        [asked] = services.of(TAKE_BACK)
        assert asked.ids == {"plan_id": str(PLAN_ID), "recipient_id": str(OMAR)}
