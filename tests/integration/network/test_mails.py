"""Mails to people: what others ask for, what goes out, to whom it cannot go, and what is told of it."""

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import icalendar
import pytest

from services.network.operations import invitations, telling
from shared.database import Scope
from shared.events import intake, network
from shared.events.base import MESSAGE_QUEUED
from shared.ids import uuid7
from tests.integration.network.conftest import Sink
from tests.integration.network.house import Case, House

QUEUED = MESSAGE_QUEUED["network"].TYPE
STARTS = datetime(2026, 5, 9, 12, tzinfo=UTC)


async def _send(house: House) -> list[str]:
    return await house.deliver_own(QUEUED)


def _asked(case: Case, person: UUID, kind: str, **more: Any) -> network.TellPerson:
    return network.TellPerson(
        case_id=case.id, person_id=person, kind=kind, **({"link_target": "plans/1"} | more)
    )


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def _entry(case: Case, method: Any, revision: int) -> network.CalendarEntry:
    return network.CalendarEntry(
        uid=case.id, revision=revision, method=method, starts_at=STARTS, ends_at=STARTS.replace(hour=16)
    )


async def _begun(house: House, person: UUID, case: Case) -> UUID:
    invitation = await house.invite(case, person)
    async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
        await invitations.begin(
            session, tenant=house.tenant, invitation_id=invitation, now=house.clock.moment
        )
    return invitation


class TestInvitation:
    async def test_holds_a_first_name_and_a_link_that_lets_in(self, house: House, sink: Sink) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia", language="fr")
        await _begun(house, aunt, case)
        assert await _send(house) == ["handled"]
        [mail] = sink.mails
        assert (mail["To"], mail["Content-Language"]) == ("Nadia <nadia@example.org>", "fr")
        assert (mail["Kring-Kind"], mail["Kring-Role"]) == ("invitation", "circle")
        assert "Nadia" not in mail["Subject"]
        assert "Testman" not in mail.as_string()
        token = _text(mail).partition("/l/")[2].partition("?")[0]
        answer = await house.http.post("/v1/links/exchange", json={"token": token})
        assert answer.json()["person_id"] == str(aunt)
        told = await house.said(case, "network.message.delivered.v1")
        assert (told[0].data["person_id"], told[0].data["kind"]) == (str(aunt), "invitation")

    async def test_goes_out_once_when_told_twice(self, house: House, sink: Sink) -> None:
        case = await house.open_case()
        await _begun(house, await house.add(case, "Nadia"), case)
        assert await _send(house) == ["handled"]
        assert await _send(house) == ["duplicate"]
        assert len(sink.mails) == 1

    async def test_tells_that_somebody_without_address_must_be_reached_otherwise(
        self, house: House, sink: Sink
    ) -> None:
        case = await house.open_case()
        uncle = await house.add(case, "Karim", email=None)
        invitation = await _begun(house, uncle, case)
        await _send(house)
        assert sink.mails == []
        assert [row.data["person_id"] for row in await house.said(case, "network.message.failed.v1")] == [
            str(uncle)
        ]
        house.later(days=4)
        async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
            assert await invitations.remind(
                session, tenant=house.tenant, invitation_id=invitation, now=house.clock.moment
            )
        assert [mail.kind for mail in await house.mails(case)] == ["invitation"]

    async def test_is_called_off_when_the_person_left_or_answered_meanwhile(
        self, house: House, sink: Sink
    ) -> None:
        case = await house.open_case()
        aunt, uncle = await house.add(case, "Nadia"), await house.add(case, "Karim")
        await _begun(house, aunt, case)
        reminded = await _begun(house, uncle, case)
        await _send(house)
        sink.mails.clear()
        house.later(days=4)
        async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
            await invitations.remind(
                session, tenant=house.tenant, invitation_id=reminded, now=house.clock.moment
            )
        await house.ask("POST", "/v1/me/invitation/answer", house.person(case, uncle), json={"answer": "yes"})
        await house.ask("POST", f"/v1/persons/{aunt}/link/renew", house.coordinator(case))
        await house.ask("POST", f"/v1/persons/{aunt}/remove", house.coordinator(case), json={"reason": "x"})
        await _send(house)
        assert sink.mails == []
        assert {mail.state for mail in await house.mails(case)} == {"sent", "cancelled"}

    async def test_shows_no_address_hidden_in_a_name(self, house: House, sink: Sink) -> None:
        case = await house.open_case(coordinator=False)
        other = Case(tenant=house.tenant)
        house.intake.people[other.id] = [
            person | {"first_name": "Jan\r\nBcc: all@example.org http://example.org/x"}
            for person in house.intake.people[case.id][:1]
        ]
        house.intake.people[other.id][0]["person_id"] = str(other.central)
        await house.hear(intake.CaseOpened(case_id=other.id, referral_id=uuid7()), case=other)
        await house.assign(other)
        await _begun(house, other.central, other)
        await _send(house)
        [mail] = sink.mails
        assert mail["Bcc"] is None
        assert "http://example.org" not in _text(mail)


