"""People who are not to be brought in contact: nothing shows one to the other, and the coordinator is warned."""

from typing import Any
from uuid import UUID

import pytest

from shared.ids import uuid7
from tests.support.world import Case
from tests.support.world.network import Network

REASON = "contactverbod van de rechtbank"


@pytest.fixture
async def case(world: Network) -> Case:
    return await world.open_case()


async def _apart(world: Network, case: Case, one: UUID, other: UUID) -> Any:
    path = f"/v1/cases/{case.id}/no-contacts"
    body = {"person_ids": [str(one), str(other)], "reason": REASON}
    return await world.ask("POST", path, world.coordinator(case), json=body)


async def _audit_log_of(world: Network, who: dict[str, str]) -> list[Any]:
    """Return what somebody sees of what others did."""
    entries = (await world.do("GET", "/v1/me/audit-log?limit=200", who))["items"]
    return [entry for entry in entries if not entry["by_yourself"]]


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


class TestNoContact:
    async def test_is_shown_to_the_coordinator_at_both_and_why(self, world: Network, case: Case) -> None:
        aunt = await world.add(case, "Nadia")
        assert (await _apart(world, case, aunt, case.mother)).status_code == 201
        people = await world.people(case)
        assert (people["Nadia"]["not_with"], people["Samira"]["not_with"]) == (
            [str(case.mother)],
            [str(aunt)],
        )
        assert people["Ilyas"]["not_with"] == []
        path = f"/v1/cases/{case.id}/no-contacts"
        (listed,) = (await world.do("GET", path, world.coordinator(case)))["items"]
        assert (set(listed["person_ids"]), listed["reason"]) == ({str(aunt), str(case.mother)}, REASON)
        (kept,) = await world.rows("SELECT to_jsonb(no_contact)::text AS whole, sealed FROM no_contact")
        assert REASON not in kept.whole
        assert REASON.encode() not in kept.sealed

    async def test_is_published_with_who_takes_part_and_taken_back(self, world: Network, case: Case) -> None:
        aunt, tolk = await world.add(case, "Nadia"), await world.add(case, "Karim", role="interpreter")
        who = world.coordinator(case)
        for person in (aunt, tolk):
            invitation = await world.invite(case, person)
            body = {"answer": "yes", "mode": "in-person"}
            await world.ask("POST", f"/v1/invitations/{invitation}/answer", who, json=body, expect=200)
        await world.correct(case, tolk, serves=str(aunt))
        await world.ask("POST", f"/v1/cases/{case.id}/circle-ready", who, expect=200)
        await _apart(world, case, aunt, tolk)
        pair = (await world.do("GET", f"/v1/cases/{case.id}/no-contacts", who))["items"][0]["no_contact_id"]
        await world.ask("POST", f"/v1/no-contacts/{pair}/lift", who, expect=204)
        told = [
            {UUID(each["person_id"]): each for each in event.data["members"]}
            for event in await world.published("network.circle.ready.v1", case=case)
        ]
        assert [each[aunt]["not_with"] for each in told] == [[], [str(tolk)], []]
        assert [each[tolk]["not_with"] for each in told] == [[], [str(aunt)], []]
        assert {each[tolk]["serves"] for each in told} == {str(aunt)}
        refused = await world.correct(case, tolk, serves=str(uuid7()))
        assert _code(refused) == (422, "person-not-of-case")

    async def test_warns_when_both_are_invited_or_in_the_circle(self, world: Network, case: Case) -> None:
        aunt, uncle = await world.add(case, "Nadia"), await world.add(case, "Karim")
        await _apart(world, case, aunt, uncle)
        who = world.coordinator(case)
        first = await world.ask("POST", f"/v1/persons/{aunt}/invitation", who)
        assert first.json()["not_with"] == []
        second = await world.ask("POST", f"/v1/persons/{uncle}/invitation", who)
        assert second.json()["not_with"] == [str(aunt)]
        for invited in (first, second):
            path = f"/v1/invitations/{invited.json()['invitation_id']}/answer"
            await world.ask("POST", path, who, json={"answer": "yes"}, expect=200)
        ready = await world.ask("POST", f"/v1/cases/{case.id}/circle-ready", who)
        assert ready.json()["not_together"] == [sorted([str(aunt), str(uncle)])]
        found = await world.ask("GET", f"/v1/cases/{case.id}/no-contacts", who)
        lift = f"/v1/no-contacts/{found.json()['items'][0]['no_contact_id']}/lift"
        await world.ask("POST", lift, who, expect=204)
        assert _code(await world.ask("POST", lift, who)) == (404, "no-contact-not-found")
        ready = await world.ask("POST", f"/v1/cases/{case.id}/circle-ready", who)
        assert ready.json()["not_together"] == []

    async def test_keeps_a_child_from_a_parent_who_would_be_asked_about_them(self, world: Network) -> None:
        case = await world.open_case(born="2018-05-05")
        change = {"parental_authority": True, "birth_date": "1985-01-01"}
        assert (await world.correct(case, case.mother, **change)).is_success
        mother, asks = world.person(case, case.mother), {"kind": "copy", "for_person_id": str(case.central)}
        before = await world.ask("GET", "/v1/me/consents", mother)
        assert str(case.central) in before.text
        asked = await world.do("POST", "/v1/me/data-requests", mother, json=asks, expect=201)
        assert (await _apart(world, case, case.central, case.mother)).status_code == 201
        after = await world.ask("GET", "/v1/me/consents", mother)
        assert (after.status_code, str(case.central) in after.text) == (200, False)
        withdraw = f"/v1/me/data-requests/{asked['request_id']}/withdraw"
        assert _code(await world.ask("POST", withdraw, mother)) == (404, "data-request-not-found")
        await world.ask(
            "POST",
            "/v1/me/data-requests",
            mother,
            json={**asks, "kind": "correction", "text": "adres"},
            expect=403,
        )

    async def test_is_told_to_neither_by_their_audit_log(self, world: Network, case: Case) -> None:
        aunt = await world.add(case, "Nadia")
        readers = [world.person(case, case.central, role="central"), world.person(case, aunt)]
        before = [await _audit_log_of(world, who) for who in readers]
        await _apart(world, case, aunt, case.central)
        path = f"/v1/cases/{case.id}/no-contacts"
        pairs = await world.do("GET", path, world.coordinator(case))
        lift = f"/v1/no-contacts/{pairs['items'][0]['no_contact_id']}/lift"
        await world.ask("POST", lift, world.coordinator(case), expect=204)
        assert [await _audit_log_of(world, who) for who in readers] == before

    async def test_is_one_pair_of_two_people_of_the_case(self, world: Network, case: Case) -> None:
        other = await world.open_case()
        assert (await _apart(world, case, case.central, case.mother)).status_code == 201
        again = await _apart(world, case, case.mother, case.central)
        assert _code(again) == (409, "already-kept-apart")
        assert _code(await _apart(world, case, case.mother, case.mother)) == (422, "one-person-twice")
        for stranger in (other.central, uuid7()):
            refused = await _apart(world, case, case.mother, stranger)
            assert _code(refused) == (422, "person-not-of-case")

    @pytest.mark.parametrize(
        ("how", "body"),
        [("remove", {"reason": "verhuisd"}), ("exclude", {"reason": REASON}), ("erase", {"reason": "asked"})],
    )
    async def test_names_nobody_who_left_or_was_erased_and_nothing_new_does(
        self, world: Network, case: Case, how: str, body: dict[str, str]
    ) -> None:
        aunt, tolk = await world.add(case, "Nadia"), await world.add(case, "Karim", role="interpreter")
        who = world.officer() if how == "erase" else world.coordinator(case)
        assert (await world.ask("POST", f"/v1/persons/{aunt}/{how}", who, json=body)).is_success
        assert _code(await _apart(world, case, aunt, case.mother)) == (422, "person-not-of-case")
        served = await world.correct(case, tolk, serves=str(aunt))
        assert _code(served) == (422, "person-not-of-case")
        assert await world.rows("SELECT id FROM no_contact") == []

    async def test_is_forgotten_with_either_of_the_two(self, world: Network, case: Case) -> None:
        aunt = await world.add(case, "Nadia")
        await _apart(world, case, aunt, case.mother)
        dpo = world.officer()
        await world.ask("POST", f"/v1/persons/{aunt}/erase", dpo, json={"reason": "asked"}, expect=200)
        assert await world.deliver_published("network.person.erased.v1") == ["handled"]
        assert await world.rows("SELECT id FROM no_contact WHERE case_id = :case", case=case.id) == []


