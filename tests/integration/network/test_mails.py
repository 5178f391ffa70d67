"""Mails to people: what others ask for, what goes out, to whom it cannot go, and what is told of it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import permutations
from typing import Any
from uuid import UUID

import icalendar
import pytest
from pydantic import ValidationError

from services.network.domain.emails import KINDS
from services.network.operations import notifying
from shared.errors import Operational
from shared.events import intake, network, plans, scheduling
from shared.events.base import MESSAGE_QUEUED, CalendarEntry, EventData
from shared.ids import uuid7
from shared.signing import Forged
from tests.integration.network.conftest import Sink
from tests.support.world import Case
from tests.support.world.network import Network

QUEUED = MESSAGE_QUEUED["network"].TYPE
STARTS = datetime(2026, 5, 9, 12, tzinfo=UTC)


# What only tells, and asks nothing.
_ASKED_FOR = [name for name, kind in KINDS.items() if kind.by != "network"]
_TELLING = {
    *("agreement-changed", "file-kept", "own-meeting", "plan-answered", "plan-changed", "plan-shared"),
    "review-reminder",
    *("conference-cancelled", "conference-not-attending", "conference-postponed"),
    *("conference-reminder", "conference-scheduled"),
}


def _replaced(case: Case, agreement: UUID) -> plans.PlanRecorded:
    return case.planned(conference=None).model_copy(update={"replaced": (agreement,)})


# What ends a question, by what it is about.
_ENDED_BY: dict[str, Callable[[Case, UUID], list[EventData]]] = {
    "agreement_id": lambda case, about: [
        plans.AgreementDone(case_id=case.id, agreement_id=about),
        plans.AgreementLapsed(case_id=case.id, agreement_id=about),
        plans.PlanBInvoked(case_id=case.id, plan_id=uuid7(), agreement_id=uuid7(), instead_of=about),
        _replaced(case, about),
    ],
    "check_in_id": lambda case, about: [
        plans.CheckInRecorded(case_id=case.id, check_in_id=about, kind="four-weeks", decision="continue")
    ],
    "poll_id": lambda case, about: [
        scheduling.PollAnswered(case_id=case.id, poll_id=about, person_id=case.mother, via="link"),
        scheduling.PollClosed(case_id=case.id, conference_id=uuid7(), poll_id=about, reason="due"),
    ],
}


async def _send(world: Network) -> list[str]:
    return await world.deliver_published(QUEUED)


def _asked(case: Case, person: UUID, kind: str, **more: Any) -> network.NotifyPeople:
    return network.NotifyPeople(
        case_id=case.id, person_ids=(person,), kind=kind, **({"link_target": "plans/1"} | more)
    )


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def _entry(case: Case, method: Any, revision: int) -> CalendarEntry:
    return CalendarEntry(
        uid=case.id, revision=revision, method=method, starts_at=STARTS, ends_at=STARTS.replace(hour=16)
    )


async def _begun(world: Network, person: UUID, case: Case) -> UUID:
    invitation = await world.invite(case, person)
    await world.begin(invitation)
    return invitation


class TestInvitation:
    async def test_holds_a_first_name_and_a_link_that_lets_in(self, world: Network, sink: Sink) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia", language="fr")
        await _begun(world, aunt, case)
        assert await _send(world) == ["handled"]
        [mail] = sink.mails
        assert (mail["To"], mail["Content-Language"]) == ("Nadia <nadia@example.org>", "fr")
        assert (mail["Kring-Kind"], mail["Kring-Role"]) == ("invitation", "circle")
        assert "Nadia" not in mail["Subject"]
        assert "Testman" not in mail.as_string()
        token = _text(mail).partition("/l/")[2].partition("?")[0]
        answer = await world.http.post("/v1/links/exchange", json={"token": token})
        assert answer.json()["person_id"] == str(aunt)

    async def test_goes_out_once_when_told_twice(self, world: Network, sink: Sink) -> None:
        case = await world.open_case()
        await _begun(world, await world.add(case, "Nadia"), case)
        assert await world.deliver_published(QUEUED, times=2) == ["handled", "duplicate"]
        assert len(sink.mails) == 1

    async def test_tells_that_somebody_without_address_must_be_reached_otherwise(
        self, world: Network, sink: Sink
    ) -> None:
        case = await world.open_case()
        uncle = await world.add(case, "Karim", email=None)
        invitation = await _begun(world, uncle, case)
        await _send(world)
        assert sink.mails == []
        assert [
            row.data["person_id"] for row in await world.published("network.message.failed.v1", case=case)
        ] == [str(uncle)]
        world.later(days=4)
        assert await world.remind(invitation)
        assert [mail.kind for mail in await world.emails(case=case)] == ["invitation"]

    async def test_is_called_off_when_the_person_left_or_answered_meanwhile(
        self, world: Network, sink: Sink
    ) -> None:
        case = await world.open_case()
        aunt, uncle = await world.add(case, "Nadia"), await world.add(case, "Karim")
        await _begun(world, aunt, case)
        reminded = await _begun(world, uncle, case)
        await _send(world)
        sink.mails.clear()
        world.later(days=4)
        assert await world.remind(reminded)
        await world.ask("POST", "/v1/me/invitation/answer", world.person(case, uncle), json={"answer": "yes"})
        await world.ask("POST", f"/v1/persons/{aunt}/link/renew", world.coordinator(case))
        await world.ask("POST", f"/v1/persons/{aunt}/remove", world.coordinator(case), json={"reason": "x"})
        await _send(world)
        assert sink.mails == []
        assert {mail.state for mail in await world.emails(case=case)} == {"sent", "cancelled"}

    async def test_shows_no_address_hidden_in_a_name(self, world: Network, sink: Sink) -> None:
        case = await world.open_case(coordinator=False)
        other = Case(tenant=world.tenant)
        world.others.people[other.id] = [
            person | {"first_name": "Jan\r\nBcc: all@example.org http://example.org/x"}
            for person in world.others.people[case.id][:1]
        ]
        world.others.people[other.id][0]["person_id"] = str(other.central)
        await world.handle(intake.CaseOpened(case_id=other.id, referral_id=uuid7()), case=other)
        await world.handle_all(other.assigned())
        await _begun(world, other.central, other)
        await _send(world)
        [mail] = sink.mails
        assert mail["Bcc"] is None
        assert "http://example.org" not in _text(mail)


class TestMailServerDown:
    async def test_keeps_nothing_for_who_was_erased_before_it_is_back(
        self, world: Network, sink: Sink
    ) -> None:
        case = await world.open_case()
        aunt, uncle = await world.add(case, "Nadia"), await world.add(case, "Karim")
        for person in (aunt, uncle):
            await _begun(world, person, case)
        sink.down = True
        with pytest.raises(Operational):
            await _send(world)
        assert await world.handle(network.PersonErased(case_id=case.id, person_id=aunt)) == "handled"
        sink.down = False
        world.delivered = 0
        await _send(world)
        assert [mail["To"] for mail in sink.mails] == ["Karim <karim@example.org>"]
        states = await world.rows("SELECT state FROM message WHERE recipient = :aunt", aunt=aunt)
        assert [row.state for row in states] == ["cancelled"]


class TestCorrectedAddress:
    async def test_gets_an_open_invitation_anew_with_all_its_time(self, world: Network, sink: Sink) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia", email="wrong@example.org")
        invitation = await _begun(world, aunt, case)
        await _send(world)
        world.later(days=4)
        assert await world.remind(invitation)
        await _correct(world, case, aunt)
        await _send(world)
        assert [(mail["To"], mail["Kring-Kind"]) for mail in sink.mails[-1:]] == [
            ("Nadia <right@example.org>", "invitation")
        ]
        world.later(days=4)
        assert await world.remind(invitation)
        assert len(await world.published("network.person.address-changed.v1", case=case)) == 1

    async def test_gets_a_new_link_when_the_invitation_was_answered(self, world: Network, sink: Sink) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia", email="wrong@example.org")
        await _begun(world, aunt, case)
        await world.do("POST", "/v1/me/invitation/answer", world.person(case, aunt), json={"answer": "yes"})
        await _correct(world, case, aunt)
        await _send(world)
        assert [mail["Kring-Kind"] for mail in sink.mails] == ["invitation", "link-renewed"]

    async def test_gets_nothing_before_there_was_anything_to_send(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia", email="wrong@example.org")
        await _correct(world, case, aunt)
        assert await world.emails(case=case) == []
        assert await world.published("network.person.address-changed.v1", case=case) == []


async def _correct(world: Network, case: Case, person: UUID) -> None:
    assert (await world.correct(case, person, email="right@example.org")).is_success


class TestDelivery:
    async def test_is_shown_to_the_coordinator_as_it_was(self, world: Network, sink: Sink) -> None:
        case = await world.open_case()
        people = {
            "sent": await world.add(case, "Nadia"),
            "refused": await world.add(case, "Sofie"),
            "no-address": await world.add(case, "Karim", email=None),
        }
        for person in people.values():
            await _begun(world, person, case)
        sink.refused = {"sofie@example.org"}
        await _send(world)
        invited = [found["invitation"] for found in (await world.people(case)).values()]
        assert [each["delivery"] for each in invited if each is not None] == list(people)
        listed = await world.do("GET", f"/v1/cases/{case.id}/deliveries", world.coordinator(case))
        assert {each["person_id"]: each["state"] for each in listed["items"]} == {
            str(person): state for state, person in people.items()
        }
        failed = await world.published("network.message.failed.v1", case=case)
        assert {(row.data["person_id"], row.data["reason"]) for row in failed} == {
            (str(people[state]), state) for state in ("refused", "no-address")
        }


class TestUnreachable:
    async def test_waits_for_the_coordinator_until_they_were_in_touch_or_the_address_is_right(
        self, world: Network, sink: Sink
    ) -> None:
        case = await world.open_case()
        people = {
            "called": await world.add(case, "Karim", email=None),
            "corrected": await world.add(case, "Sofie"),
            "left": await world.add(case, "Hafid", email=None),
            "silent": await world.add(case, "Nadia", email=None),
        }
        for person in people.values():
            await _begun(world, person, case)
        sink.refused = {"sofie@example.org"}
        await _send(world)
        await world.deliver_published(network.MessageFailed.TYPE, times=2)
        assert await _to_reach(world) == set(people.values())
        who = world.coordinator(case)
        await world.do(
            "POST",
            f"/v1/persons/{people['called']}/contacts",
            who,
            json={"channel": "visit", "purpose": "first-contact"},
        )
        await _correct(world, case, people["corrected"])
        await world.do(
            "POST", f"/v1/persons/{people['left']}/remove", who, json={"reason": "Wil niet meer meedoen"}
        )
        assert await _to_reach(world) == {people["silent"]}

    async def test_is_over_when_a_mail_arrives_again(self, world: Network, sink: Sink) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        sink.refused = {"nadia@example.org"}
        await _begun(world, aunt, case)
        await _send(world)
        world.delivered = 0
        await world.deliver_published(network.MessageFailed.TYPE)
        assert await _to_reach(world) == {aunt}
        sink.refused = set()
        assert await world.handle(_asked(case, aunt, "plan-shared")) == "handled"
        await _send(world)
        assert await _to_reach(world) == set()

    async def test_is_for_whoever_coordinates_the_case_now(self, world: Network) -> None:
        case = await world.open_case()
        person = await world.add(case, "Karim", email=None)
        await _begun(world, person, case)
        await _send(world)
        await world.deliver_published(network.MessageFailed.TYPE)
        await world.handle(
            intake.CoordinatorReleased(
                case_id=case.id, assignment_no=1, coordinator_id=case.coordinator, reason="unavailable"
            )
        )
        owner = "SELECT owner FROM clock WHERE kind = 'unreachable-person' AND state = 'running'"
        assert [row.owner for row in await world.rows(owner)] == ["regional-manager"]
        await world.handle_all(case.assigned(2))
        assert [row.owner for row in await world.rows(owner)] == ["coordinator"]


async def _to_reach(world: Network) -> set[UUID]:
    query = "SELECT subject FROM clock WHERE kind = 'unreachable-person' AND state = 'running'"
    return {row.subject for row in await world.rows(query)}


class TestNotifyPeople:
    async def test_writes_with_a_calendar_entry_that_is_taken_out_again(
        self, world: Network, sink: Sink
    ) -> None:
        case = await world.open_case()
        for kind, method, revision in (
            ("conference-scheduled", "REQUEST", 1),
            ("conference-postponed", "CANCEL", 2),
        ):
            asked = _asked(case, case.central, kind, calendar=_entry(case, method, revision))
            assert await world.handle(asked) == "handled"
        await _send(world)
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

    @pytest.mark.parametrize("kind", _ASKED_FOR)
    async def test_knows_every_kind_that_others_ask_for(self, world: Network, sink: Sink, kind: str) -> None:
        case = await world.open_case()
        for person in (case.central, case.mother):
            asked = _asked(
                case, person, kind, parameters={"due_on": "2026-05-09", "check_in": "three-months"}
            )
            assert await world.handle(asked) == "handled"
        assert await _send(world) == ["handled", "handled"]
        assert [mail["Content-Language"] for mail in sink.mails] == ["nl", "fr"]
        # Of a file that is closed nothing is left to look at.
        links = [re.findall(r"/l/\S+", _text(mail)) for mail in sink.mails]
        # An agreement has a button for each answer, unless it was told that it changed.
        asks = kind.startswith("agreement-") and kind != "agreement-changed"
        expected = 0 if kind == "file-kept" else 5 if asks else 1
        assert [len(found) for found in links] == [expected, expected]
        assert all(link.endswith("?to=plans") for found in links for link in found)

    async def test_leads_each_answer_to_the_agreement_that_it_is_about(
        self, world: Network, sink: Sink
    ) -> None:
        case, agreement = await world.open_case(), str(uuid7())
        asked = _asked(case, case.central, "agreement-due")
        await world.handle(asked.model_copy(update={"link_target": f"agreements/{agreement}"}))
        await _send(world)
        targets = re.findall(r"\?to=(\S+)", _text(sink.mails[0]))
        answers = ("done", "nearly", "not-yet", "changed", "help")
        assert targets == [f"agreement-{answer}/{agreement}" for answer in answers]

    async def test_asked_twice_by_one_command_writes_once(self, world: Network, sink: Sink) -> None:
        case = await world.open_case()
        event_id, asked = uuid7(), _asked(case, case.central, "plan-shared")
        assert await world.handle(asked, event_id=event_id) == "handled"
        assert await world.handle(asked, event_id=event_id) == "duplicate"
        await _send(world)
        assert len(sink.mails) == 1

    async def test_writes_once_to_each_who_still_belongs_to_the_case(
        self, world: Network, sink: Sink
    ) -> None:
        case, other = await world.open_case(), await world.open_case()
        gone = await world.add(case, "Karim")
        who = world.coordinator(case)
        await world.do("POST", f"/v1/persons/{gone}/remove", who, json={"reason": "Wil niet meer meedoen"})
        asked = network.NotifyPeople(
            case_id=case.id,
            person_ids=(case.mother, uuid7(), gone, other.mother, case.central, case.mother),
            kind="plan-shared",
            link_target="plans/1",
        )
        assert await world.handle(asked) == "handled"
        assert {row.recipient for row in await world.emails("plan-shared")} == {case.mother, case.central}
        nobody = asked.model_copy(update={"person_ids": (gone, other.mother)})
        assert await world.handle(nobody) == "refused:person-not-active"
        assert len(await world.emails("plan-shared")) == 2

    async def test_says_nothing_more_about_a_stopped_case_unless_it_must(
        self, world: Network, sink: Sink
    ) -> None:
        case = await world.open_case()
        waiting = _asked(case, case.central, "poll-invitation")
        assert await world.handle(waiting) == "handled"
        await world.handle(case.withdrawn())
        late = _asked(case, case.central, "poll-reminder")
        assert await world.handle(late) == "refused:case-stopped"
        must = _asked(case, case.mother, "conference-cancelled", even_if_stopped=True)
        assert await world.handle(must) == "handled"
        await _send(world)
        assert sorted(mail["Kring-Kind"] for mail in sink.mails) == [
            "case-stopped",
            "case-stopped",
            "conference-cancelled",
        ]
        stopped = [_text(mail) for mail in sink.mails if mail["Kring-Kind"] == "case-stopped"]
        assert all("/l/" not in text for text in stopped)

    @pytest.mark.parametrize("kind", ["poll-invitation", "poll-reminder", "conference-scheduled"])
    async def test_is_called_off_for_who_said_no_before_it_was_sent(
        self, world: Network, sink: Sink, kind: str
    ) -> None:
        case = await world.open_case()
        aunt, uncle = await world.add(case, "Nadia"), await world.add(case, "Karim")
        for person, answer in ((aunt, "no"), (uncle, "yes")):
            await world.invite(case, person)
            await world.handle(_asked(case, person, kind))
            who = world.person(case, person)
            await world.do("POST", "/v1/me/invitation/answer", who, json={"answer": answer})
        for person in (case.mother, case.central):
            await world.handle(_asked(case, person, kind))
        no = {"given": False, "version": 1}
        await world.do("PUT", "/v1/me/consents/taking-part", world.person(case, case.mother), json=no)
        await _send(world)
        assert {mail["To"] for mail in sink.mails} == {
            "Karim <karim@example.org>", "Ilyas <ilyas@example.org>"
        }  # fmt: skip

    async def test_refuses_people_of_other_cases_and_people_who_left(self, world: Network) -> None:
        case, other = await world.open_case(), await world.open_case()
        aunt = await world.add(case, "Nadia")
        await world.ask("POST", f"/v1/persons/{aunt}/remove", world.coordinator(case), json={"reason": "x"})
        outcomes = [
            await world.handle(_asked(case, person, "plan-shared"))
            for person in (other.central, aunt, uuid7())
        ]
        assert outcomes == ["refused:person-not-active"] * 3
        assert await world.emails(case=case) == []

    @pytest.mark.parametrize(
        ("kind", "target"),
        [("case-stopped", "x"), ("invitation", "x"), ("something", "x")],
    )
    async def test_is_loud_about_what_nobody_may_ask_for(
        self, world: Network, kind: str, target: str
    ) -> None:
        case = await world.open_case()
        with pytest.raises(notifying.UnknownKind):
            await world.handle(_asked(case, case.central, kind, link_target=target))

    @pytest.mark.parametrize("kind", _ASKED_FOR)
    async def test_asks_nobody_for_what_was_answered_or_is_over(
        self, world: Network, sink: Sink, kind: str
    ) -> None:
        case, about = await world.open_case(), uuid7()
        name = KINDS[kind].asks
        if name is None:
            assert kind in _TELLING
            return
        for ended in _ENDED_BY[name](case, about):
            await world.handle(_asked(case, case.mother, kind, parameters={name: str(about)}))
            await world.handle(_asked(case, case.central, kind, parameters={name: str(uuid7())}))
            await world.handle(ended)
            await _send(world)
            # The other one asks about something else.
            assert [mail["To"].partition(" ")[0] for mail in sink.mails] == ["Ilyas"], ended
            sink.mails.clear()

    async def test_still_asks_for_the_dates_that_somebody_did_not_give(
        self, world: Network, sink: Sink
    ) -> None:
        case, poll = await world.open_case(), uuid7()
        for person in (case.central, case.mother):
            await world.handle(_asked(case, person, "poll-reminder", parameters={"poll_id": str(poll)}))
        said = {"case_id": case.id, "poll_id": poll, "via": "coordinator"}
        for person, complete in ((case.central, True), (case.mother, False)):
            answered = scheduling.PollAnswered.model_validate(
                {**said, "person_id": person, "complete": complete}
            )
            await world.handle(answered)
        await _send(world)
        assert [mail["To"].partition(" ")[0] for mail in sink.mails] == ["Samira"]

    @pytest.mark.parametrize("order", sorted(permutations(range(3))))
    async def test_asks_what_was_asked_last_in_whatever_order_it_hears(
        self, world: Network, sink: Sink, order: tuple[int, ...]
    ) -> None:
        case, poll = await world.open_case(), uuid7()
        about = {"poll_id": str(poll)}
        events = (
            _asked(case, case.mother, "poll-reminder", parameters=about),
            scheduling.PollClosed(case_id=case.id, conference_id=uuid7(), poll_id=poll, reason="due"),
            _asked(case, case.mother, "poll-invitation", parameters=about),
        )
        for number in order:
            assert await world.handle(events[number], sequence=10 + number) == "handled"
        await _send(world)
        assert [mail["Kring-Kind"] for mail in sink.mails] == ["poll-invitation"]

    @pytest.mark.parametrize(
        ("kind", "until"), [("poll-invitation", "closes_at"), ("conference-reminder", "starts_at")]
    )
    async def test_announces_nothing_that_is_over_when_it_is_sent(
        self, world: Network, sink: Sink, kind: str, until: str
    ) -> None:
        case = await world.open_case()
        over = {until: f"{await world.now() + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"}
        await world.handle(_asked(case, case.central, kind, parameters=over))
        await world.handle(
            _asked(case, case.mother, "conference-scheduled", calendar=_entry(case, "REQUEST", 1))
        )
        world.clock.time = STARTS
        await _send(world)
        assert sink.mails == []
        assert {row.state for row in await world.emails(case=case)} == {"cancelled"}

    @pytest.mark.parametrize("kind", ["file-kept", "plan-shared", "poll-invitation"])
    async def test_is_refused_to_a_service_that_asks_for_anothers_mails(
        self, world: Network, kind: str
    ) -> None:
        case = await world.open_case()
        asked = _asked(case, case.central, kind)
        own = world.publisher_of(asked)
        # Whatever it says of itself: who signed counts.
        body = await world.message(asked, source=own)
        for service in network.NotifyPeople.SOURCES - {own}:
            with pytest.raises(Forged, match=service):
                await world.deliver(body, asked.TYPE, signed_by=service)
        assert await world.emails(kind) == []
        assert await world.deliver(body, asked.TYPE, signed_by=own) == "handled"

    @pytest.mark.parametrize(
        ("kind", "target"), [("plan-shared", "a b"), ("Iets", "x"), ("plan-shared", "é")]
    )
    async def test_cannot_be_asked_in_words(self, world: Network, kind: str, target: str) -> None:
        case = await world.open_case()
        with pytest.raises(ValidationError):
            _asked(case, case.central, kind, link_target=target)

    async def test_writes_to_nobody_whose_link_was_withdrawn(self, world: Network, sink: Sink) -> None:
        case = await world.open_case()
        await world.ask("POST", f"/v1/persons/{case.central}/link/revoke", world.coordinator(case))
        await world.handle(_asked(case, case.central, "plan-shared"))
        await _send(world)
        assert sink.mails == []
        assert [mail.state for mail in await world.emails(case=case)] == ["no-address"]
        assert len(await world.published("network.message.failed.v1", case=case)) == 1
