"""Registrations on all the real parts: who pays, who does not, who waits, and what reaches them."""

from email.message import EmailMessage
from uuid import UUID

import pytest

from services.training import activities
from services.training.domain import statement_workflow_id
from services.training.operations import statements
from tests.integration.training.bank import Line, digits, statement
from tests.support.eventually import eventually
from tests.workflows.training.running import Running, workflow_of


class TestRegistration:
    async def test_plays_out_for_four_people_and_three_places(self, training: Running) -> None:
        world = training.world
        session = await world.session(days=80)
        names = ("Annelies", "Tom", "Sofie", "Hilde")
        annelies, tom, sofie, hilde = [await world.register(session, name) for name in names]
        for paying in (annelies, tom, sofie):
            await training.comes_to(paying, "awaiting-payment", "payment-request")
        await training.comes_to(hilde, "waitlisted", "waitlisted")

        # One pays with the communication, one with only a name and a place: a person confirms that one.
        lines = (
            Line(communication=digits(annelies["payment"])),
            Line(payer="T. Peeters", text="Tom Peeters Rupelmeer"),
        )
        payments = (await world.import_file(statement(*lines)))["payments"]
        assert [one["state"] for one in payments] == ["matched", "suggested"]
        await world.match(payments[1], tom)

        # One never pays: reminded, then the place goes to the one who waited.
        await training.reach(sofie)
        await training.comes_to(sofie, "awaiting-payment", "payment-request", "payment-reminder")
        await training.reach(sofie)
        await training.comes_to(
            sofie, "expired", "payment-request", "payment-reminder", "registration-expired"
        )
        await training.comes_to(hilde, "awaiting-payment", "waitlisted", "place-free")

        asked = (await world.registration(hilde["registration_id"]))["payment"]
        await world.import_file(statement(Line(communication=digits(asked))))
        await training.comes_to(hilde, "confirmed", "waitlisted", "place-free", "registration-confirmed")
        for paid in (annelies, tom):
            await training.comes_to(paid, "confirmed", "payment-request", "registration-confirmed")
        for registered in (annelies, tom, sofie, hilde):
            await training.ended(registered)
        assert await world.rows("SELECT 1 FROM clock WHERE state IN ('running', 'paused')") == []
        ids = [str(mail["Message-ID"]) for mail in training.postbox.messages]
        assert len(set(ids)) == len(ids)
        # All of it once more: nothing new comes of it.
        assert await training.deliver_again() == {"duplicate"}
        assert len(training.postbox.messages) == len(ids)
        assert names_in_events(await world.rows("SELECT data::text AS data FROM outbox")) == []

    async def test_takes_events_in_any_order(self, quiet_training: Running) -> None:
        world = quiet_training.world
        session = await world.session(days=80, capacity=1)
        first, waiting = [await world.register(session, name) for name in ("Annelies", "Hilde")]
        await world.ask(
            "POST", f"/v1/registrations/{first['registration_id']}/cancel", world.trainer, expect=200
        )
        # The last first: the place is given away, and the cancellation told of, before any workflow is there.
        assert await quiet_training.deliver_again(backwards=True) == {"handled"}
        await quiet_training.deliver_again(backwards=True)
        await quiet_training.comes_to(first, "cancelled", "registration-cancelled")
        await quiet_training.comes_to(waiting, "awaiting-payment", "place-free")
        await quiet_training.reach(waiting)

        async def reminded() -> bool:
            return "payment-reminder" in await world.kinds_emailed(waiting)

        await eventually(reminded, "the reminder")

    async def test_confirms_a_free_one_and_mails_once(self, training: Running) -> None:
        session = await training.world.session(price="0", account_iban=None, account_name=None)
        registered = await training.world.register(session, "Noor")
        await training.comes_to(registered, "confirmed", "registration-confirmed")
        # Nothing is waited for.
        assert await training.skipped.kinds(workflow_of(registered)) == []

    async def test_starts_a_new_round_when_the_bank_takes_money_back(self, training: Running) -> None:
        world = training.world
        session = await world.session(days=80)
        registered = await world.register(session, "Annelies")
        await training.comes_to(registered, "awaiting-payment", "payment-request")
        paid = Line(communication=digits(registered["payment"]), end_to_end="E1")
        await world.import_file(statement(paid))
        await training.comes_to(registered, "confirmed", "payment-request", "registration-confirmed")
        await world.import_file(statement(Line(direction="DBIT", reversal=True, end_to_end="E1")))
        so_far = ("payment-request", "registration-confirmed", "payment-reversed")
        await training.comes_to(registered, "awaiting-payment", *so_far)
        await training.reach(registered)
        await training.comes_to(registered, "awaiting-payment", *so_far, "payment-reminder")

    async def test_sends_mails_that_can_be_paid_from_and_put_in_a_calendar(self, training: Running) -> None:
        world = training.world
        session = await world.session(days=80)
        registered = await world.register(session, "Élodie", email="elodie@voorbeeld.example", language="fr")
        await training.comes_to(registered, "awaiting-payment", "payment-request")
        mail = training.postbox.messages[-1]
        body = text_of(mail)
        payment = registered["payment"]
        for needed in (
            "Élodie",
            "BE71 0961 2345 6769",
            payment["communication"],
            "20,00 €",
            "De Ring vzw",
        ):
            assert needed in body
        assert "Élodie" not in str(mail["Subject"])
        [picture] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
        assert picture.get_content().startswith(b"\x89PNG")
        await world.import_file(statement(Line(communication=digits(payment))))
        await training.comes_to(registered, "confirmed", "payment-request", "registration-confirmed")
        [entry] = calendars_of(training.postbox.messages[-1])
        for needed in ("METHOD:REQUEST", "SEQUENCE:0", registered["registration_id"]):
            assert needed in entry

    async def test_takes_what_is_cancelled_out_of_the_calendar_that_it_was_put_in(
        self, training: Running
    ) -> None:
        world = training.world
        session = await world.session(days=80)
        unpaid, paid = [await world.register(session, name) for name in ("Annelies", "Tom")]
        await world.import_file(statement(Line(communication=digits(paid["payment"]))))
        await training.comes_to(paid, "confirmed", "payment-request", "registration-confirmed")
        for registered in (unpaid, paid):
            path = f"/v1/registrations/{registered['registration_id']}/cancel"
            await world.ask("POST", path, world.trainer, expect=200)
        await training.comes_to(unpaid, "cancelled", "payment-request", "registration-cancelled")
        so_far = ("payment-request", "registration-confirmed")
        await training.comes_to(paid, "cancelled", *so_far, "registration-cancelled")
        entries = [entry for mail in training.postbox.messages for entry in calendars_of(mail)]
        put_in, taken_out = entries
        assert "METHOD:REQUEST" in put_in
        for needed in ("METHOD:CANCEL", "SEQUENCE:1", "STATUS:CANCELLED", paid["registration_id"]):
            assert needed in taken_out


