"""A new link that somebody asks for themselves: it goes to its owner, and the answer tells nothing to anybody."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from shared.auth import link_token
from shared.ids import uuid7
from tests.integration.network.conftest import Sink
from tests.integration.network.test_links import _code, _exchange, _lasting_link
from tests.integration.network.test_mails import _begun, _send, _text
from tests.support.world import Case
from tests.support.world.network import Network


@pytest.fixture
async def case(world: Network) -> Case:
    return await world.open_case()


async def ask_new(world: Network, token: str) -> Any:
    return await world.http.post("/v1/links/request-new", json={"token": token})


async def kinds(world: Network, case: Case) -> list[tuple[str, UUID]]:
    return [(mail.kind, mail.recipient) for mail in await world.emails(case=case)]


class TestAskingWithAnOldLink:
    async def test_mails_a_new_one_to_its_owner(self, world: Network, case: Case, sink: Sink) -> None:
        token = await _lasting_link(world, case.central)
        world.later(days=121)
        answer = await ask_new(world, token)
        assert (answer.status_code, answer.content) == (202, b"")
        await _send(world)
        [mail] = sink.mails
        assert mail["To"] == "Ilyas <ilyas@example.org>"
        newer = await world.link_token_of(case.central)
        assert newer != token
        assert newer in _text(mail)
        assert (await _exchange(world, newer)).status_code == 200

    async def test_takes_nothing_from_the_link_that_works(
        self, world: Network, case: Case, sink: Sink
    ) -> None:
        older = await _lasting_link(world, case.central)
        await world.ask("POST", f"/v1/persons/{case.central}/link/renew", world.coordinator(case))
        present = await world.link_token_of(case.central)
        assert (await ask_new(world, older)).status_code == 202
        await _send(world)
        assert present in _text(sink.mails[-1])
        assert (await _exchange(world, present)).status_code == 200

    async def test_goes_to_the_address_that_is_known_now(
        self, world: Network, case: Case, sink: Sink
    ) -> None:
        token = await _lasting_link(world, case.central)
        assert (await world.correct(case, case.central, email="ilyas.nieuw@example.org")).is_success
        await ask_new(world, token)
        await _send(world)
        assert [mail["To"] for mail in sink.mails] == ["Ilyas <ilyas.nieuw@example.org>"]

    async def test_answers_the_same_to_anything_and_mails_nothing(self, world: Network, case: Case) -> None:
        working = await _lasting_link(world, case.central)
        revoked = await _lasting_link(world, case.mother)
        await world.ask("POST", f"/v1/persons/{case.mother}/link/revoke", world.coordinator(case))
        aunt = await world.add(case, "Nadia")
        removed = await _lasting_link(world, aunt)
        await world.ask("POST", f"/v1/persons/{aunt}/remove", world.coordinator(case), json={"reason": "x"})
        made_up = link_token(b"not the key" * 3, uuid7(), 1)
        mangled = working[:40] + ("A" if working[40] != "A" else "B") + working[41:]
        answers = [
            await ask_new(world, token)
            for token in (working, revoked, removed, made_up, mangled, "x", "é" * 64, "=" * 64)
        ]
        assert {(answer.status_code, answer.content) for answer in answers} == {(202, b"")}
        world.later(days=121)
        for token in (revoked, removed, mangled):
            assert (await ask_new(world, token)).status_code == 202
        assert await kinds(world, case) == []

    @pytest.mark.parametrize(
        "body", [{}, {"token": ""}, {"token": 1}, {"token": "x" * 201}, {"tokens": "x"}, []]
    )
    async def test_refuses_what_is_no_request(self, world: Network, body: Any) -> None:
        assert (await world.http.post("/v1/links/request-new", json=body)).status_code == 422

    async def test_mails_a_few_times_a_day_however_often_it_is_asked(
        self, world: Network, case: Case
    ) -> None:
        token = await _lasting_link(world, case.central)
        world.later(days=121)
        answers = await asyncio.gather(*(ask_new(world, token) for _ in range(6)))
        assert {answer.status_code for answer in answers} == {202}
        assert await kinds(world, case) == [("link-asked", case.central)] * 3
        world.later(days=1)
        await ask_new(world, token)
        assert len(await kinds(world, case)) == 4

    async def test_is_answered_after_the_case_has_stopped_and_not_once_erased(
        self, world: Network, case: Case
    ) -> None:
        token = await _lasting_link(world, case.central)
        world.later(days=121)
        await world.handle(case.withdrawn())
        await ask_new(world, token)
        assert ("link-asked", case.central) in await kinds(world, case)

    async def test_mails_nothing_to_who_wants_no_mail(self, world: Network, case: Case, sink: Sink) -> None:
        token = await _lasting_link(world, case.central)
        world.later(days=121)
        body = {"given": False, "version": 1}
        await world.ask("PUT", "/v1/me/consents/mail", world.person(case, case.central), json=body)
        await ask_new(world, token)
        await _send(world)
        assert sink.mails == []


class TestRenewingOnesOwn:
    async def test_withdraws_what_was_passed_on_and_mails_a_new_one(
        self, world: Network, case: Case, sink: Sink
    ) -> None:
        token = await _lasting_link(world, case.central)
        who = world.person(case, case.central)
        answer = await world.ask("POST", "/v1/me/link/renew", who)
        assert (answer.status_code, answer.content) == (204, b"")
        assert _code(await _exchange(world, token)) == (410, "link-replaced")
        await _send(world)
        assert [mail["To"] for mail in sink.mails] == ["Ilyas <ilyas@example.org>"]
        assert await world.link_token_of(case.central) in _text(sink.mails[0])

    async def test_leaves_nobody_without_a_link(self, world: Network, case: Case) -> None:
        token = await _lasting_link(world, case.central)
        who = world.person(case, case.central)
        await world.ask("PUT", "/v1/me/consents/mail", who, json={"given": False, "version": 1})
        assert _code(await world.ask("POST", "/v1/me/link/renew", who)) == (409, "not-reachable")
        aunt = await world.add(case, "Nadia", email=None)
        assert _code(await world.ask("POST", "/v1/me/link/renew", world.person(case, aunt))) == (
            409,
            "not-reachable",
        )
        assert (await _exchange(world, token)).status_code == 200

    async def test_is_possible_a_few_times_a_day(self, world: Network, case: Case) -> None:
        who = world.person(case, case.central)
        for _ in range(3):
            await world.ask("POST", "/v1/me/link/renew", who, expect=204)
            access = await _exchange(world, await world.link_token_of(case.central))
            who = {"authorization": f"Bearer {access.json()['access_token']}"}
        refused = await world.ask("POST", "/v1/me/link/renew", who)
        assert _code(refused) == (429, "link-asked-often")
        assert refused.headers["retry-after"] == str(24 * 60 * 60)
        world.later(days=1)
        await world.ask("POST", "/v1/me/link/renew", who, expect=204)


class TestAddress:
    async def test_says_neither_whom_nor_what(self, world: Network, case: Case, sink: Sink) -> None:
        await _begun(world, case.central, case)
        await world.ask("POST", f"/v1/persons/{case.central}/link/renew", world.coordinator(case))
        await _send(world)
        assert len(sink.mails) == 2
        for mail in sink.mails:
            for known in (case.id, case.central, case.tenant):
                assert str(known) not in _text(mail)