class TestTellPerson:
    async def test_writes_with_a_calendar_entry_that_is_taken_out_again(
        self, house: House, sink: Sink
    ) -> None:
        case = await house.open_case()
        for kind, method, revision in (
            ("conference-scheduled", "REQUEST", 1),
            ("conference-postponed", "CANCEL", 2),
        ):
            asked = _asked(case, case.central, kind, calendar=_entry(case, method, revision))
            assert await house.hear(asked, case=case) == "handled"
        await _send(house)
        seen = []
        for mail in sink.mails:
            [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
            entry = icalendar.Calendar.from_ical(part.get_content())
            [event] = entry.walk("VEVENT")
            seen.append(
                (part.get_param("method"), str(entry["METHOD"]), str(event["UID"]), event["SEQUENCE"])
            )
            assert "Ilyas" not in entry.to_ical().decode()
            assert "/l/" not in entry.to_ical().decode()
        assert seen == [("REQUEST", "REQUEST", str(case.id), 1), ("CANCEL", "CANCEL", str(case.id), 2)]
        assert "zaterdag 9 mei 2026, van 14.00 tot 18.00" in _text(sink.mails[0]).replace(
            "\N{NO-BREAK SPACE}", " "
        )

    @pytest.mark.parametrize("kind", sorted(telling.ASKED_KINDS))
    async def test_knows_every_kind_that_others_ask_for(self, house: House, sink: Sink, kind: str) -> None:
        case = await house.open_case()
        for person in (case.central, case.mother):
            asked = _asked(
                case, person, kind, parameters={"due_on": "2026-05-09", "check_in": "three-months"}
            )
            assert await house.hear(asked, case=case) == "handled"
        assert await _send(house) == ["handled", "handled"]
        assert [mail["Content-Language"] for mail in sink.mails] == ["nl", "fr"]
        # Of a file that is closed nothing is left to look at.
        links = [re.findall(r"/l/\S+", _text(mail)) for mail in sink.mails]
        assert all(len(found) == (0 if kind == "file-kept" else 1) for found in links)
        assert all(link.endswith("?to=plans") for found in links for link in found)

    async def test_asked_twice_by_one_command_writes_once(self, house: House, sink: Sink) -> None:
        case = await house.open_case()
        event_id, asked = uuid7(), _asked(case, case.central, "plan-shared")
        assert await house.hear(asked, case=case, event_id=event_id) == "handled"
        assert await house.hear(asked, case=case, event_id=event_id) == "duplicate"
        await _send(house)
        assert len(sink.mails) == 1

    async def test_says_nothing_more_about_a_stopped_case_unless_it_must(
        self, house: House, sink: Sink
    ) -> None:
        case = await house.open_case()
        waiting = _asked(case, case.central, "poll-invitation")
        assert await house.hear(waiting, case=case) == "handled"
        await house.withdraw(case)
        late = _asked(case, case.central, "poll-reminder")
        assert await house.hear(late, case=case) == "refused:case-stopped"
        must = _asked(case, case.mother, "conference-cancelled", even_if_stopped=True)
        assert await house.hear(must, case=case) == "handled"
        await _send(house)
        assert sorted(mail["Kring-Kind"] for mail in sink.mails) == [
            "case-stopped",
            "case-stopped",
            "conference-cancelled",
        ]
        stopped = [_text(mail) for mail in sink.mails if mail["Kring-Kind"] == "case-stopped"]
        assert all("/l/" not in text for text in stopped)

    async def test_refuses_people_of_other_cases_and_people_who_left(self, house: House) -> None:
        case, other = await house.open_case(), await house.open_case()
        aunt = await house.add(case, "Nadia")
        await house.ask("POST", f"/v1/persons/{aunt}/remove", house.coordinator(case), json={"reason": "x"})
        outcomes = [
            await house.hear(_asked(case, person, "plan-shared"), case=case)
            for person in (other.central, aunt, uuid7())
        ]
        assert outcomes == ["refused:person-not-active"] * 2 + ["refused:person-not-found"]
        assert await house.mails(case) == []

    @pytest.mark.parametrize(
        ("kind", "target"),
        [("case-stopped", "x"), ("invitation", "x"), ("plan-shared", "a b"), ("Iets", "x")],
    )
    async def test_is_loud_about_what_nobody_may_ask_for(self, house: House, kind: str, target: str) -> None:
        case = await house.open_case()
        with pytest.raises(telling.UnknownKind):
            await house.hear(_asked(case, case.central, kind, link_target=target), case=case)

    async def test_writes_to_nobody_whose_link_was_withdrawn(self, house: House, sink: Sink) -> None:
        case = await house.open_case()
        await house.ask("POST", f"/v1/persons/{case.central}/link/revoke", house.coordinator(case))
        await house.hear(_asked(case, case.central, "plan-shared"), case=case)
        await _send(house)
        assert sink.mails == []
        assert [mail.state for mail in await house.mails(case)] == ["failed"]
        assert len(await house.said(case, "network.message.failed.v1")) == 1
