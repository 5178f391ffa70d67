"""Invitations: made once, answered by link or through the coordinator, called off; and the circle declared ready."""

import asyncio
from typing import Any
from uuid import UUID

from services.network.operations import invitations
from services.network.schemas.policy import Lengths
from shared.database import Scope
from shared.events import intake
from shared.ids import uuid7
from tests.integration.network.house import Case, House

SENT = "network.invitation.sent.v1"
ANSWERED = "network.invitation.answered.v1"
CANCELLED = "network.invitation.cancelled.v1"


async def _begin(house: House, invitation: UUID) -> None:
    async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
        await invitations.begin(
            session, tenant=house.tenant, invitation_id=invitation, now=house.clock.moment
        )


async def _remind(house: House, invitation: UUID) -> bool:
    async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
        return await invitations.remind(
            session, tenant=house.tenant, invitation_id=invitation, now=house.clock.moment
        )


async def _give_up(house: House, invitation: UUID) -> bool:
    async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
        return await invitations.give_up_waiting(
            session, tenant=house.tenant, invitation_id=invitation, now=house.clock.moment
        )


async def _ready(house: House, case: Case, required: list[UUID] | None = None) -> Any:
    body = None if required is None else {"required": [str(person) for person in required]}
    return await house.ask("POST", f"/v1/cases/{case.id}/circle-ready", house.coordinator(case), json=body)


