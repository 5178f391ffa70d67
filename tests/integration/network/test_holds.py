"""Legal holds as network hears of them: nobody of the case is erased; and the word about how long a file is kept."""

import asyncio
from datetime import date
from uuid import UUID, uuid4

import pytest

from services.network.data_requests import ERASE_CLOCK
from services.network.operations import ending_requests, holds
from shared.errors import NotFound, NotYet, Operational
from shared.events import intake, network
from shared.ids import uuid7
from tests.integration.network.conftest import Sink
from tests.integration.network.test_data_requests import asked, decide, dpo
from tests.integration.network.test_mails import _send, _text
from tests.support.steps import attempt
from tests.support.world import Case
from tests.support.world.network import Network

FAILURES = [Operational("intake: ConnectError"), NotYet("intake: not yet"), NotFound()]


async def erase(world: Network, person: UUID) -> tuple[int, str]:
    """Ask for a person to be erased, and return status and code."""
    path = f"/v1/persons/{person}/erase"
    answer = await world.ask("POST", path, dpo(world), json={"reason": "asked"})
    return answer.status_code, str(answer.json().get("type", "")).rpartition("/")[2]


def hold_set(case: Case, hold_id: UUID) -> intake.HoldSet:
    return intake.HoldSet(case_id=case.id, hold_id=hold_id, until=date(2027, 1, 31))


def hold_lifted(case: Case, hold_id: UUID) -> intake.HoldLifted:
    return intake.HoldLifted(case_id=case.id, hold_id=hold_id, reason="by-hand")


async def state(world: Network, person: UUID) -> tuple[str, int]:
    """Return a person's state, and how many erasures of them began."""
    [row] = await world.rows("SELECT state FROM person WHERE id = :id", id=person)
    begun = await world.rows("SELECT 1 FROM clock WHERE kind = 'erasure' AND subject = :id", id=person)
    return row.state, len(begun)


async def approved(world: Network) -> tuple[Case, UUID, str]:
    """Return a case, somebody of it, and their approved erasure whose waiting time is over."""
    case = await world.open_case()
    aunt = await world.add(case, "Nadia")
    request = await asked(world, case, aunt, "erasure", text="Vergeet mij")
    await decide(world, request, "approve")
    world.later(days=2)
    return case, aunt, request


async def carry_out(world: Network, request: str) -> bool:
    """Let the workflow's step carry out an erasure; return whether it changed anything."""
    return await attempt(
        world.context,
        ending_requests.erase,
        tenant=world.tenant,
        kind=ERASE_CLOCK,
        subject=request,
        what="due",
        services=world.context.services,
        vault=world.context.vault,
    )


