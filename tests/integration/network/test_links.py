"""Personal links: exchanged for access, renewed, withdrawn, expired, guessed at."""

import base64
import json
from typing import Any
from uuid import UUID

import pytest

from services.network import queries
from services.network.operations import links
from shared.auth import link_token
from shared.ids import uuid7
from tests.support.world import Case
from tests.support.world.network import Network


async def _lasting_link(world: Network, person: UUID) -> str:
    async with world.transaction() as session:
        found = await queries.person(session, tenant=world.tenant, person_id=person)
        await links.usable(session, person=found, now=world.clock.time)
    return await world.link_token_of(person)


async def _exchange(world: Network, token: str) -> Any:
    return await world.http.post("/v1/links/exchange", json={"token": token})


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


@pytest.fixture
async def case(world: Network) -> Case:
    return await world.open_case()


class TestExchange:
    async def test_gives_the_access_of_that_one_person(self, world: Network, case: Case) -> None:
        token = await _lasting_link(world, case.central)
        answer = await _exchange(world, token)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["person_id"], body["case_id"], body["tenant"], body["case_role"]) == (
            str(case.central),
            str(case.id),
            str(case.tenant),
            "central",
        )
        assert body["expires_in"] == 900
        me = await world.http.get("/v1/me", headers={"authorization": f"Bearer {body['access_token']}"})
        assert me.json() == {
            "first_name": "Ilyas",
            "case_id": str(case.id),
            "case_status": "open",
            "person_id": str(case.central),
            "role": "central",
            "language": "nl",
            "age": "twelve-to-seventeen",
            "reads_with": [],
            "decides_for_child": False,
            "asks_for": [],
            "needs": [],
            "needs_words": None,
            "invitation": None,
        }

    async def test_of_a_child_under_twelve_says_with_whom_they_read(self, world: Network, case: Case) -> None:
        case = await world.open_case(born="2020-03-03")
        child = world.person(case, case.central)
        assert (await world.do("GET", "/v1/me", child))["reads_with"] == []
        assert (await world.correct(case, case.mother, parental_authority=True)).is_success
        me = await world.do("GET", "/v1/me", child)
        assert (me["age"], me["reads_with"]) == ("under-twelve", ["Samira"])
        mother = await world.do("GET", "/v1/me", world.person(case, case.mother))
        assert (mother["age"], mother["reads_with"], mother["decides_for_child"]) == ("unknown", [], True)
        assert not me["decides_for_child"]

    async def test_stands_in_the_audit_log_as_ones_own_visit(self, world: Network, case: Case) -> None:
        token = await _lasting_link(world, case.central)
        await _exchange(world, token)
        who = world.person(case, case.central)
        (newest, *_) = (await world.do("GET", "/v1/me/audit-log", who))["items"]
        assert (newest["what"], newest["by"], newest["by_yourself"]) == (["person"], "person", True)

    async def test_is_answered_anew_each_time_and_no_answer_is_kept(self, world: Network, case: Case) -> None:
        token = await _lasting_link(world, case.central)
        headers = {"idempotency-key": "once"}
        path = "/v1/links/exchange"
        answer = await world.http.post(path, json={"token": token}, headers=headers)
        assert answer.status_code == 200
        assert await world.rows("SELECT 1 FROM idempotency_key") == []
        revoke = f"/v1/persons/{case.central}/link/revoke"
        await world.ask("POST", revoke, world.coordinator(case), expect=204)
        again = await world.http.post(path, json={"token": token}, headers=headers)
        assert _code(again) == (410, "link-revoked")

    async def test_lets_a_child_under_twelve_read_and_answer_but_decide_nothing(self, world: Network) -> None:
        case = await world.open_case(born="2014-03-03")
        await world.invite(case, case.central)
        answer = await _exchange(world, await _lasting_link(world, case.central))
        child = {"authorization": f"Bearer {answer.json()['access_token']}"}
        yes, no = {"given": True, "version": 1}, {"given": False, "version": 1}
        for method, path, body in (
            ("POST", "/v1/me/proposals", {"first_name": "Oma", "last_name": "Testman"}),
            ("PUT", "/v1/me/consents/research", yes),
        ):
            refused = await world.ask(method, path, child, json=body)
            assert _code(refused) == (403, "from-twelve-on"), path
        await world.ask("GET", "/v1/me", child, expect=200)
        for method, path, body in (
            ("PUT", "/v1/me/consents/research", no),
            ("POST", "/v1/me/invitation/answer", {"answer": "no"}),
        ):
            await world.ask(method, path, child, json=body, expect=200)

    @pytest.mark.parametrize(
        ("born", "authority", "decides"),
        [("2014-03-03", True, True), ("2014-03-02", True, False), ("2014-03-03", False, False)],
    )
    async def test_says_who_decides_for_a_child_until_their_twelfth_birthday(
        self, world: Network, born: str, authority: bool, decides: bool
    ) -> None:
        case = await world.open_case(born=born)
        assert (await world.correct(case, case.mother, parental_authority=authority)).is_success
        answer = await _exchange(world, await _lasting_link(world, case.mother))
        claims = json.loads(base64.urlsafe_b64decode(answer.json()["access_token"].split(".")[1] + "=="))
        assert claims.get("decides_for", []) == ([str(case.central)] if decides else [])

    async def test_takes_nobody_for_a_child_from_their_twelfth_birthday_on(self, world: Network) -> None:
        case = await world.open_case(born="2014-03-02")
        answer = await _exchange(world, await _lasting_link(world, case.central))
        someone = {"authorization": f"Bearer {answer.json()['access_token']}"}
        body = {"first_name": "Oma", "last_name": "Testman"}
        await world.ask("POST", "/v1/me/proposals", someone, json=body, expect=201)

    async def test_stores_nothing_that_lets_anyone_in(self, world: Network, case: Case) -> None:
        token = await _lasting_link(world, case.central)
        stored = await world.rows(
            "SELECT to_jsonb(personal_link)::text AS whole FROM personal_link WHERE person_id = :id",
            id=case.central,
        )
        raw = base64.urlsafe_b64decode(token)
        assert token not in stored[0].whole
        assert raw[16:].hex() not in stored[0].whole

    async def test_refuses_what_is_no_link(self, world: Network, case: Case) -> None:
        token = await _lasting_link(world, case.central)
        flipped = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
        unknown = link_token(links.link_key(world.context), uuid7(), 1)
        for wrong in ("x", "é" * 64, "=" * 64, token[:-1], flipped, unknown, "A" * 64):
            assert _code(await _exchange(world, wrong)) == (404, "link-not-found")
        assert (await world.http.post("/v1/links/exchange", json={"token": ""})).status_code == 422
        assert (await world.http.post("/v1/links/exchange", content=b"[" * 90_000)).status_code in (400, 422)

    async def test_ends_with_its_time_and_old_letters_stay_worthless(
        self, world: Network, case: Case
    ) -> None:
        token = await _lasting_link(world, case.central)
        world.later(days=121)
        assert _code(await _exchange(world, token)) == (410, "link-expired")
        newer = await _lasting_link(world, case.central)
        assert newer != token
        assert (await _exchange(world, newer)).status_code == 200
        assert _code(await _exchange(world, token)) == (410, "link-replaced")

    async def test_lasts_longer_with_every_mail(self, world: Network, case: Case) -> None:
        token = await _lasting_link(world, case.central)
        world.later(days=100)
        assert await _lasting_link(world, case.central) == token
        world.later(days=100)
        assert (await _exchange(world, token)).status_code == 200

    async def test_ends_when_the_person_leaves(self, world: Network, case: Case) -> None:
        aunt = await world.add(case, "Nadia")
        token = await _lasting_link(world, aunt)
        await world.ask("POST", f"/v1/persons/{aunt}/remove", world.coordinator(case), json={"reason": "x"})
        assert _code(await _exchange(world, token)) == (410, "link-revoked")

    async def test_ends_when_the_address_turns_out_to_be_wrong(self, world: Network, case: Case) -> None:
        aunt = await world.add(case, "Nadia")
        token = await _lasting_link(world, aunt)
        assert (await world.correct(case, aunt, phone="+32 470 12 34 56")).is_success
        assert (await _exchange(world, token)).status_code == 200
        assert (await world.correct(case, aunt, email="nadia2@example.org")).is_success
        assert _code(await _exchange(world, token)) == (410, "link-replaced")

    async def test_stays_when_the_same_address_is_written_otherwise(self, world: Network, case: Case) -> None:
        aunt = await world.add(case, "Nadia")
        token = await _lasting_link(world, aunt)
        assert (await world.correct(case, aunt, email=" Nadia@Example.ORG ")).is_success
        assert (await _exchange(world, token)).status_code == 200

    async def test_works_after_the_case_has_stopped_for_reading_only(
        self, world: Network, case: Case
    ) -> None:
        token = await _lasting_link(world, case.central)
        await world.handle(case.withdrawn())
        assert (await _exchange(world, token)).status_code == 200


