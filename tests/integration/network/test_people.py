"""The people of a case: copied at the opening, added, proposed, changed, let go; and who may see them."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.network.domain import MAX_OPEN_PROPOSALS
from shared.auth import Role
from shared.events import intake
from shared.ids import uuid7
from tests.support.statements import count_statements
from tests.support.world import problem
from tests.support.world.network import Network

ADDED = "network.person.added.v1"


class TestCopiesPersonsAtOpening:
    async def test_once_with_what_they_consented_to(self, world: Network) -> None:
        case = await world.open_case()
        people = await world.people(case)
        assert list(people) == ["Ilyas", "Samira"]
        assert people["Ilyas"]["person_id"] == str(case.central)
        assert people["Samira"]["language"] == "fr"
        told = [row.type for row in await world.published(case=case) if ".clock." not in row.type]
        assert told == ["network.youngest.changed.v1", ADDED, "network.consent.given.v1", ADDED]
        assert world.others.asked == [("intake", f"/v1/cases/{case.id}/persons-at-opening", "copy-persons")]
        consents = await world.ask("GET", f"/v1/persons/{case.central}/consents", world.coordinator(case))
        assert consents.json()["items"][0]["purpose"] == "referral"

    async def test_not_twice_when_told_twice_or_by_another_event(self, world: Network) -> None:
        case = await world.open_case()
        opened = intake.CaseOpened(case_id=case.id, referral_id=uuid7())
        event_id = uuid7()
        assert await world.handle(opened, event_id=event_id) == "handled"
        assert await world.handle(opened, event_id=event_id) == "duplicate"
        assert len(await world.published(ADDED, case=case)) == 2

    async def test_not_at_all_when_the_case_was_withdrawn_before(self, world: Network) -> None:
        case = await world.open_case(coordinator=False)
        other = type(case)(tenant=world.tenant)
        world.others.people[other.id] = world.others.people[case.id]
        withdrawn = intake.CaseWithdrawn(case_id=other.id, reason="family-wish", by="central-person")
        assert await world.handle(withdrawn, case=other, sequence=2) == "handled"
        opened = intake.CaseOpened(case_id=other.id, referral_id=uuid7())
        assert await world.handle(opened, case=other, sequence=1) == "case-stopped"
        assert await world.published(case=other) == []

    async def test_keeps_names_out_of_rows_and_events(self, world: Network) -> None:
        case = await world.open_case()
        stored = await world.rows("SELECT to_jsonb(person)::text AS whole, sealed FROM person")
        told = await world.rows("SELECT data::text AS whole FROM outbox")
        for row in [*stored, *told]:
            assert "Ilyas" not in row.whole
        assert all(b"Testman" not in row.sealed for row in stored)
        assert len(await world.people(case)) == 2


class TestCoordinator:
    async def test_adds_people_and_counts_who_widens_the_circle(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia", proposed_by=str(case.central))
        await world.add(case, "Karim", proposed_by=str(aunt), side="paternal", required=True)
        people = await world.people(case)
        assert (people["Nadia"]["widened"], people["Karim"]["widened"]) == (False, True)
        assert (people["Karim"]["required"], people["Karim"]["side"]) == (True, "paternal")
        last = (await world.published(ADDED, case=case))[-1].data
        assert (last["proposed_by"], last["widened"], last["role"]) == (str(aunt), True, "circle")

    async def test_knows_by_first_name_whom_their_cases_are_about(self, world: Network) -> None:
        first, second, third = [await world.open_case() for _ in range(3)]
        await world.add(first, "Nadia")
        me = world.coordinator(first)
        # Of the second the caller was, for the time between, the coordinator; of the third they are now.
        await world.handle_all(*second.replaced(first.coordinator), third.assigned(2, first.coordinator))
        listed = await world.do("GET", "/v1/central-persons", me)
        about = {each["case_id"]: (each["person_id"], each["first_name"]) for each in listed["items"]}
        people = await world.people(first)
        assert about.keys() == {str(first.id), str(third.id)}
        person_id, first_name = about[str(first.id)]
        assert people[first_name]["person_id"] == person_id == str(first.central)

    async def test_may_not_name_a_proposer_of_another_case(self, world: Network) -> None:
        case, other = await world.open_case(), await world.open_case()
        body = {"first_name": "A", "last_name": "B", "proposed_by": str(other.central)}
        path = f"/v1/cases/{case.id}/persons"
        answer = await world.ask("POST", path, world.coordinator(case), json=body, expect=422)
        assert answer.json()["type"].endswith("/proposer-not-in-case")

    async def test_changes_what_is_known(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        changes = {"phone": "+32 470 12 34 56", "email": None, "required": True}
        assert (await world.correct(case, aunt, **changes)).is_success
        found = (await world.people(case))["Nadia"]
        assert (found["phone"], found["email"], found["required"]) == ("+32 470 12 34 56", None, True)
        assert (found["last_name"], found["version"]) == ("Testman", 2)

    async def test_loses_neither_of_two_changes_that_were_made_at_once(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        path, who = f"/v1/persons/{aunt}", world.coordinator(case)
        read = await world.do("GET", path, who)
        changes = ({"email": "right@example.org"}, {"email": "other@example.org", "phone": None})
        bodies = ({"version": read["version"]} | change for change in changes)
        answers = await asyncio.gather(*(world.ask("PATCH", path, who, json=body) for body in bodies))
        [written] = [answer.json() for answer in answers if answer.is_success]
        [refused] = [answer for answer in answers if answer.is_error]
        assert problem(refused) == (409, "other-version")
        assert refused.json()["facts"] == {"version": written["version"]} == {"version": 2}
        assert await world.do("GET", path, who) == written

    async def test_lets_go_once_and_keeps_the_reason_sealed(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        await world.invite(case, aunt)
        path = f"/v1/persons/{aunt}/exclude"
        reason = {"reason": "contactverbod sinds januari"}
        await world.ask("POST", path, world.coordinator(case), json=reason, expect=204)
        again = await world.ask("POST", path, world.coordinator(case), json=reason)
        assert again.json()["type"].endswith("/person-not-active")
        found = (await world.people(case))["Nadia"]
        assert (found["state"], found["invitation"]["state"]) == ("excluded", "cancelled")
        told = [row.type for row in await world.published(case=case)][-2:]
        assert told == ["network.invitation.cancelled.v1", "network.person.excluded.v1"]
        kept = await world.rows(
            "SELECT to_jsonb(person_exit)::text AS whole, sealed FROM person_exit WHERE person_id = :id",
            id=aunt,
        )
        assert b"contactverbod" not in kept[0].sealed
        assert "contactverbod" not in kept[0].whole

    async def test_keeps_one_central_person_of_two_who_are_let_go_at_once(self, world: Network) -> None:
        case = await world.open_case()
        leave, who = {"reason": "wil niet meer"}, world.coordinator(case)
        answers = await asyncio.gather(
            *(
                world.ask("POST", f"/v1/persons/{person}/{verb}", who, json=leave)
                for person, verb in ((case.central, "remove"), (case.mother, "exclude"))
            )
        )
        assert sorted(answer.status_code for answer in answers) == [204, 409]

    async def test_keeps_at_least_one_central_person(self, world: Network) -> None:
        case = await world.open_case()
        leave = {"reason": "wil niet meer"}
        await world.ask(
            "POST", f"/v1/persons/{case.mother}/remove", world.coordinator(case), json=leave, expect=204
        )
        assert await world.refused(
            "POST", f"/v1/persons/{case.central}/remove", world.coordinator(case), json=leave
        ) == (409, "last-central-person")

    async def test_notes_contacts_but_not_of_tomorrow(self, world: Network) -> None:
        case = await world.open_case()
        path = f"/v1/persons/{case.central}/contacts"
        body = {"channel": "visit", "purpose": "first-contact"}
        await world.ask("POST", path, world.coordinator(case), json=body, expect=201)
        tomorrow = await world.ask("POST", path, world.coordinator(case), json=body | {"on": "2026-03-03"})
        assert tomorrow.json()["type"].endswith("/date-in-future")
        listed = await world.ask("GET", path, world.coordinator(case))
        assert [item["on"] for item in listed.json()["items"]] == ["2026-03-02"]
        assert len(await world.published("network.contact.made.v1", case=case)) == 1

    async def test_reads_a_circle_in_few_statements_however_large(self, world: Network) -> None:
        case = await world.open_case()
        await world.people(case)
        statements: list[str] = []
        count_statements(world.context.database.engine, statements)
        await world.people(case)
        small = len(statements)
        for number in range(6):
            await world.add(case, f"Tante{number}")
        statements.clear()
        assert len(await world.people(case)) == 8
        assert len(statements) == small


class TestPersonOfTheCircle:
    async def test_proposes_and_the_coordinator_confirms(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        body = {"first_name": "Karim", "last_name": "Testman", "side": "paternal", "relation": "buur"}
        answer = await world.do("POST", "/v1/me/proposals", world.person(case, aunt), json=body, expect=201)
        proposed = answer["person_id"]
        assert (await world.people(case))["Karim"]["state"] == "proposed"
        assert len(await world.published(ADDED, case=case)) == 3
        confirm = f"/v1/persons/{proposed}/confirm"
        await world.ask("POST", confirm, world.coordinator(case), expect=200)
        again = await world.ask("POST", confirm, world.coordinator(case))
        assert again.json()["type"].endswith("/person-already-confirmed")
        added = await world.published(ADDED, case=case)
        assert (len(added), added[-1].data["widened"], added[-1].data["proposed_by"]) == (4, True, str(aunt))

    @pytest.mark.parametrize(
        ("decided", "reason"), [("confirm", None), ("remove", {"reason": "Liever niet."})]
    )
    async def test_proposes_and_the_coordinator_has_to_decide(
        self, world: Network, decided: str, reason: dict[str, str] | None
    ) -> None:
        case = await world.open_case()
        body = {"first_name": "Karim", "last_name": "Testman", "side": "paternal", "relation": "buur"}
        who = world.person(case, case.central)
        person = (await world.do("POST", "/v1/me/proposals", who, json=body, expect=201))["person_id"]
        clock = (await world.clocks(case))["proposal"]
        assert (clock.subject, clock.state) == (UUID(person), "running")
        assert (clock.owner, clock.escalate_to) == ("coordinator", "regional-manager")
        now = await world.now()
        assert timedelta(days=2) < clock.due_at - now <= timedelta(days=6)
        await world.handle(
            intake.CoordinatorReleased(
                case_id=case.id, assignment_no=1, coordinator_id=case.coordinator, reason="unavailable"
            )
        )
        assert (await world.clocks(case))["proposal"].owner == "regional-manager"
        await world.handle(case.assigned(2, case.coordinator))
        await world.do("POST", f"/v1/persons/{person}/{decided}", world.coordinator(case), json=reason)
        assert (await world.clocks(case))["proposal"].state == "stopped"

    async def test_may_not_say_what_role_somebody_has(self, world: Network) -> None:
        case = await world.open_case()
        body = {"first_name": "Karim", "last_name": "T", "role": "professional"}
        await world.ask("POST", "/v1/me/proposals", world.person(case, case.central), json=body, expect=422)

    async def test_proposes_only_so_many_at_a_time(self, world: Network) -> None:
        case = await world.open_case()
        who = world.person(case, case.central)
        for number in range(MAX_OPEN_PROPOSALS):
            body = {"first_name": f"Neef {number}", "last_name": "T"}
            await world.ask("POST", "/v1/me/proposals", who, json=body, expect=201)
        refused = await world.ask("POST", "/v1/me/proposals", who, json={"first_name": "X", "last_name": "T"})
        assert refused.json()["type"].endswith("/too-many-proposals")

    async def test_is_a_stranger_once_let_go(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        who = world.person(case, aunt)
        assert (await world.do("GET", "/v1/me", who))["first_name"] == "Nadia"
        await world.ask("POST", f"/v1/persons/{aunt}/remove", world.coordinator(case), json={"reason": "x"})
        assert await world.refused("GET", "/v1/me", who) == (410, "no-longer-in-circle")

    async def test_gives_and_takes_back_consent(self, world: Network) -> None:
        case = await world.open_case()
        who = world.person(case, case.mother)
        path = "/v1/me/consents/share-plan"
        for given in (True, True, False):
            await world.ask("PUT", path, who, json={"given": given, "version": 1}, expect=200)
        told = [row.type for row in await world.published(case=case) if ".clock." not in row.type][4:]
        assert told == ["network.consent.given.v1", "network.consent.withdrawn.v1"]
        listed = (await world.do("GET", "/v1/me/consents", who))["items"]
        said = [item["said"] for item in listed if item["said"] is not None]
        assert [(item["purpose"], item["given"], item["via"]) for item in said] == [
            ("share-plan", False, "link")
        ]


class TestDoors:
    async def test_only_the_coordinator_of_now_comes_in(self, world: Network) -> None:
        case = await world.open_case()
        path = f"/v1/cases/{case.id}/persons"
        stranger = world.staff(uuid7(), None, Role.COORDINATOR)
        await world.ask("GET", path, stranger, expect=404)
        # A manager reads it only with a file that they opened.
        await world.ask("GET", path, world.manager(), expect=404)
        await world.ask("GET", path, world.person(case, case.central), expect=403)
        await world.ask("GET", path, {}, expect=401)
        released = intake.CoordinatorReleased(
            case_id=case.id, assignment_no=1, coordinator_id=case.coordinator, reason="task-done"
        )
        assert await world.handle(released) == "handled"
        await world.ask("GET", path, world.coordinator(case), expect=404)
        await world.ask("GET", f"/v1/persons/{case.central}", world.coordinator(case), expect=404)

    async def test_a_release_heard_before_its_assignment_counts(self, world: Network) -> None:
        case = await world.open_case(coordinator=False)
        released = intake.CoordinatorReleased(
            case_id=case.id, assignment_no=1, coordinator_id=case.coordinator, reason="unavailable"
        )
        await world.handle(released)
        await world.handle_all(case.assigned())
        path = f"/v1/cases/{case.id}/persons"
        await world.ask("GET", path, world.coordinator(case), expect=404)
        await world.handle_all(case.assigned(2))
        await world.ask("GET", path, world.coordinator(case), expect=200)

    async def test_another_tenant_finds_nothing(self, world: Network) -> None:
        case = await world.open_case()
        elsewhere = world.coordinator(case) | {"kring-tenant": str(uuid7())}
        for path in (f"/v1/cases/{case.id}/persons", f"/v1/persons/{case.central}"):
            await world.ask("GET", path, elsewhere, expect=404)

    async def test_nothing_is_written_about_a_stopped_case(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        invitation = await world.invite(case, aunt)
        await world.handle(case.withdrawn())
        said = len(await world.published(case=case))
        who, body = world.coordinator(case), {"first_name": "A", "last_name": "B"}
        attempts: list[tuple[str, str, dict[str, str], Any]] = [
            ("POST", f"/v1/cases/{case.id}/persons", who, body),
            ("PATCH", f"/v1/persons/{aunt}", who, {"version": 1, "side": "other"}),
            ("POST", f"/v1/persons/{aunt}/remove", who, {"reason": "x"}),
            ("POST", f"/v1/persons/{aunt}/contacts", who, {"channel": "phone", "purpose": "other"}),
            ("PUT", f"/v1/persons/{aunt}/consents/mail", who, {"given": True, "version": 1}),
            ("POST", f"/v1/persons/{aunt}/invitation", who, None),
            ("POST", f"/v1/cases/{case.id}/invitations", who, None),
            ("POST", f"/v1/invitations/{invitation}/answer", who, {"answer": "yes"}),
            ("POST", f"/v1/cases/{case.id}/circle-ready", who, None),
            ("POST", f"/v1/persons/{aunt}/link/renew", who, None),
            ("POST", "/v1/me/invitation/answer", world.person(case, aunt), {"answer": "yes"}),
            ("POST", "/v1/me/proposals", world.person(case, aunt), body),
            ("PUT", "/v1/me/consents/mail", world.person(case, aunt), {"given": True, "version": 1}),
        ]
        for method, path, asker, given in attempts:
            answer = await world.ask(method, path, asker, json=given)
            assert problem(answer) == (409, "case-stopped"), path
        assert len(await world.published(case=case)) == said


class TestHostileInput:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("first_name", ""),
            ("first_name", "x" * 101),
            ("first_name", "Jan\n-> Klik hier: http://example.org"),
            ("first_name", "http://example.org"),
            ("first_name", 7),
            ("first_name", "a\u0000b"),
            ("email", "a@b\r\nBcc: all@example.org"),
            ("email", "é@example.org"),
            ("email", "a@example"),
            ("email", "x" * 65 + "@example.org"),
            ("role", "king"),
            ("language", "nl-BE; drop"),
            ("proposed_by", "me"),
            ("required", "yes"),
            ("unknown", 1),
        ],
    )
    async def test_is_refused_without_being_repeated(self, world: Network, field: str, value: object) -> None:
        case = await world.open_case()
        body = {"first_name": "Nadia", "last_name": "Testman"} | {field: value}
        path = f"/v1/cases/{case.id}/persons"
        answer = await world.ask("POST", path, world.coordinator(case), json=body, expect=422)
        assert "example" not in answer.text.replace("name@example.org", "")

    async def test_ids_that_are_none_are_refused(self, world: Network) -> None:
        case = await world.open_case()
        for path in ("/v1/persons/x", f"/v1/cases/{'9' * 400}/persons"):
            await world.ask("GET", path, world.coordinator(case), expect=422)
        purpose = f"/v1/persons/{case.central}/consents/A%20b"
        await world.ask(
            "PUT", purpose, world.coordinator(case), json={"given": True, "version": 1}, expect=422
        )
        cursor = f"/v1/cases/{case.id}/persons?cursor=%F0%9F%92%A9"
        await world.ask("GET", cursor, world.coordinator(case), expect=422)
        await world.ask("GET", f"/v1/persons/{UUID(int=5)}", world.coordinator(case), expect=404)


async def test_who_read_about_somebody_is_theirs_alone_to_see(world: Network) -> None:
    case = await world.open_case()
    for _ in range(3):
        await world.ask("GET", f"/v1/persons/{case.central}", world.coordinator(case))
    own, whole = await world.audit_entries_seen(case, case.mother)
    assert whole == own + 1
    theirs, _ = await world.audit_entries_seen(case, case.central)
    assert theirs >= 3
    path, body = f"/v1/persons/{case.mother}/exclude", {"reason": "Er geldt een straatverbod."}
    await world.ask("POST", path, world.coordinator(case), json=body, expect=204)
    await world.ask("GET", f"/v1/persons/{case.central}", world.coordinator(case))
    own, now = await world.audit_entries_seen(case, case.mother)
    assert now == own + 1
