"""What people ask of their data: who may ask for whom, who answers, in which time, and what stays of it."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.network.operations import data_requests
from shared.auth import Role
from shared.database import Scope
from shared.events import intake
from shared.ids import uuid7
from tests.integration.network.conftest import Sink
from tests.integration.network.house import Case, House
from tests.integration.network.test_mails import _send, _text


def dpo(house: House) -> dict[str, str]:
    """Return the headers of the organisation's data protection officer."""
    return house.staff(uuid7(), house.tenant, Role.DPO)


async def ask(house: House, case: Case, person: UUID, kind: str = "copy", **body: Any) -> Any:
    """Ask something of one's own data; return the answer."""
    return await house.ask(
        "POST", "/v1/me/data-requests", house.person(case, person), json={"kind": kind, **body}
    )


async def asked(house: House, case: Case, person: UUID, kind: str = "copy", **body: Any) -> str:
    """Ask something of one's own data; return the request's id."""
    answer = await ask(house, case, person, kind, **body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["request_id"])


async def decide(
    house: House, request: str, what: str, who: dict[str, str] | None = None, **body: Any
) -> Any:
    """Answer a request; return what came of it."""
    path = f"/v1/data-requests/{request}/{what}"
    return await house.ask("POST", path, who or dpo(house), **({"json": body} if body else {}))


async def own(house: House, case: Case, person: UUID) -> list[dict[str, Any]]:
    """Return the requests that somebody sees."""
    answer = await house.ask("GET", "/v1/me/data-requests", house.person(case, person))
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def clocks(house: House, request: str) -> list[Any]:
    """Return the clocks of a request, oldest first."""
    return await house.rows(
        "SELECT state, owner, escalate_to, warn_at, due_at, case_id FROM clock WHERE subject = :id ORDER BY id",
        id=UUID(request),
    )


async def family(house: House, born: str, *, authority: bool = True) -> tuple[Case, UUID, UUID]:
    """Return a case about a child born on a day and a mother, with both of them."""
    case = Case(tenant=house.tenant)
    child, mother = case.central, case.mother
    house.intake.people[case.id] = [
        {"person_id": str(child), "role": "central", "first_name": "Ilyas", "last_name": "T",
         "birth_date": born},
        {"person_id": str(mother), "role": "central", "first_name": "Samira", "last_name": "T",
         "email": "samira@example.org", "parental_authority": authority},
    ]  # fmt: skip
    opened = intake.CaseOpened(case_id=case.id, referral_id=uuid4())
    assert await house.hear(opened, case=case) == "handled"
    await house.assign(case)
    return case, child, mother


