"""A no takes effect at once: on invitations and on mails, also those that were decided on before."""

from uuid import UUID

import pytest

from shared.http import limits
from tests.integration.network.conftest import Sink
from tests.integration.network.test_mails import _begun, _send
from tests.support.world import Case
from tests.support.world.network import Network


async def say(world: Network, case: Case, person: UUID, purpose: str, *, given: bool, link: int = 0) -> int:
    """Say yes or no to a purpose by one's own link, of this generation; return the status."""
    body, who = {"given": given, "version": 1}, world.person(case, person, link=link)
    answer = await world.ask("PUT", f"/v1/me/consents/{purpose}", who, json=body)
    return answer.status_code


class TestNoToMail:
    async def test_stops_what_waited_to_be_sent(self, world: Network, sink: Sink) -> None:
        case = await world.open_case()
        aunt, uncle = await world.add(case, "Nadia"), await world.add(case, "Karim")
        for person in (aunt, uncle):
            await _begun(world, person, case)
        assert await say(world, case, aunt, "mail", given=False) == 200
        assert await _send(world) == ["handled", "handled"]
        assert [mail["To"] for mail in sink.mails] == ["Karim <karim@example.org>"]
        states = await world.rows("SELECT state FROM message WHERE recipient = :aunt", aunt=aunt)
        assert [row.state for row in states] == ["cancelled"]

    async def test_holds_for_every_later_kind_until_a_yes(self, world: Network, sink: Sink) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        await say(world, case, aunt, "mail", given=False)
        await _begun(world, aunt, case)
        await world.ask("POST", f"/v1/persons/{aunt}/link/renew", world.coordinator(case))
        await _send(world)
        assert sink.mails == []
        assert await say(world, case, aunt, "mail", given=True, link=2) == 200
        await world.ask("POST", f"/v1/persons/{aunt}/link/renew", world.coordinator(case))
        await _send(world)
        assert len(sink.mails) == 1

    async def test_is_shown_to_the_coordinator_with_when_and_how(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        await say(world, case, aunt, "mail", given=True)
        world.later(days=1)
        await say(world, case, aunt, "mail", given=False)
        answer = await world.ask("GET", f"/v1/persons/{aunt}/consents", world.coordinator(case))
        [listed] = answer.json()["items"]
        assert (listed["purpose"], listed["given"], listed["via"]) == ("mail", False, "link")
        history = await world.rows(
            "SELECT given FROM consent WHERE person_id = :aunt ORDER BY created_at", aunt=aunt
        )
        assert [row.given for row in history] == [True, False]


class TestNoToTakingPart:
    async def test_is_a_no_to_the_invitation_and_ends_reminders(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        invitation = await _begun(world, aunt, case)
        assert await say(world, case, aunt, "taking-part", given=False) == 200
        answered = await world.published("network.invitation.answered.v1", case=case)
        assert [row.data["answer"] for row in answered] == ["no"]
        world.later(days=4)
        assert not await world.remind(invitation)

    async def test_before_the_invitation_refuses_it_alone(self, world: Network) -> None:
        case = await world.open_case()
        aunt, uncle = await world.add(case, "Nadia"), await world.add(case, "Karim")
        await say(world, case, aunt, "taking-part", given=False)
        assert await world.refused("POST", f"/v1/persons/{aunt}/invitation", world.coordinator(case)) == (
            409,
            "consent-taken-back",
        )
        everyone = await world.ask("POST", f"/v1/cases/{case.id}/invitations", world.coordinator(case))
        assert everyone.is_success, everyone.text
        sent = [
            row.data["person_id"] for row in await world.published("network.invitation.sent.v1", case=case)
        ]
        assert str(aunt) not in sent
        assert str(uncle) in sent

    async def test_may_become_a_yes_again(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        await _begun(world, aunt, case)
        await say(world, case, aunt, "taking-part", given=False)
        await say(world, case, aunt, "taking-part", given=True)
        answer = {"answer": "yes", "mode": "in-person"}
        said = await world.ask("POST", "/v1/me/invitation/answer", world.person(case, aunt), json=answer)
        assert said.is_success, said.text


class TestSaying:
    async def test_no_is_heard_when_the_case_has_stopped_and_yes_is_not(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        await _begun(world, aunt, case)
        await world.handle(case.withdrawn())
        assert await say(world, case, aunt, "taking-part", given=False) == 200
        assert await say(world, case, aunt, "research", given=True) == 409

    @pytest.mark.parametrize("purpose", ["everything", "MAIL", "mail%20", "x" * 200, "mail'--"])
    async def test_knows_only_what_is_asked(self, world: Network, purpose: str) -> None:
        case = await world.open_case()
        assert await say(world, case, case.mother, purpose, given=True) == 422


class TestSomebodyWhoGoesOnAllDay:
    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "CHANGES_A_DAY", 2)

    async def test_says_yes_a_few_times_and_can_always_say_no(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        said = [await say(world, case, aunt, "mail", given=given) for given in (True, False) * 3]
        assert said == [200, 200, 200, 200, 429, 200]
        await world.invite(case, aunt)
        for answer, status in (("yes", 429), ("no", 200)):
            path, who = "/v1/me/invitation/answer", world.person(case, aunt)
            await world.ask("POST", path, who, json={"answer": answer}, expect=status)
        assert len(await world.rows("SELECT 1 FROM consent WHERE person_id = :aunt", aunt=aunt)) == 4
        # The coordinator writes down what they said.
        body = {"given": True, "version": 1}
        await world.do("PUT", f"/v1/persons/{aunt}/consents/mail", world.coordinator(case), json=body)
