"""Consent about a minor: of each holder of parental authority, and from twelve on of the young person beside it."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.network import queries
from services.network.domain import Purpose
from services.network.queries.consents import Picture, picture, picture_of
from shared.calendar import BRUSSELS
from shared.ids import uuid7
from tests.support.world import NOW, Case
from tests.support.world.network import Network

# On the business day, the second of March 2026.
ELEVEN, TWELVE, GROWN = "2014-03-03", "2014-03-02", "2008-03-02"


class Family:
    """A child, and two who hold parental authority over it."""

    def __init__(self, world: Network, case: Case, father: UUID) -> None:
        self.world, self.case = world, case
        self.child, self.mother, self.father = case.central, case.mother, father

    async def say(
        self,
        person: UUID,
        purpose: str,
        *,
        given: bool,
        concerns: UUID | None = None,
        through: str = "coordinator",
    ) -> Any:
        """Say yes or no, through the coordinator or by one's own link."""
        body = {"given": given, "version": 1, "concerns": concerns and str(concerns)}
        self.world.later(seconds=1)
        if through == "link":
            who = self.world.person(self.case, person)
            return await self.world.ask("PUT", f"/v1/me/consents/{purpose}", who, json=body)
        path = f"/v1/persons/{person}/consents/{purpose}"
        return await self.world.ask("PUT", path, self.world.coordinator(self.case), json=body)

    async def born(self, day: str) -> None:
        """Correct the child's birth date."""
        answer = await self.world.correct(self.case, self.child, birth_date=day)
        assert answer.status_code == 200, answer.text

    async def status(self, purpose: str) -> dict[str, Any]:
        """Return how a purpose stands for the child, as the coordinator sees it."""
        path = f"/v1/cases/{self.case.id}/consent-status"
        answer = await self.world.ask("GET", path, self.world.coordinator(self.case))
        assert answer.status_code == 200, answer.text
        [person] = [item for item in answer.json()["persons"] if item["person_id"] == str(self.child)]
        [found] = [item for item in person["purposes"] if item["purpose"] == purpose]
        return {**person, **found}

    async def may_read(self, reader: UUID) -> bool:
        """Say whether somebody may read the child's file."""
        return (await self._picture()).may_read_file_of(reader, self.child)

    async def research(self) -> bool:
        """Say whether everyone whom the case is about agrees to research, with all who decide for them."""
        seen = await self._picture()
        central = [each.person_id for each in seen.people.values() if each.central]
        return bool(central) and all(seen.allows(person, Purpose.RESEARCH) for person in central)

    async def _picture(self) -> Picture:
        async with self.world.transaction() as session:
            return await picture(
                session,
                self.world.context.vault,
                tenant=self.case.tenant,
                case_id=self.case.id,
                today=self.today,
            )

    @property
    def today(self) -> date:
        """Return the business day."""
        return self.world.clock.time.astimezone(BRUSSELS).date()


@pytest.fixture
async def family(world: Network) -> Family:
    case = await world.open_case()
    father = await world.add(case, "Omar", role="representative", parental_authority=True)
    assert (await world.correct(case, case.mother, parental_authority=True)).is_success
    return Family(world, case, father)


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


class TestTwelve:
    async def test_before_it_the_holders_are_asked_and_after_it_the_young_person_too(
        self, family: Family
    ) -> None:
        needed = {}
        for born in (ELEVEN, TWELVE, GROWN):
            await family.born(born)
            voices = (await family.status("taking-part"))["voices"]
            needed[born] = {UUID(voice["person_id"]) for voice in voices if voice["needed"]}
        assert needed == {
            ELEVEN: {family.mother, family.father},
            TWELVE: {family.mother, family.father, family.child},
            GROWN: {family.child},
        }

    async def test_comes_by_itself_on_the_day(self, family: Family) -> None:
        await family.born(ELEVEN)
        for holder in (family.mother, family.father):
            await family.say(holder, "taking-part", given=True, concerns=family.child)
        assert (await family.status("taking-part"))["complete"]
        family.world.later(days=1)
        found = await family.status("taking-part")
        assert (found["age"], found["complete"]) == ("twelve-to-seventeen", False)
        assert (await family.say(family.child, "taking-part", given=True, through="link")).status_code == 200
        assert (await family.status("taking-part"))["complete"]

    async def test_before_it_a_yes_is_not_the_childs_to_give_and_a_no_is(self, family: Family) -> None:
        await family.born(ELEVEN)
        refused = await family.say(family.child, "taking-part", given=True)
        assert problem(refused) == (409, "holders-are-asked")
        assert (await family.say(family.child, "taking-part", given=False)).status_code == 200
        assert not (await family.status("taking-part"))["allowed"]