class TestStatement:
    async def test_is_booked_part_after_part(
        self, training: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = training.world
        session = await world.session(days=80, capacity=7)
        everyone = [await world.register(session, f"Naam{n}") for n in range(7)]
        # Each step books one part, so the workflow takes as many as there are and one more.
        monkeypatch.setattr(statements, "PART", 3)
        monkeypatch.setattr(activities, "_SECONDS", 0.0)
        lines = [Line(communication=digits(one["payment"])) for one in everyone]
        sent = await world.send_file(statement(*lines))
        path = f"/v1/statements/{sent['statement_id']}"

        async def imported() -> bool:
            seen = await world.do("GET", path, world.finance)
            return bool(seen["state"] == "imported" and seen["booked"] == len(everyone))

        await eventually(imported, "the file to be booked")
        await training.skipped.ended(statement_workflow_id(UUID(sent["statement_id"])))
        for registered in everyone:
            await training.comes_to(registered, "confirmed", "payment-request", "registration-confirmed")
        assert await world.rows("SELECT 1 FROM clock WHERE state IN ('running', 'paused')") == []


def calendars_of(mail: EmailMessage) -> list[str]:
    """Return the calendar files of a mail, their lines whole."""
    files = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return [file.get_content().replace("\r\n ", "").replace("\n ", "") for file in files]


def text_of(mail: EmailMessage) -> str:
    """Return the plain text of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def names_in_events(rows: list[object]) -> list[object]:
    """Return the rows that hold what only the participants' details hold."""
    words = ("Annelies", "Peeters", "voorbeeld.example", "BE71", "Rupelmeer")
    return [row for row in rows if any(word in str(row) for word in words)]