class TestOwnCircle:
    async def test_is_shown_by_first_name_to_who_takes_part_and_never_who_is_kept_from_them(
        self, world: Network, case: Case
    ) -> None:
        aunt, uncle = await world.add(case, "Nadia"), await world.add(case, "Karim")
        stranger = await world.add(case, "Joost")
        await _apart(world, case, aunt, uncle)
        who = world.coordinator(case)
        for person in (aunt, uncle):
            invited = await world.do("POST", f"/v1/persons/{person}/invitation", who, expect=201)
            path = f"/v1/invitations/{invited['invitation_id']}/answer"
            await world.ask("POST", path, who, json={"answer": "yes", "mode": "online"}, expect=200)
        before = await world.do("GET", "/v1/me/circle", world.person(case, uncle))
        assert before == {"items": []}
        await world.ask("POST", f"/v1/cases/{case.id}/circle-ready", who, expect=200)

        async def seen_by(person: UUID) -> dict[str, str]:
            shown = await world.do("GET", "/v1/me/circle", world.person(case, person))
            assert all(
                set(member) == {"person_id", "first_name", "role", "mode"} for member in shown["items"]
            )
            return {member["first_name"]: member["mode"] for member in shown["items"]}

        by_uncle, by_mother = await seen_by(uncle), await seen_by(case.mother)
        assert "Nadia" not in by_uncle
        assert "Samira" in by_uncle
        assert (by_mother["Nadia"], by_mother["Karim"]) == ("online", "online")
        assert await seen_by(stranger) == {}
