"""Erasing a registration: who registered and who paid are gone, what was paid stays, and nothing fails on it later."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import ANY
from uuid import UUID, uuid4

from deploy.commands.erasures import Line as LedgerLine
from deploy.commands.erasures import _hear_again
from services.training.worker import sweeps
from shared.auth import Role
from shared.housekeeping.activities import Housekeeper, Part
from shared.ids import uuid7
from tests.integration.training.bank import Line, digits, statement
from tests.integration.training.house import House, person

ERASED = ("registration.erased", "internal.erasure.written", "erasure.confirmed")


async def erase(house: House, registered: dict[str, Any], *, expect: int = 200) -> dict[str, Any]:
    path = f"/v1/registrations/{registered['registration_id']}/erase"
    body = {"because": "asked"}
    answer = await house.ask("POST", path, house.staff(Role.DPO), json=body, expect=expect)
    found: dict[str, Any] = answer.json()
    return found


async def settled(house: House) -> None:
    """Let training hear of what it erases, until it has confirmed."""
    for _ in ERASED:
        await house.spread(*ERASED)


async def cancelled(house: House, registered: dict[str, Any]) -> None:
    path = f"/v1/registrations/{registered['registration_id']}/cancel"
    await house.ask("POST", path, house.trainer, expect=200)


async def erasure(house: House, registered: dict[str, Any]) -> dict[str, Any]:
    path = f"/v1/registrations/{registered['registration_id']}/erasure"
    found: dict[str, Any] = (await house.ask("GET", path, house.staff(Role.DPO), expect=200)).json()
    return found


async def paid(house: House, first_name: str = "Annelies") -> dict[str, Any]:
    """Register somebody who pays."""
    registered = await house.register(await house.session(), first_name)
    content = statement(Line(communication=digits(registered["payment"]), payer="Betaler Janssens"))
    await house.import_file(content)
    return registered


async def living_keys(house: House, subject: str) -> int:
    [tie] = await house.rows("SELECT key_id FROM subject_key WHERE subject = :id", id=UUID(subject))
    found = await house.context.vault._store.fetch([tie.key_id])
    return sum(key is not None for key in found.values())


async def ledger(house: House) -> list[LedgerLine]:
    """Return what training's ledger holds, as it would be exported."""
    rows = await house.rows(
        "SELECT erased, key_id, subject, kind, because, at, tenant, case_id FROM erasure_ledger"
    )
    values: list[dict[str, Any]] = [
        {name: None if value is None else str(value) for name, value in row._mapping.items()} for row in rows
    ]
    return [LedgerLine(service="training", **value) for value in values]


