"""Invitations: made once, answered by link or through the coordinator, called off; and the circle declared ready."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.network.operations import invitations
from services.network.settings import Policy
from shared.events import intake
from shared.ids import uuid7
from tests.support.steps import attempt
from tests.support.world import Case, problem
from tests.support.world.network import Network

SENT = "network.invitation.sent.v1"
ANSWERED = "network.invitation.answered.v1"
CANCELLED = "network.invitation.cancelled.v1"
UNDECIDED = "network.invitation.undecided.v1"


async def _give_up(world: Network, invitation: UUID) -> bool:
    return await attempt(
        world.context,
        invitations.give_up_waiting,
        tenant=world.tenant,
        kind="invitation",
        subject=invitation,
        what="due",
    )


async def _ready(
    world: Network, case: Case, required: list[UUID] | None = None, version: int | None = None
) -> Any:
    body = None if required is None else {"version": version, "required": [str(each) for each in required]}
    return await world.ask("POST", f"/v1/cases/{case.id}/circle-ready", world.coordinator(case), json=body)


class TestInvite:
    async def test_one_at_a_time_even_when_clicked_twice_at_once(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        path = f"/v1/persons/{aunt}/invitation"
        answers = await asyncio.gather(*(world.ask("POST", path, world.coordinator(case)) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert len(await world.published(SENT, case=case)) == 1

    async def test_everyone_but_the_central_persons_and_those_invited_before(self, world: Network) -> None:
        case = await world.open_case()
        aunt, uncle = await world.add(case, "Nadia"), await world.add(case, "Karim")
        await world.invite(case, aunt)
        path = f"/v1/cases/{case.id}/invitations"
        first = await world.ask("POST", path, world.coordinator(case), json={})
        assert [one["person_id"] for one in first.json()["invited"]] == [str(uncle)]
        again = await world.ask("POST", path, world.coordinator(case))
        assert again.json() == {"invited": []}
        central = await world.ask("POST", path, world.coordinator(case), json={"include_central": True})
        assert {one["person_id"] for one in central.json()["invited"]} == {
            str(case.central),
            str(case.mother),
        }

    async def test_not_who_is_only_proposed(self, world: Network) -> None:
        case = await world.open_case()
        body = {"first_name": "Karim", "last_name": "Testman"}
        proposed = await world.ask("POST", "/v1/me/proposals", world.person(case, case.central), json=body)
        path = f"/v1/persons/{proposed.json()['person_id']}/invitation"
        answer = await world.ask("POST", path, world.coordinator(case))
        assert answer.json()["type"].endswith("/person-not-active")


class TestAnswer:
    async def test_by_the_person_and_again_otherwise(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        invitation = await world.invite(case, aunt)
        await world.begin(invitation)
        who, path = world.person(case, aunt), "/v1/me/invitation/answer"
        for body in (
            {"answer": "yes", "mode": "online"},
            {"answer": "yes", "mode": "online"},
            {"answer": "no"},
        ):
            await world.ask("POST", path, who, json=body, expect=200)
        told = [
            (row.data["answer"], row.data["mode"], row.data["via"])
            for row in await world.published(ANSWERED, case=case)
        ]
        assert told == [("yes", "online", "link"), ("no", "absent", "link")]
        clock = await world.rows("SELECT state FROM clock WHERE subject = :id", id=invitation)
        assert clock[0].state == "stopped"

    async def test_through_the_coordinator(self, world: Network) -> None:
        case = await world.open_case()
        uncle = await world.add(case, "Karim", email=None)
        invitation = await world.invite(case, uncle)
        path = f"/v1/invitations/{invitation}/answer"
        answer = await world.ask("POST", path, world.coordinator(case), json={"answer": "yes"})
        assert (answer.json()["via"], answer.json()["mode"]) == ("coordinator", "in-person")
        await world.ask("POST", path, world.manager(), json={"answer": "yes"}, expect=403)
        unknown = f"/v1/invitations/{uuid7()}/answer"
        await world.ask("POST", unknown, world.coordinator(case), json={"answer": "yes"}, expect=404)

    async def test_taking_part_is_not_being_absent(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        await world.invite(case, aunt)
        body = {"answer": "yes", "mode": "absent"}
        assert await world.refused(
            "POST", "/v1/me/invitation/answer", world.person(case, aunt), json=body
        ) == (422, "mode-does-not-fit")

    async def test_to_nothing_is_refused(self, world: Network) -> None:
        case = await world.open_case()
        who = world.person(case, case.central)
        await world.ask("POST", "/v1/me/invitation/answer", who, json={"answer": "yes"}, expect=404)


class TestNotSureYet:
    async def test_is_reminded_once_and_answers_whenever_they_know(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        invitation = await world.invite(case, aunt)
        await world.begin(invitation)
        for _ in range(2):
            await _say(world, case, aunt, "unsure")
        [told] = await world.published(UNDECIDED, case=case)
        assert (told.data["person_id"], told.data["takes_part"]) == (str(aunt), False)
        world.later(days=4)
        assert [await world.remind(invitation) for _ in range(2)] == [True, False]
        world.later(days=4)
        assert await _give_up(world, invitation)
        shown = (await world.people(case))["Nadia"]["invitation"]
        assert (shown["state"], shown["answer"], shown["mode"]) == ("silent", "unsure", None)
        assert [mail.kind for mail in await world.emails(case=case)] == ["invitation", "invitation-reminder"]
        await _say(world, case, aunt, "yes")
        assert (await world.people(case))["Nadia"]["invitation"]["state"] == "answered"
        assert len(await world.published(ANSWERED, case=case)) == 1

    async def test_after_a_yes_takes_no_part_and_is_asked_again_after_a_while(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        invitation = await world.invite(case, aunt)
        await world.begin(invitation)
        await _say(world, case, aunt, "yes")
        await _ready(world, case)
        await _say(world, case, aunt, "unsure")
        before, after = await _told(world, case)
        assert before - after == {aunt}
        clocks = await world.rows("SELECT state FROM clock WHERE subject = :id ORDER BY id", id=invitation)
        assert [row.state for row in clocks] == ["stopped", "running"]
        # Nothing is mailed now: the invitation was, and the reminder comes in its time.
        assert len(await world.emails(case=case)) == 1
        world.later(days=4)
        assert await world.remind(invitation)

    async def test_once_the_circle_met_is_asked_nothing_more(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        invitation = await world.invite(case, aunt)
        await world.begin(invitation)
        await _say(world, case, aunt, "yes")
        await world.handle(case.met())
        await _say(world, case, aunt, "unsure")
        clocks = await world.rows("SELECT state FROM clock WHERE subject = :id", id=invitation)
        assert [row.state for row in clocks] == ["stopped"]
        assert (await world.people(case))["Nadia"]["invitation"]["state"] == "silent"

    async def test_leaves_a_central_person_in_the_circle(self, world: Network) -> None:
        case = await world.open_case()
        await world.invite(case, case.central)
        await _ready(world, case)
        await _say(world, case, case.central, "unsure")
        assert case.central in (await _told(world, case))[-1]
        [told] = await world.published(UNDECIDED, case=case)
        assert told.data["takes_part"] is True

    async def test_is_noted_by_the_coordinator(self, world: Network) -> None:
        case = await world.open_case()
        uncle = await world.add(case, "Karim", email=None)
        invitation = await world.invite(case, uncle)
        path = f"/v1/invitations/{invitation}/answer"
        said = await world.do("POST", path, world.coordinator(case), json={"answer": "unsure"})
        assert (said["answer"], said["mode"], said["via"]) == ("unsure", None, "coordinator")


class TestRemind:
    async def test_only_the_silent_once_and_when_it_is_time(self, world: Network) -> None:
        case = await world.open_case()
        aunt, uncle = await world.add(case, "Nadia"), await world.add(case, "Karim")
        silent, quick = await world.invite(case, aunt), await world.invite(case, uncle)
        for invitation in (silent, quick):
            await world.begin(invitation)
        await world.ask("POST", "/v1/me/invitation/answer", world.person(case, uncle), json={"answer": "no"})
        assert not await world.remind(silent)
        world.later(days=4)
        assert [await world.remind(invitation) for invitation in (silent, quick, silent)] == [
            True,
            False,
            False,
        ]
        reminders = [mail for mail in await world.emails(case=case) if mail.kind == "invitation-reminder"]
        assert [mail.recipient for mail in reminders] == [aunt]
        assert not await _give_up(world, silent)
        world.later(days=4)
        assert await _give_up(world, silent)
        assert (await world.people(case))["Nadia"]["invitation"]["state"] == "silent"
        assert len(await world.emails(case=case)) == 3

    async def test_not_while_the_case_rests_and_later_by_as_much(self, world: Network) -> None:
        case = await world.open_case()
        invitation = await world.invite(case, await world.add(case, "Nadia"))
        await world.begin(invitation)
        world.later(days=2)
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"), sequence=8)
        world.later(days=10)
        assert not await world.remind(invitation)
        await world.handle(intake.CaseResumed(case_id=case.id), sequence=9)
        world.later(days=1)
        assert not await world.remind(invitation)
        world.later(days=1)
        assert await world.remind(invitation)

    async def test_a_pause_heard_after_its_end_rests_nothing(self, world: Network) -> None:
        case = await world.open_case()
        invitation = await world.invite(case, await world.add(case, "Nadia"))
        await world.begin(invitation)
        await world.handle(intake.CaseResumed(case_id=case.id), sequence=9)
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"), sequence=8)
        clock = await world.rows("SELECT state FROM clock WHERE subject = :id", id=invitation)
        assert clock[0].state == "running"

    async def test_an_invitation_begun_in_a_resting_case_rests(self, world: Network) -> None:
        case = await world.open_case()
        invitation = await world.invite(case, await world.add(case, "Nadia"))
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"), sequence=8)
        await world.begin(invitation)
        clock = await world.rows("SELECT state FROM clock WHERE subject = :id", id=invitation)
        assert clock[0].state == "paused"


class TestCaseStops:
    async def test_calls_off_what_is_open_and_tells_only_those_who_must_know(self, world: Network) -> None:
        case = await world.open_case()
        said_yes, said_no = await world.add(case, "Nadia"), await world.add(case, "Karim")
        silent, mandate = await world.add(case, "Omar"), await world.add(case, "Lena", role="representative")
        opened = [await world.invite(case, person) for person in (said_yes, said_no, silent)]
        for invitation in opened:
            await world.begin(invitation)
        for person, answer in ((said_yes, "yes"), (said_no, "no")):
            await world.ask(
                "POST", "/v1/me/invitation/answer", world.person(case, person), json={"answer": answer}
            )
        before = len(await world.emails(case=case))
        assert await world.handle(case.withdrawn()) == "handled"
        told = (await world.emails(case=case))[before:]
        assert {mail.recipient for mail in told} == {case.central, case.mother, said_yes, mandate}
        assert {(mail.kind, mail.even_if_stopped) for mail in told} == {("case-stopped", True)}
        assert [row.data["person_id"] for row in await world.published(CANCELLED, case=case)] == [str(silent)]
        live = await world.rows(
            "SELECT 1 FROM clock WHERE case_id = :id AND state IN ('running', 'paused')", id=case.id
        )
        assert live == []
        world.later(days=5)
        assert not await world.remind(opened[2])

    @pytest.mark.parametrize("outcome", ["followed-up", "closed-early", "no-conference"])
    async def test_the_end_of_a_case_that_was_followed_up_is_thanked_for(
        self, world: Network, outcome: str
    ) -> None:
        case = await world.open_case()
        said_yes, silent = await world.add(case, "Karim"), await world.add(case, "Nadia")
        await world.begin(await world.invite(case, silent))
        await world.begin(await world.invite(case, said_yes))
        who = world.person(case, said_yes)
        await world.do("POST", "/v1/me/invitation/answer", who, json={"answer": "yes"})
        await world.handle(intake.CaseClosed(case_id=case.id, outcome=outcome))
        told = await world.emails("case-finished", case=case)
        thanked = sorted([case.central, case.mother, said_yes]) if outcome != "no-conference" else []
        assert sorted(mail.recipient for mail in told) == thanked
        assert all(mail.even_if_stopped for mail in told)
        assert len(await world.published(CANCELLED, case=case)) == 1
        assert (await world.do("GET", "/v1/me", who))["case_status"] == "ended"

    async def test_answers_and_stops_at_once_do_not_block_each_other(self, world: Network) -> None:
        case = await world.open_case()
        people = [await world.add(case, f"Tante{number}") for number in range(4)]
        for person in people:
            await world.begin(await world.invite(case, person))
        answering = asyncio.gather(
            *(
                world.ask(
                    "POST", "/v1/me/invitation/answer", world.person(case, person), json={"answer": "yes"}
                )
                for person in people
            )
        )
        answered, stopped = await asyncio.gather(answering, world.handle(case.withdrawn()))
        assert stopped == "handled"
        assert {answer.status_code for answer in answered} <= {200, 409}
        states = await world.rows("SELECT state, answer FROM invitation WHERE case_id = :id", id=case.id)
        yes = sum(answer.status_code == 200 for answer in answered)
        assert sum(row.state == "answered" for row in states) == yes
        assert sum(row.state == "cancelled" for row in states) == 4 - yes


class TestPause:
    async def test_lets_nobody_be_invited(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
        who = world.coordinator(case)
        for path in (f"/v1/persons/{aunt}/invitation", f"/v1/cases/{case.id}/invitations"):
            assert await world.refused("POST", path, who) == (409, "case-paused")
        await world.handle(intake.CaseResumed(case_id=case.id), sequence=51)
        await world.invite(case, aunt)


class TestOutcome:
    @pytest.mark.parametrize("outcome", ["met", "planned"])
    async def test_ends_the_reminders_of_who_has_not_answered(self, world: Network, outcome: str) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        invitation = await world.invite(case, aunt)
        await world.begin(invitation)
        await world.handle(case.met() if outcome == "met" else case.planned(conference=None))
        assert (await world.clocks(case))["invitation"].state == "stopped"
        assert (await world.people(case))["Nadia"]["invitation"]["state"] == "silent"
        await _say(world, case, aunt, "yes")


async def _say(world: Network, case: Case, person: UUID, answer: str) -> None:
    await world.do("POST", "/v1/me/invitation/answer", world.person(case, person), json={"answer": answer})


async def _told(world: Network, case: Case) -> list[set[UUID]]:
    return [
        {UUID(member["person_id"]) for member in row.data["members"]}
        for row in await world.published("network.circle.ready.v1", case=case)
    ]


class TestCircleReady:
    async def test_is_the_central_persons_and_who_said_yes(self, world: Network) -> None:
        case = await world.open_case()
        aunt, uncle = await world.add(case, "Nadia", required=True), await world.add(case, "Karim")
        for person, body in ((aunt, {"answer": "yes", "mode": "online"}), (uncle, {"answer": "no"})):
            await world.invite(case, person)
            await world.ask("POST", "/v1/me/invitation/answer", world.person(case, person), json=body)
        answer = await _ready(world, case)
        assert answer.status_code == 200, answer.text
        members = {member["person_id"]: member for member in answer.json()["members"]}
        assert set(members) == {str(case.central), str(case.mother), str(aunt)}
        assert {person: member["required"] for person, member in members.items()} == dict.fromkeys(
            members, True
        )
        assert members[str(aunt)]["mode"] == "online"
        told = await world.published("network.circle.ready.v1", case=case)
        assert told[0].data["members"] == answer.json()["members"]

    async def test_says_on_whose_side_everybody_is_and_who_is_a_child(self, world: Network) -> None:
        case = await world.open_case()
        child = await world.add(case, "Amina", role="central", birth_date="2014-06-10", side="other")
        aunt = await world.add(case, "Nadia", birth_date="2014-06-10")
        await world.invite(case, aunt)
        await _say(world, case, aunt, "yes")
        await _ready(world, case)
        [row] = await world.published("network.circle.ready.v1", case=case)
        told = {UUID(each["person_id"]): (each["side"], each["child"]) for each in row.data["members"]}
        # Of others only the side is told, whatever their age.
        assert (told[child], told[aunt]) == (("other", True), ("maternal", False))

    async def test_is_told_once_until_it_changes(self, world: Network) -> None:
        case = await world.open_case()
        for _ in range(2):
            assert (await _ready(world, case, [case.central])).json()["version"] == 1
        assert len(await world.published("network.circle.ready.v1", case=case)) == 1
        changed = await asyncio.gather(*(_ready(world, case, [case.mother], 1) for _ in range(3)))
        assert {answer.json()["version"] for answer in changed} == {2}
        assert len(await world.published("network.circle.ready.v1", case=case)) == 2

    async def test_loses_neither_of_two_that_were_declared_of_the_same_version(self, world: Network) -> None:
        case = await world.open_case()
        who, path = world.coordinator(case), f"/v1/cases/{case.id}/circle-ready"
        before = await world.do("GET", path, who)
        assert (before["version"], before["members"]) == (0, [])
        circles: list[list[UUID]] = [[case.central], [case.mother], [case.central, case.mother]]
        for version in (None, 1):
            both = await asyncio.gather(*(_ready(world, case, needed, version) for needed in circles[:2]))
            assert sorted(answer.status_code for answer in both) == [200, 409]
            refused = next(answer for answer in both if answer.status_code == 409)
            found = await world.do("GET", path, who)
            assert (problem(refused)[1], refused.json()["facts"]["version"]) == (
                "other-version",
                found["version"],
            )
            won = next(at for at, answer in enumerate(both) if answer.status_code == 200)
            assert found == both[won].json()
            # What was declared is no change the next time.
            del circles[won]

    async def test_is_told_anew_when_somebody_changes_their_answer(self, world: Network) -> None:
        case = await world.open_case()
        aunt, uncle = await world.add(case, "Nadia"), await world.add(case, "Karim")
        for person in (aunt, uncle):
            await world.invite(case, person)
        await _say(world, case, aunt, "yes")
        await _ready(world, case, [aunt])
        await _say(world, case, uncle, "yes")
        await _say(world, case, aunt, "no")
        await _say(world, case, aunt, "yes")
        central = {case.central, case.mother}
        assert await _told(world, case) == [
            central | {aunt}, central | {aunt, uncle}, central | {uncle}, central | {aunt, uncle}
        ]  # fmt: skip
        last = (await world.published("network.circle.ready.v1", case=case))[-1].data["members"]
        assert [member["person_id"] for member in last if member["required"]] == [str(aunt)]

    async def test_is_told_anew_when_a_central_person_does_not_want_to_take_part(
        self, world: Network
    ) -> None:
        case = await world.open_case()
        await world.add(case, "Nadia")
        await _ready(world, case)
        for given in (False, True):
            body = {"given": given, "version": 1}
            await world.do("PUT", "/v1/me/consents/taking-part", world.person(case, case.mother), json=body)
        both = {case.central, case.mother}
        assert await _told(world, case) == [both, {case.central}, both]

    async def test_is_told_anew_when_a_central_person_is_added(self, world: Network) -> None:
        case = await world.open_case()
        await _ready(world, case)
        sister = await world.add(case, "Yasmin", role="central")
        await world.add(case, "Nadia")
        assert (await _told(world, case))[1:] == [{case.central, case.mother, sister}]

    async def test_is_told_anew_when_somebody_leaves_it(self, world: Network) -> None:
        case = await world.open_case()
        await _ready(world, case)
        path = f"/v1/persons/{case.mother}/exclude"
        await world.do("POST", path, world.coordinator(case), json={"reason": "x"})
        assert (await _told(world, case))[1:] == [{case.central}]

    async def test_misses_nobody_of_two_who_answer_at_once(self, world: Network) -> None:
        case = await world.open_case()
        people = [await world.add(case, name) for name in ("Nadia", "Karim", "Sofie", "Tom")]
        for person in people:
            await world.invite(case, person)
        await _ready(world, case)
        await asyncio.gather(*(_say(world, case, person, "yes") for person in people))
        assert (await _told(world, case))[-1] == {case.central, case.mother, *people}

    async def test_needs_two_who_take_part_and_requires_only_them(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        refused = await _ready(world, case, [aunt])
        assert refused.json()["type"].endswith("/required-not-in-circle")
        await world.ask(
            "POST", f"/v1/persons/{case.mother}/remove", world.coordinator(case), json={"reason": "x"}
        )
        small = await _ready(world, case)
        assert problem(small) == (422, "circle-too-small")


class TestPolicy:
    async def test_sets_the_lengths_of_clocks_that_begin_later(self, world: Network) -> None:
        case = await world.open_case()
        defaults = (await world.ask("GET", "/v1/policy", world.manager())).json()
        assert defaults == {
            "version": 1,
            "settings": Policy().model_dump(mode="json"),
            "set_at": None,
            "set_by": None,
        }
        assert (defaults["settings"]["invitation_remind"], defaults["settings"]["invitation_due"]) == (
            "4d",
            "8d",
        )
        body = {"invitation_remind": "PT5S", "invitation_due": "PT10S"}
        changed = await world.set_policy(world.manager(), body)
        assert changed.json()["version"] == 2
        again = await world.set_policy(world.manager(), body)
        assert again.json()["version"] == 2
        invitation = await world.invite(case, await world.add(case, "Nadia"))
        await world.begin(invitation)
        clock = await world.rows(
            "SELECT due_at - started_at AS due, policy_version FROM clock WHERE subject = :id", id=invitation
        )
        assert (clock[0].due.total_seconds(), clock[0].policy_version) == (10, 2)

    async def test_of_a_case_is_the_one_in_force_when_it_opened(self, world: Network) -> None:
        old = await world.open_case()
        world.later(minutes=1)
        body = {"invitation_remind": "1d", "invitation_due": "2d"}
        await world.set_policy(world.manager(), body)
        found = []
        for case in (old, await world.open_case()):
            invitation = await world.invite(case, await world.add(case, "Nadia"))
            await world.begin(invitation)
            [clock] = await world.rows(
                "SELECT due_at - started_at AS due, policy_version FROM clock WHERE subject = :id",
                id=invitation,
            )
            found.append((clock.due.days, clock.policy_version))
        assert found == [(8, 1), (2, 2)]

    async def test_refuses_lengths_that_make_no_sense_and_people_who_may_not(self, world: Network) -> None:
        case = await world.open_case()
        for body in (
            {"invitation_remind": "9d"},
            {"invitation_due": "soon"},
            {"link_expires": "PT0S"},
            {"invitation_remind": 4},
            {"legal_basis": {"central": "because"}},
            {"legal_basis": {"everyone": "consent"}},
            {"links_a_day": 0},
        ):
            await world.set_policy(world.manager(), body, expect=422)
        await world.set_policy(world.coordinator(case), {}, expect=403)
