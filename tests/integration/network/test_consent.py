"""A no takes effect at once: on invitations and on mails, also those that were decided on before."""

from uuid import UUID

import pytest

from services.network.operations import invitations
from shared.database import Scope
from tests.integration.network.conftest import Sink
from tests.integration.network.house import Case, House
from tests.integration.network.test_mails import _begun, _send


async def say(house: House, case: Case, person: UUID, purpose: str, *, given: bool) -> int:
    """Say yes or no to a purpose by one's own link; return the status."""
    body = {"given": given, "version": 1}
    answer = await house.ask("PUT", f"/v1/me/consents/{purpose}", house.person(case, person), json=body)
    return answer.status_code


class TestNoToMail:
    async def test_stops_what_waited_to_be_sent(self, house: House, sink: Sink) -> None:
        case = await house.open_case()
        aunt, uncle = await house.add(case, "Nadia"), await house.add(case, "Karim")
        for person in (aunt, uncle):
            await _begun(house, person, case)
        assert await say(house, case, aunt, "mail", given=False) == 200
        assert await _send(house) == ["handled", "handled"]
        assert [mail["To"] for mail in sink.mails] == ["Karim <karim@example.org>"]
        states = await house.rows("SELECT state FROM message WHERE recipient = :aunt", aunt=aunt)
        assert [row.state for row in states] == ["cancelled"]

    async def test_holds_for_every_later_kind_until_a_yes(self, house: House, sink: Sink) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        await say(house, case, aunt, "mail", given=False)
        await _begun(house, aunt, case)
        await house.ask("POST", f"/v1/persons/{aunt}/link/renew", house.coordinator(case))
        await _send(house)
        assert sink.mails == []
        assert await say(house, case, aunt, "mail", given=True) == 200
        await house.ask("POST", f"/v1/persons/{aunt}/link/renew", house.coordinator(case))
        await _send(house)
        assert len(sink.mails) == 1

    async def test_is_shown_to_the_coordinator_with_when_and_how(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        await say(house, case, aunt, "mail", given=True)
        house.later(days=1)
        await say(house, case, aunt, "mail", given=False)
        answer = await house.ask("GET", f"/v1/persons/{aunt}/consents", house.coordinator(case))
        [listed] = answer.json()["items"]
        assert (listed["purpose"], listed["given"], listed["via"]) == ("mail", False, "link")
        history = await house.rows(
            "SELECT given FROM consent WHERE person_id = :aunt ORDER BY created_at", aunt=aunt
        )
        assert [row.given for row in history] == [True, False]


class TestNoToTakingPart:
    async def test_is_a_no_to_the_invitation_and_ends_reminders(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        invitation = await _begun(house, aunt, case)
        assert await say(house, case, aunt, "taking-part", given=False) == 200
        answered = await house.said(case, "network.invitation.answered.v1")
        assert [row.data["answer"] for row in answered] == ["no"]
        house.later(days=4)
        async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
            assert not await invitations.remind(
                session, tenant=house.tenant, invitation_id=invitation, now=house.clock.moment
            )

    async def test_before_the_invitation_refuses_it_alone(self, house: House) -> None:
        case = await house.open_case()
        aunt, uncle = await house.add(case, "Nadia"), await house.add(case, "Karim")
        await say(house, case, aunt, "taking-part", given=False)
        refused = await house.ask("POST", f"/v1/persons/{aunt}/invitation", house.coordinator(case))
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "consent-taken-back")
        everyone = await house.ask("POST", f"/v1/cases/{case.id}/invitations", house.coordinator(case))
        assert everyone.is_success, everyone.text
        sent = [row.data["person_id"] for row in await house.said(case, "network.invitation.sent.v1")]
        assert str(aunt) not in sent
        assert str(uncle) in sent

    async def test_may_become_a_yes_again(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        await _begun(house, aunt, case)
        await say(house, case, aunt, "taking-part", given=False)
        await say(house, case, aunt, "taking-part", given=True)
        answer = {"answer": "yes", "mode": "in-person"}
        said = await house.ask("POST", "/v1/me/invitation/answer", house.person(case, aunt), json=answer)
        assert said.is_success, said.text


class TestSaying:
    async def test_no_is_heard_when_the_case_has_stopped_and_yes_is_not(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        await _begun(house, aunt, case)
        await house.withdraw(case)
        assert await say(house, case, aunt, "taking-part", given=False) == 200
        assert await say(house, case, aunt, "research", given=True) == 409

    @pytest.mark.parametrize("purpose", ["everything", "MAIL", "mail%20", "x" * 200, "mail'--"])
    async def test_knows_only_what_is_asked(self, house: House, purpose: str) -> None:
        case = await house.open_case()
        assert await say(house, case, case.mother, purpose, given=True) == 422