class TestHold:
    async def test_keeps_everybody_of_the_case_until_all_are_lifted(self, world: Network) -> None:
        case, other = await world.open_case(), await world.open_case()
        aunt, stranger = await world.add(case, "Nadia"), await world.add(other, "Karima")
        first, second = uuid7(), uuid7()
        for hold_id in (first, second, second):
            assert await world.handle(hold_set(case, hold_id)) == "handled"
        assert await erase(world, aunt) == (409, "under-legal-hold")
        assert await erase(world, stranger) == (200, "")
        await world.handle(hold_lifted(case, first))
        assert await erase(world, aunt) == (409, "under-legal-hold")
        await world.handle(hold_lifted(case, second))
        assert await erase(world, aunt) == (200, "")

    async def test_heard_of_after_its_end_holds_nothing(self, world: Network) -> None:
        case, hold_id = await world.open_case(), uuid7()
        aunt = await world.add(case, "Nadia")
        await world.handle(hold_lifted(case, hold_id))
        await world.handle(hold_set(case, hold_id))
        assert await erase(world, aunt) == (200, "")

    async def test_leaves_an_erasure_that_was_approved_to_the_officer(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        request = await asked(world, case, aunt, "erasure", text="Vergeet mij")
        await decide(world, request, "approve")
        await world.handle(hold_set(case, uuid7()))
        world.later(days=2)
        assert await carry_out(world, request)
        view = await world.do("GET", f"/v1/data-requests/{request}", dpo(world))
        assert (view["state"], view["erase_at"]) == ("approved", None)

    async def test_being_noted_makes_who_erases_wait_and_see_it(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        async with world.transaction() as session:
            await holds.note(session, tenant=world.tenant, case_id=case.id, hold_id=uuid7(), lifted=False)
            erasing = asyncio.create_task(erase(world, aunt))
            _, waiting = await asyncio.wait([erasing], timeout=0.3)
            assert waiting
        assert await erasing == (409, "under-legal-hold")

    async def test_of_another_organisation_holds_nothing_here(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        stranger = Case(tenant=uuid4(), id=case.id)
        await world.handle(hold_set(case, uuid7()), case=stranger)
        assert await erase(world, aunt) == (200, "")


class TestAHoldThatIsNotHeardOf:
    async def test_keeps_somebody_from_being_erased_by_hand(self, world: Network) -> None:
        case, other = await world.open_case(), await world.open_case()
        aunt, stranger = await world.add(case, "Nadia"), await world.add(other, "Karima")
        world.others.holds[case.id] = True
        assert await erase(world, aunt) == (409, "under-legal-hold")
        assert await state(world, aunt) == ("active", 0)
        path = f"/v1/cases/{case.id}/under-hold"
        assert world.others.asked[-1] == ("intake", path, "erase-person")
        assert await erase(world, stranger) == (200, "")
        world.others.holds[case.id] = False
        assert await erase(world, aunt) == (200, "")

    async def test_leaves_an_erasure_that_was_approved_to_the_officer(self, world: Network) -> None:
        case, aunt, request = await approved(world)
        world.others.holds[case.id] = True
        assert await carry_out(world, request)
        # It is late, for the officer to see.
        [waits] = await world.rows("SELECT state FROM clock WHERE kind = :kind", kind=ERASE_CLOCK)
        assert waits.state == "breached"
        view = await world.do("GET", f"/v1/data-requests/{request}", dpo(world))
        assert (view["state"], view["erase_at"]) == ("approved", None)
        assert await state(world, aunt) == ("active", 0)

    @pytest.mark.parametrize("failure", FAILURES)
    async def test_nobody_is_erased_while_intake_does_not_say(
        self, world: Network, failure: Exception
    ) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        world.others.holds[case.id] = failure
        assert (await erase(world, aunt))[0] == 503
        assert await state(world, aunt) == ("active", 0)
        world.others.holds[case.id] = False
        assert await erase(world, aunt) == (200, "")

    @pytest.mark.parametrize("failure", FAILURES)
    async def test_what_was_approved_is_tried_again_until_intake_says(
        self, world: Network, failure: Exception
    ) -> None:
        case, aunt, request = await approved(world)
        world.others.holds[case.id] = failure
        for _ in range(2):
            with pytest.raises(Operational):
                await carry_out(world, request)
        assert await state(world, aunt) == ("active", 0)
        view = await world.do("GET", f"/v1/data-requests/{request}", dpo(world))
        assert view["erase_at"] is not None
        world.others.holds[case.id] = False
        assert await carry_out(world, request)
        assert await state(world, aunt) == ("erased", 1)

    async def test_is_not_asked_for_what_is_refused_anyway(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        await world.handle(hold_set(case, uuid7()))
        world.others.holds[case.id] = Operational("intake: ConnectError")
        assert await erase(world, aunt) == (409, "under-legal-hold")


class TestTheWordAboutAFile:
    async def test_tells_the_last_day_and_the_right_to_a_copy_after_the_end(
        self, world: Network, sink: Sink
    ) -> None:
        case = await world.open_case()
        await world.handle(intake.CaseClosed(case_id=case.id, outcome="followed-up"))
        told = network.NotifyPeople(
            case_id=case.id,
            person_ids=(case.central, case.mother),
            kind="file-kept",
            link_target="",
            parameters={"keep_until": "2047-12-31"},
            even_if_stopped=True,
        )
        assert await world.handle(told) == "handled"
        await _send(world)
        dutch, french = (
            next(
                _text(mail) for mail in sink.mails if name in mail["To"] and mail["Kring-Kind"] == "file-kept"
            )
            for name in ("ilyas", "samira")
        )
        assert "tot en met dinsdag 31 december 2047" in dutch
        assert "kopie" in dutch
        assert "jusqu’au mardi 31 décembre 2047" in french
        assert "copie" in french