class TestInvite:
    async def test_one_at_a_time_even_when_clicked_twice_at_once(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        path = f"/v1/persons/{aunt}/invitation"
        answers = await asyncio.gather(*(house.ask("POST", path, house.coordinator(case)) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert len(await house.said(case, SENT)) == 1

    async def test_everyone_but_the_central_persons_and_those_invited_before(self, house: House) -> None:
        case = await house.open_case()
        aunt, uncle = await house.add(case, "Nadia"), await house.add(case, "Karim")
        await house.invite(case, aunt)
        path = f"/v1/cases/{case.id}/invitations"
        first = await house.ask("POST", path, house.coordinator(case), json={})
        assert [one["person_id"] for one in first.json()["invited"]] == [str(uncle)]
        again = await house.ask("POST", path, house.coordinator(case))
        assert again.json() == {"invited": []}
        central = await house.ask("POST", path, house.coordinator(case), json={"include_central": True})
        assert {one["person_id"] for one in central.json()["invited"]} == {
            str(case.central),
            str(case.mother),
        }

    async def test_not_who_is_only_proposed(self, house: House) -> None:
        case = await house.open_case()
        body = {"first_name": "Karim", "last_name": "Testman"}
        proposed = await house.ask("POST", "/v1/me/proposals", house.person(case, case.central), json=body)
        path = f"/v1/persons/{proposed.json()['person_id']}/invitation"
        answer = await house.ask("POST", path, house.coordinator(case))
        assert answer.json()["type"].endswith("/person-not-active")


class TestAnswer:
    async def test_by_the_person_and_again_otherwise(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        invitation = await house.invite(case, aunt)
        await _begin(house, invitation)
        who, path = house.person(case, aunt), "/v1/me/invitation/answer"
        for body in (
            {"answer": "yes", "mode": "online"},
            {"answer": "yes", "mode": "online"},
            {"answer": "no"},
        ):
            answer = await house.ask("POST", path, who, json=body)
            assert answer.status_code == 200, answer.text
        told = [
            (row.data["answer"], row.data["mode"], row.data["via"])
            for row in await house.said(case, ANSWERED)
        ]
        assert told == [("yes", "online", "link"), ("no", "absent", "link")]
        clock = await house.rows("SELECT state FROM clock WHERE subject = :id", id=invitation)
        assert clock[0].state == "stopped"

    async def test_through_the_coordinator(self, house: House) -> None:
        case = await house.open_case()
        uncle = await house.add(case, "Karim", email=None)
        invitation = await house.invite(case, uncle)
        path = f"/v1/invitations/{invitation}/answer"
        answer = await house.ask("POST", path, house.coordinator(case), json={"answer": "yes"})
        assert (answer.json()["via"], answer.json()["mode"]) == ("coordinator", "in-person")
        assert (await house.ask("POST", path, house.manager(), json={"answer": "yes"})).status_code == 403
        unknown = f"/v1/invitations/{uuid7()}/answer"
        refused = await house.ask("POST", unknown, house.coordinator(case), json={"answer": "yes"})
        assert refused.status_code == 404

    async def test_taking_part_is_not_being_absent(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        await house.invite(case, aunt)
        body = {"answer": "yes", "mode": "absent"}
        answer = await house.ask("POST", "/v1/me/invitation/answer", house.person(case, aunt), json=body)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "mode-does-not-fit")

    async def test_to_nothing_is_refused(self, house: House) -> None:
        case = await house.open_case()
        who = house.person(case, case.central)
        answer = await house.ask("POST", "/v1/me/invitation/answer", who, json={"answer": "yes"})
        assert answer.status_code == 404


class TestRemind:
    async def test_only_the_silent_once_and_when_it_is_time(self, house: House) -> None:
        case = await house.open_case()
        aunt, uncle = await house.add(case, "Nadia"), await house.add(case, "Karim")
        silent, quick = await house.invite(case, aunt), await house.invite(case, uncle)
        for invitation in (silent, quick):
            await _begin(house, invitation)
        await house.ask("POST", "/v1/me/invitation/answer", house.person(case, uncle), json={"answer": "no"})
        assert not await _remind(house, silent)
        house.later(days=4)
        assert [await _remind(house, invitation) for invitation in (silent, quick, silent)] == [
            True,
            False,
            False,
        ]
        reminders = [mail for mail in await house.mails(case) if mail.kind == "invitation-reminder"]
        assert [mail.recipient for mail in reminders] == [aunt]
        assert not await _give_up(house, silent)
        house.later(days=4)
        assert await _give_up(house, silent)
        assert (await house.people(case))["Nadia"]["invitation"]["state"] == "silent"
        assert len(await house.mails(case)) == 3

    async def test_not_while_the_case_rests_and_later_by_as_much(self, house: House) -> None:
        case = await house.open_case()
        invitation = await house.invite(case, await house.add(case, "Nadia"))
        await _begin(house, invitation)
        house.later(days=2)
        await house.hear(intake.CasePaused(case_id=case.id, reason="illness"), case=case, sequence=8)
        house.later(days=10)
        assert not await _remind(house, invitation)
        await house.hear(intake.CaseResumed(case_id=case.id), case=case, sequence=9)
        house.later(days=1)
        assert not await _remind(house, invitation)
        house.later(days=1)
        assert await _remind(house, invitation)

    async def test_a_pause_heard_after_its_end_rests_nothing(self, house: House) -> None:
        case = await house.open_case()
        invitation = await house.invite(case, await house.add(case, "Nadia"))
        await _begin(house, invitation)
        await house.hear(intake.CaseResumed(case_id=case.id), case=case, sequence=9)
        await house.hear(intake.CasePaused(case_id=case.id, reason="illness"), case=case, sequence=8)
        clock = await house.rows("SELECT state FROM clock WHERE subject = :id", id=invitation)
        assert clock[0].state == "running"

    async def test_an_invitation_begun_in_a_resting_case_rests(self, house: House) -> None:
        case = await house.open_case()
        invitation = await house.invite(case, await house.add(case, "Nadia"))
        await house.hear(intake.CasePaused(case_id=case.id, reason="illness"), case=case, sequence=8)
        await _begin(house, invitation)
        clock = await house.rows("SELECT state FROM clock WHERE subject = :id", id=invitation)
        assert clock[0].state == "paused"


class TestCaseStops:
    async def test_calls_off_what_is_open_and_tells_only_those_who_must_know(self, house: House) -> None:
        case = await house.open_case()
        said_yes, said_no = await house.add(case, "Nadia"), await house.add(case, "Karim")
        silent, mandate = await house.add(case, "Omar"), await house.add(case, "Lena", role="representative")
        opened = [await house.invite(case, person) for person in (said_yes, said_no, silent)]
        for invitation in opened:
            await _begin(house, invitation)
        for person, answer in ((said_yes, "yes"), (said_no, "no")):
            await house.ask(
                "POST", "/v1/me/invitation/answer", house.person(case, person), json={"answer": answer}
            )
        before = len(await house.mails(case))
        assert await house.withdraw(case) == "handled"
        told = (await house.mails(case))[before:]
        assert {mail.recipient for mail in told} == {case.central, case.mother, said_yes, mandate}
        assert {(mail.kind, mail.even_if_stopped) for mail in told} == {("case-stopped", True)}
        assert [row.data["person_id"] for row in await house.said(case, CANCELLED)] == [str(silent)]
        live = await house.rows(
            "SELECT 1 FROM clock WHERE case_id = :id AND state IN ('running', 'paused')", id=case.id
        )
        assert live == []
        house.later(days=5)
        assert not await _remind(house, opened[2])

    async def test_the_end_of_a_case_is_not_mailed(self, house: House) -> None:
        case = await house.open_case()
        invitation = await house.invite(case, await house.add(case, "Nadia"))
        await _begin(house, invitation)
        await house.hear(intake.CaseClosed(case_id=case.id, outcome="followed-up"), case=case)
        assert [mail.kind for mail in await house.mails(case)] == ["invitation"]
        assert len(await house.said(case, CANCELLED)) == 1

    async def test_answers_and_stops_at_once_do_not_block_each_other(self, house: House) -> None:
        case = await house.open_case()
        people = [await house.add(case, f"Tante{number}") for number in range(4)]
        for person in people:
            await _begin(house, await house.invite(case, person))
        answering = asyncio.gather(
            *(
                house.ask(
                    "POST", "/v1/me/invitation/answer", house.person(case, person), json={"answer": "yes"}
                )
                for person in people
            )
        )
        answered, stopped = await asyncio.gather(answering, house.withdraw(case))
        assert stopped == "handled"
        assert {answer.status_code for answer in answered} <= {200, 409}
        states = await house.rows("SELECT state, answer FROM invitation WHERE case_id = :id", id=case.id)
        yes = sum(answer.status_code == 200 for answer in answered)
        assert sum(row.state == "answered" for row in states) == yes
        assert sum(row.state == "cancelled" for row in states) == 4 - yes


class TestCircleReady:
    async def test_is_the_central_persons_and_who_said_yes(self, house: House) -> None:
        case = await house.open_case()
        aunt, uncle = await house.add(case, "Nadia", required=True), await house.add(case, "Karim")
        for person, body in ((aunt, {"answer": "yes", "mode": "online"}), (uncle, {"answer": "no"})):
            await house.invite(case, person)
            await house.ask("POST", "/v1/me/invitation/answer", house.person(case, person), json=body)
        answer = await _ready(house, case)
        assert answer.status_code == 200, answer.text
        members = {member["person_id"]: member for member in answer.json()["members"]}
        assert set(members) == {str(case.central), str(case.mother), str(aunt)}
        assert {person: member["required"] for person, member in members.items()} == dict.fromkeys(
            members, True
        )
        assert members[str(aunt)]["mode"] == "online"
        told = await house.said(case, "network.circle.ready.v1")
        assert told[0].data["members"] == answer.json()["members"]

    async def test_is_told_once_until_it_changes(self, house: House) -> None:
        case = await house.open_case()
        for _ in range(2):
            assert (await _ready(house, case, [case.central])).json()["revision"] == 1
        assert len(await house.said(case, "network.circle.ready.v1")) == 1
        changed = await asyncio.gather(*(_ready(house, case, [case.mother]) for _ in range(3)))
        assert {answer.json()["revision"] for answer in changed} == {2}
        assert len(await house.said(case, "network.circle.ready.v1")) == 2

    async def test_needs_two_who_take_part_and_requires_only_them(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        refused = await _ready(house, case, [aunt])
        assert refused.json()["type"].endswith("/required-not-in-circle")
        await house.ask(
            "POST", f"/v1/persons/{case.mother}/remove", house.coordinator(case), json={"reason": "x"}
        )
        small = await _ready(house, case)
        assert (small.status_code, small.json()["type"].rpartition("/")[2]) == (422, "circle-too-small")


class TestPolicy:
    async def test_sets_the_lengths_of_clocks_that_begin_later(self, house: House) -> None:
        case = await house.open_case()
        defaults = (await house.ask("GET", "/v1/policy", house.manager())).json()
        assert defaults == {"version": 1, **Lengths().model_dump(mode="json")}
        assert (defaults["invitation_remind"], defaults["invitation_due"]) == ("4d", "8d")
        body = {"invitation_remind": "PT5S", "invitation_due": "PT10S"}
        changed = await house.ask("PUT", "/v1/policy", house.manager(), json=body)
        assert changed.json()["version"] == 2
        again = await house.ask("PUT", "/v1/policy", house.manager(), json=body)
        assert again.json()["version"] == 2
        invitation = await house.invite(case, await house.add(case, "Nadia"))
        await _begin(house, invitation)
        clock = await house.rows(
            "SELECT due_at - started_at AS due, policy_version FROM clock WHERE subject = :id", id=invitation
        )
        assert (clock[0].due.total_seconds(), clock[0].policy_version) == (10, 2)

    async def test_refuses_lengths_that_make_no_sense_and_people_who_may_not(self, house: House) -> None:
        case = await house.open_case()
        for body in (
            {"invitation_remind": "9d"},
            {"invitation_due": "soon"},
            {"link_expires": "PT0S"},
            {"invitation_remind": 4},
            {"legal_basis": {"central": "because"}},
            {"legal_basis": {"everyone": "consent"}},
            {"links_a_day": 0},
        ):
            assert (await house.ask("PUT", "/v1/policy", house.manager(), json=body)).status_code == 422
        assert (await house.ask("PUT", "/v1/policy", house.coordinator(case), json={})).status_code == 403
