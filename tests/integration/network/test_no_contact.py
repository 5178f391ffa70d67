"""People who are not to be brought in contact: nothing shows one to the other, and the coordinator is warned."""

from typing import Any
from uuid import UUID

import pytest

from shared.auth import Role
from shared.ids import uuid7
from tests.integration.network.house import Case, House

WHY = "contactverbod van de rechtbank"


@pytest.fixture
async def case(house: House) -> Case:
    return await house.open_case()


async def _apart(house: House, case: Case, one: UUID, other: UUID) -> Any:
    path = f"/v1/cases/{case.id}/no-contacts"
    body = {"person_ids": [str(one), str(other)], "reason": WHY}
    return await house.ask("POST", path, house.coordinator(case), json=body)


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


class TestNoContact:
    async def test_is_shown_to_the_coordinator_at_both_and_why(self, house: House, case: Case) -> None:
        aunt = await house.add(case, "Nadia")
        assert (await _apart(house, case, aunt, case.mother)).status_code == 201
        people = await house.people(case)
        assert (people["Nadia"]["not_with"], people["Samira"]["not_with"]) == (
            [str(case.mother)],
            [str(aunt)],
        )
        assert people["Ilyas"]["not_with"] == []
        path = f"/v1/cases/{case.id}/no-contacts"
        (listed,) = (await house.ask("GET", path, house.coordinator(case))).json()["items"]
        assert (set(listed["person_ids"]), listed["reason"]) == ({str(aunt), str(case.mother)}, WHY)
        (kept,) = await house.rows("SELECT to_jsonb(no_contact)::text AS whole, sealed FROM no_contact")
        assert WHY not in kept.whole
        assert WHY.encode() not in kept.sealed

    async def test_warns_when_both_are_invited_or_in_the_circle(self, house: House, case: Case) -> None:
        aunt, uncle = await house.add(case, "Nadia"), await house.add(case, "Karim")
        await _apart(house, case, aunt, uncle)
        who = house.coordinator(case)
        first = await house.ask("POST", f"/v1/persons/{aunt}/invitation", who)
        assert first.json()["not_with"] == []
        second = await house.ask("POST", f"/v1/persons/{uncle}/invitation", who)
        assert second.json()["not_with"] == [str(aunt)]
        for invited in (first, second):
            path = f"/v1/invitations/{invited.json()['invitation_id']}/answer"
            assert (await house.ask("POST", path, who, json={"answer": "yes"})).status_code == 200
        ready = await house.ask("POST", f"/v1/cases/{case.id}/circle-ready", who)
        assert ready.json()["not_together"] == [sorted([str(aunt), str(uncle)])]
        found = await house.ask("GET", f"/v1/cases/{case.id}/no-contacts", who)
        lift = f"/v1/no-contacts/{found.json()['items'][0]['no_contact_id']}/lift"
        assert (await house.ask("POST", lift, who)).status_code == 204
        assert _code(await house.ask("POST", lift, who)) == (404, "no-contact-not-found")
        ready = await house.ask("POST", f"/v1/cases/{case.id}/circle-ready", who)
        assert ready.json()["not_together"] == []

    async def test_keeps_a_child_from_a_parent_who_would_be_asked_about_them(self, house: House) -> None:
        case = await house.open_case(born="2018-05-05")
        path = f"/v1/persons/{case.mother}"
        change = {"parental_authority": True, "birth_date": "1985-01-01"}
        changed = await house.ask("PATCH", path, house.coordinator(case), json=change)
        assert changed.status_code == 200, changed.text
        mother, asks = house.person(case, case.mother), {"kind": "copy", "for_person_id": str(case.central)}
        before = await house.ask("GET", "/v1/me/consents", mother)
        assert str(case.central) in before.text
        asked = await house.ask("POST", "/v1/me/data-requests", mother, json=asks)
        assert asked.status_code == 201, asked.text
        assert (await _apart(house, case, case.central, case.mother)).status_code == 201
        after = await house.ask("GET", "/v1/me/consents", mother)
        assert (after.status_code, str(case.central) in after.text) == (200, False)
        withdraw = f"/v1/me/data-requests/{asked.json()['request_id']}/withdraw"
        assert _code(await house.ask("POST", withdraw, mother)) == (404, "data-request-not-found")
        refused = await house.ask(
            "POST", "/v1/me/data-requests", mother, json={**asks, "kind": "correction", "text": "adres"}
        )
        assert refused.status_code == 403, refused.text

    async def test_is_one_pair_of_two_people_of_the_case(self, house: House, case: Case) -> None:
        other = await house.open_case()
        assert (await _apart(house, case, case.central, case.mother)).status_code == 201
        again = await _apart(house, case, case.mother, case.central)
        assert _code(again) == (409, "already-kept-apart")
        assert _code(await _apart(house, case, case.mother, case.mother)) == (422, "one-person-twice")
        for stranger in (other.central, uuid7()):
            refused = await _apart(house, case, case.mother, stranger)
            assert _code(refused) == (422, "person-not-of-case")

    async def test_is_forgotten_with_either_of_the_two(self, house: House, case: Case) -> None:
        aunt = await house.add(case, "Nadia")
        await _apart(house, case, aunt, case.mother)
        dpo = house.staff(uuid7(), house.tenant, Role.DPO)
        erased = await house.ask("POST", f"/v1/persons/{aunt}/erase", dpo, json={"because": "asked"})
        assert erased.status_code == 200, erased.text
        assert await house.deliver_own("network.person.erased.v1") == ["handled"]
        assert await house.rows("SELECT id FROM no_contact WHERE case_id = :case", case=case.id) == []
