"""Erasing one person: nothing readable of them is left anywhere, and their case goes on."""

from typing import Any

import pytest
from sqlalchemy import text

from shared.auth import Role
from shared.ids import uuid7
from shared.services import SERVICES_WITH_CASES
from tests.support.world.platform import CasePlatform, Story


async def erase(platform: CasePlatform, person: Any, reason: str = "asked") -> Any:
    """Ask for the erasure of a person, and let everyone hear of it."""
    path = f"/v1/persons/{person}/erase"
    began = await platform.do("network", "POST", path, platform.officer(), json={"reason": reason})
    await platform.settle()
    return began


class TestErasePerson:
    async def test_waits_for_a_hold_of_which_network_has_not_heard(self, platform: CasePlatform) -> None:
        story = await platform.story()
        path, officer = f"/v1/cases/{story.case.id}/holds", platform.officer()
        hold = await platform.do("intake", "POST", path, officer, json={"reason": "Klacht bij de rechtbank"})
        assert await platform.rows("network", "SELECT 1 FROM hold") == []
        path, body = f"/v1/persons/{story.mother}/erase", {"reason": "asked"}
        assert await platform.code("network", "POST", path, officer, json=body) == (409, "under-legal-hold")
        await platform.do("intake", "POST", f"/v1/holds/{hold['hold_id']}/lift", officer)
        assert (await erase(platform, story.mother))["state"] == "running"
        assert story.mother not in await platform.living_keys("network", story.mother)

    async def test_destroys_their_key_everywhere_and_no_other(self, platform: CasePlatform) -> None:
        story = await platform.story()
        began = await erase(platform, story.mother)
        assert (began["state"], began["kind"]) == ("running", "person")
        everybody = (story.case.id, story.central, story.mother, story.neighbour)
        assert set(await platform.living_keys("intake", *everybody)) == {story.case.id, story.central}
        assert set(await platform.living_keys("network", *everybody)) == {story.central, story.neighbour}
        path = f"/v1/persons/{story.mother}/erasure"
        done = await platform.do("network", "GET", path, platform.officer())
        assert done["state"] == "done"
        assert {one["service"] for one in done["services"] if one["confirmed_at"]} == set(SERVICES_WITH_CASES)

    async def test_their_answers_go_and_nobody_waits_for_them(self, platform: CasePlatform) -> None:
        story = await platform.story()
        await erase(platform, story.neighbour)
        for table in ("poll_answer", "poll_asked", "attendance", "notified", "circle_member"):
            rows = await platform.rows(
                "scheduling",
                f"SELECT 1 FROM {table} WHERE person_id = :person",
                person=story.neighbour,
            )
            assert rows == [], table
        assert len(await platform.rows("scheduling", "SELECT 1 FROM poll_answer")) == 1
        assert await platform.rows("network", "SELECT 1 FROM contact") == []
        (circle,) = await platform.rows("network", "SELECT members FROM circle")
        assert str(story.neighbour) not in {member["person_id"] for member in circle.members}
        assert await platform.rows("plans", "SELECT 1 FROM share") == []
        for table in ("review_answer", "stance", "sharing_consent", "taking_part"):
            said = await platform.rows(
                "plans", f"SELECT 1 FROM {table} WHERE person_id = :person", person=story.neighbour
            )
            assert said == [], table

    async def test_the_case_and_its_plan_can_still_be_read(self, platform: CasePlatform) -> None:
        story = await platform.story()
        await erase(platform, story.neighbour)
        await erase(platform, story.mother)
        who = platform.coordinator(story)
        people = await platform.do("network", "GET", f"/v1/cases/{story.case.id}/persons", who)
        shown = {person["person_id"]: person for person in people["items"]}
        gone = shown[str(story.neighbour)]
        assert (gone["state"], gone["first_name"], gone["email"]) == ("erased", None, None)
        assert shown[str(story.central)]["first_name"] == "Wannes"
        assert (await platform.do("network", "GET", f"/v1/persons/{story.neighbour}", who))[
            "state"
        ] == "erased"
        plan = await platform.do("plans", "GET", f"/v1/plans/{story.plan}", who)
        (agreement,) = plan["agreements"]
        assert agreement["erased_person_ids"] == [str(story.neighbour)]
        assert set(agreement["who_person_ids"]) == {str(story.neighbour), str(story.central)}
        await platform.do("scheduling", "GET", f"/v1/conferences/{story.conference}", who)
        referral = f"/v1/referrals/{story.case.referral_id}"
        read = await platform.do("intake", "GET", referral, platform.intake.referrer())
        persons = {person["person_id"]: person for person in read["persons"]}
        assert persons[str(story.mother)]["erased"] is True
        assert persons[str(story.mother)]["first_name"] is None
        assert persons[str(story.central)]["first_name"] == "Wannes"

    async def test_they_come_in_no_more(self, platform: CasePlatform) -> None:
        story = await platform.story()
        await erase(platform, story.neighbour)
        themselves = platform.person(story, story.neighbour, "circle")
        assert (await platform.code("network", "GET", "/v1/me", themselves))[0] == 410
        gone = (410, "no-longer-in-circle")
        assert await platform.code("scheduling", "GET", "/v1/me/polls", themselves) == gone
        assert await platform.code("plans", "GET", f"/v1/plans/{story.plan}", themselves) == gone
        link = f"/v1/persons/{story.neighbour}/link/renew"
        assert await platform.code("network", "POST", link, platform.manager()) == (409, "person-not-active")

    async def test_mails_that_wait_are_called_off(self, platform: CasePlatform) -> None:
        story = await platform.story()
        waiting = await platform.rows(
            "network",
            "SELECT id FROM message WHERE recipient = :person AND state = 'queued'",
            person=story.neighbour,
        )
        assert waiting
        await erase(platform, story.neighbour)
        left = await platform.rows(
            "network",
            "SELECT recipient FROM message WHERE state = 'queued' AND recipient = :person",
            person=story.neighbour,
        )
        assert left == []

    async def test_who_was_erased_is_not_known_again_by_an_event_that_comes_late(
        self, platform: CasePlatform
    ) -> None:
        story = await platform.story()
        await erase(platform, story.neighbour)
        async with platform.worlds["plans"].owner.transaction() as session:
            await session.execute(text("DELETE FROM inbox WHERE consumer = 'network.person.added.v1'"))
        platform.begin_again()
        await platform.settle()
        (person,) = await platform.rows(
            "plans",
            "SELECT role, membership FROM case_person WHERE person_id = :person",
            person=story.neighbour,
        )
        assert (person.role, person.membership) == (None, "erased")

    async def test_the_case_can_be_erased_afterwards(self, platform: CasePlatform) -> None:
        story = await platform.story()
        await erase(platform, story.neighbour)
        await platform.close(story)
        await platform.erase(story)
        await platform.settle()
        assert (await platform.erasure(story))["state"] == "done"
        assert await _code(platform, story, story.mother) == (410, "case-erased")


