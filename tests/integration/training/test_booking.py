"""What one movement is, what it is booked to, what takes it back, and how a file is booked part after part."""

import asyncio
import time
from typing import Any
from uuid import UUID

import pytest
from temporalio.testing import ActivityEnvironment

from services.training.domain import STATEMENT_CLOCK
from services.training.operations import booking, payments, statements
from shared.database import Scope
from shared.ids import uuid7
from shared.steps import activities
from tests.integration.training.bank import Line, Move, coda, digits, statement
from tests.integration.training.test_paying import expire
from tests.support.steps import deadline_of
from tests.support.world.training import Training

ANOTHER_PAYER = "BE68539007547034"


async def pair(world: Training, **session: Any) -> list[dict[str, Any]]:
    """Register two people for one session."""
    held = await world.session(**session)
    return [await world.register(held, name) for name in ("Annelies", "Tom")]


async def states(world: Training, *registered: dict[str, Any]) -> list[str]:
    """Return the states of registrations."""
    return [await world.state(one) for one in registered]


def came_of(imported: dict[str, Any]) -> list[str]:
    """Return what came of the entries of a file."""
    return [payment["state"] for payment in imported["payments"]]


def suggested(payment: dict[str, Any]) -> set[str]:
    """Return to which registrations a payment could belong."""
    return {one["registration_id"] for one in payment["suggestions"]}


def ids(*registered: dict[str, Any]) -> set[str]:
    """Return the ids of registrations."""
    return {one["registration_id"] for one in registered}


class TestMovement:
    @pytest.mark.parametrize("reference", ["NONREF", "NOTPROVIDED", "N/A", "0", "-", "REPEATED"])
    async def test_is_not_the_reference_that_a_bank_repeats(self, world: Training, reference: str) -> None:
        annelies, tom = await pair(world)
        lines = [
            Line(communication=digits(annelies["payment"]), reference=reference, payer="PEETERS AN"),
            Line(communication=digits(tom["payment"]), reference=reference, payer="JANSSENS JO"),
        ]
        # In the evening the bank gives both, in another order.
        assert came_of(await world.import_file(statement(lines[0]))) == ["matched"]
        # What was booked in the morning is listed before what is new.
        assert came_of(await world.import_file(statement(*reversed(lines)))) == ["duplicate", "matched"]
        assert await states(world, annelies, tom) == ["confirmed", "confirmed"]

    async def test_is_one_in_files_of_both_formats(self, world: Training) -> None:
        annelies, tom = await pair(world)
        text = "opleiding van een collega te Rupelmeer met een lange uitleg erbij"
        camt = statement(
            Line(communication=digits(annelies["payment"]), reference="A1", payer="Janssens Élise"),
            Line(text=tom["payment"]["communication"], reference="A2", payer_iban=ANOTHER_PAYER),
            *[Line(text=text, reference=f"G{n}") for n in range(2)],
        )
        moves = coda(
            Move(text=text, reference="C3"),
            Move(communication=digits(tom["payment"]), reference="C2", payer_iban=ANOTHER_PAYER, payer="X"),
            Move(communication=digits(annelies["payment"]), reference="C1", payer="JANSSENS ELISE"),
            *[Move(text=text, reference=f"C{n}") for n in (4, 5)],
        )
        first = await world.import_file(camt)
        second = await world.import_file(moves)
        assert came_of(first) == ["matched", "matched", "unmatched", "unmatched"]
        # Of three that are alike, two were in the other file.
        assert came_of(second) == ["duplicate", "duplicate", "duplicate", "duplicate", "unmatched"]
        again = await world.import_file(moves + b"\r\n")
        assert set(came_of(again)) == {"duplicate"}
        assert len(await world.rows("SELECT 1 FROM payment")) == 5
        assert await states(world, annelies, tom) == ["confirmed", "confirmed"]


