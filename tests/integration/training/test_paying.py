"""What comes of money: matched, too little, too much, twice, late, early, unclear, taken back."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

from services.training.operations import registrations
from shared.auth import Role
from shared.database import Scope
from tests.integration.training.bank import Line, Move, coda, digits, statement
from tests.integration.training.house import ANOTHER_ACCOUNT, House


async def expire(house: House, registered: dict[str, str]) -> None:
    """Let the time to pay pass, as the workflow would."""
    registration_id = UUID(registered["registration_id"])
    for _ in range(2):
        [clock] = await house.rows(
            "SELECT coalesce(CASE WHEN warned_at IS NULL THEN warn_at END, due_at) AS next FROM clock"
            " WHERE subject = :id AND state = 'running'",
            id=registration_id,
        )
        house.clock.moment = max(house.clock.moment, clock.next)
        async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
            await registrations.reach_moment(
                session,
                tenant=house.tenant,
                registration_id=registration_id,
                moment=clock.next,
                now=clock.next,
            )


class TestImport:
    async def test_confirms_what_was_paid_with_its_communication(self, house: House) -> None:
        session = await house.session()
        structured, in_text = [await house.register(session, name) for name in ("Annelies", "Tom")]
        written = in_text["payment"]["communication"].strip("+").replace("/", " ")
        content = statement(
            Line(communication=digits(structured["payment"])), Line(text=f"opleiding {written} dank u")
        )
        answer = await house.import_file(content)
        assert [one["state"] for one in answer["payments"]] == ["matched", "matched"]
        for registered in (structured, in_text):
            assert await house.state(registered) == "confirmed"
            assert await house.mails(registered) == ["payment-request", "registration-confirmed"]
        hows = await house.rows(
            "SELECT data->>'how' AS how, data->>'settles' AS settles FROM outbox"
            " WHERE type = 'training.payment.matched.v1' ORDER BY position"
        )
        assert [(row.how, row.settles) for row in hows] == [("structured", "true"), ("text", "true")]
        clocks = await house.rows("SELECT DISTINCT state FROM clock")
        assert [row.state for row in clocks] == ["stopped"]

    async def test_changes_nothing_with_the_same_file_again(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        content = statement(Line(communication=digits(registered["payment"])), Line(text="iets anders"))
        answers = await asyncio.gather(
            *(house.ask("POST", "/v1/statements", house.finance, content=content) for _ in range(3))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 200, 201]
        assert answers[0].json() == answers[1].json() == answers[2].json()
        assert len(await house.rows("SELECT 1 FROM payment")) == 2
        assert (await house.said()).count("registration.confirmed") == 1

    async def test_takes_an_entry_once_from_files_that_overlap(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        paid = Line(communication=digits(registered["payment"]), reference="REF1")
        # Two payments that are alike in everything stay two.
        alike = [Line(text="gift"), Line(text="gift")]
        monday = await house.import_file(statement(paid, *alike))
        tuesday = await house.import_file(statement(paid, *alike, Line(text="gift")))
        assert [one["state"] for one in tuesday["payments"]] == ["duplicate"] * 3 + ["unmatched"]
        ids = [one["payment_id"] for one in monday["payments"]]
        assert [one["payment_id"] for one in tuesday["payments"]][:3] == ids
        assert len(set(ids)) == 3
        assert (await house.registration(registered["registration_id"]))["paid"] == "20.00"

    async def test_takes_a_coda_file_too(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        content = coda(Move(communication=digits(registered["payment"])), Move(text="huur", reference="R2"))
        answer = await house.import_file(content)
        assert (answer["format"], [one["state"] for one in answer["payments"]]) == (
            "coda",
            ["matched", "unmatched"],
        )
        assert await house.state(registered) == "confirmed"
        assert (await house.import_file(content, expect=200)) == answer

    async def test_keeps_who_paid_sealed(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies", organisation="Huis van het Kind")
        line = Line(payer="Zeldzame Naam", text="zeldzame zin", communication=digits(registered["payment"]))
        await house.import_file(statement(line, Line(payer="Zeldzame Naam", text="Annelies Peeters")))
        tables = ("registration", "payment", "statement", "message", "outbox", "clock", "effect", "inbox")
        for table in tables:
            found = await house.rows(f"SELECT row_to_json({table})::text AS whole FROM {table}")
            for row in found:
                for word in ("Annelies", "Peeters", "Huis van", "eldzame", "voorbeeld.invalid", "BE43"):
                    assert word not in row.whole
                    assert word.encode().hex() not in row.whole

    async def test_only_suggests_by_name_until_a_person_decides(self, house: House) -> None:
        session = await house.session()
        await house.register(session, "Annelies", last_name="De Smet")
        tom = await house.register(session, "Tom", last_name="Wuytens")
        lines = Line(payer="WUYTENS T & CO", text="Tom Wuytens opleiding Rupelmeer"), Line(text="huur maart")
        answer = await house.import_file(statement(*lines))
        suggested, unmatched = answer["payments"]
        assert (suggested["state"], unmatched["state"]) == ("suggested", "unmatched")
        assert [one["registration_id"] for one in suggested["suggestions"]] == [tom["registration_id"]]
        assert await house.state(tom) == "awaiting-payment"
        listed = await house.ask("GET", "/v1/payments?state=suggested", house.finance, expect=200)
        assert [one["text"] for one in listed.json()["items"]] == ["Tom Wuytens opleiding Rupelmeer"]
        decided = await house.match(suggested, tom)
        assert (decided["state"], decided["registration_state"]) == ("matched", "confirmed")
        assert await house.mails(tom) == ["payment-request", "registration-confirmed"]
        await house.match(suggested, tom, expect=409)

    async def test_leaves_one_transfer_for_several_people_to_a_person(self, house: House) -> None:
        session = await house.session()
        pair = [await house.register(session, name) for name in ("Annelies", "Tom")]
        text = " ".join(one["payment"]["communication"] for one in pair)
        [payment] = (await house.import_file(statement(Line(amount="40.00", text=text))))["payments"]
        assert payment["state"] == "suggested"
        assert {one["registration_id"] for one in payment["suggestions"]} == {
            one["registration_id"] for one in pair
        }

    async def test_ignores_what_is_no_payment_to_this_account(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        communication = digits(registered["payment"])
        others = await house.import_file(
            statement(Line(communication=communication), account=ANOTHER_ACCOUNT)
        )
        assert (others["payments"], others["ignored"]) == ([], 1)
        content = statement(
            Line(communication=communication, direction="DBIT"),
            Line(communication=communication, status="PDNG"),
            Line(communication=communication, currency="USD"),
            Line(communication=communication, direction="CRDT", reversal=True),
        )
        ours = await house.import_file(content)
        assert (ours["payments"], ours["ignored"]) == ([], 4)
        assert await house.state(registered) == "awaiting-payment"

    async def test_gives_no_payment_to_a_session_with_another_account(self, house: House) -> None:
        session, _ = await house.session(), await house.session(account_iban=ANOTHER_ACCOUNT)
        registered = await house.register(session, "Annelies")
        line = Line(communication=digits(registered["payment"]))
        answer = await house.import_file(statement(line, account=ANOTHER_ACCOUNT))
        assert [one["state"] for one in answer["payments"]] == ["unmatched"]

    async def test_knows_nothing_of_another_organisations_money(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        line = Line(communication=digits(registered["payment"]))
        [payment] = (await house.import_file(statement(line)))["payments"]
        stranger = house.staff(Role.FINANCE, organisation=uuid4())
        answer = await house.ask("POST", "/v1/statements", stranger, content=statement(line), expect=201)
        assert answer.json()["payments"] == []
        assert (await house.ask("GET", "/v1/payments", stranger)).json()["items"] == []
        path = f"/v1/payments/{payment['payment_id']}/match"
        body = {"registration_id": registered["registration_id"]}
        await house.ask("POST", path, stranger, json=body, expect=404)
        await house.ask("POST", path, house.trainer, json=body, expect=403)
        await house.ask("POST", "/v1/statements", house.trainer, content=b"<", expect=403)


class TestQrCode:
    async def test_is_for_who_still_has_to_pay(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        path = f"/v1/registrations/{registered['registration_id']}/epc-qr"
        answer = await house.ask("GET", path, house.trainer, expect=200)
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")
        await house.ask("GET", path, house.staff(Role.REFERRER), expect=403)
        await house.import_file(statement(Line(communication=digits(registered["payment"]))))
        refused = await house.ask("GET", path, house.trainer, expect=409)
        assert refused.json()["type"].endswith("nothing-to-pay")


class TestWrongAmounts:
    async def test_wait_for_the_rest(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        communication = digits(registered["payment"])
        [first] = (await house.import_file(statement(Line(amount="5.00", communication=communication))))[
            "payments"
        ]
        assert first["state"] == "underpaid"
        seen = await house.registration(registered["registration_id"])
        assert (seen["state"], seen["paid"], seen["payment"]["amount"]) == (
            "awaiting-payment",
            "5.00",
            "15.00",
        )
        await house.match(first, registered, expect=409)
        [rest] = (await house.import_file(statement(Line(amount="15.00", communication=communication))))[
            "payments"
        ]
        assert rest["state"] == "matched"
        assert await house.state(registered) == "confirmed"
        left = await house.ask("GET", "/v1/payments?state=underpaid", house.finance)
        assert left.json()["items"] == []

    async def test_may_be_accepted_by_a_person(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        line = Line(amount="19.00", communication=digits(registered["payment"]))
        [payment] = (await house.import_file(statement(line)))["payments"]
        decided = await house.match(payment, registered, accept_amount=True)
        assert (decided["state"], decided["registration_state"]) == ("matched", "confirmed")

    async def test_too_much_or_twice_confirms_once_and_is_shown(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        communication = digits(registered["payment"])
        lines = Line(amount="25.00", communication=communication), Line(communication=communication)
        answer = await house.import_file(statement(*lines))
        assert [one["state"] for one in answer["payments"]] == ["overpaid", "paid-twice"]
        assert (await house.mails(registered)).count("registration-confirmed") == 1


class TestWrongMoments:
    async def test_late_money_waits_for_a_person_who_may_give_a_place_again(self, house: House) -> None:
        session = await house.session(capacity=1)
        registered = await house.register(session, "Sofie")
        await expire(house, registered)
        assert await house.mails(registered) == [
            "payment-request",
            "payment-reminder",
            "registration-expired",
        ]
        line = Line(communication=digits(registered["payment"]))
        [payment] = (await house.import_file(statement(line)))["payments"]
        assert payment["state"] == "late"
        assert await house.state(registered) == "expired"
        decided = await house.match(payment, registered)
        assert (decided["state"], decided["registration_state"]) == ("matched", "confirmed")
        # The freed place is taken again: the event that told of it finds nothing to give.
        waiting = await house.register(session, "Hilde")
        await house.spread("internal.place.freed")
        assert await house.state(waiting) == "waitlisted"

    async def test_late_money_finds_the_place_taken(self, house: House) -> None:
        session = await house.session(capacity=1)
        registered = await house.register(session, "Sofie")
        waiting = await house.register(session, "Hilde")
        await expire(house, registered)
        await house.spread("internal.place.freed")
        assert await house.state(waiting) == "awaiting-payment"
        line = Line(communication=digits(registered["payment"]))
        [payment] = (await house.import_file(statement(line)))["payments"]
        refused = await house.match(payment, registered, expect=409)
        assert refused["type"].endswith("no-place-left")

    async def test_early_money_confirms_as_soon_as_there_is_a_place(self, house: House) -> None:
        session = await house.session(capacity=1)
        first, waiting = [await house.register(session, name) for name in ("Annelies", "Hilde")]
        seen = await house.registration(waiting["registration_id"])
        line = Line(communication="".join(filter(str.isdigit, seen["communication"])))
        [payment] = (await house.import_file(statement(line)))["payments"]
        assert payment["state"] == "early"
        path = f"/v1/registrations/{first['registration_id']}/cancel"
        await house.ask("POST", path, house.trainer, expect=200)
        await house.spread("internal.place.freed")
        assert await house.state(waiting) == "confirmed"
        assert await house.mails(waiting) == ["waitlisted", "registration-confirmed"]

    async def test_money_for_a_cancelled_registration_is_for_a_person(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        path = f"/v1/registrations/{registered['registration_id']}/cancel"
        await house.ask("POST", path, house.trainer, expect=200)
        line = Line(communication=digits(registered["payment"]))
        [payment] = (await house.import_file(statement(line)))["payments"]
        assert payment["state"] == "late"
        refused = await house.match(payment, registered, expect=409)
        assert refused["type"].endswith("registration-over")


class TestReversal:
    async def test_opens_the_registration_again(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        paid = Line(communication=digits(registered["payment"]), end_to_end="E2E-1")
        await house.import_file(statement(paid))
        house.clock.moment += timedelta(days=3)
        back = Line(direction="DBIT", reversal=True, end_to_end="E2E-1", day="2026-03-08")
        [reversal] = (await house.import_file(statement(back)))["payments"]
        assert (reversal["kind"], reversal["state"]) == ("reversal", "matched")
        seen = await house.registration(registered["registration_id"])
        assert (seen["state"], seen["paid"], seen["payment"]["due_on"]) == (
            "awaiting-payment",
            "0",
            "2026-03-19",
        )
        assert (await house.mails(registered))[-1] == "payment-reversed"
        again = Line(communication=digits(registered["payment"]), end_to_end="E2E-2", day="2026-03-10")
        await house.import_file(statement(again))
        assert await house.state(registered) == "confirmed"

    async def test_is_found_by_its_communication_too(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        communication = digits(registered["payment"])
        lines = (
            Line(communication=communication),
            Line(communication=communication, direction="DBIT", reversal=True),
        )
        answer = await house.import_file(statement(*lines))
        assert [one["state"] for one in answer["payments"]] == ["reversed", "matched"]
        assert await house.state(registered) == "awaiting-payment"

    async def test_is_covered_by_what_was_paid_twice(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        communication = digits(registered["payment"])
        await house.import_file(
            statement(
                Line(communication=communication, end_to_end="E2E-1"),
                Line(communication=communication, end_to_end="E2E-2"),
                Line(direction="DBIT", reversal=True, end_to_end="E2E-1"),
            )
        )
        assert await house.state(registered) == "confirmed"
        assert (await house.registration(registered["registration_id"]))["paid"] == "20.00"

    async def test_that_nothing_explains_waits_for_a_person(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        await house.import_file(statement(Line(communication=digits(registered["payment"]))))
        back = Line(direction="DBIT", reversal=True, text="terugboeking")
        [reversal] = (await house.import_file(statement(back)))["payments"]
        assert reversal["state"] == "unmatched"
        decided = await house.match(reversal, registered)
        assert decided["registration_state"] == "awaiting-payment"


class TestHostileFiles:
    async def test_are_refused_and_leave_nothing(self, house: House) -> None:
        await house.session()
        entity = b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">]>'
        plain = statement(Line())
        files = [
            b"",
            b"\x00" * 100,
            b"<" * 10_000,
            b"<a>" * 10_000,
            plain[:-20],
            plain.replace(b"<Document", entity + b"<Document"),
            plain.replace(b"20.00", b"NaN"),
            plain.replace(b"20.00", b"1e999999"),
            plain.replace(b"20.00", b"20.001"),
            plain.replace(b"2026-03-05", b"2026-02-30"),
            plain.replace(b"camt.053", b"camt.054"),
            "<é".encode("utf-16"),
        ]
        for content in files:
            answer = await house.ask("POST", "/v1/statements", house.finance, content=content)
            assert answer.status_code == 422, content[:80]
            assert b"aaaa" not in answer.content
        too_large = b"<" + b" " * (20 * 1024 * 1024)
        await house.ask("POST", "/v1/statements", house.finance, content=too_large, expect=413)
        assert await house.rows("SELECT 1 FROM statement") == []