class TestRenewAndRevoke:
    async def test_a_new_link_makes_the_old_worthless_and_is_mailed(self, world: Network, case: Case) -> None:
        token = await _lasting_link(world, case.central)
        path = f"/v1/persons/{case.central}/link"
        await world.ask("POST", f"{path}/renew", world.coordinator(case), expect=204)
        assert _code(await _exchange(world, token)) == (410, "link-replaced")
        assert (await _exchange(world, await world.link_token_of(case.central))).status_code == 200
        assert [mail.kind for mail in await world.emails(case=case)] == ["link-renewed"]

    async def test_a_withdrawn_link_opens_nothing_until_renewed(self, world: Network, case: Case) -> None:
        token = await _lasting_link(world, case.central)
        path = f"/v1/persons/{case.central}/link"
        for _ in range(2):
            await world.ask("POST", f"{path}/revoke", world.coordinator(case), expect=204)
        assert _code(await _exchange(world, token)) == (410, "link-revoked")
        await world.ask("POST", f"{path}/renew", world.manager())
        assert (await _exchange(world, await world.link_token_of(case.central))).status_code == 200

    async def test_whoever_is_in_with_a_withdrawn_link_is_out_and_gets_no_new_one(
        self, world: Network, case: Case
    ) -> None:
        await _lasting_link(world, case.central)
        inside = world.person(case, case.central)
        await world.ask("GET", "/v1/me", inside, expect=200)
        path = f"/v1/persons/{case.central}/link"
        await world.ask("POST", f"{path}/revoke", world.coordinator(case), expect=204)
        for method, mine in (("GET", ""), ("GET", "/circle"), ("POST", "/link/renew")):
            assert _code(await world.ask(method, f"/v1/me{mine}", inside)) == (410, "link-over")
        assert await world.emails(case=case) == []
        await world.ask("POST", f"{path}/renew", world.coordinator(case), expect=204)
        assert _code(await world.ask("GET", "/v1/me", inside)) == (410, "link-over")
        access = (await _exchange(world, await world.link_token_of(case.central))).json()["access_token"]
        await world.ask("GET", "/v1/me", {"authorization": f"Bearer {access}"}, expect=200)

    async def test_is_for_the_coordinator_and_the_tenants_manager(self, world: Network, case: Case) -> None:
        path = f"/v1/persons/{case.central}/link/revoke"
        await world.ask("POST", path, world.person(case, case.central), expect=403)
        elsewhere = world.manager() | {"kring-tenant": str(uuid7())}
        await world.ask("POST", path, elsewhere, expect=403)
