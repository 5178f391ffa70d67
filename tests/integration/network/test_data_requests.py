"""What people ask of their data: who may ask for whom, who answers, in which time, and what stays of it."""

import asyncio
from datetime import date
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest

from services.network import queries
from services.network.data_requests import DATA_REQUEST_CLOCK, ERASE_CLOCK
from services.network.operations import ending_requests, erasing
from shared.auth import Role
from shared.clock_activities import breach, warn
from shared.database import Scope
from shared.events import intake
from shared.ids import uuid7
from tests.integration.network.conftest import Sink
from tests.integration.network.test_mails import _send, _text
from tests.support.eventually import eventually
from tests.support.steps import attempt
from tests.support.world import Case
from tests.support.world.network import Network


def dpo(world: Network) -> dict[str, str]:
    """Return the headers of the organisation's data protection officer."""
    return world.officer()


async def ask(world: Network, case: Case, person: UUID, kind: str = "copy", **body: Any) -> Any:
    """Ask something of one's own data; return the answer."""
    return await world.ask(
        "POST", "/v1/me/data-requests", world.person(case, person), json={"kind": kind, **body}
    )


async def asked(world: Network, case: Case, person: UUID, kind: str = "copy", **body: Any) -> str:
    """Ask something of one's own data; return the request's id."""
    answer = await ask(world, case, person, kind, **body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["request_id"])


async def decide(
    world: Network, request: str, what: str, who: dict[str, str] | None = None, **body: Any
) -> Any:
    """Answer a request; return what came of it."""
    path = f"/v1/data-requests/{request}/{what}"
    return await world.ask("POST", path, who or dpo(world), json=body or None)


async def own(world: Network, case: Case, person: UUID) -> list[dict[str, Any]]:
    """Return the requests that somebody sees."""
    answer = await world.do("GET", "/v1/me/data-requests", world.person(case, person), expect=200)
    return list(answer["items"])


async def clocks(world: Network, request: str) -> list[Any]:
    """Return the clocks of a request, oldest first."""
    return await world.rows(
        "SELECT state, owner, escalate_to, warn_at, due_at, case_id FROM clock WHERE subject = :id ORDER BY id",
        id=UUID(request),
    )


