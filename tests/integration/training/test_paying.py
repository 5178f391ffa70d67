"""What comes of money: matched, too little, too much, twice, late, early, unclear, taken back."""

import asyncio
from uuid import UUID

from services.training.domain import registration_workflow_id
from services.training.workflows import Registration
from shared.auth import Role
from tests.integration.training.bank import Line, Move, coda, digits, statement
from tests.support.steps import step_on
from tests.support.world.training import ANOTHER_ACCOUNT, Training


async def expire(world: Training, registered: dict[str, str]) -> None:
    """Let the time to pay pass, as the workflow would."""
    workflow_id = registration_workflow_id(UUID(registered["registration_id"]))
    for _ in ("reminded", "expired"):
        await step_on(world, Registration, workflow_id)


class TestImport:
    async def test_confirms_what_was_paid_with_its_communication(self, world: Training) -> None:
        session = await world.session()
        structured, in_text = [await world.register(session, name) for name in ("Annelies", "Tom")]
        written = in_text["payment"]["communication"].strip("+").replace("/", " ")
        content = statement(
            Line(communication=digits(structured["payment"])), Line(text=f"opleiding {written} dank u")
        )
        answer = await world.import_file(content)
        assert [one["state"] for one in answer["payments"]] == ["matched", "matched"]
        for registered in (structured, in_text):
            assert await world.state(registered) == "confirmed"
            assert await world.kinds_emailed(registered) == ["payment-request", "registration-confirmed"]
        hows = await world.rows(
            "SELECT data->>'how' AS how, data->>'settles' AS settles FROM outbox"
            " WHERE type = 'training.payment.matched.v1' ORDER BY position"
        )
        assert [(row.how, row.settles) for row in hows] == [("structured", "true"), ("text", "true")]
        clocks = await world.rows("SELECT DISTINCT state FROM clock")
        assert [row.state for row in clocks] == ["stopped"]

    async def test_changes_nothing_with_the_same_file_again(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        content = statement(Line(communication=digits(registered["payment"])), Line(text="iets anders"))
        answers = await asyncio.gather(
            *(world.ask("POST", "/v1/statements", world.finance, content=content) for _ in range(3))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 200, 202]
        assert answers[0].json() == answers[1].json() == answers[2].json()
        await world.booked(answers[0].json()["statement_id"])
        assert len(await world.rows("SELECT 1 FROM payment")) == 2
        assert (await world.types_published()).count("registration.confirmed") == 1

    async def test_is_listed_with_who_gave_it_its_days_and_what_came_of_it(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        paid = Line(communication=digits(registered["payment"]), reference="REF1")
        first = await world.import_file(statement(paid, Line(text="gift")))
        second = await world.import_file(statement(paid))
        listed = (await world.do("GET", "/v1/statements", world.finance))["items"]
        assert [each["statement_id"] for each in listed] == [second["statement_id"], first["statement_id"]]
        assert [each["payments"] for each in listed] == [{"duplicate": 1}, {"matched": 1, "unmatched": 1}]
        whole = await world.do("GET", f"/v1/statements/{first['statement_id']}", world.finance)
        assert whole.pop("left_out") == []
        assert listed[1] == whole
        day = first["payments"][0]["booked_on"]
        assert (whole["first_day"], whole["last_day"], whole["total"]) == (day, day, 2)

    async def test_takes_an_entry_once_from_files_that_overlap(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        paid = Line(communication=digits(registered["payment"]), reference="REF1")
        # Two payments that are alike in everything stay two.
        alike = [Line(text="gift"), Line(text="gift")]
        monday = await world.import_file(statement(paid, *alike))
        tuesday = await world.import_file(statement(paid, *alike, Line(text="gift")))
        assert [one["state"] for one in tuesday["payments"]] == ["duplicate"] * 3 + ["unmatched"]
        ids = [one["payment_id"] for one in monday["payments"]]
        assert [one["payment_id"] for one in tuesday["payments"]][:3] == ids
        assert len(set(ids)) == 3
        path = f"/v1/statements/{tuesday['statement_id']}/payments"
        first = await world.do("GET", f"{path}?limit=3", world.finance)
        rest = await world.do("GET", f"{path}?limit=3&cursor={first['next']}", world.finance)
        assert (first["items"] + rest["items"], rest["next"]) == (tuesday["payments"], None)
        assert (await world.registration(registered["registration_id"]))["paid"] == "20.00"

    async def test_takes_a_coda_file_too(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        content = coda(Move(communication=digits(registered["payment"])), Move(text="huur", reference="R2"))
        answer = await world.import_file(content)
        assert (answer["format"], [one["state"] for one in answer["payments"]]) == (
            "coda",
            ["matched", "unmatched"],
        )
        assert await world.state(registered) == "confirmed"
        assert (await world.import_file(content, expect=200)) == answer

    async def test_keeps_who_paid_sealed(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies", organisation="Huis van het Kind")
        line = Line(payer="Zeldzame Naam", text="zeldzame zin", communication=digits(registered["payment"]))
        await world.import_file(statement(line, Line(payer="Zeldzame Naam", text="Annelies Peeters")))
        tables = (
            "registration",
            "payment",
            "statement",
            "statement_entry",
            "message",
            "outbox",
            "clock",
            "effect",
            "inbox",
        )
        for table in tables:
            found = await world.rows(f"SELECT row_to_json({table})::text AS whole FROM {table}")
            for row in found:
                for word in ("Annelies", "Peeters", "Huis van", "eldzame", "voorbeeld.example", "BE43"):
                    assert word not in row.whole
                    assert word.encode().hex() not in row.whole

    async def test_only_suggests_by_name_until_a_person_decides(self, world: Training) -> None:
        session = await world.session()
        await world.register(session, "Annelies", last_name="De Smet")
        tom = await world.register(session, "Tom", last_name="Wuytens")
        lines = Line(payer="WUYTENS T & CO", text="Tom Wuytens opleiding Rupelmeer"), Line(text="huur maart")
        answer = await world.import_file(statement(*lines))
        suggested, unmatched = answer["payments"]
        assert (suggested["state"], unmatched["state"]) == ("suggested", "unmatched")
        assert [one["registration_id"] for one in suggested["suggestions"]] == [tom["registration_id"]]
        assert await world.state(tom) == "awaiting-payment"
        listed = await world.ask("GET", "/v1/payments?state=suggested", world.finance, expect=200)
        assert [one["text"] for one in listed.json()["items"]] == ["Tom Wuytens opleiding Rupelmeer"]
        [[guessed]] = [one["suggestions"] for one in listed.json()["items"]]
        assert (guessed["first_name"], guessed["registration_state"]) == ("Tom", "awaiting-payment")
        decided = await world.match(suggested, tom)
        assert (decided["state"], decided["registration_state"]) == ("matched", "confirmed")
        assert await world.kinds_emailed(tom) == ["payment-request", "registration-confirmed"]
        await world.match(suggested, tom, expect=409)

    async def test_waits_for_finance_as_long_as_a_payment_of_it_does(self, world: Training) -> None:
        async def clocks() -> list[tuple[str, str, str]]:
            query = (
                "SELECT state, owner, escalate_to FROM clock WHERE kind = 'payments-to-settle' ORDER BY id"
            )
            return [tuple(row) for row in await world.rows(query)]

        session = await world.session()
        tom = await world.register(session, "Tom", last_name="Wuytens")
        lines = Line(payer="WUYTENS T & CO", text="Tom Wuytens opleiding Rupelmeer"), Line(text="huur maart")
        suggested, unmatched = (await world.import_file(statement(*lines)))["payments"]
        assert await clocks() == [("running", "finance", "administrator")]
        await world.match(suggested, tom)
        assert await clocks() == [("running", "finance", "administrator")]
        settled = f"/v1/payments/{unmatched['payment_id']}/settle"
        await world.ask("POST", settled, world.finance, json={"by": "refund"}, expect=200)
        assert await clocks() == [("stopped", "finance", "administrator")]

    async def test_leaves_one_transfer_for_several_people_to_a_person(self, world: Training) -> None:
        session = await world.session()
        pair = [await world.register(session, name) for name in ("Annelies", "Tom")]
        text = " ".join(one["payment"]["communication"] for one in pair)
        [payment] = (await world.import_file(statement(Line(amount="40.00", text=text))))["payments"]
        assert payment["state"] == "suggested"
        assert {one["registration_id"] for one in payment["suggestions"]} == {
            one["registration_id"] for one in pair
        }

    async def test_ignores_what_is_no_payment_to_this_account(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        communication = digits(registered["payment"])
        others = await world.import_file(
            statement(Line(communication=communication), account=ANOTHER_ACCOUNT)
        )
        assert (others["payments"], others["left_out"]) == ([], [{"entry": 1, "reason": "other-account"}])
        content = statement(
            Line(communication=communication, direction="DBIT"),
            Line(communication=communication, status="PDNG"),
            Line(communication=communication, currency="USD"),
            Line(communication=communication, direction="CRDT", reversal=True),
        )
        ours = await world.import_file(content)
        assert (ours["payments"], [one["reason"] for one in ours["left_out"]]) == (
            [],
            ["debit", "not-booked", "not-euro", "undone-debit"],
        )
        assert await world.state(registered) == "awaiting-payment"

    async def test_gives_no_payment_to_a_session_with_another_account(self, world: Training) -> None:
        session, _ = await world.session(), await world.session(account_iban=ANOTHER_ACCOUNT)
        registered = await world.register(session, "Annelies")
        line = Line(communication=digits(registered["payment"]))
        answer = await world.import_file(statement(line, account=ANOTHER_ACCOUNT))
        assert [one["state"] for one in answer["payments"]] == ["unmatched"]

    async def test_knows_nothing_of_another_organisations_money(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        line = Line(communication=digits(registered["payment"]))
        [payment] = (await world.import_file(statement(line)))["payments"]
        stranger = world.stranger(Role.FINANCE)
        answer = await world.ask("POST", "/v1/statements", stranger, content=statement(line), expect=202)
        assert (answer.json()["total"], answer.json()["payments"]) == (0, {})
        [ours] = await world.rows("SELECT id FROM statement WHERE total = 1")
        await world.ask("GET", f"/v1/statements/{ours.id}", stranger, expect=404)
        assert (await world.do("GET", "/v1/payments", stranger))["items"] == []
        path = f"/v1/payments/{payment['payment_id']}/match"
        body = {"registration_id": registered["registration_id"]}
        await world.ask("POST", path, stranger, json=body, expect=404)
        await world.ask("POST", path, world.trainer, json=body, expect=403)
        await world.ask("POST", "/v1/statements", world.trainer, content=b"<", expect=403)


class TestQrCode:
    async def test_is_for_who_still_has_to_pay(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        path = f"/v1/registrations/{registered['registration_id']}/epc-qr"
        answer = await world.ask("GET", path, world.trainer, expect=200)
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")
        await world.ask("GET", path, world.colleague(Role.REFERRER), expect=403)
        await world.import_file(statement(Line(communication=digits(registered["payment"]))))
        refused = await world.ask("GET", path, world.trainer, expect=409)
        assert refused.json()["type"].endswith("nothing-to-pay")


class TestWrongAmounts:
    async def test_wait_for_the_rest(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        communication = digits(registered["payment"])
        [first] = (await world.import_file(statement(Line(amount="5.00", communication=communication))))[
            "payments"
        ]
        assert first["state"] == "underpaid"
        seen = await world.registration(registered["registration_id"])
        assert (seen["state"], seen["paid"], seen["payment"]["amount"]) == (
            "awaiting-payment",
            "5.00",
            "15.00",
        )
        await world.match(first, registered, expect=409)
        [rest] = (await world.import_file(statement(Line(amount="15.00", communication=communication))))[
            "payments"
        ]
        assert rest["state"] == "matched"
        assert await world.state(registered) == "confirmed"
        left = await world.ask("GET", "/v1/payments?state=underpaid", world.finance)
        assert left.json()["items"] == []

    async def test_may_be_accepted_by_a_person(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        line = Line(amount="19.00", communication=digits(registered["payment"]))
        [payment] = (await world.import_file(statement(line)))["payments"]
        decided = await world.match(payment, registered, accept_amount=True)
        assert (decided["state"], decided["registration_state"]) == ("matched", "confirmed")

    async def test_too_much_or_twice_confirms_once_and_is_shown(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        communication = digits(registered["payment"])
        lines = Line(amount="25.00", communication=communication), Line(communication=communication)
        answer = await world.import_file(statement(*lines))
        assert [one["state"] for one in answer["payments"]] == ["overpaid", "paid-twice"]
        assert (await world.kinds_emailed(registered)).count("registration-confirmed") == 1


class TestWrongMoments:
    async def test_late_money_waits_for_a_person_who_may_give_a_place_again(self, world: Training) -> None:
        session = await world.session(capacity=1)
        registered = await world.register(session, "Sofie")
        await expire(world, registered)
        assert await world.kinds_emailed(registered) == [
            "payment-request",
            "payment-reminder",
            "registration-expired",
        ]
        line = Line(communication=digits(registered["payment"]))
        [payment] = (await world.import_file(statement(line)))["payments"]
        assert payment["state"] == "late"
        assert await world.state(registered) == "expired"
        decided = await world.match(payment, registered)
        assert (decided["state"], decided["registration_state"]) == ("matched", "confirmed")
        # The freed place is taken again: the event that told of it finds nothing to give.
        waiting = await world.register(session, "Hilde")
        await world.deliver_published("training.internal.place.freed.v1")
        assert await world.state(waiting) == "waitlisted"

    async def test_late_money_finds_the_place_taken(self, world: Training) -> None:
        session = await world.session(capacity=1)
        registered = await world.register(session, "Sofie")
        waiting = await world.register(session, "Hilde")
        await expire(world, registered)
        await world.deliver_published("training.internal.place.freed.v1")
        assert await world.state(waiting) == "awaiting-payment"
        line = Line(communication=digits(registered["payment"]))
        [payment] = (await world.import_file(statement(line)))["payments"]
        refused = await world.match(payment, registered, expect=409)
        assert refused["type"].endswith("no-place-left")

    async def test_early_money_confirms_as_soon_as_there_is_a_place(self, world: Training) -> None:
        session = await world.session(capacity=1)
        first, waiting = [await world.register(session, name) for name in ("Annelies", "Hilde")]
        seen = await world.registration(waiting["registration_id"])
        line = Line(communication="".join(filter(str.isdigit, seen["communication"])))
        [payment] = (await world.import_file(statement(line)))["payments"]
        assert payment["state"] == "early"
        path = f"/v1/registrations/{first['registration_id']}/cancel"
        await world.ask("POST", path, world.trainer, expect=200)
        await world.deliver_published("training.internal.place.freed.v1")
        assert await world.state(waiting) == "confirmed"
        assert await world.kinds_emailed(waiting) == ["waitlisted", "registration-confirmed"]

    async def test_money_for_a_cancelled_registration_is_for_a_person(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        path = f"/v1/registrations/{registered['registration_id']}/cancel"
        await world.ask("POST", path, world.trainer, expect=200)
        line = Line(communication=digits(registered["payment"]))
        [payment] = (await world.import_file(statement(line)))["payments"]
        assert payment["state"] == "late"
        refused = await world.match(payment, registered, expect=409)
        assert refused["type"].endswith("registration-over")


class TestReversal:
    async def test_opens_the_registration_again(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        paid = Line(communication=digits(registered["payment"]), end_to_end="E2E-1")
        await world.import_file(statement(paid))
        world.later(days=3)
        back = Line(direction="DBIT", reversal=True, end_to_end="E2E-1", day="2026-03-08")
        [reversal] = (await world.import_file(statement(back)))["payments"]
        assert (reversal["kind"], reversal["state"]) == ("reversal", "matched")
        seen = await world.registration(registered["registration_id"])
        assert (seen["state"], seen["paid"], seen["payment"]["due_on"]) == (
            "awaiting-payment",
            "0.00",
            "2026-03-19",
        )
        assert (await world.kinds_emailed(registered))[-1] == "payment-reversed"
        again = Line(communication=digits(registered["payment"]), end_to_end="E2E-2", day="2026-03-10")
        await world.import_file(statement(again))
        assert await world.state(registered) == "confirmed"

    async def test_is_found_by_its_communication_too(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        communication = digits(registered["payment"])
        lines = (
            Line(communication=communication),
            Line(communication=communication, direction="DBIT", reversal=True),
        )
        answer = await world.import_file(statement(*lines))
        assert [one["state"] for one in answer["payments"]] == ["reversed", "matched"]
        assert await world.state(registered) == "awaiting-payment"

    async def test_is_covered_by_what_was_paid_twice(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        communication = digits(registered["payment"])
        await world.import_file(
            statement(
                Line(communication=communication, end_to_end="E2E-1"),
                Line(communication=communication, end_to_end="E2E-2"),
                Line(direction="DBIT", reversal=True, end_to_end="E2E-1"),
            )
        )
        assert await world.state(registered) == "confirmed"
        assert (await world.registration(registered["registration_id"]))["paid"] == "20.00"

    async def test_that_nothing_explains_waits_for_a_person(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        await world.import_file(statement(Line(communication=digits(registered["payment"]))))
        back = Line(direction="DBIT", reversal=True, text="terugboeking")
        [reversal] = (await world.import_file(statement(back)))["payments"]
        assert reversal["state"] == "unmatched"
        decided = await world.match(reversal, registered)
        assert decided["registration_state"] == "awaiting-payment"


class TestHostileFiles:
    async def test_are_refused_and_leave_nothing(self, world: Training) -> None:
        await world.session()
        entity = b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">]>'
        plain = statement(Line())
        files = [
            b"",
            b"\x00" * 100,
            b"<" * 10_000,
            b"<a>" * 10_000,
            plain[:-20],
            plain.replace(b"<Document", entity + b"<Document"),
            plain.replace(b"camt.053", b"camt.054"),
            "<é".encode("utf-16"),
        ]
        for content in files:
            answer = await world.ask("POST", "/v1/statements", world.finance, content=content, expect=422)
            assert b"aaaa" not in answer.content
        too_large = b"<" + b" " * (20 * 1024 * 1024)
        await world.ask("POST", "/v1/statements", world.finance, content=too_large, expect=413)
        assert await world.rows("SELECT 1 FROM statement") == []


async def test_one_payment_is_read_as_in_the_list(world: Training) -> None:
    await world.session()
    [booked] = (await world.import_file(statement(Line(text="iets anders"))))["payments"]
    [listed] = (await world.do("GET", "/v1/payments", world.finance))["items"]
    path = f"/v1/payments/{booked['payment_id']}"
    assert await world.do("GET", path, world.finance) == listed
    await world.ask("GET", path, world.trainer, expect=403)
