"""Referrals: who may send one, what it must hold, deciding once, and what it costs."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.intake.operations.indexing import reindex_referrals
from services.intake.queries.referrals import MAX_ALSO_REFERRED
from shared.auth import Role
from shared.events import network
from shared.events.intake import ReferralReceived
from shared.ids import uuid7
from shared.outbox import envelope
from shared.vault import Vault
from tests.support.erased import destroy_in
from tests.support.statements import count_statements
from tests.support.world.base import EVENTS
from tests.support.world.intake import Intake
from tests.support.world.principals import Headers


class TestReceiveReferral:
    async def test_seals_what_it_says_and_tells_of_it_without_names(self, world: Intake) -> None:
        referral_id = await world.refer()
        (row,) = await world.rows("SELECT * FROM referral")
        assert (row.id, row.state, row.minors) == (referral_id, "received", True)
        assert row.themes == ["school-drop-out", "out-of-home-placement"]
        people = await world.rows("SELECT role, position, sealed FROM referral_person ORDER BY position")
        assert [person.role for person in people] == ["central", "representative"]
        assert not any(b"Wannes" in bytes(each.sealed) for each in [row, *people])
        (event,) = await world.rows("SELECT type, case_id, data FROM outbox WHERE case_id IS NOT NULL")
        assert event.type == "intake.referral.received.v1"
        assert event.case_id == row.case_id
        assert "Wannes" not in str(event.data)

    async def test_needs_few_round_trips(self, world: Intake) -> None:
        await world.refer()
        statements: list[str] = []
        count_statements(world.context.database.engine, statements)
        await world.refer()
        # The policy with the calendar, the organisations, the keys, all rows with other referrals of them, the clock,
        # the events, the audit log.
        assert len(statements) == 7, statements

    async def test_lets_somebody_refer_themselves_without_an_account(self, world: Intake) -> None:
        referral_id = await world.refer_oneself()
        shown = await world.do("GET", f"/v1/referrals/{referral_id}", world.manager())
        assert (shown["kind"], shown["referring_organisation_id"]) == ("self", None)
        assert shown["persons"][0]["first_name"] == "Marijke"

    async def test_who_refers_themselves_refers_nobody_else(self, world: Intake) -> None:
        person = {"ref": "p2", "role": "circle", "first_name": "Buur", "last_name": "Man"}
        body = world.own_referral()
        who = {"kring-tenant": str(world.tenant)}
        refused = await world.refused(
            "POST", "/v1/referrals", who, json=body | {"persons": [*body["persons"], person]}
        )
        assert refused == (422, "self-referral-of-others")

    async def test_an_acquaintance_refers_others_who_agreed(self, world: Intake) -> None:
        who = {"kring-tenant": str(world.tenant)}
        body = world.referral(kind="acquaintance")
        answer = await world.do("POST", "/v1/referrals", who, json=body)
        case = await world.open_case(UUID(answer["referral_id"]))
        (opened,) = await world.published("intake.case.opened.v1", case=case)
        assert opened.data["mandated_organisation"] == str(world.mandated)
        persons = [person | {"consent": None} for person in body["persons"]]
        refused = await world.refused("POST", "/v1/referrals", who, json=body | {"persons": persons})
        assert refused == (422, "consent-missing")

    async def test_what_is_refused_takes_no_key(self, world: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
        async def take(*_arguments: Any, **_named: Any) -> None:
            raise AssertionError("a key was taken that nothing would ever be sealed with")

        monkeypatch.setattr(Vault, "prepare", take)
        nobodys = {"kring-tenant": str(uuid7())}
        refused = await world.refused("POST", "/v1/referrals", nobodys, json=world.own_referral())
        assert refused == (404, "tenant-not-found")
        unknown = world.referral(mandated_organisation_id=str(uuid7()))
        refused = await world.refused("POST", "/v1/referrals", world.referrer(), json=unknown)
        assert refused == (422, "organisation-unknown")

    async def test_who_refers_themselves_has_no_mandated_side(self, world: Intake) -> None:
        for change in ({"mandated_organisation_id": str(world.mandated)}, {"bottom_lines": ["Nooit"]}):
            body = world.own_referral(**change)
            who = {"kring-tenant": str(world.tenant)}
            assert (await world.refused("POST", "/v1/referrals", who, json=body))[1] == (
                "no-mandate-in-self-referral"
            )

    @pytest.mark.parametrize(
        ("births", "refused"),
        [(["1990-01-15"], True), (["1990-01-15", "2015-01-15"], False), (["1990-01-15", None], False)],
    )
    async def test_nobody_has_to_accept_the_plan_of_adults(
        self, world: Intake, births: list[str | None], refused: bool
    ) -> None:
        body = world.referral()
        boy, mother = body["persons"]
        central = [{**boy, "ref": f"c{number}", "birth_date": born} for number, born in enumerate(births)]
        sent = {**body, "persons": [*central, mother]}
        answer = await world.ask("POST", "/v1/referrals", world.referrer(), json=sent)
        if refused:
            assert answer.json()["type"].rsplit("/")[-1] == "no-mandate-for-adults"
            # What the plan must respect is told to their circle all the same.
            del sent["mandated_organisation_id"]
            answer = await world.ask("POST", "/v1/referrals", world.referrer(), json=sent)
        assert answer.status_code == 201, answer.text

    @pytest.mark.parametrize("who", ["nobody", "manager", "person"])
    async def test_only_referrers_refer_others(self, world: Intake, who: str) -> None:
        case = await world.open_case()
        headers = {
            "nobody": {"kring-tenant": str(world.tenant)},
            "manager": world.manager(),
            "person": world.person(case, role="central"),
        }[who]
        refused = await world.refused("POST", "/v1/referrals", headers, json=world.referral())
        assert refused == (403, "referrer-needed")

    async def test_a_bad_token_is_not_taken_for_none(self, world: Intake) -> None:
        headers = {"kring-tenant": str(world.tenant), "authorization": "Bearer x.y.z"}
        refused = await world.refused("POST", "/v1/referrals", headers, json=world.own_referral())
        assert refused == (401, "token-not-accepted")

    async def test_needs_a_tenant_that_runs_conferences(self, world: Intake) -> None:
        for tenant in (uuid4(), world.school):
            who = world.staff(world.referrer_id, world.school, Role.REFERRER, tenant=tenant)
            assert await world.refused("POST", "/v1/referrals", who, json=world.referral()) == (
                404,
                "tenant-not-found",
            )
        assert await world.refused("POST", "/v1/referrals", {}, json=world.own_referral()) == (
            422,
            "tenant-needed",
        )
        assert await world.rows("SELECT 1 FROM referral") == []

    async def test_parties_come_from_the_register(self, world: Intake) -> None:
        body = world.referral(mandated_organisation_id=str(uuid4()))
        refused = await world.refused("POST", "/v1/referrals", world.referrer(), json=body)
        assert refused == (422, "organisation-unknown")
        stranger = world.staff(uuid7(), uuid7(), Role.REFERRER)
        refused = await world.refused("POST", "/v1/referrals", stranger, json=world.referral())
        assert refused == (422, "organisation-unknown")

    async def test_nobody_is_referred_without_their_consent(self, world: Intake) -> None:
        body = world.referral()
        body["persons"][0]["consent"]["referral"] = False
        refused = await world.refused("POST", "/v1/referrals", world.referrer(), json=body)
        assert refused == (422, "consent-missing")

    @pytest.mark.parametrize(
        "change",
        [
            {"question": "a\0b"},
            {"question": "   "},
            {"themes": ["Wannes heeft problemen"]},
            {"themes": []},
            {"persons": []},
            {"languages": ["Nederlands"]},
            {"track": "fast"},
            {"extra": 1},
            {"mandated_organisation_id": "x"},
            {"question": "x" * 10_001},
        ],
    )
    async def test_refuses_what_is_not_in_the_form_asked(self, world: Intake, change: dict[str, Any]) -> None:
        refused = await world.refused(
            "POST", "/v1/referrals", world.referrer(), json=world.referral(**change)
        )
        assert refused == (422, "invalid-request")

    @pytest.mark.parametrize(
        "change",
        [
            {"email": "a@b@c.be"},
            {"email": "x@example.org\nBcc: y@example.org"},
            {"first_name": "https://example.org"},
            {"birth_date": "1800-01-01"},
            {"birth_date": 1},
            {"phone": "bel me"},
        ],
    )
    async def test_refuses_people_who_cannot_be(self, world: Intake, change: dict[str, Any]) -> None:
        body = world.referral()
        body["persons"][0] |= change
        refused = await world.refused("POST", "/v1/referrals", world.referrer(), json=body)
        assert refused == (422, "invalid-request")

    async def test_a_key_makes_a_repeated_referral_one(self, world: Intake) -> None:
        headers = world.referrer() | {"idempotency-key": "k1"}
        first = await world.do("POST", "/v1/referrals", headers, json=world.referral())
        again = await world.do("POST", "/v1/referrals", headers, json=world.referral())
        assert first == again
        assert len(await world.rows("SELECT 1 FROM referral")) == 1


class TestReadReferrals:
    async def test_shows_the_whole_to_writer_and_manager_only(self, world: Intake) -> None:
        referral_id = await world.refer()
        path = f"/v1/referrals/{referral_id}"
        for reader in (world.manager(), world.referrer()):
            shown = await world.do("GET", path, reader)
            assert shown["question"] == "Hoe kan Wannes thuis blijven wonen?"
            assert shown["persons"][1]["consent"] == {"referral": True, "date": "2026-03-01"}
            assert shown["decide_by"] == "2026-03-03T08:00:00Z"
        colleague = world.staff(uuid7(), world.school, Role.REFERRER)
        elsewhere = world.staff(uuid7(), world.school, Role.REGIONAL_MANAGER)
        assert (await world.refused("GET", path, colleague))[0] == 404
        assert (await world.refused("GET", path, elsewhere))[0] == 403
        coordinator = world.coordinator(uuid7())
        assert (await world.refused("GET", path, coordinator))[0] == 403

    async def test_lists_page_by_page_the_newest_first(self, world: Intake) -> None:
        sent = []
        for _ in range(3):
            sent.append(str(await world.refer()))
            world.later(minutes=1)
        await world.refer_oneself()
        first = await world.do("GET", "/v1/referrals?limit=2", world.referrer())
        rest = await world.do("GET", f"/v1/referrals?limit=2&cursor={first['next']}", world.referrer())
        assert [item["referral_id"] for item in first["items"] + rest["items"]] == sent[::-1]
        assert rest["next"] is None
        everything = await world.do("GET", "/v1/referrals", world.manager())
        assert len(everything["items"]) == 4
        assert "question" not in everything["items"][0]


class TestReferredTwice:
    async def test_is_shown_to_who_refers_and_who_decides_while_the_other_is_open(
        self, world: Intake
    ) -> None:
        first = await world.refer()
        body = world.referral()
        body["persons"][0] |= {"first_name": " wannés", "email": None}
        second = await world.do("POST", "/v1/referrals", world.referrer(), json=body)
        assert second["also_referred"] == [str(first)]
        other = UUID(second["referral_id"])
        pair = {str(first): [str(other)], str(other): [str(first)]}
        for who in (world.referrer(), world.manager()):
            assert await self.marks(world, who) == pair
            shown = await world.do("GET", f"/v1/referrals/{first}", who)
            assert shown["also_referred"] == [str(other)]
        case = await world.open_case(first)
        assert (await self.marks(world, world.manager()))[str(other)] == [str(first)]
        await world.do("POST", f"/v1/cases/{case.id}/withdraw", world.manager(), json={"reason": "solved"})
        assert (await self.marks(world, world.manager()))[str(other)] == []

    async def test_names_the_newest_few_however_many_there_are(self, world: Intake) -> None:
        sent = [str(await world.refer()) for _ in range(MAX_ALSO_REFERRED + 2)]
        marks = await self.marks(world, world.manager())
        assert marks[sent[-1]] == sent[-2:0:-1]
        assert marks[sent[0]] == sent[:1:-1]

    async def test_is_not_shown_to_who_may_not_know_of_the_other(self, world: Intake) -> None:
        first = await world.refer()
        colleague = world.staff(uuid7(), world.school, Role.REFERRER)
        sent = await world.do("POST", "/v1/referrals", colleague, json=world.referral())
        assert sent["also_referred"] == []
        for who in (colleague, world.referrer()):
            assert [*(await self.marks(world, who)).values()] == [[]]
        assert (await self.marks(world, world.manager()))[sent["referral_id"]] == [str(first)]
        anybody = {"kring-tenant": str(world.tenant)}
        body = world.referral(kind="acquaintance")
        sent = await world.do("POST", "/v1/referrals", anybody, json=body)
        assert sent["also_referred"] == []

    @pytest.mark.parametrize("change", [{"first_name": "Wout"}, {"birth_date": "2012-01-16"}])
    async def test_is_not_said_of_somebody_else(self, world: Intake, change: dict[str, str]) -> None:
        await world.refer()
        body = world.referral()
        body["persons"][0] |= change
        assert (await world.do("POST", "/v1/referrals", world.referrer(), json=body))["also_referred"] == []

    async def test_is_forgotten_with_the_person(self, world: Intake) -> None:
        case = await world.open_case(await world.refer())
        (central,) = await world.rows("SELECT id FROM referral_person WHERE role = 'central'")
        fact = network.PersonErased(case_id=case.id, person_id=central.id, reason="asked")
        assert await world.handle(fact) == "handled"
        again = await world.do("POST", "/v1/referrals", world.referrer(), json=world.referral())
        assert again["also_referred"] == []

    async def test_is_found_by_an_index_that_was_made_anew(self, world: Intake) -> None:
        first = await world.refer()
        (now,) = await self.indexes(world)
        await self.age(world)
        unmatched = await world.do("POST", "/v1/referrals", world.referrer(), json=world.referral())
        assert unmatched["also_referred"] == []
        assert await self.reindex(world) == 1
        assert await self.indexes(world) == [now, now]
        assert await self.reindex(world) == 0
        shown = await world.do("GET", f"/v1/referrals/{first}", world.manager())
        assert shown["also_referred"] == [unmatched["referral_id"]]

    async def test_is_not_found_by_an_index_of_who_was_erased(self, world: Intake) -> None:
        await world.refer()
        (central,) = await world.rows("SELECT id FROM referral_person WHERE role = 'central'")
        await destroy_in(world.context, central.id)
        await self.age(world)
        assert await self.reindex(world) == 1
        assert await self.indexes(world) == []

    async def age(self, world: Intake) -> None:
        """Give all indexes there are an older version."""
        async with world.owner.transaction() as session:
            older = "UPDATE referral_person SET person_index = set_byte(person_index, 2, 0)"
            await session.execute(text(older))

    async def indexes(self, world: Intake) -> list[bytes]:
        kept = "SELECT person_index FROM referral_person WHERE person_index IS NOT NULL"
        return [bytes(row.person_index) for row in await world.rows(kept)]

    async def reindex(self, world: Intake) -> int:
        async with world.transaction() as session:
            return await reindex_referrals(session, world.context.vault, tenant=world.tenant)

    async def marks(self, world: Intake, who: Headers) -> dict[str, list[str]]:
        listed = await world.do("GET", "/v1/referrals", who)
        return {item["referral_id"]: item["also_referred"] for item in listed["items"]}


class TestDecide:
    async def test_opens_a_case_once_however_many_accept_at_once(self, world: Intake) -> None:
        referral_id = await world.refer()
        path = f"/v1/referrals/{referral_id}/accept"
        answers = await asyncio.gather(*(world.ask("POST", path, world.manager()) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        assert len(await world.rows('SELECT 1 FROM "case"')) == 1

    async def test_an_open_case_has_parties_a_baseline_and_a_running_clock(self, world: Intake) -> None:
        case = await world.open_case()
        assert [row.type for row in await world.published(case=case)] == [
            "intake.referral.received.v1",
            "intake.referral.accepted.v1",
            "intake.case.opened.v1",
            "intake.baseline.recorded.v1",
            "intake.clock.started.v1",
            "intake.clock.started.v1",
        ]
        assert [row.sequence for row in await world.published(case=case)] == [1, 2, 3, 4, 5, 6]
        (opened,) = await world.published("intake.case.opened.v1", case=case)
        assert UUID(opened.data["mandated_organisation"]) == world.mandated
        assert UUID(opened.data["referring_organisation"]) == world.school
        assert opened.data["minors"] is True
        parties = await world.rows("SELECT role, organisation_id FROM case_party")
        assert {row.role: row.organisation_id for row in parties} == {
            "referring": world.school,
            "mandated": world.mandated,
        }
        assert await world.clock_states(case) == {"allocation": "running", "coordinator-search": "running"}

    async def test_an_adult_who_refers_herself_has_no_parties(self, world: Intake) -> None:
        case = await world.open_case(await world.refer_oneself())
        (opened,) = await world.published("intake.case.opened.v1", case=case)
        assert opened.data["mandated_organisation"] is None
        assert await world.rows("SELECT 1 FROM case_party") == []

    async def test_waits_for_the_regional_manager_until_it_is_decided(self, world: Intake) -> None:
        waiting, *decided = [await world.refer() for _ in range(4)]
        body = {
            "accept": None,
            "decline": {"reason": "outside-region"},
            "withdraw": {"reason": "family-withdrew"},
        }
        for referral_id, (decision, reason) in zip(decided, body.items(), strict=True):
            who = world.referrer() if decision == "withdraw" else world.manager()
            await world.do("POST", f"/v1/referrals/{referral_id}/{decision}", who, json=reason)
        clocks = await world.rows(
            "SELECT subject, state, owner, escalate_to, due_at FROM clock WHERE kind = 'referral'"
        )
        assert {clock.subject: clock.state for clock in clocks} == {
            waiting: "running",
            **dict.fromkeys(decided, "stopped"),
        }
        assert {(clock.owner, clock.escalate_to) for clock in clocks} == {
            ("regional-manager", "administrator")
        }
        shown = await world.do("GET", f"/v1/referrals/{waiting}", world.referrer())
        assert {clock.due_at.isoformat() for clock in clocks} == {
            datetime.fromisoformat(shown["decide_by"]).isoformat()
        }

    async def test_declines_with_a_reason(self, world: Intake) -> None:
        referral_id = await world.refer()
        path = f"/v1/referrals/{referral_id}/decline"
        await world.do("POST", path, world.manager(), json={"reason": "outside-region"})
        assert await world.refused("POST", path, world.manager(), json={"reason": "unsafe"}) == (
            409,
            "referral-decided",
        )
        shown = await world.do("GET", f"/v1/referrals/{referral_id}", world.referrer())
        assert (shown["state"], shown["reason"], shown["decide_by"]) == ("declined", "outside-region", None)

    async def test_whoever_referred_takes_it_back_before_it_is_decided(self, world: Intake) -> None:
        referral_id = await world.refer()
        path = f"/v1/referrals/{referral_id}/withdraw"
        stranger = world.staff(uuid7(), world.school, Role.REFERRER)
        body = {"reason": "family-withdrew"}
        assert (await world.refused("POST", path, stranger, json=body))[0] == 404
        await world.do("POST", path, world.referrer(), json=body)
        accept = f"/v1/referrals/{referral_id}/accept"
        assert (await world.refused("POST", accept, world.manager()))[1] == "referral-decided"

    async def test_who_works_elsewhere_by_now_left_their_referrals_behind(self, world: Intake) -> None:
        referral_id = await world.refer()
        now_elsewhere = world.staff(world.referrer_id, world.mandated, Role.REFERRER)
        path = f"/v1/referrals/{referral_id}"
        assert await world.refused("GET", path, now_elsewhere) == (404, "referral-not-found")
        assert (await world.do("GET", "/v1/referrals", now_elsewhere))["items"] == []

    async def test_managers_of_other_tenants_and_referrers_decide_nothing(self, world: Intake) -> None:
        referral_id = await world.refer()
        path = f"/v1/referrals/{referral_id}/accept"
        elsewhere = world.staff(uuid7(), world.school, Role.REGIONAL_MANAGER)
        assert (await world.refused("POST", path, elsewhere))[0] == 403
        assert (await world.refused("POST", path, world.referrer()))[0] == 403
        at_home = world.staff(uuid7(), world.school, Role.REGIONAL_MANAGER, tenant=world.school)
        assert (await world.refused("POST", path, at_home)) == (404, "referral-not-found")


class TestConfirmReceipt:
    async def test_writes_to_the_referrer_once_however_often_it_hears(self, world: Intake) -> None:
        await world.refer()
        for _ in range(2):
            world.delivered = 0
            await world.deliver_published(ReferralReceived.TYPE)
        assert await world.emailed("referral-received") == [world.referrer_id]

    async def test_and_accepting_at_that_moment_do_not_wait_for_each_other(self, world: Intake) -> None:
        referrals = [await world.refer() for _ in range(30)]
        manager = world.manager()

        async def accept(referral: UUID) -> None:
            await world.do("POST", f"/v1/referrals/{referral}/accept", manager)

        events = [row for row in await world.rows(EVENTS, after=0) if row.type == ReferralReceived.TYPE]

        async def hear(row: Any) -> str:
            return await world.deliver(envelope(row._mapping, "urn:kring:intake"), row.type)

        # Raises if one of two that wait for each other was ended: then the request was answered 503.
        both = zip(map(hear, events), map(accept, referrals), strict=True)
        await asyncio.gather(*(work for pair in both for work in pair))
        assert await world.emailed("referral-received") == [world.referrer_id] * 30

    async def test_writes_to_nobody_after_a_self_referral(self, world: Intake) -> None:
        await world.refer_oneself()
        await world.deliver_published(ReferralReceived.TYPE)
        assert await world.emailed("referral-received") == []
