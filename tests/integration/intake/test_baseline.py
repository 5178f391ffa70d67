"""The baseline: who writes what, how versions count, and what is told of it."""

import asyncio
from typing import Any

from shared.auth import Role
from shared.ids import uuid7
from tests.support.world import Case, problem
from tests.support.world.intake import Body, Intake


async def read(world: Intake, case: Case) -> Any:
    return await world.do("GET", f"/v1/cases/{case.id}/baseline", world.mandatee())


class TestBaseline:
    async def test_begins_with_what_the_referral_says(self, world: Intake) -> None:
        case = await world.open_case()
        shown = await read(world, case)
        assert (shown["version"], shown["questions"]) == (1, ["Hoe kan Wannes thuis blijven wonen?"])
        assert [line["text"] for line in shown["bottom_lines"]] == [
            "Elke dag naar school",
            "Slaapt op een bekend adres",
        ]
        assert [line["version"] for line in shown["bottom_lines"]] == [1, 1]
        (event,) = await world.published("intake.baseline.recorded.v1", case=case)
        assert [line["bottom_line_id"] for line in event.data["bottom_lines"]] == [
            line["bottom_line_id"] for line in shown["bottom_lines"]
        ]
        assert "school" not in str(event.data)
        (row,) = await world.rows("SELECT sealed FROM baseline")
        assert b"Wannes" not in bytes(row.sealed)

    async def test_the_coordinator_writes_the_questions_and_sends_the_rest_back(self, world: Intake) -> None:
        case, coordinator = await world.assigned_case()
        path, before = f"/v1/cases/{case.id}/baseline", await read(world, case)
        body: Body = {
            "version": 1,
            "questions": ["Wie helpt?", "Wat is nodig?"],
            "bottom_lines": [
                {"bottom_line_id": line["bottom_line_id"], "text": line["text"]}
                for line in before["bottom_lines"]
            ],
            "resources": before["resources"],
        }
        written = await world.do("PUT", path, world.coordinator(coordinator), json=body)
        assert (written["version"], written["questions"]) == (2, ["Wie helpt?", "Wat is nodig?"])
        assert written["bottom_lines"] == before["bottom_lines"]
        assert written == await read(world, case)
        again = await world.do("PUT", path, world.coordinator(coordinator), json=body | {"version": 2})
        assert again["version"] == 2
        (event,) = await world.published("intake.baseline.changed.v1", case=case)
        assert event.data["changed"] == ["questions"]
        (confirmed,) = await world.published("intake.baseline.confirmed.v1", case=case)
        assert confirmed.data == {"case_id": str(case.id), "version": 2}

    async def test_the_coordinator_does_not_touch_bottom_lines(self, world: Intake) -> None:
        case, coordinator = await world.assigned_case()
        path = f"/v1/cases/{case.id}/baseline"
        bodies: list[Body] = [
            {"bottom_lines": []},
            {"bottom_lines": [{"text": "Nieuw"}]},
            {"resources": None},
        ]
        for body in bodies:
            refused = await world.refused(
                "PUT", path, world.coordinator(coordinator), json=body | {"version": 1}
            )
            assert refused == (403, "bottom-lines-not-yours")
        assert (await read(world, case))["version"] == 1

    async def test_the_mandated_side_changes_a_line_without_changing_its_id(self, world: Intake) -> None:
        case = await world.open_case()
        path, (first, second) = f"/v1/cases/{case.id}/baseline", (await read(world, case))["bottom_lines"]
        lines = [
            {"text": "Elke dag een maaltijd"},
            {"bottom_line_id": first["bottom_line_id"], "text": "Elke schooldag naar school"},
        ]
        written = await world.do("PUT", path, world.mandatee(), json={"version": 1, "bottom_lines": lines})
        new, changed = written["bottom_lines"]
        assert (changed["bottom_line_id"], changed["version"]) == (first["bottom_line_id"], 2)
        assert (new["version"], new["text"]) == (1, "Elke dag een maaltijd")
        same = [{"bottom_line_id": line["bottom_line_id"], "text": line["text"]} for line in (new, changed)]
        await world.do("PUT", path, world.mandatee(), json={"version": 2, "bottom_lines": same})
        assert not await world.published("intake.baseline.confirmed.v1", case=case)
        (event,) = await world.published("intake.baseline.changed.v1", case=case)
        assert second["bottom_line_id"] not in str(event.data)
        assert event.data["changed"] == ["bottom-lines"]
        asked = {"version": 2, "questions": ["Mag dit?"]}
        assert (await world.refused("PUT", path, world.mandatee(), json=asked))[1] == "questions-not-yours"

    async def test_keeps_the_line_of_each_of_two_who_add_one_at_once(self, world: Intake) -> None:
        case = await world.open_case()
        path, before = f"/v1/cases/{case.id}/baseline", await read(world, case)
        kept = [
            {"bottom_line_id": line["bottom_line_id"], "text": line["text"]}
            for line in before["bottom_lines"]
        ]
        answers = await asyncio.gather(
            *(
                world.ask(
                    "PUT",
                    path,
                    world.mandatee(),
                    json={"version": before["version"], "bottom_lines": [*kept, {"text": text}]},
                )
                for text in ("Elke dag een maaltijd", "Een volwassene thuis")
            )
        )
        [written] = [answer.json() for answer in answers if answer.is_success]
        [refused] = [answer for answer in answers if answer.is_error]
        assert problem(refused) == (409, "other-version")
        assert refused.json()["facts"] == {"version": 2}
        assert await read(world, case) == written

    async def test_knows_only_its_own_lines_each_once(self, world: Intake) -> None:
        case, other = await world.open_case(), await world.open_case()
        (line, _), (foreign, _) = (
            (await read(world, case))["bottom_lines"],
            (await read(world, other))["bottom_lines"],
        )
        own = {"bottom_line_id": line["bottom_line_id"], "text": "a"}
        strange = {"bottom_line_id": foreign["bottom_line_id"], "text": "b"}
        for lines in ([strange], [own, own]):
            refused = await world.refused(
                "PUT",
                f"/v1/cases/{case.id}/baseline",
                world.mandatee(),
                json={"version": 1, "bottom_lines": lines},
            )
            assert refused == (422, "bottom-line-unknown")

    async def test_is_not_for_others(self, world: Intake) -> None:
        case, _ = await world.assigned_case()
        path = f"/v1/cases/{case.id}/baseline"
        for stranger, status in (
            (world.coordinator(uuid7()), 404),
            (world.staff(uuid7(), uuid7(), Role.REFERRER), 404),
            # Only with a file that they opened.
            (world.manager(), 404),
            (world.ops(world.tenant), 403),
            (world.person(case, role="central"), 404),
        ):
            assert (await world.refused("GET", path, stranger))[0] == status
        # Not before it is known that they belong to the circle.
        await world.handle_all(*case.people())
        await world.do("GET", path, world.person(case, case.central, role="central"))
        refused = await world.refused(
            "PUT", path, world.referrer(), json={"version": 1, "bottom_lines": [{"text": "Van de school"}]}
        )
        assert refused == (403, "bottom-lines-not-yours")

    async def test_a_stopped_case_is_read_and_not_written(self, world: Intake) -> None:
        case = await world.open_case()
        await world.do("POST", f"/v1/cases/{case.id}/withdraw", world.manager(), json={"reason": "moved"})
        refused = await world.refused(
            "PUT",
            f"/v1/cases/{case.id}/baseline",
            world.mandatee(),
            json={"version": 1, "resources": "Niets"},
        )
        assert refused == (409, "case-stopped")
        assert (await read(world, case))["version"] == 1
