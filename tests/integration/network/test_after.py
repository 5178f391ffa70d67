"""What was changed in another service just now is not missing here: whoever says so is asked to wait for it."""

import json

import httpx2
import pytest

from shared.events import intake
from shared.events.base import EventData
from shared.http import after
from shared.ids import uuid7
from tests.support.world.base import problem
from tests.support.world.case import Case
from tests.support.world.network import Network

NEW = uuid7()


def change(event: EventData, message: bytes) -> dict[str, str]:
    """Return what the answer to a change says of an event that it published."""
    return {after.HEADER: f"{event.TYPE}:{json.loads(message)['id']}"}


async def people(world: Network, case: Case, changed: dict[str, str]) -> httpx2.Response:
    return await world.ask("GET", f"/v1/cases/{case.id}/persons", world.coordinator(case) | changed)


class TestWhatWasChangedElsewhere:
    async def test_is_waited_for_until_it_was_handled(self, world: Network) -> None:
        case = await world.open_case(coordinator=False)
        assigned = case.assigned()
        message = await world.message(assigned, case=case)
        changed = change(assigned, message)
        assert (await people(world, case, {})).status_code == 404
        waits = await people(world, case, changed)
        assert (problem(waits), waits.headers["retry-after"]) == ((409, "not-yet"), "1")
        await world.decide(assigned, case=case)
        assert await world.deliver(message, assigned.TYPE) == "handled"
        assert (await people(world, case, changed)).status_code == 200

    async def test_is_waited_for_by_a_change_too_which_is_then_made_once(self, world: Network) -> None:
        case = await world.open_case()
        paused = intake.CasePaused(case_id=case.id, reason="illness")
        message = await world.message(paused, case=case)
        who = world.coordinator(case) | change(paused, message) | {"idempotency-key": str(uuid7())}
        body = {
            "first_name": "Nadia",
            "last_name": "T",
            "role": "circle",
            "side": "maternal",
            "email": "n@example.org",
        }
        path = f"/v1/cases/{case.id}/persons"
        await world.ask("POST", path, who, json=body, expect=409)
        await world.deliver(message, paused.TYPE)
        first, second = [await world.ask("POST", path, who, json=body, expect=201) for _ in range(2)]
        assert first.json() == second.json()
        # Also when it is answered again: the first answer may have been lost.
        assert first.headers[after.HEADER] == second.headers[after.HEADER]

    async def test_tells_a_stranger_nothing_of_any_case(self, world: Network) -> None:
        case, nowhere = await world.open_case(), Case(tenant=world.tenant)
        stranger = world.coordinator(uuid7())
        message = await world.message(case.assigned(2), case=case)
        await world.decide(case.assigned(2), case=case)
        for handled, expected in ((False, (409, "not-yet")), (True, (404, "case-not-found"))):
            if handled:
                await world.deliver(message, intake.CoordinatorAssigned.TYPE)
            who = stranger | change(case.assigned(), message)
            answers = [
                await world.ask("GET", f"/v1/cases/{each.id}/persons", who) for each in (case, nowhere)
            ]
            assert [problem(answer) for answer in answers] == [expected, expected]

    @pytest.mark.parametrize(
        "given",
        [
            "anything",
            "intake.coordinator.assigned.v1:",
            # Of another service's business, its own, and of long ago: nothing that it will ever hear of.
            f"intake.offer.made.v1:{NEW}",
            f"network.person.added.v1:{NEW}",
            "intake.coordinator.assigned.v1:01890a5d-ac96-774b-bcce-b302099a8057",
        ],
        ids=["no name", "no id", "not followed", "its own", "old"],
    )
    async def test_is_passed_over_where_nothing_is_to_come(self, world: Network, given: str) -> None:
        case = await world.open_case()
        assert (await people(world, case, {after.HEADER: given})).status_code == 200


class TestWhatIsChangedHere:
    async def test_names_what_others_have_to_handle(self, world: Network) -> None:
        case = await world.open_case()
        path = f"/v1/cases/{case.id}/persons"
        body = {
            "first_name": "Nadia",
            "last_name": "T",
            "role": "circle",
            "side": "maternal",
            "email": "n@example.org",
        }
        answer = await world.ask("POST", path, world.coordinator(case), json=body, expect=201)
        event = (await world.published("network.person.added.v1", case=case))[-1]
        assert answer.headers[after.HEADER] == f"{event.type}:{event.id}"
        read = await world.ask("GET", path, world.coordinator(case), expect=200)
        assert after.HEADER not in read.headers