class TestHolders:
    async def test_each_have_their_own_and_disagreement_is_shown(self, family: Family) -> None:
        await family.born(ELEVEN)
        await family.say(family.mother, "share-plan", given=True, concerns=family.child)
        await family.say(family.father, "share-plan", given=False, concerns=family.child, through="link")
        found = await family.status("share-plan")
        assert (found["complete"], found["differ"], found["allowed"]) == (False, True, False)
        said = {UUID(voice["person_id"]): voice["given"] for voice in found["voices"]}
        assert said == {family.child: None, family.mother: True, family.father: False}
        rows = await family.world.rows(
            "SELECT person_id FROM consent WHERE concerns = :child ORDER BY created_at", child=family.child
        )
        assert [row.person_id for row in rows] == [family.mother, family.father]

    async def test_are_asked_by_their_link_about_each_child_by_name(self, family: Family) -> None:
        who = family.world.person(family.case, family.father)
        items = (await family.world.ask("GET", "/v1/me/consents", who)).json()["items"]
        about = [item for item in items if item["concerns"] is not None]
        assert {item["purpose"] for item in about} == {"taking-part", "share-plan", "research"}
        assert {item["audience"] for item in about} == {"parent"}
        assert {item["concerns"]["first_name"] for item in about} == {"Ilyas"}

    async def test_a_no_for_a_child_under_twelve_calls_off_the_childs_invitation_alone(
        self, family: Family
    ) -> None:
        await family.born(ELEVEN)
        for person in (family.child, family.father):
            await family.world.invite(family.case, person)
        await family.say(family.father, "taking-part", given=False, concerns=family.child)
        answered = await family.world.published("network.invitation.answered.v1", case=family.case)
        assert [(row.data["person_id"], row.data["answer"]) for row in answered] == [
            (str(family.child), "no")
        ]

    async def test_a_no_for_a_child_under_twelve_keeps_it_from_being_invited(self, family: Family) -> None:
        await family.born(ELEVEN)
        await family.say(family.father, "taking-part", given=False, concerns=family.child)
        path = f"/v1/persons/{family.child}/invitation"
        refused = await family.world.ask("POST", path, family.world.coordinator(family.case))
        assert problem(refused) == (409, "consent-taken-back")

    async def test_only_who_holds_authority_now_is_asked(self, family: Family) -> None:
        world, case = family.world, family.case
        aunt = await world.add(case, "Nadia")
        refused = await family.say(aunt, "taking-part", given=True, concerns=family.child)
        assert problem(refused) == (403, "not-a-holder")
        refused = await family.say(family.father, "taking-part", given=True, concerns=aunt)
        assert problem(refused) == (403, "not-a-holder")
        await family.born(GROWN)
        refused = await family.say(family.father, "taking-part", given=True, concerns=family.child)
        assert problem(refused) == (403, "not-a-holder")

    async def test_may_hold_it_over_one_of_several_children(self, family: Family) -> None:
        world, case = family.world, family.case
        sister = await world.add(case, "Amina", role="central", birth_date=ELEVEN)
        assert (await world.correct(case, family.father, authority_over=[str(sister)])).is_success
        refused = await family.say(family.father, "research", given=True, concerns=family.child)
        assert problem(refused) == (403, "not-a-holder")
        assert (await family.say(family.father, "research", given=True, concerns=sister)).status_code == 200

    @pytest.mark.parametrize("who", ["nobody", "another case", "another tenant"])
    async def test_nobody_of_elsewhere_can_be_named(self, family: Family, who: str) -> None:
        world = family.world
        named = uuid7()
        if who == "another case":
            named = (await world.open_case()).central
        if who == "another tenant":
            world.tenant = uuid7()
            named = (await world.open_case()).central
            world.tenant = family.case.tenant
        refused = await family.say(family.father, "taking-part", given=True, concerns=named)
        assert problem(refused) == (404, "person-not-found")
        body = {"parental_authority": True, "authority_over": [str(named)]}
        refused = await world.correct(family.case, family.father, **body)
        assert problem(refused) == (422, "child-not-in-case")

    async def test_no_longer_count_once_their_authority_has_ended(self, family: Family) -> None:
        world, case = family.world, family.case
        await family.say(family.father, "share-plan", given=False, concerns=family.child)
        assert not (await family.status("share-plan"))["allowed"]
        bodies: list[dict[str, Any]] = [{"parental_authority": False}, {"relation": "vader"}]
        for body in bodies:
            assert (await world.correct(case, family.father, **body)).is_success
        assert (await family.status("share-plan"))["allowed"]
        told = await world.published("network.authority.ended.v1", case=case)
        assert [(row.data["person_id"], row.data["concerns"]) for row in told] == [
            (str(family.father), str(family.child))
        ]

    async def test_have_no_say_after_leaving_the_circle(self, family: Family) -> None:
        world, case = family.world, family.case
        for person in (family.father, family.child):
            path = f"/v1/persons/{person}/remove"
            await world.ask("POST", path, world.coordinator(case), json={"reason": "verhuisd"}, expect=204)
        for person, concerns in ((family.father, family.mother), (family.child, None)):
            refused = await family.say(person, "taking-part", given=True, concerns=concerns)
            assert problem(refused) == (409, "person-not-active")
        assert (await family.say(family.child, "taking-part", given=False)).status_code == 200

    async def test_nobody_is_born_tomorrow(self, family: Family) -> None:
        refused = await family.world.correct(family.case, family.child, birth_date="2026-03-03")
        assert problem(refused) == (422, "birth-date-in-future")