class TestReversal:
    async def paid(self, world: Training, **line: Any) -> dict[str, Any]:
        """Return a registration that was paid."""
        registered = await world.register(await world.session(), "Annelies")
        await world.import_file(statement(Line(communication=digits(registered["payment"]), **line)))
        assert await world.state(registered) == "confirmed"
        return registered

    @pytest.mark.parametrize(
        ("paid", "back"),
        [
            # A placeholder is no reference.
            ({"reference": "NONREF"}, {"reference": "NONREF", "text": "terugboeking"}),
            # The reference is the same and the payer is not; the amount is not.
            ({"end_to_end": "E1"}, {"end_to_end": "E1", "payer_iban": ANOTHER_PAYER}),
            ({"end_to_end": "E1"}, {"end_to_end": "E1", "amount": "25.00"}),
            ({"end_to_end": "E1"}, {"end_to_end": "E2"}),
            ({"end_to_end": "E1"}, {"end_to_end": "E1", "payer_iban": "", "payer": "ANDERE KLANT"}),
        ],
    )
    async def test_takes_nothing_back_unless_all_agrees(
        self, world: Training, paid: dict[str, Any], back: dict[str, Any]
    ) -> None:
        registered = await self.paid(world, **paid)
        [reversal] = (await world.import_file(statement(Line(direction="DBIT", reversal=True, **back))))[
            "payments"
        ]
        assert reversal["state"] in ("unmatched", "suggested")
        assert await world.state(registered) == "confirmed"

    async def test_of_a_part_leaves_the_rest(self, world: Training) -> None:
        registered = await self.paid(world, end_to_end="E1")
        back: dict[str, Any] = {"direction": "DBIT", "reversal": True, "end_to_end": "E1"}
        first = await world.import_file(statement(Line(**back, amount="5.00")))
        assert came_of(first) == ["matched"]
        seen = await world.registration(registered["registration_id"])
        assert (seen["state"], seen["paid"], seen["payment"]["amount"]) == (
            "awaiting-payment",
            "15.00",
            "5.00",
        )
        await world.import_file(statement(Line(**back, amount="15.00")))
        seen = await world.registration(registered["registration_id"])
        assert (seen["state"], seen["paid"], seen["payment"]["amount"]) == (
            "awaiting-payment",
            "0.00",
            "20.00",
        )
        [payment] = await world.rows("SELECT state FROM payment WHERE kind = 'credit'")
        assert payment.state == "reversed"


class TestSeveral:
    @pytest.mark.parametrize("amount", ["40.00", "39.00"])
    async def test_in_one_sum_are_booked_for_neither_alone(self, world: Training, amount: str) -> None:
        annelies, tom = await pair(world)
        part = "<TxDtls><RmtInf><Ustrd>{}</Ustrd></RmtInf></TxDtls>"
        parts = "".join(part.format(digits(one["payment"])) for one in (annelies, tom))
        whole = statement(Line(amount=amount)).decode()
        start, end = whole.index("<TxDtls>"), whole.index("</TxDtls>") + len("</TxDtls>")
        [payment] = (await world.import_file((whole[:start] + parts + whole[end:]).encode()))["payments"]
        assert (payment["state"], suggested(payment)) == ("suggested", ids(annelies, tom))
        assert await states(world, annelies, tom) == ["awaiting-payment"] * 2

    async def test_named_in_the_field_and_in_the_text_are_both_suggested(self, world: Training) -> None:
        annelies, tom = await pair(world)
        line = Line(amount="40.00", communication=digits(annelies["payment"]), text=digits(tom["payment"]))
        [payment] = (await world.import_file(statement(line)))["payments"]
        assert (payment["state"], suggested(payment)) == ("suggested", ids(annelies, tom))

    async def test_are_divided_by_a_person(self, world: Training) -> None:
        annelies, tom = await pair(world)
        text = f"{digits(annelies['payment'])} {digits(tom['payment'])}"
        [payment] = (await world.import_file(statement(Line(amount="40.00", text=text))))["payments"]
        path = f"/v1/payments/{payment['payment_id']}/divide"
        shares = [{"registration_id": one["registration_id"], "amount": "20.00"} for one in (annelies, tom)]
        wrong = [shares[0], shares[1] | {"amount": "19.00"}]
        for refused in (wrong, [shares[0], shares[0]]):
            await world.ask("POST", path, world.finance, json={"shares": refused}, expect=422)
        answer = await world.ask("POST", path, world.finance, json={"shares": shares}, expect=200)
        assert answer.json()["state"] == "divided"
        assert await states(world, annelies, tom) == ["confirmed", "confirmed"]
        await world.ask("POST", path, world.finance, json={"shares": shares}, expect=409)
        listed = (await world.do("GET", "/v1/payments?state=matched", world.finance))["items"]
        assert {one["part_of"] for one in listed} == {payment["payment_id"]}