async def _is_waited(world: Network) -> bool:
    """Say whether somebody waits for a lock in the service's database."""
    return bool(
        await world.rows(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )


async def family(world: Network, born: str, *, authority: bool = True) -> tuple[Case, UUID, UUID]:
    """Return a case about a child born on a day and a mother, with both of them."""
    case = Case(tenant=world.tenant)
    child, mother = case.central, case.mother
    world.others.people[case.id] = [
        {"person_id": str(child), "role": "central", "first_name": "Ilyas", "last_name": "T",
         "birth_date": born},
        {"person_id": str(mother), "role": "central", "first_name": "Samira", "last_name": "T",
         "email": "samira@example.org", "parental_authority": authority},
    ]  # fmt: skip
    opened = intake.CaseOpened(case_id=case.id, referral_id=uuid4())
    assert await world.handle(opened) == "handled"
    await world.handle_all(case.assigned())
    return case, child, mother


class TestAsking:
    async def test_starts_a_month_that_belongs_to_the_dpo_and_is_confirmed(
        self, world: Network, sink: Sink
    ) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        request = await asked(world, case, aunt, text="Wat weten jullie van mij?")
        [clock] = await clocks(world, request)
        assert (clock.state, clock.owner, clock.escalate_to) == ("running", "dpo", "regional-manager")
        assert clock.due_at.date() == date(2026, 4, 1)
        assert clock.warn_at.date() == date(2026, 3, 25)
        assert await _send(world) == ["handled"]
        [mail] = sink.mails
        assert "Nadia" not in mail["Subject"]
        assert "woensdag 1 april 2026" in _text(mail)

    async def test_keeps_the_words_sealed(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        request = await asked(world, case, aunt, text="Vertrouwelijke woorden")
        [row] = await world.rows("SELECT sealed FROM data_request WHERE id = :id", id=UUID(request))
        assert b"Vertrouwelijke" not in row.sealed
        [seen] = await own(world, case, aunt)
        assert (seen["text"], seen["asked_by_me"], seen["state"]) == (
            "Vertrouwelijke woorden",
            True,
            "received",
        )

    async def test_one_of_a_kind_at_a_time_also_when_two_come_at_once(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        answers = await asyncio.gather(*(ask(world, case, aunt) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert len(await own(world, case, aunt)) == 1
        assert (await ask(world, case, aunt, "erasure")).status_code == 201

    async def test_is_no_way_to_keep_somebody_busy(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        for _ in range(10):
            request = await asked(world, case, aunt)
            path = f"/v1/me/data-requests/{request}/withdraw"
            await world.ask("POST", path, world.person(case, aunt), expect=200)
        refused = await ask(world, case, aunt)
        assert (refused.status_code, refused.json()["type"].split("/")[-1]) == (409, "data-request-too-often")
        world.later(days=31)
        assert (await ask(world, case, aunt)).status_code == 201

    async def test_is_possible_after_the_case_has_stopped(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        await world.handle(case.withdrawn())
        request = await asked(world, case, aunt)
        assert (await clocks(world, request))[0].state == "running"

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"kind": "everything"},
            {"kind": None},
            {"kind": "copy", "text": ""},
            {"kind": "copy", "text": "x" * 2001},
            {"kind": "copy", "text": 7},
            {"kind": "copy", "for_person_id": "me"},
            {"kind": "copy", "state": "approved"},
            [],
        ],
    )
    async def test_refuses_what_is_not_in_the_form(self, world: Network, body: Any) -> None:
        case = await world.open_case()
        await world.ask(
            "POST", "/v1/me/data-requests", world.person(case, case.central), json=body, expect=422
        )
        assert await own(world, case, case.central) == []


class TestAskingForAnother:
    @pytest.mark.parametrize(
        ("born", "authority", "status"),
        [
            ("2014-03-03", True, 201),  # twelve tomorrow
            ("2014-03-02", True, 403),  # twelve today
            ("2020-01-01", False, 403),
            ("2012-01-05", True, 403),
        ],
    )
    async def test_holds_for_a_child_under_twelve_in_their_care(
        self, world: Network, born: str, authority: bool, status: int
    ) -> None:
        case, child, mother = await family(world, born, authority=authority)
        answer = await ask(world, case, mother, for_person_id=str(child))
        assert answer.status_code == status, answer.text

    async def test_to_read_is_no_permission_to_change_or_erase(self, world: Network) -> None:
        case, child, mother = await family(world, "2012-01-05")
        body = {"given": True, "version": 1, "concerns": str(mother)}
        await world.ask(
            "PUT", "/v1/me/consents/file-access", world.person(case, child), json=body, expect=200
        )
        assert (await ask(world, case, mother, for_person_id=str(child))).status_code == 201
        for kind in ("erasure", "correction"):
            refused = await ask(world, case, mother, kind, for_person_id=str(child))
            assert (refused.status_code, refused.json()["type"].split("/")[-1]) == (
                403,
                "data-request-not-for-them",
            )
            assert (await ask(world, case, child, kind)).status_code == 201

    @pytest.mark.parametrize(
        ("born", "authority", "permits", "asks_for"),
        [
            ("2018-01-01", True, False, [("Ilyas", False)]),
            ("2018-01-01", False, False, []),
            ("2012-01-05", True, False, []),
            ("2012-01-05", True, True, [("Ilyas", True)]),
        ],
    )
    async def test_of_which_children_it_may_be_is_read_with_who_one_is(
        self, world: Network, born: str, authority: bool, permits: bool, asks_for: list[tuple[str, bool]]
    ) -> None:
        case, child, mother = await family(world, born, authority=authority)
        if permits:
            body = {"given": True, "version": 1, "concerns": str(mother)}
            path = "/v1/me/consents/file-access"
            await world.ask("PUT", path, world.person(case, child), json=body, expect=200)
        me = await world.do("GET", "/v1/me", world.person(case, mother))
        assert [(each["first_name"], each["only_to_read"]) for each in me["asks_for"]] == asks_for
        assert me["decides_for_child"] is (asks_for == [("Ilyas", False)])
        assert (await world.do("GET", "/v1/me", world.person(case, child)))["asks_for"] == []

    async def test_is_not_approved_once_the_child_is_twelve(self, world: Network) -> None:
        case, child, mother = await family(world, "2014-03-20")
        erasure = await asked(world, case, mother, "erasure", for_person_id=str(child))
        world.later(days=20)
        refused = await decide(world, erasure, "approve")
        assert (refused.status_code, refused.json()["type"].split("/")[-1]) == (
            409,
            "data-request-no-longer-theirs",
        )
        assert (await decide(world, erasure, "refuse", reason="Ilyas is nu twaalf.")).status_code == 200

    async def test_is_not_approved_once_who_asked_has_left(self, world: Network) -> None:
        case, child, mother = await family(world, "2018-01-01")
        erasure = await asked(world, case, mother, "erasure", for_person_id=str(child))
        path, body = f"/v1/persons/{mother}/exclude", {"reason": "Er geldt een straatverbod."}
        await world.ask("POST", path, world.coordinator(case), json=body, expect=204)
        assert (await decide(world, erasure, "approve")).status_code == 409

    async def test_the_answer_goes_to_who_asked_and_the_words_stay_theirs(
        self, world: Network, sink: Sink
    ) -> None:
        case, child, mother = await family(world, "2018-01-01")
        request = await asked(world, case, mother, for_person_id=str(child), text="Over mijn zoon")
        await decide(world, request, "approve")
        await _send(world)
        assert {mail["To"] for mail in sink.mails} == {"Samira <samira@example.org>"}
        [seen] = await own(world, case, child)
        assert (seen["request_id"], seen["text"], seen["asked_by_me"]) == (request, None, False)

    async def test_nobody_of_another_case_or_organisation_is_found(self, world: Network) -> None:
        case, _, mother = await family(world, "2018-01-01")
        other = await world.open_case()
        elsewhere = await world.open_case(tenant=uuid7())
        for stranger in (other.central, elsewhere.central, uuid7()):
            answer = await ask(world, case, mother, for_person_id=str(stranger))
            assert answer.status_code == 404, answer.text


class TestNoting:
    async def test_runs_from_the_day_on_which_the_letter_came(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        path = f"/v1/persons/{aunt}/data-requests"
        body = {"kind": "copy", "received_on": "2026-02-20", "text": "Brief van 20 februari"}
        for who in (world.coordinator(case), world.manager(), dpo(world)):
            answer = await world.do("POST", path, who, json=body, expect=201)
            assert answer["due_at"].startswith("2026-03-21T23:00")
            await decide(world, answer["request_id"], "refuse", reason="Een ander verzoek loopt al.")

    @pytest.mark.parametrize("day", ["2026-03-03", "2025-11-01", "9999-12-31", "0001-01-01"])
    async def test_refuses_a_day_that_cannot_be(self, world: Network, day: str) -> None:
        case = await world.open_case()
        path = f"/v1/persons/{case.central}/data-requests"
        await world.ask("POST", path, dpo(world), json={"kind": "copy", "received_on": day}, expect=422)

    async def test_is_done_for_those_who_left_the_circle_too(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        await world.ask(
            "POST", f"/v1/persons/{aunt}/remove", world.coordinator(case), json={"reason": "verhuisd"}
        )
        await world.ask(
            "POST", f"/v1/persons/{aunt}/data-requests", dpo(world), json={"kind": "copy"}, expect=201
        )

    async def test_is_for_colleagues_who_have_to_do_with_the_person(self, world: Network) -> None:
        case = await world.open_case()
        path = f"/v1/persons/{case.central}/data-requests"
        for who, status in (
            (world.staff(uuid7(), None, Role.COORDINATOR), 404),
            (world.staff(uuid7(), uuid7(), Role.DPO), 403),
            (world.colleague(Role.ADMINISTRATOR), 403),
        ):
            answer = await world.ask("POST", path, who, json={"kind": "copy"})
            assert answer.status_code == status, answer.text


class TestDeciding:
    async def test_approving_a_copy_makes_it_ready_and_stops_the_clock(
        self, world: Network, sink: Sink
    ) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        request = await asked(world, case, aunt)
        assert (await decide(world, request, "approve")).status_code == 200
        assert (await clocks(world, request))[0].state == "stopped"
        [seen] = await own(world, case, aunt)
        assert seen["copy_ready_until"].startswith("2026-04-01")
        await _send(world)
        assert [mail["Subject"] for mail in sink.mails][-1] == "Je overzicht staat klaar"
        assert (await decide(world, request, "refuse", reason="te laat")).status_code == 409

    async def test_a_no_has_a_reason_and_says_where_to_complain(self, world: Network, sink: Sink) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia", language="fr")
        request = await asked(world, case, aunt, "erasure")
        assert (await decide(world, request, "refuse")).status_code == 422
        assert (await decide(world, request, "refuse", reason="Nous devons le garder.")).status_code == 200
        [seen] = await own(world, case, aunt)
        assert (seen["state"], seen["refusal_reason"]) == ("refused", "Nous devons le garder.")
        assert "Autorité de protection des données" in seen["complaint"]
        await _send(world)
        text = _text(sink.mails[-1])
        assert "Autorité de protection des données" in text
        assert "Nous devons le garder" not in text
        assert (await clocks(world, request))[0].state == "stopped"

    async def test_more_time_is_given_once_with_a_reason(self, world: Network, sink: Sink) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        request = await asked(world, case, aunt)
        world.later(days=29)
        assert (await decide(world, request, "extend", reason="Veel werk")).status_code == 200
        again = await decide(world, request, "extend", reason="Nog meer werk")
        assert again.json()["type"].endswith("data-request-already-extended")
        first, second = await clocks(world, request)
        assert (first.state, second.state) == ("stopped", "running")
        assert second.due_at.date() == date(2026, 5, 31)
        assert second.warn_at.date() == date(2026, 5, 24)
        [seen] = await own(world, case, aunt)
        assert seen["extension_reason"] == "Veel werk"
        await _send(world)
        assert "zondag 31 mei 2026" in _text(sink.mails[-1])

    async def test_a_correction_is_reported_as_done_by_hand(self, world: Network, sink: Sink) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        request = await asked(world, case, aunt, "correction", text="Ik heet Nadja")
        assert (await decide(world, request, "done")).status_code == 409
        await decide(world, request, "approve")
        assert (await clocks(world, request))[0].state == "running"
        assert (await decide(world, request, "done")).json()["state"] == "done"
        assert (await clocks(world, request))[0].state == "stopped"
        await _send(world)
        assert sink.mails[-1]["Subject"] == "Het is gebeurd"
        copy = await asked(world, case, aunt)
        await decide(world, copy, "approve")
        assert (await decide(world, copy, "done")).json()["type"].endswith("data-request-ends-by-itself")

    async def test_two_answers_at_once_are_one(self, world: Network) -> None:
        case = await world.open_case()
        request = await asked(world, case, case.central)
        answers = await asyncio.gather(
            decide(world, request, "approve"),
            decide(world, request, "refuse", reason="neen"),
            world.ask("POST", f"/v1/me/data-requests/{request}/withdraw", world.person(case, case.central)),
        )
        assert sum(answer.status_code == 200 for answer in answers[:2]) <= 1
        events = await world.rows(
            "SELECT type FROM outbox WHERE stream = :id AND type LIKE 'network.data-request.decided%'",
            id=UUID(request),
        )
        assert len(events) == sum(answer.status_code == 200 for answer in answers[:2])

    async def test_is_for_the_dpo_and_once_it_is_late_for_the_regional_manager(self, world: Network) -> None:
        case = await world.open_case()
        request = await asked(world, case, case.central, text="Mijn woorden")
        manager = world.manager()
        listed = await world.ask("GET", "/v1/data-requests", manager)
        assert listed.json()["items"] == []
        await world.ask("GET", f"/v1/data-requests/{request}", manager, expect=404)
        assert (await decide(world, request, "approve", manager)).status_code == 404
        read = await world.ask("GET", f"/v1/data-requests/{request}", dpo(world))
        assert (read.json()["first_name"], read.json()["text"]) == ("Ilyas", "Mijn woorden")
        world.later(days=30, seconds=1)
        [late] = (await world.do("GET", "/v1/data-requests?which=all", manager))["items"]
        assert (late["request_id"], late["late"]) == (request, True)
        assert (await decide(world, request, "approve", manager)).status_code == 200

    async def test_another_organisation_finds_nothing(self, world: Network) -> None:
        case = await world.open_case()
        request = await asked(world, case, case.central)
        tenant, world.tenant = world.tenant, uuid7()
        officer = dpo(world)
        world.tenant = tenant
        assert (await world.do("GET", "/v1/data-requests", officer))["items"] == []
        for what, body in (("approve", {}), ("refuse", {"reason": "x"}), ("extend", {"reason": "x"})):
            assert (await decide(world, request, what, officer, **body)).status_code == 404

    async def test_what_waits_is_listed_in_pages_earliest_due_first(self, world: Network) -> None:
        case = await world.open_case()
        ids = []
        for name in ("Nadia", "Karim", "Leila"):
            ids.append(await asked(world, case, await world.add(case, name)))
            world.later(days=1)
        await decide(world, ids[0], "approve")
        first = await world.do("GET", "/v1/data-requests?limit=1", dpo(world))
        second = await world.do("GET", f"/v1/data-requests?limit=1&cursor={first['next']}", dpo(world))
        assert [page["items"][0]["request_id"] for page in (first, second)] == ids[1:]
        everything = await world.do("GET", "/v1/data-requests?which=all", dpo(world))
        assert [item["request_id"] for item in everything["items"]] == ids[::-1]
        assert not {"first_name", "text"} & everything["items"][0].keys()


class TestTakingBack:
    async def test_stops_the_clock_and_ends_it(self, world: Network) -> None:
        case = await world.open_case()
        request = await asked(world, case, case.central, "erasure")
        await decide(world, request, "approve")
        path = f"/v1/me/data-requests/{request}/withdraw"
        await world.ask("POST", path, world.person(case, case.mother), expect=404)
        answer = await world.ask("POST", path, world.person(case, case.central))
        assert answer.json()["state"] == "withdrawn"
        assert (await clocks(world, request))[0].state == "stopped"
        await world.ask("POST", path, world.person(case, case.central), expect=409)


class TestErasure:
    async def test_of_the_last_central_person_waits_for_the_case_to_be_erased(self, world: Network) -> None:
        case = await world.open_case()
        await world.ask(
            "POST", f"/v1/persons/{case.mother}/remove", world.coordinator(case), json={"reason": "verhuisd"}
        )
        request = await asked(world, case, case.central, "erasure", text="Vergeet mij")
        copy = await asked(world, case, case.central)
        approved = await decide(world, request, "approve")
        assert (approved.json()["state"], approved.json()["erase_at"]) == ("approved", None)
        await world.handle(intake.CaseClosed(case_id=case.id, outcome="followed-up"))
        assert await world.handle(intake.CaseErased(case_id=case.id)) == "handled"
        assert await world.handle(intake.CaseErased(case_id=case.id)) == "handled"
        rows = await world.rows(
            "SELECT id, state, ended_at, due_at FROM data_request WHERE case_id = :case", case=case.id
        )
        states = {str(row.id): row.state for row in rows}
        assert states == {request: "done", copy: "withdrawn"}
        assert {clock.state for one in (request, copy) for clock in await clocks(world, one)} == {"stopped"}

    async def test_keeps_one_central_person_of_two_who_are_erased_at_once(self, world: Network) -> None:
        case = await world.open_case()
        answers = await asyncio.gather(
            *(
                world.ask("POST", f"/v1/persons/{person}/erase", dpo(world), json={"reason": "asked"})
                for person in (case.central, case.mother)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]

    async def test_leaves_the_fact_without_the_words(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        request = await asked(world, case, aunt, "erasure", text="Vergeet mij")
        approved = await decide(world, request, "approve")
        assert approved.json()["erase_at"].startswith("2026-03-04")
        world.later(days=2)
        for expected in (True, False):
            erased = await attempt(
                world.context,
                ending_requests.erase,
                tenant=world.tenant,
                kind=ERASE_CLOCK,
                subject=request,
                what="due",
                services=world.context.services,
                vault=world.context.vault,
            )
            assert erased is expected
        await world.deliver_published("network.person.erased.v1", "network.internal.erasure.written.v1")
        await world.deliver_published("network.internal.erasure.written.v1")
        view = await world.do("GET", f"/v1/data-requests/{request}", dpo(world))
        assert (view["state"], view["text"], view["first_name"]) == ("done", None, None)
        assert view["ended_at"].startswith("2026-03-04")
        path = f"/v1/persons/{aunt}/data-requests"
        await world.ask("POST", path, dpo(world), json={"kind": "copy"}, expect=410)

    async def test_waits_for_the_erasure_of_the_case_or_that_for_it_and_never_both(
        self, world: Network
    ) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        request = await asked(world, case, aunt, "erasure")
        await decide(world, request, "approve")
        await world.handle(intake.CaseClosed(case_id=case.id, outcome="followed-up"))
        context = world.context
        async with context.database.transaction(Scope(tenant=world.tenant)) as session:
            # As the step does that carries it out: the request is locked, and then the person erased.
            found = await queries.data_request(
                session, tenant=world.tenant, request_id=UUID(request), lock=True
            )
            assert found is not None
            of_case = asyncio.create_task(world.handle(intake.CaseErased(case_id=case.id)))
            await eventually(lambda: _is_waited(world), "the erasure of the case to wait")
            person = await queries.person(session, tenant=world.tenant, person_id=aunt)
            await erasing.erase_person(
                session,
                context.vault,
                context.services,
                person=person,
                reason="asked",
                now=await context.clock.now(),
            )
        assert await of_case == "handled"
        rows = await world.rows("SELECT state FROM data_request WHERE id = :id", id=UUID(request))
        assert [row.state for row in rows] == ["done"]


class TestTheClock:
    async def test_goes_on_when_the_case_rests_stops_or_ends(self, world: Network) -> None:
        case = await world.open_case()
        request = await asked(world, case, case.central)
        for fact in (
            intake.CasePaused(case_id=case.id, reason="illness"),
            intake.CaseResumed(case_id=case.id),
            intake.CaseClosed(case_id=case.id, outcome="followed-up"),
        ):
            assert await world.handle(fact) == "handled"
            [clock] = await clocks(world, request)
            assert (clock.state, clock.case_id) == ("running", None)

    async def test_warns_and_escalates_once_each_and_only_in_its_time(self, world: Network) -> None:
        case = await world.open_case()
        request = UUID(await asked(world, case, case.central))

        async def step(what: Literal["warn", "due"]) -> bool:
            return await attempt(
                world.context,
                warn if what == "warn" else breach,
                tenant=world.tenant,
                kind=DATA_REQUEST_CLOCK,
                subject=request,
                what=what,
                service="network",
            )

        assert not await step("warn")
        world.later(days=23)
        assert await step("warn")
        assert not await step("warn")
        assert not await step("due")
        world.later(days=7)
        assert await step("due")
        assert not await step("due")
        said = await world.rows(
            "SELECT type, data FROM outbox WHERE stream = :id ORDER BY position", id=request
        )
        assert [row.type.split(".")[2] for row in said if ".clock." in row.type] == [
            "started",
            "warned",
            "breached",
        ]
        assert all(row.data["owner"] == "dpo" for row in said if ".clock." in row.type)


class TestPolicy:
    @pytest.mark.parametrize(
        "body",
        [
            {"data_request_due": "32d"},
            {"data_request_warn": "30d"},
            {"data_request_extension": "62d"},
            {"copy_ready": "0d"},
        ],
    )
    async def test_refuses_what_the_law_does_not_allow(self, world: Network, body: dict[str, str]) -> None:
        await world.set_policy(world.manager(), body, expect=422)
