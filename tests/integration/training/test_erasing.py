"""Erasing a registration: who registered and who paid are gone, what was paid stays, and nothing fails on it later."""

import asyncio
from dataclasses import replace
from typing import Any
from unittest.mock import ANY
from uuid import UUID, uuid4

from deploy.commands.erasures import Line as LedgerLine
from deploy.commands.erasures import _apply_again
from services.training.worker import sweeps
from shared.auth import Role
from shared.housekeeping.activities import Housekeeper, Progress
from shared.ids import uuid7
from tests.integration.training.bank import Line, digits, statement
from tests.support.world.training import Training

ERASED = (
    "training.registration.erased.v1",
    "training.internal.erasure.written.v1",
    "training.erasure.confirmed.v1",
)


async def erase(world: Training, registered: dict[str, Any], *, expect: int = 200) -> dict[str, Any]:
    path = f"/v1/registrations/{registered['registration_id']}/erase"
    body = {"reason": "asked"}
    answer = await world.ask("POST", path, world.officer(), json=body, expect=expect)
    found: dict[str, Any] = answer.json()
    return found


async def settled(world: Training) -> None:
    """Let training hear of what it erases, until it has confirmed."""
    for _ in ERASED:
        await world.deliver_published(*ERASED)


async def cancelled(world: Training, registered: dict[str, Any]) -> None:
    path = f"/v1/registrations/{registered['registration_id']}/cancel"
    await world.ask("POST", path, world.trainer, expect=200)


async def erasure(world: Training, registered: dict[str, Any]) -> dict[str, Any]:
    path = f"/v1/registrations/{registered['registration_id']}/erasure"
    found: dict[str, Any] = await world.do("GET", path, world.officer(), expect=200)
    return found


async def paid(world: Training, first_name: str = "Annelies") -> dict[str, Any]:
    """Register somebody who pays."""
    registered = await world.register(await world.session(), first_name)
    content = statement(Line(communication=digits(registered["payment"]), payer="Betaler Janssens"))
    await world.import_file(content)
    return registered


async def living_keys(world: Training, subject: str) -> int:
    [tie] = await world.rows("SELECT key_id FROM subject_key WHERE subject = :id", id=UUID(subject))
    found = await world.context.vault._store.fetch([tie.key_id])
    return sum(key is not None for key in found.values())


async def ledger(world: Training) -> list[LedgerLine]:
    """Return what training's ledger holds, as it would be exported."""
    rows = await world.rows(
        "SELECT erased, key_id, subject, kind, reason, at, tenant, case_id FROM erasure_ledger"
    )
    values: list[dict[str, Any]] = [
        {name: None if value is None else str(value) for name, value in row._mapping.items()} for row in rows
    ]
    return [LedgerLine(service="training", **value) for value in values]