class TestCommunication:
    async def test_with_a_slip_is_suggested_and_never_booked(self, world: Training) -> None:
        registered = await world.register(await world.session(), "Annelies")
        written = digits(registered["payment"])
        lost = written.replace("0", "", 1)
        for text in (f"cursus {lost}", written.lstrip("0")):
            line = Line(payer="OCMW", text=text, reference=text[-9:])
            [payment] = (await world.import_file(statement(line)))["payments"]
            assert (payment["state"], suggested(payment)) == ("suggested", ids(registered))
        assert await world.state(registered) == "awaiting-payment"


class TestMoney:
    async def settle(
        self, world: Training, payment: dict[str, Any], by: str, *, expect: int = 200
    ) -> dict[str, Any]:
        """Say as a person what becomes of money."""
        path = f"/v1/payments/{payment['payment_id']}/settle"
        answer: dict[str, Any] = (
            await world.ask("POST", path, world.finance, json={"by": by}, expect=expect)
        ).json()
        return answer

    async def test_paid_twice_is_given_back_or_moved(self, world: Training) -> None:
        annelies, tom = await pair(world)
        twice = [Line(communication=digits(annelies["payment"]), reference=f"R{n}") for n in range(3)]
        _, second, third = (await world.import_file(statement(*twice)))["payments"]
        assert (second["state"], third["state"]) == ("paid-twice", "paid-twice")
        assert (await self.settle(world, second, "refund"))["state"] == "refunded"
        await self.settle(world, second, "keep", expect=409)
        await world.match(second, tom, expect=409)
        assert (await world.match(third, tom))["registration_state"] == "confirmed"
        assert await states(world, annelies, tom) == ["confirmed", "confirmed"]

    async def test_that_is_too_much_is_given_back(self, world: Training) -> None:
        registered = await world.register(await world.session(), "Annelies")
        line = Line(amount="25.00", communication=digits(registered["payment"]))
        [payment] = (await world.import_file(statement(line)))["payments"]
        assert (await self.settle(world, payment, "refund"))["state"] == "matched"
        seen = await world.registration(registered["registration_id"])
        assert (seen["state"], seen["paid"]) == ("confirmed", "20.00")
        [listed] = (await world.do("GET", "/v1/payments", world.finance))["items"]
        assert listed["taken_back"] == "5.00"
        await self.settle(world, payment, "refund", expect=409)

    async def test_matched_wrongly_is_moved(self, world: Training) -> None:
        annelies, tom = await pair(world)
        line = Line(communication=digits(annelies["payment"]))
        [payment] = (await world.import_file(statement(line)))["payments"]
        await self.settle(world, payment, "refund", expect=409)
        decided = await world.match(payment, tom)
        assert (decided["state"], decided["registration_state"]) == ("matched", "confirmed")
        assert await states(world, annelies, tom) == ["awaiting-payment", "confirmed"]
        assert (await world.registration(annelies["registration_id"]))["paid"] == "0.00"

    async def test_that_two_people_give_to_others_goes_to_the_first(self, world: Training) -> None:
        annelies, tom = await pair(world)
        [payment] = (await world.import_file(statement(Line(payer="Iemand Anders"))))["payments"]
        await world.match(payment, tom)
        # Who still sees it as nobody's.
        refused = await world.match(payment, annelies, expect=409)
        assert (refused["type"].rpartition("/")[2], refused["facts"]) == (
            "other-version",
            {"registration_id": tom["registration_id"]},
        )
        assert await states(world, annelies, tom) == ["awaiting-payment", "confirmed"]
        await world.match(payment, annelies, moved_from=tom["registration_id"])
        assert await states(world, annelies, tom) == ["confirmed", "awaiting-payment"]

    @pytest.mark.parametrize(("by", "state"), [("refund", "refunded"), ("keep", "kept")])
    async def test_of_a_cancelled_registration_waits_for_a_person(
        self, world: Training, by: str, state: str
    ) -> None:
        registered = await world.register(await world.session(), "Annelies")
        line = Line(communication=digits(registered["payment"]))
        [payment] = (await world.import_file(statement(line)))["payments"]
        path = f"/v1/registrations/{registered['registration_id']}/cancel"
        await world.ask("POST", path, world.trainer, expect=200)
        listed = (await world.do("GET", "/v1/payments?state=late", world.finance))["items"]
        assert [one["payment_id"] for one in listed] == [payment["payment_id"]]
        assert (await self.settle(world, payment, by))["state"] == state

    async def test_for_an_expired_place_that_is_free_is_offered(self, world: Training) -> None:
        annelies, tom = await pair(world, capacity=2)
        for registered in (annelies, tom):
            await expire(world, registered)
        lines = [
            Line(amount=amount, communication=digits(registered["payment"]), reference=amount)
            for registered, amount in ((annelies, "20.00"), (tom, "12.00"), (tom, "8.00"))
        ]
        whole, part, rest = (await world.import_file(statement(*lines)))["payments"]
        assert [one["state"] for one in (whole, part, rest)] == ["late"] * 3
        assert (suggested(whole), suggested(part), suggested(rest)) == (ids(annelies), set(), ids(tom))
        assert (await world.registration(tom["registration_id"]))["paid"] == "20.00"
        for payment, registered in ((whole, annelies), (rest, tom)):
            decided = await world.match(payment, registered)
            assert (decided["state"], decided["registration_state"]) == ("matched", "confirmed")
        assert {row.state for row in await world.rows("SELECT state FROM payment")} == {"matched"}

    async def test_that_is_too_little_is_acknowledged(self, world: Training) -> None:
        registered = await world.register(await world.session(), "Annelies")
        line = Line(amount="12.00", communication=digits(registered["payment"]))
        await world.import_file(statement(line))
        assert await world.kinds_emailed(registered) == ["payment-request", "payment-incomplete"]
        await expire(world, registered)
        assert (await world.registration(registered["registration_id"]))["paid"] == "12.00"