class TestACousin:
    async def test_is_spoken_to_by_the_age_that_the_coordinator_noted(self, family: Family) -> None:
        world, case = family.world, family.case
        cousin = await world.add(case, "Sam", birth_date=TWELVE)
        found = {}
        for born in (TWELVE, ELEVEN, GROWN, None):
            assert (await world.correct(case, cousin, birth_date=born)).is_success
            who = world.person(case, cousin)
            me = (await world.ask("GET", "/v1/me", who)).json()
            asked = (await world.ask("GET", "/v1/me/consents", who)).json()
            found[born] = me["age"], {each["audience"] for each in asked["items"]}
        assert found == {
            TWELVE: ("twelve-to-seventeen", {"young"}),
            ELEVEN: ("under-twelve", {"young"}),
            GROWN: ("adult", {"adult"}),
            None: ("unknown", {"adult"}),
        }

    async def test_is_no_child_over_whom_others_decide(self, family: Family) -> None:
        world, case = family.world, family.case
        cousin = await world.add(case, "Sam", birth_date=ELEVEN)
        refused = await world.correct(case, family.mother, authority_over=[str(cousin)])
        assert problem(refused) == (422, "child-not-in-case")


class TestFile:
    async def test_is_read_by_holders_under_twelve_and_then_by_the_young_person(self, family: Family) -> None:
        readers = (family.child, family.mother, family.father)
        found = {}
        for born in (ELEVEN, TWELVE, GROWN):
            await family.born(born)
            found[born] = [await family.may_read(reader) for reader in readers]
        assert found == {
            ELEVEN: [False, True, True],
            TWELVE: [True, False, False],
            GROWN: [True, False, False],
        }

    async def test_is_read_by_the_parent_whom_the_young_person_lets(self, family: Family) -> None:
        await family.born(TWELVE)
        said = await family.say(
            family.child, "file-access", given=True, concerns=family.mother, through="link"
        )
        assert said.status_code == 200, said.text
        assert (await family.may_read(family.mother), await family.may_read(family.father)) == (True, False)
        await family.say(family.child, "file-access", given=False, concerns=family.mother, through="link")
        assert not await family.may_read(family.mother)

    async def test_permission_ends_at_eighteen(self, family: Family) -> None:
        await family.born("2008-03-03")
        await family.say(family.child, "file-access", given=True, concerns=family.mother)
        assert await family.may_read(family.mother)
        family.world.later(days=1)
        assert not await family.may_read(family.mother)

    async def test_is_asked_of_the_young_person_for_each_parent(self, family: Family) -> None:
        await family.born(TWELVE)
        who = family.world.person(family.case, family.child)
        items = (await family.world.ask("GET", "/v1/me/consents", who)).json()["items"]
        asked = [item["concerns"]["first_name"] for item in items if item["purpose"] == "file-access"]
        assert sorted(asked) == ["Omar", "Samira"]

    async def test_is_not_for_anybody_else_to_give(self, family: Family) -> None:
        await family.born(TWELVE)
        aunt = await family.world.add(family.case, "Nadia")
        for person, concerns in ((family.mother, family.child), (family.child, aunt), (family.child, None)):
            refused = await family.say(person, "file-access", given=True, concerns=concerns)
            assert problem(refused) == (422, "consent-not-asked")
        for reader in (aunt, uuid7()):
            assert not await family.may_read(reader)


class TestResearch:
    async def test_needs_the_yes_of_all_for_everyone_whom_the_case_is_about(self, family: Family) -> None:
        assert not await family.research()
        for holder in (family.mother, family.father):
            await family.say(holder, "research", given=True, concerns=family.child)
        await family.say(family.child, "research", given=True)
        assert not await family.research()
        await family.say(family.mother, "research", given=True)
        assert await family.research()
        await family.say(family.father, "research", given=False, concerns=family.child)
        assert not await family.research()


class TestAskingOfOnePerson:
    async def test_reads_nothing_of_others_for_who_is_asked_about_nobody_else(self, family: Family) -> None:
        world, case = family.world, family.case
        aunt = await world.add(case, "Nadia")
        answer = await world.ask("GET", "/v1/me/consents", world.person(case, aunt))
        assert {item["purpose"] for item in answer.json()["items"]} == {"taking-part", "mail", "research"}
        assert {item["concerns"] for item in answer.json()["items"]} == {None}
        audited = await world.rows("SELECT persons FROM audit_log WHERE actor = :aunt", aunt=aunt)
        assert [row.persons for row in audited] == [[aunt]]

    async def test_looks_at_their_own_words_alone(self, family: Family) -> None:
        aunt = await family.world.add(family.case, "Nadia")
        async with family.world.transaction() as session:
            person = await queries.person(session, tenant=family.case.tenant, person_id=aunt)
            vault = family.world.context.vault
            seen = await picture_of(session, vault, person=person, today=NOW.date())
        assert list(seen.people) == [aunt]
