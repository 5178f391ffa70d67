"""Consent is to a version of a text: what Kring comes with, what an organisation writes itself, and what is stale."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from shared.auth import Role
from shared.languages import LANGUAGES, Language
from tests.support.world import Case
from tests.support.world.network import Network

OWN = [
    {"audience": "adult", "language": "nl", "title": "Mailen?", "body": "Mogen wij jou mailen?"},
    {"audience": "young", "language": "nl", "title": "Mailen?", "body": "Mogen we jou mailen?"},
]


@pytest.fixture
async def case(world: Network) -> Case:
    return await world.open_case()


async def publish(world: Network, texts: list[dict[str, str]], purpose: str = "mail") -> Any:
    """Publish a text as an officer does who reads the one of now first."""
    path, who = f"/v1/consent-texts/{purpose}", world.officer()
    version = (await world.do("GET", path, who))["version"]
    return await world.ask("POST", path, who, json={"version": version, "texts": texts})


async def say(world: Network, case: Case, person: UUID, purpose: str, **body: Any) -> Any:
    path = f"/v1/me/consents/{purpose}"
    return await world.ask("PUT", path, world.person(case, person), json={"given": True, "version": 1} | body)


async def question(world: Network, case: Case, person: UUID, purpose: str) -> dict[str, Any]:
    answer = await world.do("GET", "/v1/me/consents", world.person(case, person), expect=200)
    [found] = [item for item in answer["items"] if item["purpose"] == purpose and item["concerns"] is None]
    return dict(found)


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


class TestReading:
    async def test_is_in_the_persons_language_and_for_their_age(self, world: Network, case: Case) -> None:
        boy = await question(world, case, case.central, "mail")
        mother = await question(world, case, case.mother, "mail")
        assert (boy["audience"], boy["language"], boy["title"]) == ("young", "nl", "Mogen we je mailen?")
        assert (mother["audience"], mother["language"]) == ("adult", "fr")
        assert mother["title"] == "Pouvons-nous vous écrire par mail ?"
        assert (boy["version"], boy["said"], boy["stale"]) == (1, None, False)

    @pytest.mark.parametrize("language", LANGUAGES)
    async def test_in_another_language_is_kept_with_what_was_said(
        self, world: Network, case: Case, language: Language
    ) -> None:
        who = world.person(case, case.mother)
        asked = await world.do("GET", f"/v1/me/consents?language={language}", who, expect=200)
        assert {each["language"] for each in asked["items"]} == {language}
        given = await say(world, case, case.mother, "taking-part", language=language)
        assert (given.status_code, given.json()["language"]) == (200, language)
        said = await world.do("GET", "/v1/me/consents/history", who, expect=200)
        assert [each["language"] for each in said["items"]] == [language]

    async def test_is_asked_in_as_many_languages_as_an_organisation_writes_it_in(
        self, world: Network, case: Case
    ) -> None:
        shipped = (await world.do("GET", "/v1/consent-texts/mail", world.officer()))["texts"]
        own = [{**text, "body": f"{text['body']} Echt."} for text in shipped]
        assert {text["language"] for text in own} == set(LANGUAGES)
        assert (await publish(world, own)).status_code == 201
        asked = await question(world, case, case.mother, "mail")
        assert (asked["language"], asked["body"].endswith(" Echt.")) == ("fr", True)

    async def test_falls_back_to_dutch_where_there_is_no_text(self, world: Network, case: Case) -> None:
        assert (await publish(world, OWN)).status_code == 201
        asked = await question(world, case, case.mother, "mail")
        assert (asked["language"], asked["body"], asked["version"]) == ("nl", "Mogen wij jou mailen?", 2)

    async def test_of_an_earlier_version_stays_possible(self, world: Network, case: Case) -> None:
        await publish(world, OWN)
        path = "/v1/consent-texts/mail"
        earlier = await world.ask("GET", path, world.coordinator(case), params={"version": 1})
        present = await world.ask("GET", path, world.coordinator(case))
        assert (earlier.json()["version"], earlier.json()["own"], len(earlier.json()["texts"])) == (
            1,
            False,
            2 * len(LANGUAGES),
        )
        assert (present.json()["version"], present.json()["own"], len(present.json()["texts"])) == (
            2,
            True,
            2,
        )
        assert await world.refused("GET", path, world.coordinator(case), params={"version": 3}) == (
            422,
            "consent-text-unknown",
        )


class TestSaying:
    async def test_yes_to_another_version_than_that_of_now_says_which_it_is(
        self, world: Network, case: Case
    ) -> None:
        unknown = await say(world, case, case.mother, "mail", version=7)
        assert problem(unknown) == (422, "consent-text-unknown")
        assert unknown.json()["facts"]["current"] == 1
        await publish(world, OWN)
        outdated = await say(world, case, case.mother, "mail")
        assert problem(outdated) == (409, "consent-text-outdated")
        assert outdated.json()["facts"]["current"] == 2
        assert (await question(world, case, case.mother, "mail"))["said"] is None
        assert (await say(world, case, case.mother, "mail", version=2)).status_code == 200

    async def test_no_is_heard_to_an_earlier_version_too(self, world: Network, case: Case) -> None:
        assert (await say(world, case, case.mother, "mail")).status_code == 200
        await publish(world, OWN)
        assert (await say(world, case, case.mother, "mail", given=False)).status_code == 200

    async def test_a_new_version_does_not_cover_an_old_yes(self, world: Network, case: Case) -> None:
        await say(world, case, case.mother, "research")
        texts = [
            {"audience": audience, "language": "nl", "title": "Leren?", "body": "Mogen we leren?"}
            for audience in ("adult", "young", "parent")
        ]
        await publish(world, texts, "research")
        asked = await question(world, case, case.mother, "research")
        assert (asked["stale"], asked["said"]["given"], asked["said"]["version"]) == (True, True, 1)
        listed = await world.ask("GET", f"/v1/persons/{case.mother}/consents", world.coordinator(case))
        assert [item["stale"] for item in listed.json()["items"]] == [True]

    async def test_leaves_a_history_that_the_person_can_read(self, world: Network, case: Case) -> None:
        for given in (True, False, False, True):
            await say(world, case, case.mother, "mail", given=given)
            world.later(minutes=1)
        answer = await world.ask("GET", "/v1/me/consents/history", world.person(case, case.mother))
        assert [item["given"] for item in answer.json()["items"]] == [True, False, True]
        events = await world.published("network.consent.given.v1", "network.consent.withdrawn.v1", case=case)
        said = [row.type.split(".")[2] for row in events if row.data["person_id"] == str(case.mother)]
        assert said == ["given", "withdrawn", "given"]


class TestPublishing:
    async def test_the_words_of_now_again_make_no_version(self, world: Network) -> None:
        versions = [(await publish(world, OWN)).json()["version"] for _ in range(2)]
        assert versions == [2, 2]

    async def test_counts_for_that_organisation_alone(self, world: Network) -> None:
        await publish(world, OWN)
        who = world.stranger(Role.DPO)
        answer = await world.ask("GET", "/v1/consent-texts/mail", who)
        assert (answer.json()["version"], answer.json()["own"]) == (1, False)

    @pytest.mark.parametrize(
        "texts",
        [
            OWN[:1],
            [*OWN, OWN[0]],
            [{**OWN[0], "language": "fr"}, OWN[1]],
            [*OWN, {**OWN[0], "audience": "parent"}],
            [],
            [{**OWN[0], "audience": "everyone"}, OWN[1]],
            [{**OWN[0], "title": "x" * 101}, OWN[1]],
            [{**OWN[0], "body": "x" * 4001}, OWN[1]],
            [{**OWN[0], "body": "  "}, OWN[1]],
        ],
    )
    async def test_needs_dutch_for_everyone_once(self, world: Network, texts: list[dict[str, str]]) -> None:
        assert (await publish(world, texts)).status_code == 422
        assert (
            await world.rows("SELECT 1 FROM consent_text WHERE tenant = :tenant", tenant=world.tenant) == []
        )


class TestLegalBasis:
    async def test_is_that_of_the_kind_of_person_whatever_they_say(self, world: Network, case: Case) -> None:
        me = await world.ask("GET", "/v1/me/consents", world.person(case, case.central))
        assert me.json()["legal_basis"] == "public-task"
        assert (await say(world, case, case.central, "taking-part", given=False)).status_code == 200
        path = f"/v1/persons/{case.central}/legal-basis"
        answer = await world.ask("GET", path, world.coordinator(case))
        assert [item["basis"] for item in answer.json()["items"]] == ["public-task"]

    async def test_is_kept_when_the_policy_changes(self, world: Network, case: Case) -> None:
        body = {"legal_basis": {"circle": "consent"}}
        before = await world.add(case, "Nadia")
        await world.set_policy(world.manager(), body)
        after = await world.add(case, "Karim")
        found = {}
        for person in (before, after):
            path = f"/v1/persons/{person}/legal-basis"
            [item] = (await world.do("GET", path, world.coordinator(case)))["items"]
            found[person] = (item["basis"], item["policy_version"])
        assert found == {before: ("legitimate-interest", 1), after: ("consent", 2)}

    async def test_is_decided_for_one_person_by_the_dpo(self, world: Network, case: Case) -> None:
        path = f"/v1/persons/{case.central}/legal-basis"
        dpo = world.officer()
        world.later(days=1)
        body = {"version": 1, "basis": "legal-obligation"}
        decided = await world.do("PUT", path, dpo, json=body)
        answer = await world.ask("PUT", path, dpo, json=body | {"version": decided["version"]})
        newest = await world.do("GET", f"{path}?limit=1", dpo)
        oldest = await world.do("GET", f"{path}?limit=1&cursor={newest['next']}", dpo)
        bases = [item["basis"] for page in (newest, oldest) for item in page["items"]]
        assert (bases, newest["version"], oldest["next"]) == (["legal-obligation", "public-task"], 2, None)
        # A colleague who read what was before does not undo it.
        refused = await world.ask("PUT", path, dpo, json=body | {"basis": "consent"})
        assert problem(refused) == (409, "other-version")
        assert refused.json()["facts"] == {"version": 2}
        assert [(item["basis"], item["policy_version"]) for item in answer.json()["items"]] == [
            ("legal-obligation", None),
            ("public-task", 1),
        ]
        await world.ask("PUT", path, world.coordinator(case), json=body, expect=403)
        await world.ask("PUT", path, dpo, json=body | {"basis": "because"}, expect=422)
        stranger = world.stranger(Role.DPO)
        assert problem(await world.ask("GET", path, stranger)) == (404, "person-not-found")


class TestAtOnce:
    async def test_of_two_who_publish_one_does_and_the_other_is_told(self, world: Network) -> None:
        others = [{**text, "body": f"{text['body']} Echt."} for text in OWN]
        path, bodies = "/v1/consent-texts/mail", [{"version": 1, "texts": texts} for texts in (OWN, others)]
        answers = await asyncio.gather(
            *(world.ask("POST", path, world.officer(), json=body) for body in bodies)
        )
        [written] = [answer.json() for answer in answers if answer.is_success]
        [refused] = [answer for answer in answers if answer.is_error]
        assert problem(refused) == (409, "other-version")
        assert refused.json()["facts"] == {"version": written["version"]} == {"version": 2}

    async def test_the_same_yes_said_at_once_is_one(self, world: Network, case: Case) -> None:
        answers = await asyncio.gather(*(say(world, case, case.mother, "mail") for _ in range(4)))
        assert {answer.status_code for answer in answers} == {200}
        history = await world.ask("GET", "/v1/me/consents/history", world.person(case, case.mother))
        assert len(history.json()["items"]) == 1


class TestCountingWhoSaidYes:
    async def test_is_by_version_and_language_of_everybodys_last_word(
        self, world: Network, case: Case
    ) -> None:
        async def counted(purpose: str = "mail") -> Any:
            path = f"/v1/consent-texts/{purpose}/said-yes"
            items = (await world.do("GET", path, world.officer(), expect=200))["items"]
            return [(each["version"], each["language"], each["people"]) for each in items]

        assert await counted() == []
        await say(world, case, case.central, "mail", language="nl")
        await say(world, case, case.mother, "mail", language="fr")
        assert await counted() == [(1, "fr", 1), (1, "nl", 1)]
        assert (await publish(world, OWN)).status_code == 201
        await say(world, case, case.central, "mail", version=2, language="nl")
        assert await counted() == [(2, "nl", 1), (1, "fr", 1)]
        await say(world, case, case.mother, "mail", given=False)
        assert await counted() == [(2, "nl", 1)]
        assert await counted("research") == []


class TestANo:
    async def test_is_kept_once_for_each_text_however_often_it_is_said(
        self, world: Network, case: Case
    ) -> None:
        await publish(world, OWN)
        for version in (1, 2, 1, 2, 1):
            answer = await say(world, case, case.mother, "mail", given=False, version=version)
            assert answer.status_code == 200
        query = "SELECT version FROM consent WHERE person_id = :mother AND purpose = 'mail' ORDER BY created_at, id"
        kept = await world.rows(query, mother=case.mother)
        assert [row.version for row in kept] == [1, 2]