class TestAsking:
    async def test_starts_a_month_that_belongs_to_the_dpo_and_is_confirmed(
        self, house: House, sink: Sink
    ) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        request = await asked(house, case, aunt, text="Wat weten jullie van mij?")
        [clock] = await clocks(house, request)
        assert (clock.state, clock.owner, clock.escalate_to) == ("running", "dpo", "regional-manager")
        assert clock.due_at.date() == date(2026, 4, 1)
        assert clock.warn_at.date() == date(2026, 3, 25)
        assert await _send(house) == ["handled"]
        [mail] = sink.mails
        assert "Nadia" not in mail["Subject"]
        assert "woensdag 1 april 2026" in _text(mail)

    async def test_keeps_the_words_sealed(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        request = await asked(house, case, aunt, text="Vertrouwelijke woorden")
        [row] = await house.rows("SELECT sealed FROM data_request WHERE id = :id", id=UUID(request))
        assert b"Vertrouwelijke" not in row.sealed
        [seen] = await own(house, case, aunt)
        assert (seen["text"], seen["asked_by_me"], seen["state"]) == (
            "Vertrouwelijke woorden",
            True,
            "received",
        )

    async def test_one_of_a_kind_at_a_time_also_when_two_come_at_once(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        answers = await asyncio.gather(*(ask(house, case, aunt) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert len(await own(house, case, aunt)) == 1
        assert (await ask(house, case, aunt, "erasure")).status_code == 201

    async def test_is_no_way_to_keep_somebody_busy(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        for _ in range(10):
            request = await asked(house, case, aunt)
            path = f"/v1/me/data-requests/{request}/withdraw"
            assert (await house.ask("POST", path, house.person(case, aunt))).status_code == 200
        refused = await ask(house, case, aunt)
        assert (refused.status_code, refused.json()["type"].split("/")[-1]) == (409, "data-request-too-often")
        house.later(days=31)
        assert (await ask(house, case, aunt)).status_code == 201

    async def test_is_possible_after_the_case_has_stopped(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        await house.withdraw(case)
        request = await asked(house, case, aunt)
        assert (await clocks(house, request))[0].state == "running"

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
    async def test_refuses_what_is_not_in_the_form(self, house: House, body: Any) -> None:
        case = await house.open_case()
        answer = await house.ask("POST", "/v1/me/data-requests", house.person(case, case.central), json=body)
        assert answer.status_code == 422
        assert await own(house, case, case.central) == []


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
        self, house: House, born: str, authority: bool, status: int
    ) -> None:
        case, child, mother = await family(house, born, authority=authority)
        answer = await ask(house, case, mother, for_person_id=str(child))
        assert answer.status_code == status, answer.text

    async def test_to_read_is_no_permission_to_change_or_erase(self, house: House) -> None:
        case, child, mother = await family(house, "2012-01-05")
        body = {"given": True, "version": 1, "concerns": str(mother)}
        allowed = await house.ask("PUT", "/v1/me/consents/file-access", house.person(case, child), json=body)
        assert allowed.status_code == 200, allowed.text
        assert (await ask(house, case, mother, for_person_id=str(child))).status_code == 201
        for kind in ("erasure", "correction"):
            refused = await ask(house, case, mother, kind, for_person_id=str(child))
            assert (refused.status_code, refused.json()["type"].split("/")[-1]) == (
                403,
                "data-request-not-for-them",
            )
            assert (await ask(house, case, child, kind)).status_code == 201

    async def test_is_not_approved_once_the_child_is_twelve(self, house: House) -> None:
        case, child, mother = await family(house, "2014-03-20")
        erasure = await asked(house, case, mother, "erasure", for_person_id=str(child))
        house.later(days=20)
        refused = await decide(house, erasure, "approve")
        assert (refused.status_code, refused.json()["type"].split("/")[-1]) == (
            409,
            "data-request-no-longer-theirs",
        )
        assert (await decide(house, erasure, "refuse", reason="Ilyas is nu twaalf.")).status_code == 200

    async def test_is_not_approved_once_who_asked_has_left(self, house: House) -> None:
        case, child, mother = await family(house, "2018-01-01")
        erasure = await asked(house, case, mother, "erasure", for_person_id=str(child))
        path, body = f"/v1/persons/{mother}/exclude", {"reason": "Er geldt een straatverbod."}
        assert (await house.ask("POST", path, house.coordinator(case), json=body)).status_code == 204
        assert (await decide(house, erasure, "approve")).status_code == 409

    async def test_the_answer_goes_to_who_asked_and_the_words_stay_theirs(
        self, house: House, sink: Sink
    ) -> None:
        case, child, mother = await family(house, "2018-01-01")
        request = await asked(house, case, mother, for_person_id=str(child), text="Over mijn zoon")
        await decide(house, request, "approve")
        await _send(house)
        assert {mail["To"] for mail in sink.mails} == {"Samira <samira@example.org>"}
        [seen] = await own(house, case, child)
        assert (seen["request_id"], seen["text"], seen["asked_by_me"]) == (request, None, False)

    async def test_nobody_of_another_case_or_organisation_is_found(self, house: House) -> None:
        case, _, mother = await family(house, "2018-01-01")
        other = await house.open_case()
        elsewhere = await house.open_case(tenant=uuid7())
        for stranger in (other.central, elsewhere.central, uuid7()):
            answer = await ask(house, case, mother, for_person_id=str(stranger))
            assert answer.status_code == 404, answer.text


class TestNoting:
    async def test_runs_from_the_day_on_which_the_letter_came(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        path = f"/v1/persons/{aunt}/data-requests"
        body = {"kind": "copy", "received_on": "2026-02-20", "text": "Brief van 20 februari"}
        for who in (house.coordinator(case), house.manager(), dpo(house)):
            answer = await house.ask("POST", path, who, json=body)
            assert answer.status_code == 201, answer.text
            assert answer.json()["due_at"].startswith("2026-03-21T23:00")
            await decide(house, answer.json()["request_id"], "refuse", reason="Een ander verzoek loopt al.")

    @pytest.mark.parametrize("day", ["2026-03-03", "2025-11-01", "9999-12-31", "0001-01-01"])
    async def test_refuses_a_day_that_cannot_be(self, house: House, day: str) -> None:
        case = await house.open_case()
        path = f"/v1/persons/{case.central}/data-requests"
        answer = await house.ask("POST", path, dpo(house), json={"kind": "copy", "received_on": day})
        assert answer.status_code == 422

    async def test_is_done_for_those_who_left_the_circle_too(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        await house.ask(
            "POST", f"/v1/persons/{aunt}/remove", house.coordinator(case), json={"reason": "verhuisd"}
        )
        answer = await house.ask(
            "POST", f"/v1/persons/{aunt}/data-requests", dpo(house), json={"kind": "copy"}
        )
        assert answer.status_code == 201

    async def test_is_for_colleagues_who_have_to_do_with_the_person(self, house: House) -> None:
        case = await house.open_case()
        path = f"/v1/persons/{case.central}/data-requests"
        for who, status in (
            (house.staff(uuid7(), None, Role.COORDINATOR), 404),
            (house.staff(uuid7(), uuid7(), Role.DPO), 403),
            (house.staff(uuid7(), house.tenant, Role.ADMINISTRATOR), 403),
        ):
            answer = await house.ask("POST", path, who, json={"kind": "copy"})
            assert answer.status_code == status, answer.text


class TestDeciding:
    async def test_approving_a_copy_makes_it_ready_and_stops_the_clock(
        self, house: House, sink: Sink
    ) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        request = await asked(house, case, aunt)
        assert (await decide(house, request, "approve")).status_code == 200
        assert (await clocks(house, request))[0].state == "stopped"
        [seen] = await own(house, case, aunt)
        assert seen["copy_ready_until"].startswith("2026-04-01")
        await _send(house)
        assert [mail["Subject"] for mail in sink.mails][-1] == "Je overzicht staat klaar"
        assert (await decide(house, request, "refuse", reason="te laat")).status_code == 409

    async def test_a_no_has_a_reason_and_says_where_to_complain(self, house: House, sink: Sink) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia", language="fr")
        request = await asked(house, case, aunt, "erasure")
        assert (await decide(house, request, "refuse")).status_code == 422
        assert (await decide(house, request, "refuse", reason="Nous devons le garder.")).status_code == 200
        [seen] = await own(house, case, aunt)
        assert (seen["state"], seen["refusal_reason"]) == ("refused", "Nous devons le garder.")
        assert "Autorité de protection des données" in seen["complaint"]
        await _send(house)
        text = _text(sink.mails[-1])
        assert "Autorité de protection des données" in text
        assert "Nous devons le garder" not in text
        assert (await clocks(house, request))[0].state == "stopped"

    async def test_more_time_is_given_once_with_a_reason(self, house: House, sink: Sink) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        request = await asked(house, case, aunt)
        house.later(days=29)
        assert (await decide(house, request, "extend", reason="Veel werk")).status_code == 200
        again = await decide(house, request, "extend", reason="Nog meer werk")
        assert again.json()["type"].endswith("data-request-already-extended")
        first, second = await clocks(house, request)
        assert (first.state, second.state) == ("stopped", "running")
        assert second.due_at.date() == date(2026, 5, 31)
        assert second.warn_at.date() == date(2026, 5, 24)
        [seen] = await own(house, case, aunt)
        assert seen["extension_reason"] == "Veel werk"
        await _send(house)
        assert "zondag 31 mei 2026" in _text(sink.mails[-1])

    async def test_a_correction_is_reported_as_done_by_hand(self, house: House, sink: Sink) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        request = await asked(house, case, aunt, "correction", text="Ik heet Nadja")
        assert (await decide(house, request, "done")).status_code == 409
        await decide(house, request, "approve")
        assert (await clocks(house, request))[0].state == "running"
        assert (await decide(house, request, "done")).json()["state"] == "done"
        assert (await clocks(house, request))[0].state == "stopped"
        await _send(house)
        assert sink.mails[-1]["Subject"] == "Het is gebeurd"
        copy = await asked(house, case, aunt)
        await decide(house, copy, "approve")
        assert (await decide(house, copy, "done")).json()["type"].endswith("data-request-ends-by-itself")

    async def test_two_answers_at_once_are_one(self, house: House) -> None:
        case = await house.open_case()
        request = await asked(house, case, case.central)
        answers = await asyncio.gather(
            decide(house, request, "approve"),
            decide(house, request, "refuse", reason="neen"),
            house.ask("POST", f"/v1/me/data-requests/{request}/withdraw", house.person(case, case.central)),
        )
        assert sum(answer.status_code == 200 for answer in answers[:2]) <= 1
        events = await house.rows(
            "SELECT type FROM outbox WHERE stream = :id AND type LIKE 'network.data-request.decided%'",
            id=UUID(request),
        )
        assert len(events) == sum(answer.status_code == 200 for answer in answers[:2])

    async def test_is_for_the_dpo_and_once_it_is_late_for_the_regional_manager(self, house: House) -> None:
        case = await house.open_case()
        request = await asked(house, case, case.central, text="Mijn woorden")
        manager = house.manager()
        listed = await house.ask("GET", "/v1/data-requests", manager)
        assert listed.json()["items"] == []
        assert (await house.ask("GET", f"/v1/data-requests/{request}", manager)).status_code == 404
        assert (await decide(house, request, "approve", manager)).status_code == 404
        read = await house.ask("GET", f"/v1/data-requests/{request}", dpo(house))
        assert (read.json()["first_name"], read.json()["text"]) == ("Ilyas", "Mijn woorden")
        house.later(days=30, seconds=1)
        [late] = (await house.ask("GET", "/v1/data-requests?which=all", manager)).json()["items"]
        assert (late["request_id"], late["late"]) == (request, True)
        assert (await decide(house, request, "approve", manager)).status_code == 200

    async def test_another_organisation_finds_nothing(self, house: House) -> None:
        case = await house.open_case()
        request = await asked(house, case, case.central)
        tenant, house.tenant = house.tenant, uuid7()
        officer = dpo(house)
        house.tenant = tenant
        assert (await house.ask("GET", "/v1/data-requests", officer)).json()["items"] == []
        for what, body in (("approve", {}), ("refuse", {"reason": "x"}), ("extend", {"reason": "x"})):
            assert (await decide(house, request, what, officer, **body)).status_code == 404

    async def test_what_waits_is_listed_in_pages_earliest_due_first(self, house: House) -> None:
        case = await house.open_case()
        ids = []
        for name in ("Nadia", "Karim", "Leila"):
            ids.append(await asked(house, case, await house.add(case, name)))
            house.later(days=1)
        await decide(house, ids[0], "approve")
        first = (await house.ask("GET", "/v1/data-requests?limit=1", dpo(house))).json()
        second = (
            await house.ask("GET", f"/v1/data-requests?limit=1&cursor={first['next']}", dpo(house))
        ).json()
        assert [page["items"][0]["request_id"] for page in (first, second)] == ids[1:]
        everything = (await house.ask("GET", "/v1/data-requests?which=all", dpo(house))).json()
        assert [item["request_id"] for item in everything["items"]] == ids[::-1]
        assert not {"first_name", "text"} & everything["items"][0].keys()


class TestTakingBack:
    async def test_stops_the_clock_and_ends_it(self, house: House) -> None:
        case = await house.open_case()
        request = await asked(house, case, case.central, "erasure")
        await decide(house, request, "approve")
        path = f"/v1/me/data-requests/{request}/withdraw"
        assert (await house.ask("POST", path, house.person(case, case.mother))).status_code == 404
        answer = await house.ask("POST", path, house.person(case, case.central))
        assert answer.json()["state"] == "withdrawn"
        assert (await clocks(house, request))[0].state == "stopped"
        assert (await house.ask("POST", path, house.person(case, case.central))).status_code == 409


class TestErasure:
    async def test_of_the_last_central_person_waits_for_the_case_to_be_erased(self, house: House) -> None:
        case = await house.open_case()
        await house.ask(
            "POST", f"/v1/persons/{case.mother}/remove", house.coordinator(case), json={"reason": "verhuisd"}
        )
        request = await asked(house, case, case.central, "erasure", text="Vergeet mij")
        copy = await asked(house, case, case.central)
        approved = await decide(house, request, "approve")
        assert (approved.json()["state"], approved.json()["erase_at"]) == ("approved", None)
        await house.hear(intake.CaseClosed(case_id=case.id, outcome="followed-up"), case=case)
        assert await house.hear(intake.CaseErased(case_id=case.id), case=case) == "handled"
        assert await house.hear(intake.CaseErased(case_id=case.id), case=case) == "handled"
        rows = await house.rows(
            "SELECT id, state, ended_at, due_at FROM data_request WHERE case_id = :case", case=case.id
        )
        states = {str(row.id): row.state for row in rows}
        assert states == {request: "done", copy: "withdrawn"}
        assert {clock.state for one in (request, copy) for clock in await clocks(house, one)} == {"stopped"}

    async def test_leaves_the_fact_without_the_words(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        request = await asked(house, case, aunt, "erasure", text="Vergeet mij")
        approved = await decide(house, request, "approve")
        assert approved.json()["erase_at"].startswith("2026-03-04")
        house.later(days=2)
        async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
            given = {"tenant": house.tenant, "request_id": UUID(request), "now": house.clock.moment}
            services = house.context.services
            assert await data_requests.erase(session, services, **given)
            assert not await data_requests.erase(session, services, **given)
        await house.deliver_own("network.person.erased.v1", "network.internal.erasure.written.v1")
        await house.deliver_own("network.internal.erasure.written.v1")
        view = (await house.ask("GET", f"/v1/data-requests/{request}", dpo(house))).json()
        assert (view["state"], view["text"], view["first_name"]) == ("done", None, None)
        assert view["ended_at"].startswith("2026-03-04")
        path = f"/v1/persons/{aunt}/data-requests"
        again = await house.ask("POST", path, dpo(house), json={"kind": "copy"})
        assert again.status_code == 410, again.text


class TestTheClock:
    async def test_goes_on_when_the_case_rests_stops_or_ends(self, house: House) -> None:
        case = await house.open_case()
        request = await asked(house, case, case.central)
        for fact in (
            intake.CasePaused(case_id=case.id, reason="illness"),
            intake.CaseResumed(case_id=case.id),
            intake.CaseClosed(case_id=case.id, outcome="followed-up"),
        ):
            assert await house.hear(fact, case=case) == "handled"
            [clock] = await clocks(house, request)
            assert (clock.state, clock.case_id) == ("running", None)

    async def test_warns_and_escalates_once_each_and_only_in_its_time(self, house: House) -> None:
        case = await house.open_case()
        request = UUID(await asked(house, case, case.central))

        async def step(operation: Any) -> bool:
            async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
                done: bool = await operation(
                    session, tenant=house.tenant, request_id=request, now=house.clock.moment
                )
                return done

        assert not await step(data_requests.warn)
        house.later(days=23)
        assert await step(data_requests.warn)
        assert not await step(data_requests.warn)
        assert not await step(data_requests.escalate)
        house.later(days=7)
        assert await step(data_requests.escalate)
        assert not await step(data_requests.escalate)
        said = await house.rows(
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
    async def test_refuses_what_the_law_does_not_allow(self, house: House, body: dict[str, str]) -> None:
        assert (await house.ask("PUT", "/v1/policy", house.manager(), json=body)).status_code == 422
