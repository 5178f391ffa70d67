"""Registering, waiting lists, cancelling, and the list of what is on offer."""

import asyncio
import json
from uuid import UUID, uuid4

import pytest

from services.training import emails
from services.training.routes import registrations as routes
from shared import messages
from shared.auth import Role
from tests.integration.training.bank import Line, statement
from tests.support.world.training import Training, participant


class TestRegister:
    async def test_asks_payment_with_a_communication_of_its_own(self, world: Training) -> None:
        session = await world.session()
        answers = [await world.register(session, name) for name in ("Annelies", "Tom")]
        assert [answer["state"] for answer in answers] == ["awaiting-payment"] * 2
        payments = [answer["payment"] for answer in answers]
        assert payments[0] | {"communication": ""} == {
            "account_name": "De Ring vzw",
            "iban": "BE71096123456769",
            "amount": "20.00",
            "communication": "",
            "due_on": "2026-03-16",
        }
        assert payments[0]["communication"] != payments[1]["communication"]
        assert await world.kinds_emailed(answers[0]) == ["payment-request"]

    async def test_confirms_a_free_session_at_once_and_never_speaks_of_money(self, world: Training) -> None:
        session = await world.session(price="0.00", account_iban=None, account_name=None)
        answer = await world.register(session, "Noor")
        assert (answer["state"], answer["payment"]) == ("confirmed", None)
        assert await world.kinds_emailed(answer) == ["registration-confirmed"]
        seen = await world.registration(answer["registration_id"])
        assert seen["communication"] is None
        assert "clock.started" not in await world.types_published()

    async def test_puts_who_finds_no_place_on_the_waiting_list(self, world: Training) -> None:
        session = await world.session(capacity=1)
        await world.register(session, "Annelies")
        answer = await world.register(session, "Hilde")
        assert (answer["state"], answer["payment"]) == ("waitlisted", None)
        assert await world.kinds_emailed(answer) == ["waitlisted"]
        assert (await world.types_published()).count("session.full") == 1

    async def test_gives_the_last_place_once_to_many_who_come_at_once(self, world: Training) -> None:
        session = await world.session(capacity=2)
        names = ["Ann", "Bert", "Chris", "Dirk", "Els", "Frans"]
        answers = await asyncio.gather(*(world.register(session, name) for name in names))
        assert sorted(answer["state"] for answer in answers) == ["awaiting-payment"] * 2 + ["waitlisted"] * 4
        communications = await world.rows("SELECT DISTINCT communication FROM registration")
        assert len(communications) == len(names)

    async def test_refuses_the_same_person_twice_also_at_once(self, world: Training) -> None:
        session = await world.session()
        asked = [await world.token_of(await world.ask_for_place(session, "Tom")) for _ in range(3)]
        path = "/v1/registrations/confirm"
        answers = await asyncio.gather(
            *(world.ask("POST", path, {}, json={"token": token}) for token in asked)
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        # A colleague's address may serve for several people.
        await world.register(session, "Eva", email="tom.peeters@voorbeeld.example")

    async def test_sends_on_to_where_registration_is_done(self, world: Training) -> None:
        link = "https://inschrijven.voorbeeld.example/debat"
        session = await world.session(price="0", course={"registration": "elsewhere", "external_url": link})
        path = f"/v1/sessions/{session}/registrations"
        answer = await world.ask("POST", path, world.anyone, json=participant("Tom"), expect=409)
        assert answer.json()["type"].endswith("registration-elsewhere")
        assert answer.json()["facts"]["url"] == link

    async def test_is_closed_once_the_session_has_begun(self, world: Training) -> None:
        session = await world.session(days=1)
        world.later(days=1)
        path = f"/v1/sessions/{session}/registrations"
        answer = await world.ask("POST", path, world.anyone, json=participant("Tom"), expect=409)
        assert answer.json()["type"].endswith("registration-closed")

    async def test_is_closed_to_who_confirms_once_the_session_has_begun(self, world: Training) -> None:
        asked = await world.ask_for_place(await world.session(days=1), "Tom")
        world.later(days=1)
        refused = await world.confirm(asked, expect=409)
        assert refused["type"].endswith("registration-closed")

    async def test_finds_no_session_of_another_organisation(self, world: Training) -> None:
        session = await world.session()
        path = f"/v1/sessions/{session}/registrations"
        await world.ask("POST", path, {"kring-tenant": str(uuid4())}, json=participant("Tom"), expect=404)

    async def test_refuses_what_is_no_registration(self, world: Training) -> None:
        wrong: list[dict[str, object]] = [
            {"email": "tom@voorbeeld.example\nBcc: x@y.zz"},
            {"email": "tom"},
            {"email": "a@b.cc, d@e.ff"},
            {"first_name": "Win nu op www.kwaad.invalid"},
            {"first_name": "https://kwaad.invalid"},
            {"first_name": "\ud83d"},
            {"first_name": "\u0000"},
            {"first_name": ""},
            {"last_name": "x" * 101},
            {"language": "xx"},
            {"price": "0"},
            {"invoice_to": {"name": "Werkgever", "kbo_number": "0123456789"}},
        ]
        path = f"/v1/sessions/{await world.session()}/registrations"
        headers = world.anyone | {"content-type": "application/json"}
        for changes in wrong:
            await world.ask(
                "POST", path, headers, content=json.dumps(participant("Tom") | changes), expect=422
            )

    async def test_repeats_its_answer_under_the_same_key(self, world: Training) -> None:
        session = await world.session()
        path, headers = f"/v1/sessions/{session}/registrations", world.anyone | {"idempotency-key": "abc"}
        answers = [
            await world.ask("POST", path, headers, json=participant("Tom"), expect=202) for _ in range(2)
        ]
        assert answers[0].json() == answers[1].json()
        assert len(await world.rows("SELECT 1 FROM registration")) == 1


class TestConfirm:
    """Whoever types an address holds nothing with it, and is told nothing of it."""

    async def test_comes_before_a_place_is_held(self, world: Training) -> None:
        session = await world.session(capacity=1, price="0")
        asked = [await world.ask_for_place(session, name) for name in ("Spook", "Noor", "Tom")]
        [shown] = (await world.do("GET", "/v1/sessions", world.anyone))["items"]
        assert shown["places_left"] == 1
        path = f"/v1/sessions/{session}/registrations"
        assert (await world.do("GET", path, world.trainer))["items"] == []
        assert await world.types_published("registration.received", "session.full") == []
        # Who confirms first comes first; confirming again changes nothing.
        for _ in range(2):
            assert (await world.confirm(asked[1]))["state"] == "confirmed"
        assert (await world.confirm(asked[2]))["state"] == "waitlisted"
        assert await world.types_published("registration.received") == ["registration.received"] * 2

    @pytest.mark.parametrize(
        ("price", "capacity", "kind"),
        [("20.00", 9, "payment-request"), ("0", 9, "registration-confirmed"), ("0", 1, "waitlisted")],
    )
    async def test_is_asked_in_the_same_words_of_who_is_registered_already_and_gets_their_link_again(
        self, world: Training, price: str, capacity: int, kind: str
    ) -> None:
        session = await world.session(price=price, capacity=capacity)
        if kind == "waitlisted":
            await world.register(session, "Annelies")
        tom = await world.register(session, "Tom")
        path = f"/v1/sessions/{session}/registrations"
        answers = [
            (await world.ask("POST", path, world.anyone, json=participant(name), expect=202)).json()
            for name in ("Tom", "Hilde")
        ]
        known, unknown = [answer | {"registration_id": ""} for answer in answers]
        assert known == unknown
        emails = [await world.emails(to=UUID(answer["registration_id"])) for answer in answers]
        assert [[row.kind for row in rows] for rows in emails] == [[], ["registration-requested"]]
        assert await world.kinds_emailed(tom) == [kind] * 2
        refused = await world.confirm(answers[0]["registration_id"], expect=409)
        assert refused["type"].endswith("already-registered")

    async def test_mails_one_address_a_few_times_a_day_and_answers_the_same(self, world: Training) -> None:
        sessions = [await world.session(), await world.session()]
        for number in range(12):
            email = ("Slachtoffer@voorbeeld.example", f"slachtoffer+{number}@voorbeeld.example")[number % 2]
            await world.ask_for_place(sessions[number // 2 % 2], f"Naam {number}", email=email)
        assert len(await world.emails("registration-requested")) == 5

    async def test_bounds_what_is_asked_for_a_session(
        self, world: Training, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(routes, "_MOST_OF_A_SESSION", 2)
        session = await world.session()
        for name in ("Ann", "Bert"):
            await world.ask_for_place(session, name)
        path = f"/v1/sessions/{session}/registrations"
        with monkeypatch.context() as nothing_sealed:
            nothing_sealed.setattr(world.context.vault, "seal", None)
            await world.ask("POST", path, world.anyone, json=participant("Chris"), expect=429)
        assert len(await world.rows("SELECT 1 FROM registration")) == 2
        await world.ask_for_place(await world.session(), "Chris")

    async def test_mails_nothing_that_whoever_asks_can_write(self, world: Training) -> None:
        name = "Win gratis geld op example.org"
        asked = await world.ask_for_place(await world.session(), name, email="a@voorbeeld.example")
        [row] = await world.rows("SELECT id FROM message WHERE recipient = :to", to=UUID(asked))
        async with world.transaction() as session:
            message = await messages.read(session, row.id)
            assert message is not None
            mail = await emails.write(session, message, world.context)
        assert (mail.name, mail.values["first_name"]) == ("", "")
        assert not [value for value in mail.values.values() if "gratis" in str(value)]
        assert mail.values["link"].endswith(f"/r/{await world.token_of(asked)}")

    async def test_comes_before_money_is_compared_with_a_name(self, world: Training) -> None:
        asked = await world.ask_for_place(await world.session(), "Tom")
        [stray] = (await world.import_file(statement(Line(payer="Tom Peeters", reference="R1"))))["payments"]
        assert (stray["state"], stray["suggestions"]) == ("unmatched", [])
        await world.confirm(asked)
        [likely] = (await world.import_file(statement(Line(payer="Tom Peeters", reference="R2"))))["payments"]
        assert likely["state"] == "suggested"

    async def test_is_too_late_after_three_days(self, world: Training) -> None:
        asked = await world.ask_for_place(await world.session(), "Tom")
        world.later(days=3)
        refused = await world.confirm(asked, expect=410)
        assert refused["type"].endswith("registration-request-over")

    async def test_refuses_what_is_not_the_token_of_the_mail(self, world: Training) -> None:
        session = await world.session()
        token, other = [
            await world.token_of(await world.ask_for_place(session, name)) for name in ("Tom", "Eva")
        ]
        forged = [token[:43] + other[43:], token[:-4], token[:42], "x", "", "\u00e9", "A" * 92]
        for wrong in forged:
            answer = await world.ask("POST", "/v1/registrations/confirm", {}, json={"token": wrong})
            assert answer.status_code == 404, wrong
        assert len(await world.rows("SELECT 1 FROM registration WHERE state = 'requested'")) == 2


class TestCancel:
    async def test_gives_the_place_to_who_waits_longest(self, world: Training) -> None:
        session = await world.session(capacity=1)
        first = await world.register(session, "Annelies")
        waiting = [await world.register(session, name) for name in ("Hilde", "Sofie")]
        path = f"/v1/registrations/{first['registration_id']}/cancel"
        assert (await world.do("POST", path, world.trainer, expect=200))["state"] == "cancelled"
        await world.ask("POST", path, world.trainer, expect=409)
        world.later(hours=1)
        # Delivered twice: the second time nothing is left to give.
        assert await world.deliver_published("training.internal.place.freed.v1", times=2) == [
            "handled",
            "duplicate",
        ]
        assert [await world.state(one) for one in waiting] == ["awaiting-payment", "waitlisted"]
        assert await world.kinds_emailed(waiting[0]) == ["waitlisted", "place-free"]
        asked = (await world.registration(waiting[0]["registration_id"]))["payment"]
        assert asked["due_on"] == "2026-03-16"

    async def test_frees_no_place_that_was_not_taken(self, world: Training) -> None:
        session = await world.session(capacity=1)
        await world.register(session, "Annelies")
        waiting = await world.register(session, "Hilde")
        path = f"/v1/registrations/{waiting['registration_id']}/cancel"
        await world.ask("POST", path, world.trainer, json={"by": "organiser"}, expect=200)
        assert "internal.place.freed" not in await world.types_published()

    async def test_confirms_at_once_who_waited_for_a_free_place(self, world: Training) -> None:
        session = await world.session(capacity=1, price="0")
        first, waiting = [await world.register(session, name) for name in ("Annelies", "Hilde")]
        await world.ask(
            "POST", f"/v1/registrations/{first['registration_id']}/cancel", world.trainer, expect=200
        )
        await world.deliver_published("training.internal.place.freed.v1")
        assert await world.state(waiting) == "confirmed"
        assert await world.kinds_emailed(waiting) == ["waitlisted", "registration-confirmed"]


class TestLists:
    async def test_show_what_is_to_come_to_anyone(self, world: Training) -> None:
        late, soon = await world.session(days=40), await world.session(days=20, capacity=2)
        await world.register(soon, "Annelies")
        answer = await world.ask("GET", "/v1/sessions", world.anyone, expect=200)
        shown = answer.json()["items"]
        assert [(one["session_id"], one["places_left"]) for one in shown] == [(soon, 1), (late, 3)]
        first = await world.do("GET", "/v1/sessions?limit=1", world.anyone)
        rest = await world.do("GET", f"/v1/sessions?limit=1&cursor={first['next']}", world.anyone)
        assert [one["session_id"] for one in first["items"] + rest["items"]] == [soon, late]
        world.later(days=21)
        answer = await world.ask("GET", "/v1/sessions", world.anyone)
        assert [one["session_id"] for one in answer.json()["items"]] == [late]
        assert len((await world.do("GET", "/v1/courses", world.anyone))["items"]) == 2

    async def test_ask_for_the_organisation(self, world: Training) -> None:
        await world.ask("GET", "/v1/sessions", {}, expect=422)
        for headers in ({}, {"kring-tenant": "x"}):
            assert await world.refused("GET", "/v1/sessions", headers) == (422, "tenant-needed")
            assert await world.refused("GET", "/v1/courses", headers) == (422, "tenant-needed")

    async def test_show_who_registered_to_the_organiser_only(self, world: Training) -> None:
        session = await world.session()
        invoice = {"name": "Werkgever", "kbo_number": "BE 0403.019.261"}
        registered = await world.register(session, "Annelies", invoice_to=invoice)
        path = f"/v1/sessions/{session}/registrations"
        shown = (await world.do("GET", path, world.trainer, expect=200))["items"]
        assert [(one["first_name"], one["paid"]) for one in shown] == [("Annelies", "0.00")]
        assert shown[0]["invoice_to"]["kbo_number"] == "0403019261"
        await world.ask("GET", path, world.colleague(Role.COORDINATOR), expect=403)
        stranger = world.stranger(Role.TRAINER)
        await world.ask("GET", path, stranger, expect=404)
        one = f"/v1/registrations/{registered['registration_id']}"
        await world.ask("GET", one, stranger, expect=404)
        await world.ask("POST", f"{one}/cancel", stranger, expect=404)
        await world.ask("GET", f"{one}/epc-qr", stranger, expect=404)

    async def test_cost_the_same_for_many_registrations(self, world: Training) -> None:
        from tests.support.statements import count_statements

        session = await world.session(capacity=50)
        path = f"/v1/sessions/{session}/registrations"

        async def statements() -> int:
            sent: list[str] = []
            listening = count_statements(world.context.database.engine, sent)
            await world.ask("GET", path, world.trainer, expect=200)
            from sqlalchemy import event

            event.remove(world.context.database.engine.sync_engine, "before_cursor_execute", listening)
            return len(sent)

        await world.register(session, "Annelies")
        for_one = await statements()
        for name in ("Bert", "Chris", "Dirk", "Els"):
            await world.register(session, name)
        assert await statements() == for_one


class TestSessions:
    async def test_are_refused_if_they_cannot_be_held(self, world: Training) -> None:
        wrong: list[dict[str, object]] = [
            {"account_iban": None},
            {"account_iban": "BE71096123456760"},
            {"price": "-1"},
            {"price": "20.001"},
            {"price": True},
            {"capacity": 0},
            {"starts_at": "2026-03-01T09:00:00Z"},
            {"starts_at": "9999-12-31T23:59:59Z"},
            {"starts_at": "2026-05-01T09:00:00"},
            {"ends_at": "2026-01-01T09:00:00Z"},
        ]
        answer = await world.ask("POST", "/v1/courses", world.trainer, json={"title": "x", "language": "nl"})
        plan = {
            "starts_at": "2026-05-01T09:00:00Z",
            "ends_at": "2026-05-01T16:00:00Z",
            "place": "Rupelmeer",
            "capacity": 3,
            "price": "20.00",
            "account_iban": "BE71096123456769",
            "account_name": "De Ring vzw",
        }
        path = f"/v1/courses/{answer.json()['course_id']}/sessions"
        await world.ask("POST", path, world.trainer, json=plan, expect=201)
        for changes in wrong:
            await world.ask("POST", path, world.trainer, json=plan | changes, expect=422)

    async def test_belong_to_a_course_of_the_organisation(self, world: Training) -> None:
        await world.session()
        [row] = await world.rows("SELECT id FROM course")
        body = {
            "starts_at": "2026-05-01T09:00:00Z",
            "ends_at": "2026-05-01T16:00:00Z",
            "place": "x",
            "capacity": 1,
        }
        stranger = world.stranger(Role.TRAINER)
        await world.ask("POST", f"/v1/courses/{row.id}/sessions", stranger, json=body, expect=404)


class TestPolicy:
    async def test_holds_for_clocks_that_start_later(self, world: Training) -> None:
        session = await world.session()
        before = await world.register(session, "Annelies")
        body = {"payment_remind": "1wd", "payment_expires": "3wd"}
        answer = await world.set_policy(world.finance, body)
        defaults = {"keep_registration_days": 365, "erasure_warn": "2wd", "erasure": "5wd", "settle": "5wd"}
        assert answer.json()["settings"] == body | defaults | {"qr_communication": "text"}
        again = await world.set_policy(world.finance, body)
        assert again.json()["version"] == 2
        after = await world.register(session, "Tom")
        due = [registered["payment"]["due_on"] for registered in (before, after)]
        assert due == ["2026-03-16", "2026-03-05"]
        clocks = await world.rows("SELECT policy_version FROM clock ORDER BY id")
        assert [clock.policy_version for clock in clocks] == [1, 2]

    async def test_of_a_registration_is_the_one_in_force_when_it_was_received(self, world: Training) -> None:
        session = await world.session(capacity=1)
        first = await world.register(session, "Annelies")
        waits = await world.register(session, "Tom")
        world.later(minutes=1)
        body = {"payment_remind": "1d", "payment_expires": "2d"}
        await world.set_policy(world.finance, body)
        path = f"/v1/registrations/{first['registration_id']}/cancel"
        await world.ask("POST", path, world.trainer, expect=200)
        await world.deliver_published("training.internal.place.freed.v1")
        [clock] = await world.rows(
            "SELECT policy_version FROM clock WHERE subject = :id", id=waits["registration_id"]
        )
        assert clock.policy_version == 1

    async def test_refuses_what_makes_no_sense(self, world: Training) -> None:
        wrong = [{"payment_remind": "14d"}, {"payment_remind": "soon"}, {"payment_expires": 14}]
        for body in (*wrong, {"keep_registration_days": 89}, {"erasure": "soon"}):
            await world.set_policy(world.finance, body, expect=422)
        await world.set_policy(world.trainer, {}, expect=403)