async def _code(platform: CasePlatform, _story: Story, person: Any) -> tuple[int, str]:
    body = {"reason": "asked"}
    return await platform.code(
        "network", "POST", f"/v1/persons/{person}/erase", platform.officer(), json=body
    )


class TestWhatIsRefused:
    async def test_the_last_central_person(self, platform: CasePlatform) -> None:
        story = await platform.story()
        assert await _code(platform, story, story.central) == (409, "last-central-person")
        assert await platform.living_keys("network", story.central) == [story.central]

    async def test_a_second_time(self, platform: CasePlatform) -> None:
        story = await platform.story()
        await erase(platform, story.neighbour)
        assert await _code(platform, story, story.neighbour) == (410, "person-erased")

    async def test_somebody_of_another_organisation_and_nobody_at_all(self, platform: CasePlatform) -> None:
        story = await platform.story()
        assert await _code(platform, story, uuid7()) == (404, "person-not-found")
        elsewhere = platform.intake.stranger(Role.DPO)
        path = f"/v1/persons/{story.neighbour}/erase"
        assert await platform.code("network", "POST", path, elsewhere, json={"reason": "asked"}) == (
            404,
            "person-not-found",
        )

    @pytest.mark.parametrize("person", ["x", "%00", "0" * 400])
    async def test_an_id_that_is_none(self, platform: CasePlatform, person: str) -> None:
        path = f"/v1/persons/{person}/erase"
        status, _ = await platform.code("network", "POST", path, platform.officer(), json={"reason": "asked"})
        assert status in (400, 404, 422)
