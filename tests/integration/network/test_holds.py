"""Legal holds as network hears of them: nobody of the case is erased; and the word about how long a file is kept."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.network.activities import DataRequestStep, RequestActivities
from services.network.operations import data_requests, holds
from shared.database import Scope
from shared.errors import NotFound, NotYet, Operational
from shared.events import intake, network
from shared.ids import uuid7
from tests.integration.network.conftest import Sink
from tests.integration.network.house import Case, House
from tests.integration.network.test_data_requests import asked, decide, dpo
from tests.integration.network.test_mails import _send, _text

FAILURES = [Operational("intake: ConnectError"), NotYet("intake: not yet"), NotFound()]


async def erase(house: House, person: UUID) -> tuple[int, str]:
    """Ask for a person to be erased, and return status and code."""
    path = f"/v1/persons/{person}/erase"
    answer = await house.ask("POST", path, dpo(house), json={"because": "asked"})
    return answer.status_code, str(answer.json().get("type", "")).rpartition("/")[2]


def hold_set(case: Case, hold_id: UUID) -> intake.HoldSet:
    return intake.HoldSet(case_id=case.id, hold_id=hold_id, until=date(2027, 1, 31))


def hold_lifted(case: Case, hold_id: UUID) -> intake.HoldLifted:
    return intake.HoldLifted(case_id=case.id, hold_id=hold_id, because="by-hand")


async def state(house: House, person: UUID) -> tuple[str, int]:
    """Return a person's state, and how many erasures of them began."""
    [row] = await house.rows("SELECT state FROM person WHERE id = :id", id=person)
    begun = await house.rows("SELECT 1 FROM clock WHERE kind = 'erasure' AND subject = :id", id=person)
    return row.state, len(begun)


async def approved(house: House) -> tuple[Case, UUID, str]:
    """Return a case, somebody of it, and their approved erasure whose waiting time is over."""
    case = await house.open_case()
    aunt = await house.add(case, "Nadia")
    request = await asked(house, case, aunt, "erasure", text="Vergeet mij")
    await decide(house, request, "approve")
    house.later(days=2)
    return case, aunt, request


async def carry_out(house: House, request: str) -> bool:
    """Let the workflow's step carry out an erasure."""
    step = DataRequestStep(tenant=house.tenant, request_id=UUID(request), ordinal=1)
    return (await RequestActivities(house.context).erase_as_asked(step)).done


