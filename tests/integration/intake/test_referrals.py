"""Referrals: who may send one, what it must hold, deciding once, and what it costs."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.auth import Role
from shared.database import count_statements
from shared.ids import uuid7
from tests.integration.intake.house import House


class TestReceiveReferral:
    async def test_seals_what_it_says_and_tells_of_it_without_names(self, house: House) -> None:
        referral_id = await house.refer()
        (row,) = await house.rows("SELECT * FROM referral")
        assert (row.id, row.state, row.minors) == (referral_id, "received", True)
        assert row.themes == ["school-drop-out", "out-of-home-placement"]
        people = await house.rows("SELECT role, position, sealed FROM referral_person ORDER BY position")
        assert [person.role for person in people] == ["central", "representative"]
        assert not any(b"Wannes" in bytes(each.sealed) for each in [row, *people])
        (event,) = await house.rows("SELECT type, case_id, data FROM outbox WHERE case_id IS NOT NULL")
        assert event.type == "intake.referral.received.v1"
        assert event.case_id == row.case_id
        assert "Wannes" not in str(event.data)

    async def test_needs_few_round_trips(self, house: House) -> None:
        await house.refer()
        statements: list[str] = []
        count_statements(house.context.database.engine, statements)
        await house.refer()
        # The keys, all rows, the event, the audit log.
        assert len(statements) == 4, statements

    async def test_lets_somebody_refer_themselves_without_an_account(self, house: House) -> None:
        referral_id = await house.refer_oneself()
        shown = await house.do("GET", f"/v1/referrals/{referral_id}", house.manager())
        assert (shown["kind"], shown["referring_organisation_id"]) == ("self", None)
        assert shown["persons"][0]["first_name"] == "Marijke"

    async def test_who_refers_themselves_has_no_mandated_side(self, house: House) -> None:
        for change in ({"mandated_organisation_id": str(house.mandated)}, {"bottom_lines": ["Nooit"]}):
            body = house.own_referral(**change)
            who = {"kring-tenant": str(house.tenant)}
            assert (await house.refused("POST", "/v1/referrals", who, json=body))[1] == (
                "no-mandate-in-self-referral"
            )

    @pytest.mark.parametrize("who", ["nobody", "manager", "person"])
    async def test_only_referrers_refer_others(self, house: House, who: str) -> None:
        case = await house.open_case()
        headers = {
            "nobody": {"kring-tenant": str(house.tenant)},
            "manager": house.manager(),
            "person": house.person(case),
        }[who]
        refused = await house.refused("POST", "/v1/referrals", headers, json=house.referral())
        assert refused == (403, "referrer-needed")

    async def test_a_bad_token_is_not_taken_for_none(self, house: House) -> None:
        headers = {"kring-tenant": str(house.tenant), "authorization": "Bearer x.y.z"}
        refused = await house.refused("POST", "/v1/referrals", headers, json=house.own_referral())
        assert refused == (401, "token-not-accepted")

    async def test_needs_a_tenant_that_runs_conferences(self, house: House) -> None:
        for tenant in (uuid4(), house.school):
            who = house.staff(house.referrer_id, house.school, Role.REFERRER, tenant=tenant)
            assert await house.refused("POST", "/v1/referrals", who, json=house.referral()) == (
                404,
                "tenant-not-found",
            )
        assert await house.refused("POST", "/v1/referrals", {}, json=house.own_referral()) == (
            422,
            "tenant-not-readable",
        )
        assert await house.rows("SELECT 1 FROM referral") == []

    async def test_parties_come_from_the_register(self, house: House) -> None:
        body = house.referral(mandated_organisation_id=str(uuid4()))
        refused = await house.refused("POST", "/v1/referrals", house.referrer(), json=body)
        assert refused == (422, "organisation-unknown")
        stranger = house.staff(uuid4(), uuid4(), Role.REFERRER)
        refused = await house.refused("POST", "/v1/referrals", stranger, json=house.referral())
        assert refused == (422, "organisation-unknown")

    async def test_nobody_is_referred_without_their_consent(self, house: House) -> None:
        body = house.referral()
        body["persons"][0]["consent"]["referral"] = False
        refused = await house.refused("POST", "/v1/referrals", house.referrer(), json=body)
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
    async def test_refuses_what_is_not_in_the_form_asked(self, house: House, change: dict[str, Any]) -> None:
        refused = await house.refused(
            "POST", "/v1/referrals", house.referrer(), json=house.referral(**change)
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
    async def test_refuses_people_who_cannot_be(self, house: House, change: dict[str, Any]) -> None:
        body = house.referral()
        body["persons"][0] |= change
        refused = await house.refused("POST", "/v1/referrals", house.referrer(), json=body)
        assert refused == (422, "invalid-request")

    async def test_a_key_makes_a_repeated_referral_one(self, house: House) -> None:
        headers = house.referrer() | {"idempotency-key": "k1"}
        first = await house.do("POST", "/v1/referrals", headers, json=house.referral())
        again = await house.do("POST", "/v1/referrals", headers, json=house.referral())
        assert first == again
        assert len(await house.rows("SELECT 1 FROM referral")) == 1


class TestReadReferrals:
    async def test_shows_the_whole_to_writer_and_manager_only(self, house: House) -> None:
        referral_id = await house.refer()
        path = f"/v1/referrals/{referral_id}"
        for reader in (house.manager(), house.referrer()):
            shown = await house.do("GET", path, reader)
            assert shown["question"] == "Hoe kan Wannes thuis blijven wonen?"
            assert shown["persons"][1]["consent"] == {"referral": True, "date": "2026-03-01"}
            assert shown["decide_by"] == "2026-03-03T08:00:00Z"
        colleague = house.staff(uuid7(), house.school, Role.REFERRER)
        elsewhere = house.staff(uuid7(), house.school, Role.REGIONAL_MANAGER)
        assert (await house.refused("GET", path, colleague))[0] == 404
        assert (await house.refused("GET", path, elsewhere))[0] == 403
        coordinator = house.coordinator(uuid7())
        assert (await house.refused("GET", path, coordinator))[0] == 403

    async def test_lists_page_by_page_the_newest_first(self, house: House) -> None:
        sent = []
        for _ in range(3):
            sent.append(str(await house.refer()))
            house.later(minutes=1)
        await house.refer_oneself()
        first = await house.do("GET", "/v1/referrals?limit=2", house.referrer())
        rest = await house.do("GET", f"/v1/referrals?limit=2&cursor={first['next']}", house.referrer())
        assert [item["referral_id"] for item in first["items"] + rest["items"]] == sent[::-1]
        assert rest["next"] is None
        everything = await house.do("GET", "/v1/referrals", house.manager())
        assert len(everything["items"]) == 4
        assert "question" not in everything["items"][0]


class TestDecide:
    async def test_opens_a_case_once_however_many_accept_at_once(self, house: House) -> None:
        referral_id = await house.refer()
        path = f"/v1/referrals/{referral_id}/accept"
        answers = await asyncio.gather(*(house.ask("POST", path, house.manager()) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        assert len(await house.rows('SELECT 1 FROM "case"')) == 1

    async def test_an_open_case_has_parties_a_baseline_and_a_running_clock(self, house: House) -> None:
        case = await house.open_case()
        assert [row.type for row in await house.said(case)] == [
            "intake.referral.received.v1",
            "intake.referral.accepted.v1",
            "intake.case.opened.v1",
            "intake.baseline.recorded.v1",
            "intake.clock.started.v1",
            "intake.clock.started.v1",
        ]
        assert [row.sequence for row in await house.said(case)] == [1, 2, 3, 4, 5, 6]
        (opened,) = await house.said(case, "intake.case.opened.v1")
        assert UUID(opened.data["mandated_organisation"]) == house.mandated
        assert UUID(opened.data["referring_organisation"]) == house.school
        assert opened.data["minors"] is True
        parties = await house.rows("SELECT role, organisation_id FROM case_party")
        assert {row.role: row.organisation_id for row in parties} == {
            "referring": house.school,
            "mandated": house.mandated,
        }
        assert await house.clocks(case) == {"allocation": "running", "coordinator-search": "running"}

    async def test_an_adult_who_refers_herself_has_no_parties(self, house: House) -> None:
        case = await house.open_case(await house.refer_oneself())
        (opened,) = await house.said(case, "intake.case.opened.v1")
        assert opened.data["mandated_organisation"] is None
        assert await house.rows("SELECT 1 FROM case_party") == []

    async def test_declines_with_a_reason(self, house: House) -> None:
        referral_id = await house.refer()
        path = f"/v1/referrals/{referral_id}/decline"
        await house.do("POST", path, house.manager(), json={"reason": "outside-region"})
        assert await house.refused("POST", path, house.manager(), json={"reason": "unsafe"}) == (
            409,
            "referral-decided",
        )
        shown = await house.do("GET", f"/v1/referrals/{referral_id}", house.referrer())
        assert (shown["state"], shown["reason"], shown["decide_by"]) == ("declined", "outside-region", None)

    async def test_whoever_referred_takes_it_back_before_it_is_decided(self, house: House) -> None:
        referral_id = await house.refer()
        path = f"/v1/referrals/{referral_id}/withdraw"
        stranger = house.staff(uuid7(), house.school, Role.REFERRER)
        body = {"reason": "family-withdrew"}
        assert (await house.refused("POST", path, stranger, json=body))[0] == 404
        await house.do("POST", path, house.referrer(), json=body)
        accept = f"/v1/referrals/{referral_id}/accept"
        assert (await house.refused("POST", accept, house.manager()))[1] == "referral-decided"

    async def test_managers_of_other_tenants_and_referrers_decide_nothing(self, house: House) -> None:
        referral_id = await house.refer()
        path = f"/v1/referrals/{referral_id}/accept"
        elsewhere = house.staff(uuid7(), house.school, Role.REGIONAL_MANAGER)
        assert (await house.refused("POST", path, elsewhere))[0] == 403
        assert (await house.refused("POST", path, house.referrer()))[0] == 403
        at_home = house.staff(uuid7(), house.school, Role.REGIONAL_MANAGER, tenant=house.school)
        assert (await house.refused("POST", path, at_home)) == (404, "referral-not-found")


class TestConfirmReceipt:
    async def test_writes_to_the_referrer_once_however_often_it_hears(self, house: House) -> None:
        await house.refer()
        for _ in range(2):
            house.heard = 0
            await house.hear_own_events()
        assert await house.mails("referral-received") == [house.referrer_id]

    async def test_writes_to_nobody_after_a_self_referral(self, house: House) -> None:
        await house.refer_oneself()
        await house.hear_own_events()
        assert await house.mails("referral-received") == []