class TestTimeToPay:
    async def test_ends_when_the_session_starts(self, world: Training) -> None:
        session = await world.session(days=3)
        registered = await world.register(session, "Annelies")
        [clock] = await world.rows("SELECT due_at, warn_at FROM clock WHERE kind = 'payment'")
        [held] = await world.rows("SELECT starts_at FROM course_session")
        assert (clock.due_at, clock.warn_at) == (held.starts_at, None)
        assert registered["payment"]["due_on"] == f"{held.starts_at:%Y-%m-%d}"


class TestAccount:
    async def test_is_one_whose_bank_nobody_listed(self, world: Training) -> None:
        await world.session(account_iban="BE68 5390 0754 7034")


class TestImport:
    async def upload(self, world: Training, content: bytes) -> str:
        """Send a file, and return the id of the import."""
        answer = await world.ask("POST", "/v1/statements", world.finance, content=content, expect=202)
        found = answer.json()
        assert (found["state"], found["booked"], found["payments"]) == ("importing", 0, {})
        return str(found["statement_id"])

    async def book(self, world: Training, statement_id: str) -> bool:
        """Book one part."""
        async with world.context.database.transaction(Scope(tenant=world.tenant)) as session:
            return await booking.book_part(
                session,
                world.context.vault,
                tenant=world.tenant,
                statement_id=UUID(statement_id),
                now=await world.now(),
            )

    async def test_goes_on_where_it_was_killed_and_books_nothing_twice(
        self, world: Training, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(statements, "PART", 3)
        held = await world.session(capacity=8)
        everyone = [await world.register(held, f"Naam{n}") for n in range(8)]
        lines = [Line(communication=digits(one["payment"])) for one in everyone]
        statement_id = await self.upload(world, statement(*lines))
        assert await self.book(world, statement_id)
        progress = await world.do("GET", f"/v1/statements/{statement_id}", world.finance)
        assert (progress["state"], progress["booked"], progress["total"]) == ("importing", 3, 8)
        assert progress["payments"] == {"matched": 3}

        # Killed in the middle of a part: nothing of it is kept.
        apply, times = payments.apply, 0

        async def dying(*given: Any, **named: Any) -> None:
            nonlocal times
            times += 1
            if times == 2:
                raise KeyboardInterrupt
            await apply(*given, **named)

        with monkeypatch.context() as patched:
            patched.setattr(payments, "apply", dying)
            with pytest.raises(KeyboardInterrupt):
                await self.book(world, statement_id)
        assert len(await world.rows("SELECT 1 FROM payment")) == 3

        # Two at once: each part is booked by one of them.
        await asyncio.gather(*(self.book(world, statement_id) for _ in range(4)))
        imported = await world.booked(statement_id)
        assert (imported["state"], imported["booked"], came_of(imported)) == ("imported", 8, ["matched"] * 8)
        assert set(await states(world, *everyone)) == {"confirmed"}
        assert len(await world.rows("SELECT 1 FROM payment")) == 8
        assert await world.rows("SELECT 1 FROM statement_part") == []
        assert (
            await deadline_of(world.context, tenant=world.tenant, kind=STATEMENT_CLOCK, subject=statement_id)
            is None
        )

    async def test_keeps_what_is_to_be_booked_sealed(self, world: Training) -> None:
        await world.session()
        await self.upload(world, statement(Line(payer="Zeldzame Naam", text="zeldzame zin")))
        for table in ("statement", "statement_part", "clock", "outbox"):
            for row in await world.rows(f"SELECT row_to_json({table})::text AS whole FROM {table}"):
                assert "eldzame" not in row.whole
                assert b"eldzame".hex() not in row.whole

    async def test_of_thousands_of_entries_is_answered_at_once(self, world: Training) -> None:
        held = await world.session(capacity=40)
        for n in range(40):
            await world.register(held, f"Voornaam{n}", last_name=f"Achternaam{n}")
        lines = [
            Line(payer=f"ACHTERNAAM{n % 60} VOORNAAM{n % 60}", text="opleiding", reference=f"R{n}")
            for n in range(5_000)
        ]
        before = time.monotonic()
        statement_id = await self.upload(world, statement(*lines))
        assert time.monotonic() - before < 10
        book = activities(world.context)["training.book-statement"]
        due = await deadline_of(
            world.context, tenant=world.tenant, kind=STATEMENT_CLOCK, subject=statement_id
        )
        assert due is not None
        before = time.monotonic()
        await ActivityEnvironment().run(book, due)
        # One step ends well before an activity is given up; the workflow takes as many as it needs.
        assert time.monotonic() - before < 25
        [row] = await world.rows("SELECT booked FROM statement")
        assert row.booked > 0
        assert row.booked % statements.PART == 0

    async def test_of_nobody_is_not_found(self, world: Training) -> None:
        await world.ask("GET", f"/v1/statements/{uuid7()}", world.finance, expect=404)
