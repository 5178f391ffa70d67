"""Consent is to a version of a text: what Kring comes with, what an organisation writes itself, and what is stale."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from shared.auth import Role
from shared.ids import uuid7
from tests.integration.network.house import Case, House

OWN = [
    {"audience": "adult", "language": "nl", "title": "Mailen?", "body": "Mogen wij jou mailen?"},
    {"audience": "young", "language": "nl", "title": "Mailen?", "body": "Mogen we jou mailen?"},
]


@pytest.fixture
async def case(house: House) -> Case:
    return await house.open_case()


async def publish(house: House, texts: list[dict[str, str]], purpose: str = "mail") -> Any:
    who = house.staff(uuid7(), house.tenant, Role.DPO)
    return await house.ask("POST", f"/v1/consent-texts/{purpose}", who, json={"texts": texts})


async def say(house: House, case: Case, person: UUID, purpose: str, **body: Any) -> Any:
    path = f"/v1/me/consents/{purpose}"
    return await house.ask("PUT", path, house.person(case, person), json={"given": True, "version": 1} | body)


async def question(house: House, case: Case, person: UUID, purpose: str) -> dict[str, Any]:
    answer = await house.ask("GET", "/v1/me/consents", house.person(case, person))
    assert answer.status_code == 200, answer.text
    [found] = [
        item for item in answer.json()["items"] if item["purpose"] == purpose and item["concerns"] is None
    ]
    return dict(found)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


class TestReading:
    async def test_is_in_the_persons_language_and_for_their_age(self, house: House, case: Case) -> None:
        boy = await question(house, case, case.central, "mail")
        mother = await question(house, case, case.mother, "mail")
        assert (boy["audience"], boy["language"], boy["title"]) == ("young", "nl", "Mogen we je mailen?")
        assert (mother["audience"], mother["language"]) == ("adult", "fr")
        assert mother["title"] == "Pouvons-nous vous écrire par mail ?"
        assert (boy["version"], boy["said"], boy["stale"]) == (1, None, False)

    async def test_falls_back_to_dutch_where_there_is_no_text(self, house: House, case: Case) -> None:
        assert (await publish(house, OWN)).status_code == 201
        asked = await question(house, case, case.mother, "mail")
        assert (asked["language"], asked["body"], asked["version"]) == ("nl", "Mogen wij jou mailen?", 2)

    async def test_of_an_earlier_version_stays_possible(self, house: House, case: Case) -> None:
        await publish(house, OWN)
        path = "/v1/consent-texts/mail"
        earlier = await house.ask("GET", path, house.coordinator(case), params={"version": 1})
        present = await house.ask("GET", path, house.coordinator(case))
        assert (earlier.json()["version"], earlier.json()["own"], len(earlier.json()["texts"])) == (
            1,
            False,
            6,
        )
        assert (present.json()["version"], present.json()["own"], len(present.json()["texts"])) == (
            2,
            True,
            2,
        )
        unknown = await house.ask("GET", path, house.coordinator(case), params={"version": 3})
        assert code(unknown) == (422, "consent-text-unknown")


class TestSaying:
    async def test_yes_to_another_version_than_that_of_now_says_which_it_is(
        self, house: House, case: Case
    ) -> None:
        unknown = await say(house, case, case.mother, "mail", version=7)
        assert code(unknown) == (422, "consent-text-unknown")
        assert unknown.json()["facts"]["current"] == 1
        await publish(house, OWN)
        outdated = await say(house, case, case.mother, "mail")
        assert code(outdated) == (409, "consent-text-outdated")
        assert outdated.json()["facts"]["current"] == 2
        assert (await question(house, case, case.mother, "mail"))["said"] is None
        assert (await say(house, case, case.mother, "mail", version=2)).status_code == 200

    async def test_no_is_heard_to_an_earlier_version_too(self, house: House, case: Case) -> None:
        assert (await say(house, case, case.mother, "mail")).status_code == 200
        await publish(house, OWN)
        assert (await say(house, case, case.mother, "mail", given=False)).status_code == 200

    async def test_a_new_version_does_not_cover_an_old_yes(self, house: House, case: Case) -> None:
        await say(house, case, case.mother, "research")
        texts = [
            {"audience": audience, "language": "nl", "title": "Leren?", "body": "Mogen we leren?"}
            for audience in ("adult", "young", "parent")
        ]
        await publish(house, texts, "research")
        asked = await question(house, case, case.mother, "research")
        assert (asked["stale"], asked["said"]["given"], asked["said"]["version"]) == (True, True, 1)
        listed = await house.ask("GET", f"/v1/persons/{case.mother}/consents", house.coordinator(case))
        assert [item["stale"] for item in listed.json()["items"]] == [True]

    async def test_leaves_a_history_that_the_person_can_read(self, house: House, case: Case) -> None:
        for given in (True, False, False, True):
            await say(house, case, case.mother, "mail", given=given)
            house.later(minutes=1)
        answer = await house.ask("GET", "/v1/me/consents/history", house.person(case, case.mother))
        assert [item["given"] for item in answer.json()["items"]] == [True, False, True]
        events = await house.said(case, "network.consent.given.v1", "network.consent.withdrawn.v1")
        said = [row.type.split(".")[2] for row in events if row.data["person_id"] == str(case.mother)]
        assert said == ["given", "withdrawn", "given"]


class TestPublishing:
    async def test_the_words_of_now_again_make_no_version(self, house: House) -> None:
        versions = [(await publish(house, OWN)).json()["version"] for _ in range(2)]
        assert versions == [2, 2]

    async def test_counts_for_that_organisation_alone(self, house: House) -> None:
        await publish(house, OWN)
        elsewhere = uuid7()
        who = house.staff(uuid7(), elsewhere, Role.DPO) | {"kring-tenant": str(elsewhere)}
        answer = await house.ask("GET", "/v1/consent-texts/mail", who)
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
    async def test_needs_dutch_for_everyone_once(self, house: House, texts: list[dict[str, str]]) -> None:
        assert (await publish(house, texts)).status_code == 422
        assert (
            await house.rows("SELECT 1 FROM consent_text WHERE tenant = :tenant", tenant=house.tenant) == []
        )


class TestLegalBasis:
    async def test_is_that_of_the_kind_of_person_whatever_they_say(self, house: House, case: Case) -> None:
        me = await house.ask("GET", "/v1/me/consents", house.person(case, case.central))
        assert me.json()["legal_basis"] == "public-task"
        assert (await say(house, case, case.central, "taking-part", given=False)).status_code == 200
        path = f"/v1/persons/{case.central}/legal-basis"
        answer = await house.ask("GET", path, house.coordinator(case))
        assert [item["basis"] for item in answer.json()["items"]] == ["public-task"]

    async def test_is_kept_when_the_policy_changes(self, house: House, case: Case) -> None:
        body = {"legal_basis": {"circle": "consent"}}
        before = await house.add(case, "Nadia")
        assert (await house.ask("PUT", "/v1/policy", house.manager(), json=body)).status_code == 200
        after = await house.add(case, "Karim")
        found = {}
        for person in (before, after):
            path = f"/v1/persons/{person}/legal-basis"
            [item] = (await house.ask("GET", path, house.coordinator(case))).json()["items"]
            found[person] = (item["basis"], item["policy_version"])
        assert found == {before: ("legitimate-interest", 1), after: ("consent", 2)}

    async def test_is_decided_for_one_person_by_the_dpo(self, house: House, case: Case) -> None:
        path = f"/v1/persons/{case.central}/legal-basis"
        dpo = house.staff(uuid7(), house.tenant, Role.DPO)
        house.later(days=1)
        body = {"basis": "legal-obligation"}
        assert (await house.ask("PUT", path, dpo, json=body)).status_code == 200
        answer = await house.ask("PUT", path, dpo, json=body)
        assert [(item["basis"], item["policy_version"]) for item in answer.json()["items"]] == [
            ("legal-obligation", None),
            ("public-task", 1),
        ]
        refused = await house.ask("PUT", path, house.coordinator(case), json={"basis": "consent"})
        assert refused.status_code == 403
        assert (await house.ask("PUT", path, dpo, json={"basis": "because"})).status_code == 422
        elsewhere = uuid7()
        stranger = house.staff(uuid7(), elsewhere, Role.DPO) | {"kring-tenant": str(elsewhere)}
        assert code(await house.ask("GET", path, stranger)) == (404, "person-not-found")


class TestAtOnce:
    async def test_two_who_publish_make_two_versions(self, house: House) -> None:
        others = [{**text, "body": f"{text['body']} Echt."} for text in OWN]
        answers = await asyncio.gather(publish(house, OWN), publish(house, others))
        assert sorted(answer.json()["version"] for answer in answers) == [2, 3]

    async def test_the_same_yes_said_at_once_is_one(self, house: House, case: Case) -> None:
        answers = await asyncio.gather(*(say(house, case, case.mother, "mail") for _ in range(4)))
        assert {answer.status_code for answer in answers} == {200}
        history = await house.ask("GET", "/v1/me/consents/history", house.person(case, case.mother))
        assert len(history.json()["items"]) == 1