class TestHold:
    async def test_keeps_everybody_of_the_case_until_all_are_lifted(self, house: House) -> None:
        case, other = await house.open_case(), await house.open_case()
        aunt, stranger = await house.add(case, "Nadia"), await house.add(other, "Karima")
        first, second = uuid7(), uuid7()
        for hold_id in (first, second, second):
            assert await house.hear(hold_set(case, hold_id), case=case) == "handled"
        assert await erase(house, aunt) == (409, "under-legal-hold")
        assert await erase(house, stranger) == (200, "")
        await house.hear(hold_lifted(case, first), case=case)
        assert await erase(house, aunt) == (409, "under-legal-hold")
        await house.hear(hold_lifted(case, second), case=case)
        assert await erase(house, aunt) == (200, "")

    async def test_heard_of_after_its_end_holds_nothing(self, house: House) -> None:
        case, hold_id = await house.open_case(), uuid7()
        aunt = await house.add(case, "Nadia")
        await house.hear(hold_lifted(case, hold_id), case=case)
        await house.hear(hold_set(case, hold_id), case=case)
        assert await erase(house, aunt) == (200, "")

    async def test_leaves_an_erasure_that_was_approved_to_the_officer(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        request = await asked(house, case, aunt, "erasure", text="Vergeet mij")
        await decide(house, request, "approve")
        await house.hear(hold_set(case, uuid7()), case=case)
        house.later(days=2)
        async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
            given: dict[str, Any] = {"tenant": house.tenant, "request_id": UUID(request)}
            services = house.context.services
            assert not await data_requests.erase(session, services, **given, now=house.clock.moment)
        view = (await house.ask("GET", f"/v1/data-requests/{request}", dpo(house))).json()
        assert (view["state"], view["erase_at"]) == ("approved", None)

    async def test_being_noted_makes_who_erases_wait_and_see_it(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
            await holds.note(session, tenant=house.tenant, case_id=case.id, hold_id=uuid7(), lifted=False)
            erasing = asyncio.create_task(erase(house, aunt))
            _, waiting = await asyncio.wait([erasing], timeout=0.3)
            assert waiting
        assert await erasing == (409, "under-legal-hold")

    async def test_of_another_organisation_holds_nothing_here(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        stranger = Case(tenant=uuid4(), id=case.id)
        await house.hear(hold_set(case, uuid7()), case=stranger)
        assert await erase(house, aunt) == (200, "")


class TestAHoldThatIsNotHeardOf:
    async def test_keeps_somebody_from_being_erased_by_hand(self, house: House) -> None:
        case, other = await house.open_case(), await house.open_case()
        aunt, stranger = await house.add(case, "Nadia"), await house.add(other, "Karima")
        house.intake.holds[case.id] = True
        assert await erase(house, aunt) == (409, "under-legal-hold")
        assert await state(house, aunt) == ("active", 0)
        path = f"/v1/cases/{case.id}/under-hold"
        assert house.intake.asked[-1] == ("intake", path, "erase-person")
        assert await erase(house, stranger) == (200, "")
        house.intake.holds[case.id] = False
        assert await erase(house, aunt) == (200, "")

    async def test_leaves_an_erasure_that_was_approved_to_the_officer(self, house: House) -> None:
        case, aunt, request = await approved(house)
        house.intake.holds[case.id] = True
        assert not await carry_out(house, request)
        view = (await house.ask("GET", f"/v1/data-requests/{request}", dpo(house))).json()
        assert (view["state"], view["erase_at"]) == ("approved", None)
        assert await state(house, aunt) == ("active", 0)

    @pytest.mark.parametrize("failure", FAILURES)
    async def test_nobody_is_erased_while_intake_does_not_say(self, house: House, failure: Exception) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        house.intake.holds[case.id] = failure
        assert (await erase(house, aunt))[0] == 503
        assert await state(house, aunt) == ("active", 0)
        house.intake.holds[case.id] = False
        assert await erase(house, aunt) == (200, "")

    @pytest.mark.parametrize("failure", FAILURES)
    async def test_what_was_approved_is_tried_again_until_intake_says(
        self, house: House, failure: Exception
    ) -> None:
        case, aunt, request = await approved(house)
        house.intake.holds[case.id] = failure
        for _ in range(2):
            with pytest.raises(Operational):
                await carry_out(house, request)
        assert await state(house, aunt) == ("active", 0)
        view = (await house.ask("GET", f"/v1/data-requests/{request}", dpo(house))).json()
        assert view["erase_at"] is not None
        house.intake.holds[case.id] = False
        assert await carry_out(house, request)
        assert await state(house, aunt) == ("erased", 1)

    async def test_is_not_asked_for_what_is_refused_anyway(self, house: House) -> None:
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        await house.hear(hold_set(case, uuid7()), case=case)
        house.intake.holds[case.id] = Operational("intake: ConnectError")
        assert await erase(house, aunt) == (409, "under-legal-hold")


class TestTheWordAboutAFile:
    async def test_tells_the_last_day_and_the_right_to_a_copy_after_the_end(
        self, house: House, sink: Sink
    ) -> None:
        case = await house.open_case()
        await house.hear(intake.CaseClosed(case_id=case.id, outcome="followed-up"), case=case)
        for person in (case.central, case.mother):
            told = network.TellPerson(
                case_id=case.id,
                person_id=person,
                kind="file-kept",
                link_target="",
                parameters={"keep_until": "2047-12-31"},
                even_if_stopped=True,
            )
            assert await house.hear(told, case=case) == "handled"
        await _send(house)
        dutch, french = (
            next(_text(mail) for mail in sink.mails if name in mail["To"]) for name in ("ilyas", "samira")
        )
        assert "tot en met dinsdag 31 december 2047" in dutch
        assert "kopie" in dutch
        assert "jusqu'au mardi 31 décembre 2047" in french
        assert "copie" in french