class TestErase:
    async def test_forgets_participant_and_payer_and_keeps_the_money(self, house: House) -> None:
        registered = await paid(house)
        before = (await house.ask("GET", "/v1/payments", house.finance, expect=200)).json()["items"]
        house.clock.moment += timedelta(days=61)
        standing = await erase(house, registered)
        assert standing["state"] == "running"
        await settled(house)
        assert (await erasure(house, registered))["state"] == "done"
        assert await living_keys(house, registered["registration_id"]) == 0
        [now] = (await house.ask("GET", "/v1/payments", house.finance, expect=200)).json()["items"]
        assert now == before[0] | {"payer_name": "", "text": ""}
        [row] = await house.rows("SELECT state, price, communication, erased_at FROM registration")
        assert (row.state, str(row.price)) == ("confirmed", "20.00")
        assert row.communication == digits(registered["payment"])
        assert row.erased_at == house.clock.moment

    async def test_answers_410_from_the_decision_on(self, house: House) -> None:
        registered = await paid(house)
        house.clock.moment += timedelta(days=61)
        await erase(house, registered)
        path = f"/v1/registrations/{registered['registration_id']}"
        for _ in range(2):
            answer = await house.ask("GET", path, house.trainer, expect=410)
            assert answer.json()["type"].endswith("registration-erased")
            await house.ask("POST", f"{path}/cancel", house.trainer, expect=410)
            await house.ask("GET", f"{path}/epc-qr", house.trainer, expect=409)
            await erase(house, registered, expect=410)
            [row] = await house.rows("SELECT session_id FROM registration")
            listed = await house.ask("GET", f"/v1/sessions/{row.session_id}/registrations", house.trainer)
            assert listed.json()["items"] == []
            await settled(house)

    async def test_refuses_what_goes_on(self, house: House) -> None:
        registered = await house.register(await house.session(), "Annelies")
        answer = await erase(house, registered, expect=409)
        assert answer["type"].endswith("registration-goes-on")
        await cancelled(house, registered)
        await erase(house, registered)

    async def test_happens_once_when_asked_twice_at_once(self, house: House) -> None:
        registered = await house.register(await house.session(), "Annelies")
        await cancelled(house, registered)
        path = f"/v1/registrations/{registered['registration_id']}/erase"
        answers = await asyncio.gather(
            *(house.ask("POST", path, house.staff(Role.DPO), json={"because": "asked"}) for _ in range(4))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 410, 410, 410]
        assert (await house.said()).count("registration.erased") == 1

    async def test_is_for_the_officer_of_the_organisation(self, house: House) -> None:
        registered = await house.register(await house.session(), "Annelies")
        await cancelled(house, registered)
        path = f"/v1/registrations/{registered['registration_id']}/erase"
        body = {"because": "asked"}
        elsewhere = house.staff(Role.DPO, organisation=uuid7())
        await house.ask("POST", path, elsewhere, json=body, expect=404)
        for who in (house.trainer, house.finance, house.staff(Role.ADMINISTRATOR)):
            await house.ask("POST", path, who, json=body, expect=403)
        await erase(house, {"registration_id": str(uuid4())}, expect=404)
        nonsense: list[Any] = [
            {},
            {"because": "zin"},
            {"because": "asked", "more": 1},
            [],
            {"because": "x" * 10_000},
        ]
        for wrong in nonsense:
            await house.ask("POST", path, house.staff(Role.DPO), json=wrong, expect=422)
        assert "registration.erased" not in await house.said()

    async def test_calls_off_what_waited_past_its_session_and_mails_nobody(self, house: House) -> None:
        session = await house.session(capacity=1)
        await house.register(session, "Annelies")
        waits = await house.register(session, "Tom")
        house.clock.moment += timedelta(days=61)
        await erase(house, waits)
        [row] = await house.rows("SELECT state FROM registration WHERE erased_at IS NOT NULL")
        assert row.state == "cancelled"
        await settled(house)
        sent = await house.rows(
            "SELECT state FROM message WHERE recipient = :id", id=UUID(waits["registration_id"])
        )
        assert {row.state for row in sent} == {"cancelled"}

    async def test_survives_every_event_twice_and_late(self, house: House) -> None:
        registered = await paid(house)
        house.clock.moment += timedelta(days=61)
        await erase(house, registered)
        outcomes = [outcome for _ in ERASED for outcome in await house.spread(*ERASED, times=2)]
        assert outcomes == ["handled", "duplicate"] * 3
        house.spread_to = 0
        await house.spread(*ERASED)
        assert (await erasure(house, registered))["state"] == "done"

    async def test_lets_the_same_person_register_again(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        [before] = await house.rows("SELECT person_index FROM registration")
        await cancelled(house, registered)
        await erase(house, registered)
        await settled(house)
        [after] = await house.rows("SELECT person_index FROM registration")
        assert after.person_index != before.person_index
        again = await house.register(session, "Annelies")
        assert (await house.registration(again["registration_id"]))["first_name"] == "Annelies"

    async def test_empties_kept_answers(self, house: House) -> None:
        path = f"/v1/sessions/{await house.session()}/registrations"
        who = house.anyone | {"idempotency-key": "eens"}
        answer = await house.ask("POST", path, who, json=person("Annelies"), expect=201)
        await cancelled(house, answer.json())
        await erase(house, answer.json())
        await settled(house)
        assert await house.rows("SELECT 1 FROM idempotency_key WHERE answer IS NOT NULL") == []
        await house.ask("POST", path, who, json=person("Annelies"), expect=410)


class TestMoneyThatComesLater:
    async def test_waits_for_a_person_with_its_payer(self, house: House) -> None:
        registered = await paid(house)
        house.clock.moment += timedelta(days=61)
        await erase(house, registered)
        late = Line(communication=digits(registered["payment"]), payer="Tweede Betaler", reference="R2")
        [first] = (await house.import_file(statement(late)))["payments"]
        await settled(house)
        [second] = (await house.import_file(statement(replace(late, reference="R3"))))["payments"]
        assert [one["state"] for one in (first, second)] == ["unmatched", "unmatched"]
        answer = await house.match(first, registered, expect=410)
        assert answer["type"].endswith("registration-erased")
        listed = (await house.ask("GET", "/v1/payments", house.finance, expect=200)).json()["items"]
        assert [one["payer_name"] for one in listed] == ["Tweede Betaler", "Tweede Betaler", ""]

    async def test_that_the_bank_takes_back_asks_nobody_for_anything(self, house: House) -> None:
        registered = await paid(house)
        house.clock.moment += timedelta(days=61)
        await erase(house, registered)
        await settled(house)
        back = Line(
            communication=digits(registered["payment"]), direction="DBIT", reversal=True, reference="R9"
        )
        [payment] = (await house.import_file(statement(back)))["payments"]
        assert payment["state"] == "matched"
        [row] = await house.rows("SELECT state FROM registration")
        assert row.state == "confirmed"
        assert "payment-reversed" not in await house.mails(registered)

    async def test_of_an_erased_registration_moves_on_without_a_name(self, house: House) -> None:
        session = await house.session()
        gone = await house.register(session, "Annelies")
        await cancelled(house, gone)
        [late] = (await house.import_file(statement(Line(communication=digits(gone["payment"])))))["payments"]
        assert late["state"] == "late"
        await erase(house, gone)
        await settled(house)
        other = await house.register(session, "Tom")
        decided = await house.match(late, other)
        assert (decided["state"], decided["registration_state"]) == ("matched", "confirmed")


class TestRetention:
    async def swept(self, house: House) -> int:
        """Do a round of housekeeping, and return how many registrations went."""
        keeper = Housekeeper(house.context, sweeps=sweeps)
        rows, part = 0, Part(what="registrations")
        while part is not None:
            purged = await keeper.purge(part)
            rows, part = rows + purged.rows, purged.next  # type: ignore[assignment]
        return rows

    async def test_forgets_a_year_after_the_session_or_the_end(self, house: House) -> None:
        session = await house.session(capacity=40, days=60)
        ended = await house.register(session, "Annelies")
        await cancelled(house, ended)
        stays = [await house.register(session, "Tom", last_name=f"Peeters{number}") for number in range(22)]
        house.clock.moment += timedelta(days=365)
        assert await self.swept(house) == 0
        house.clock.moment += timedelta(seconds=1)
        assert await self.swept(house) == 1
        assert (await erasure(house, ended))["because"] == "retention"
        house.clock.moment += timedelta(days=60, hours=6)
        assert await self.swept(house) == 0
        house.clock.moment += timedelta(hours=2)
        # More than it attends to at a time.
        assert await self.swept(house) == len(stays)
        assert await self.swept(house) == 0
        await settled(house)
        rows = await house.rows("SELECT done_at FROM erasure")
        assert len(rows) == 23
        assert all(row.done_at is not None for row in rows)

    async def test_goes_by_what_the_organisation_chose(self, house: House) -> None:
        body = {"keep_registration_days": 90}
        who = house.staff(Role.ADMINISTRATOR)
        await house.ask("PUT", "/v1/policy", who, json=body, expect=200)
        await cancelled(house, await house.register(await house.session(), "Annelies"))
        elsewhere = replace(house, tenant=uuid7())
        await cancelled(elsewhere, await elsewhere.register(await elsewhere.session(), "Annelies"))
        house.clock.moment += timedelta(days=91)
        assert await self.swept(house) == 1
        [row] = await house.rows("SELECT tenant FROM registration WHERE erased_at IS NOT NULL")
        assert row.tenant == house.tenant

    async def test_one_that_fails_holds_up_no_other(self, house: House) -> None:
        session = await house.session()
        one, other = [await house.register(session, name) for name in ("Annelies", "Tom")]
        for registered in (one, other):
            await cancelled(house, registered)
        # As if this one's erasure had begun, which nothing else knows of.
        await erase(house, one)
        await house.change("UPDATE registration SET erased_at = NULL WHERE id = :id", one["registration_id"])
        house.clock.moment += timedelta(days=366)
        assert await self.swept(house) == 1
        [row] = await house.rows("SELECT id FROM registration WHERE erased_at IS NOT NULL")
        assert str(row.id) == other["registration_id"]


class TestRestored:
    async def test_erases_again_what_the_kept_ledger_names(self, house: House) -> None:
        registered = await paid(house)
        house.clock.moment += timedelta(days=61)
        await erase(house, registered)
        await settled(house)
        kept = await ledger(house)
        # As the database was before: the row is whole again, and nothing knows of an erasure.
        for change in (
            "UPDATE registration SET erased_at = NULL WHERE id = :id",
            "DELETE FROM erasure_ledger WHERE erased = :id",
            "DELETE FROM erasure_confirmation WHERE subject = :id",
            "DELETE FROM erasure WHERE subject = :id",
        ):
            await house.change(change, registered["registration_id"])
        await _hear_again(house.context.settings, "training", kept)
        assert await ledger(house) == [replace(line, at=ANY) for line in kept]
        path = f"/v1/registrations/{registered['registration_id']}"
        await house.ask("GET", path, house.trainer, expect=410)
