"""Personal links: exchanged for access, renewed, withdrawn, expired, guessed at."""

import base64
from typing import Any
from uuid import UUID

import pytest

from services.network import queries
from services.network.operations import links
from shared.auth import link_token
from shared.database import Scope
from shared.ids import uuid7
from tests.integration.network.house import Case, House


async def _lasting_link(house: House, person: UUID) -> str:
    async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
        found = await queries.person(session, tenant=house.tenant, person_id=person)
        await links.usable(session, person=found, now=house.clock.moment)
    return await house.link_token_of(person)


async def _exchange(house: House, token: str) -> Any:
    return await house.http.post("/v1/links/exchange", json={"token": token})


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


@pytest.fixture
async def case(house: House) -> Case:
    return await house.open_case()


class TestExchange:
    async def test_gives_the_access_of_that_one_person(self, house: House, case: Case) -> None:
        token = await _lasting_link(house, case.central)
        answer = await _exchange(house, token)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["person_id"], body["case_id"], body["tenant"], body["case_role"]) == (
            str(case.central),
            str(case.id),
            str(case.tenant),
            "central",
        )
        assert body["expires_in"] == 900
        me = await house.http.get("/v1/me", headers={"authorization": f"Bearer {body['access_token']}"})
        assert me.json() == {
            "first_name": "Ilyas",
            "case_id": str(case.id),
            "person_id": str(case.central),
            "role": "central",
            "language": "nl",
            "invitation": None,
        }

    async def test_lets_a_child_under_twelve_read_and_answer_but_decide_nothing(self, house: House) -> None:
        case = await house.open_case(born="2014-03-03")
        await house.invite(case, case.central)
        answer = await _exchange(house, await _lasting_link(house, case.central))
        child = {"authorization": f"Bearer {answer.json()['access_token']}"}
        yes, no = {"given": True, "version": 1}, {"given": False, "version": 1}
        for method, path, body in (
            ("POST", "/v1/me/proposals", {"first_name": "Oma", "last_name": "Testman"}),
            ("PUT", "/v1/me/consents/research", yes),
        ):
            refused = await house.ask(method, path, child, json=body)
            assert _code(refused) == (403, "from-twelve-on"), path
        assert (await house.ask("GET", "/v1/me", child)).status_code == 200
        for method, path, body in (
            ("PUT", "/v1/me/consents/research", no),
            ("POST", "/v1/me/invitation/answer", {"answer": "no"}),
        ):
            allowed = await house.ask(method, path, child, json=body)
            assert allowed.status_code == 200, (path, allowed.text)

    async def test_takes_nobody_for_a_child_from_their_twelfth_birthday_on(self, house: House) -> None:
        case = await house.open_case(born="2014-03-02")
        answer = await _exchange(house, await _lasting_link(house, case.central))
        someone = {"authorization": f"Bearer {answer.json()['access_token']}"}
        body = {"first_name": "Oma", "last_name": "Testman"}
        assert (await house.ask("POST", "/v1/me/proposals", someone, json=body)).status_code == 201

    async def test_stores_nothing_that_lets_anyone_in(self, house: House, case: Case) -> None:
        token = await _lasting_link(house, case.central)
        stored = await house.rows(
            "SELECT to_jsonb(personal_link)::text AS whole FROM personal_link WHERE person_id = :id",
            id=case.central,
        )
        raw = base64.urlsafe_b64decode(token)
        assert token not in stored[0].whole
        assert raw[16:].hex() not in stored[0].whole

    async def test_refuses_what_is_no_link(self, house: House, case: Case) -> None:
        token = await _lasting_link(house, case.central)
        flipped = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
        unknown = link_token(links.link_key(house.context), uuid7(), 1)
        for wrong in ("x", "é" * 64, "=" * 64, token[:-1], flipped, unknown, "A" * 64):
            assert _code(await _exchange(house, wrong)) == (404, "link-not-found")
        assert (await house.http.post("/v1/links/exchange", json={"token": ""})).status_code == 422
        assert (await house.http.post("/v1/links/exchange", content=b"[" * 90_000)).status_code in (400, 422)

    async def test_ends_with_its_time_and_old_letters_stay_worthless(self, house: House, case: Case) -> None:
        token = await _lasting_link(house, case.central)
        house.later(days=121)
        assert _code(await _exchange(house, token)) == (410, "link-expired")
        newer = await _lasting_link(house, case.central)
        assert newer != token
        assert (await _exchange(house, newer)).status_code == 200
        assert _code(await _exchange(house, token)) == (410, "link-replaced")

    async def test_lasts_longer_with_every_mail(self, house: House, case: Case) -> None:
        token = await _lasting_link(house, case.central)
        house.later(days=100)
        assert await _lasting_link(house, case.central) == token
        house.later(days=100)
        assert (await _exchange(house, token)).status_code == 200

    async def test_ends_when_the_person_leaves(self, house: House, case: Case) -> None:
        aunt = await house.add(case, "Nadia")
        token = await _lasting_link(house, aunt)
        await house.ask("POST", f"/v1/persons/{aunt}/remove", house.coordinator(case), json={"reason": "x"})
        assert _code(await _exchange(house, token)) == (410, "link-revoked")

    async def test_ends_when_the_address_turns_out_to_be_wrong(self, house: House, case: Case) -> None:
        aunt = await house.add(case, "Nadia")
        token = await _lasting_link(house, aunt)
        path = f"/v1/persons/{aunt}"
        await house.ask("PATCH", path, house.coordinator(case), json={"phone": "+32 470 12 34 56"})
        assert (await _exchange(house, token)).status_code == 200
        await house.ask("PATCH", path, house.coordinator(case), json={"email": "nadia2@example.org"})
        assert _code(await _exchange(house, token)) == (410, "link-replaced")

    async def test_works_after_the_case_has_stopped_for_reading_only(self, house: House, case: Case) -> None:
        token = await _lasting_link(house, case.central)
        await house.withdraw(case)
        assert (await _exchange(house, token)).status_code == 200


class TestRenewAndRevoke:
    async def test_a_new_link_makes_the_old_worthless_and_is_mailed(self, house: House, case: Case) -> None:
        token = await _lasting_link(house, case.central)
        path = f"/v1/persons/{case.central}/link"
        answer = await house.ask("POST", f"{path}/renew", house.coordinator(case))
        assert answer.status_code == 204
        assert _code(await _exchange(house, token)) == (410, "link-replaced")
        assert (await _exchange(house, await house.link_token_of(case.central))).status_code == 200
        assert [mail.kind for mail in await house.mails(case)] == ["link-renewed"]

    async def test_a_withdrawn_link_opens_nothing_until_renewed(self, house: House, case: Case) -> None:
        token = await _lasting_link(house, case.central)
        path = f"/v1/persons/{case.central}/link"
        for _ in range(2):
            assert (await house.ask("POST", f"{path}/revoke", house.coordinator(case))).status_code == 204
        assert _code(await _exchange(house, token)) == (410, "link-revoked")
        await house.ask("POST", f"{path}/renew", house.manager())
        assert (await _exchange(house, await house.link_token_of(case.central))).status_code == 200

    async def test_is_for_the_coordinator_and_the_tenants_manager(self, house: House, case: Case) -> None:
        path = f"/v1/persons/{case.central}/link/revoke"
        assert (await house.ask("POST", path, house.person(case, case.central))).status_code == 403
        elsewhere = house.manager() | {"kring-tenant": str(uuid7())}
        assert (await house.ask("POST", path, elsewhere)).status_code == 403