class TestErase:
    async def test_forgets_participant_and_payer_and_keeps_the_money(self, world: Training) -> None:
        registered = await paid(world)
        before = (await world.do("GET", "/v1/payments", world.finance, expect=200))["items"]
        world.later(days=61)
        standing = await erase(world, registered)
        assert standing["state"] == "running"
        await settled(world)
        assert (await erasure(world, registered))["state"] == "done"
        assert await living_keys(world, registered["registration_id"]) == 0
        [now] = (await world.do("GET", "/v1/payments", world.finance, expect=200))["items"]
        assert now == before[0] | {"payer_name": "", "text": ""}
        [row] = await world.rows("SELECT state, price, communication, erased_at FROM registration")
        assert (row.state, str(row.price)) == ("confirmed", "20.00")
        assert row.communication == digits(registered["payment"])
        assert row.erased_at == world.clock.time

    async def test_answers_410_from_the_decision_on(self, world: Training) -> None:
        registered = await paid(world)
        world.later(days=61)
        await erase(world, registered)
        path = f"/v1/registrations/{registered['registration_id']}"
        for _ in range(2):
            answer = await world.ask("GET", path, world.trainer, expect=410)
            assert answer.json()["type"].endswith("registration-erased")
            await world.ask("POST", f"{path}/cancel", world.trainer, expect=410)
            await world.ask("GET", f"{path}/epc-qr", world.trainer, expect=409)
            await erase(world, registered, expect=410)
            [row] = await world.rows("SELECT session_id FROM registration")
            listed = await world.ask("GET", f"/v1/sessions/{row.session_id}/registrations", world.trainer)
            assert listed.json()["items"] == []
            await settled(world)

    async def test_refuses_what_goes_on(self, world: Training) -> None:
        registered = await world.register(await world.session(), "Annelies")
        answer = await erase(world, registered, expect=409)
        assert answer["type"].endswith("registration-goes-on")
        await cancelled(world, registered)
        await erase(world, registered)

    async def test_happens_once_when_asked_twice_at_once(self, world: Training) -> None:
        registered = await world.register(await world.session(), "Annelies")
        await cancelled(world, registered)
        path = f"/v1/registrations/{registered['registration_id']}/erase"
        answers = await asyncio.gather(
            *(world.ask("POST", path, world.officer(), json={"reason": "asked"}) for _ in range(4))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 410, 410, 410]
        assert (await world.types_published()).count("registration.erased") == 1

    async def test_is_for_the_officer_of_the_organisation(self, world: Training) -> None:
        registered = await world.register(await world.session(), "Annelies")
        await cancelled(world, registered)
        path = f"/v1/registrations/{registered['registration_id']}/erase"
        body = {"reason": "asked"}
        elsewhere = world.stranger(Role.DPO)
        await world.ask("POST", path, elsewhere, json=body, expect=404)
        for who in (world.trainer, world.finance, world.colleague(Role.ADMINISTRATOR)):
            await world.ask("POST", path, who, json=body, expect=403)
        await erase(world, {"registration_id": str(uuid4())}, expect=404)
        nonsense: list[Any] = [
            {},
            {"reason": "zin"},
            {"reason": "asked", "more": 1},
            [],
            {"reason": "x" * 10_000},
        ]
        for wrong in nonsense:
            await world.ask("POST", path, world.officer(), json=wrong, expect=422)
        assert "registration.erased" not in await world.types_published()

    async def test_calls_off_what_waited_past_its_session_and_mails_nobody(self, world: Training) -> None:
        session = await world.session(capacity=1)
        await world.register(session, "Annelies")
        waits = await world.register(session, "Tom")
        world.later(days=61)
        await erase(world, waits)
        [row] = await world.rows("SELECT state FROM registration WHERE erased_at IS NOT NULL")
        assert row.state == "cancelled"
        await settled(world)
        sent = await world.rows(
            "SELECT state FROM message WHERE recipient = :id", id=UUID(waits["registration_id"])
        )
        assert {row.state for row in sent} == {"cancelled"}

    async def test_survives_every_event_twice_and_late(self, world: Training) -> None:
        registered = await paid(world)
        world.later(days=61)
        await erase(world, registered)
        outcomes = [outcome for _ in ERASED for outcome in await world.deliver_published(*ERASED, times=2)]
        assert outcomes == ["handled", "duplicate"] * 3
        world.delivered = 0
        await world.deliver_published(*ERASED)
        assert (await erasure(world, registered))["state"] == "done"

    async def test_lets_the_same_person_register_again(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        [before] = await world.rows("SELECT person_index FROM registration")
        await cancelled(world, registered)
        await erase(world, registered)
        await settled(world)
        [after] = await world.rows("SELECT person_index FROM registration")
        assert after.person_index != before.person_index
        again = await world.register(session, "Annelies")
        assert (await world.registration(again["registration_id"]))["first_name"] == "Annelies"

    async def test_empties_kept_answers(self, world: Training) -> None:
        asked = await world.ask_for_place(await world.session(), "Annelies")
        path, who = "/v1/registrations/confirm", {"idempotency-key": "eens"}
        body = {"token": await world.token_of(asked)}
        answer = await world.ask("POST", path, who, json=body, expect=200)
        await cancelled(world, answer.json())
        await erase(world, answer.json())
        await settled(world)
        assert await world.rows("SELECT 1 FROM idempotency_key WHERE answer IS NOT NULL") == []
        await world.ask("POST", path, who, json=body, expect=410)


class TestMoneyThatComesLater:
    async def test_waits_for_a_person_with_its_payer(self, world: Training) -> None:
        registered = await paid(world)
        world.later(days=61)
        await erase(world, registered)
        late = Line(communication=digits(registered["payment"]), payer="Tweede Betaler", reference="R2")
        [first] = (await world.import_file(statement(late)))["payments"]
        await settled(world)
        [second] = (await world.import_file(statement(replace(late, reference="R3"))))["payments"]
        assert [one["state"] for one in (first, second)] == ["unmatched", "unmatched"]
        answer = await world.match(first, registered, expect=410)
        assert answer["type"].endswith("registration-erased")
        listed = (await world.do("GET", "/v1/payments", world.finance, expect=200))["items"]
        assert [one["payer_name"] for one in listed] == ["Tweede Betaler", "Tweede Betaler", ""]

    async def test_that_the_bank_takes_back_asks_nobody_for_anything(self, world: Training) -> None:
        registered = await paid(world)
        world.later(days=61)
        await erase(world, registered)
        await settled(world)
        back = Line(
            communication=digits(registered["payment"]), direction="DBIT", reversal=True, reference="R9"
        )
        [payment] = (await world.import_file(statement(back)))["payments"]
        assert payment["state"] == "matched"
        [row] = await world.rows("SELECT state FROM registration")
        assert row.state == "confirmed"
        assert "payment-reversed" not in await world.kinds_emailed(registered)

    async def test_of_an_erased_registration_moves_on_without_a_name(self, world: Training) -> None:
        session = await world.session()
        gone = await world.register(session, "Annelies")
        await cancelled(world, gone)
        [late] = (await world.import_file(statement(Line(communication=digits(gone["payment"])))))["payments"]
        assert late["state"] == "late"
        await erase(world, gone)
        await settled(world)
        other = await world.register(session, "Tom")
        decided = await world.match(late, other)
        assert (decided["state"], decided["registration_state"]) == ("matched", "confirmed")


class TestRetention:
    async def swept(self, world: Training) -> int:
        """Do a round of housekeeping, and return how many registrations went."""
        keeper = Housekeeper(world.context, sweeps=sweeps)
        rows, part = 0, Progress(what="registrations")
        while part is not None:
            purged = await keeper.purge(part)
            rows, part = rows + purged.rows, purged.next  # type: ignore[assignment]
        return rows

    async def test_forgets_a_year_after_the_session_or_the_end(self, world: Training) -> None:
        session = await world.session(capacity=40, days=60)
        ended = await world.register(session, "Annelies")
        await cancelled(world, ended)
        stays = [await world.register(session, "Tom", last_name=f"Peeters{number}") for number in range(22)]
        world.later(days=365)
        assert await self.swept(world) == 0
        world.later(seconds=1)
        assert await self.swept(world) == 1
        assert (await erasure(world, ended))["reason"] == "retention"
        world.later(days=60, hours=6)
        assert await self.swept(world) == 0
        world.later(hours=2)
        # More than it attends to at a time.
        assert await self.swept(world) == len(stays)
        assert await self.swept(world) == 0
        await settled(world)
        rows = await world.rows("SELECT done_at FROM erasure")
        assert len(rows) == 23
        assert all(row.done_at is not None for row in rows)

    async def test_forgets_after_three_days_what_nobody_confirmed(self, world: Training) -> None:
        session = await world.session()
        await world.ask_for_place(session, "Spook")
        stays = await world.register(session, "Annelies")
        world.later(days=3)
        assert await self.swept(world) == 0
        world.later(seconds=1)
        assert await self.swept(world) == 1
        assert await world.state(stays) == "awaiting-payment"

    async def test_goes_by_what_the_organisation_chose(self, world: Training) -> None:
        body = {"keep_registration_days": 90}
        who = world.colleague(Role.ADMINISTRATOR)
        await world.set_policy(who, body)
        await cancelled(world, await world.register(await world.session(), "Annelies"))
        elsewhere = replace(world, tenant=uuid7())
        await cancelled(elsewhere, await elsewhere.register(await elsewhere.session(), "Annelies"))
        world.later(days=91)
        assert await self.swept(world) == 1
        [row] = await world.rows("SELECT tenant FROM registration WHERE erased_at IS NOT NULL")
        assert row.tenant == world.tenant

    async def test_one_that_fails_holds_up_no_other(self, world: Training) -> None:
        session = await world.session()
        one, other = [await world.register(session, name) for name in ("Annelies", "Tom")]
        for registered in (one, other):
            await cancelled(world, registered)
        # As if this one's erasure had begun, which nothing else knows of.
        await erase(world, one)
        await world.execute(
            "UPDATE registration SET erased_at = NULL WHERE id = :id", id=UUID(one["registration_id"])
        )
        world.later(days=366)
        assert await self.swept(world) == 1
        [row] = await world.rows("SELECT id FROM registration WHERE erased_at IS NOT NULL")
        assert str(row.id) == other["registration_id"]


class TestRestored:
    async def test_erases_again_what_the_kept_ledger_names(self, world: Training) -> None:
        registered = await paid(world)
        world.later(days=61)
        await erase(world, registered)
        await settled(world)
        kept = await ledger(world)
        # As the database was before: the row is whole again, and nothing knows of an erasure.
        for change in (
            "UPDATE registration SET erased_at = NULL WHERE id = :id",
            "DELETE FROM erasure_ledger WHERE erased = :id",
            "DELETE FROM erasure_confirmation WHERE subject = :id",
            "DELETE FROM erasure WHERE subject = :id",
        ):
            await world.execute(change, id=UUID(registered["registration_id"]))
        await _apply_again(world.context.settings, "training", kept)
        assert await ledger(world) == [replace(line, at=ANY) for line in kept]
        path = f"/v1/registrations/{registered['registration_id']}"
        await world.ask("GET", path, world.trainer, expect=410)
