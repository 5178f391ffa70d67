"""A new link that somebody asks for themselves: it goes to its owner, and the answer tells nothing to anybody."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from shared.auth import link_token
from shared.ids import uuid7
from tests.integration.network.conftest import Sink
from tests.integration.network.house import Case, House
from tests.integration.network.test_links import _code, _exchange, _lasting_link
from tests.integration.network.test_mails import _begun, _send, _text


@pytest.fixture
async def case(house: House) -> Case:
    return await house.open_case()


async def ask_new(house: House, token: str) -> Any:
    return await house.http.post("/v1/links/request-new", json={"token": token})


async def kinds(house: House, case: Case) -> list[tuple[str, UUID]]:
    return [(mail.kind, mail.recipient) for mail in await house.mails(case)]


class TestAskingWithAnOldLink:
    async def test_mails_a_new_one_to_its_owner(self, house: House, case: Case, sink: Sink) -> None:
        token = await _lasting_link(house, case.central)
        house.later(days=121)
        answer = await ask_new(house, token)
        assert (answer.status_code, answer.content) == (202, b"")
        await _send(house)
        [mail] = sink.mails
        assert mail["To"] == "Ilyas <ilyas@example.org>"
        newer = await house.link_token_of(case.central)
        assert newer != token
        assert newer in _text(mail)
        assert (await _exchange(house, newer)).status_code == 200

    async def test_takes_nothing_from_the_link_that_works(self, house: House, case: Case, sink: Sink) -> None:
        older = await _lasting_link(house, case.central)
        await house.ask("POST", f"/v1/persons/{case.central}/link/renew", house.coordinator(case))
        present = await house.link_token_of(case.central)
        assert (await ask_new(house, older)).status_code == 202
        await _send(house)
        assert present in _text(sink.mails[-1])
        assert (await _exchange(house, present)).status_code == 200

    async def test_goes_to_the_address_that_is_known_now(self, house: House, case: Case, sink: Sink) -> None:
        token = await _lasting_link(house, case.central)
        body = {"email": "ilyas.nieuw@example.org"}
        await house.ask("PATCH", f"/v1/persons/{case.central}", house.coordinator(case), json=body)
        await ask_new(house, token)
        await _send(house)
        assert [mail["To"] for mail in sink.mails] == ["Ilyas <ilyas.nieuw@example.org>"]

    async def test_answers_the_same_to_anything_and_mails_nothing(self, house: House, case: Case) -> None:
        working = await _lasting_link(house, case.central)
        revoked = await _lasting_link(house, case.mother)
        await house.ask("POST", f"/v1/persons/{case.mother}/link/revoke", house.coordinator(case))
        aunt = await house.add(case, "Nadia")
        removed = await _lasting_link(house, aunt)
        await house.ask("POST", f"/v1/persons/{aunt}/remove", house.coordinator(case), json={"reason": "x"})
        made_up = link_token(b"not the key" * 3, uuid7(), 1)
        mangled = working[:40] + ("A" if working[40] != "A" else "B") + working[41:]
        answers = [
            await ask_new(house, token)
            for token in (working, revoked, removed, made_up, mangled, "x", "é" * 64, "=" * 64)
        ]
        assert {(answer.status_code, answer.content) for answer in answers} == {(202, b"")}
        house.later(days=121)
        for token in (revoked, removed, mangled):
            assert (await ask_new(house, token)).status_code == 202
        assert await kinds(house, case) == []

    @pytest.mark.parametrize(
        "body", [{}, {"token": ""}, {"token": 1}, {"token": "x" * 201}, {"tokens": "x"}, []]
    )
    async def test_refuses_what_is_no_request(self, house: House, body: Any) -> None:
        assert (await house.http.post("/v1/links/request-new", json=body)).status_code == 422

    async def test_mails_a_few_times_a_day_however_often_it_is_asked(self, house: House, case: Case) -> None:
        token = await _lasting_link(house, case.central)
        house.later(days=121)
        answers = await asyncio.gather(*(ask_new(house, token) for _ in range(6)))
        assert {answer.status_code for answer in answers} == {202}
        assert await kinds(house, case) == [("link-asked", case.central)] * 3
        house.later(days=1)
        await ask_new(house, token)
        assert len(await kinds(house, case)) == 4

    async def test_is_answered_after_the_case_has_stopped_and_not_once_erased(
        self, house: House, case: Case
    ) -> None:
        token = await _lasting_link(house, case.central)
        house.later(days=121)
        await house.withdraw(case)
        await ask_new(house, token)
        assert ("link-asked", case.central) in await kinds(house, case)

    async def test_mails_nothing_to_who_wants_no_mail(self, house: House, case: Case, sink: Sink) -> None:
        token = await _lasting_link(house, case.central)
        house.later(days=121)
        body = {"given": False, "version": 1}
        await house.ask("PUT", "/v1/me/consents/mail", house.person(case, case.central), json=body)
        await ask_new(house, token)
        await _send(house)
        assert sink.mails == []


class TestRenewingOnesOwn:
    async def test_withdraws_what_was_passed_on_and_mails_a_new_one(
        self, house: House, case: Case, sink: Sink
    ) -> None:
        token = await _lasting_link(house, case.central)
        who = house.person(case, case.central)
        answer = await house.ask("POST", "/v1/me/link/renew", who)
        assert (answer.status_code, answer.content) == (204, b"")
        assert _code(await _exchange(house, token)) == (410, "link-replaced")
        await _send(house)
        assert [mail["To"] for mail in sink.mails] == ["Ilyas <ilyas@example.org>"]
        assert await house.link_token_of(case.central) in _text(sink.mails[0])

    async def test_leaves_nobody_without_a_link(self, house: House, case: Case) -> None:
        token = await _lasting_link(house, case.central)
        who = house.person(case, case.central)
        await house.ask("PUT", "/v1/me/consents/mail", who, json={"given": False, "version": 1})
        assert _code(await house.ask("POST", "/v1/me/link/renew", who)) == (409, "not-reachable")
        aunt = await house.add(case, "Nadia", email=None)
        assert _code(await house.ask("POST", "/v1/me/link/renew", house.person(case, aunt))) == (
            409,
            "not-reachable",
        )
        assert (await _exchange(house, token)).status_code == 200

    async def test_is_possible_a_few_times_a_day(self, house: House, case: Case) -> None:
        who = house.person(case, case.central)
        statuses = [(await house.ask("POST", "/v1/me/link/renew", who)).status_code for _ in range(3)]
        assert statuses == [204, 204, 204]
        refused = await house.ask("POST", "/v1/me/link/renew", who)
        assert _code(refused) == (429, "link-asked-often")
        assert refused.headers["retry-after"] == str(24 * 60 * 60)
        house.later(days=1)
        assert (await house.ask("POST", "/v1/me/link/renew", who)).status_code == 204


class TestAddress:
    async def test_says_neither_whom_nor_what(self, house: House, case: Case, sink: Sink) -> None:
        await _begun(house, case.central, case)
        await house.ask("POST", f"/v1/persons/{case.central}/link/renew", house.coordinator(case))
        await _send(house)
        assert len(sink.mails) == 2
        for mail in sink.mails:
            for known in (case.id, case.central, case.tenant):
                assert str(known) not in _text(mail)
