"""What the mandated side says of a plan, and with whom the circle shares it, through the API."""

from typing import Any
from uuid import UUID

import pytest

from shared.events import intake, network
from shared.ids import uuid7
from tests.integration.plans.test_follow_up import check_ins, record, steps_to
from tests.support.world import Case, problem
from tests.support.world.plans import Plans, changed_plan, plan_of


def lines(case: Case, *met: bool, reason: str | None = "Niet veilig genoeg") -> dict[str, Any]:
    return {
        "lines": [
            {
                "bottom_line_id": str(line),
                "met": is_met,
                **({} if is_met or reason is None else {"reason": reason}),
            }
            for line, is_met in zip(case.bottom_lines, met, strict=True)
        ]
    }


class TestAcceptPlan:
    @pytest.mark.parametrize(
        ("met", "outcome"),
        [
            ((True, True), "accepted"),
            ((True, False), "partly-accepted"),
            ((False, False), "refused"),
        ],
    )
    async def test_says_what_comes_of_the_lines(
        self, world: Plans, met: tuple[bool, ...], outcome: str
    ) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path, who = f"/v1/plans/{plan['plan_id']}/acceptance", world.referrer(case.mandated)
        answer = await world.ask("PUT", path, who, json=lines(case, *met))
        assert (answer.status_code, answer.json()["acceptance"]) == (200, outcome)
        # Said again, it is not told again.
        await world.ask("PUT", path, who, json=lines(case, *met))
        assert len(await world.published(f"plans.plan.{outcome}.v1", case=case)) == 1
        read = await world.ask("GET", f"/v1/plans/{plan['plan_id']}", world.person(case, case.aunt))
        assert [line["met"] for line in read.json()["acceptance_lines"]] == list(met)
        # Who may change its agreements hears, once, that it is not accepted.
        told = [] if outcome == "accepted" else [case.central, case.neighbour]
        assert sorted(await world.told(case, "plan-answered")) == sorted(told)

    async def test_ends_the_task_of_a_coordinator_who_was_found_to_change_the_plan_after_the_calls(
        self, world: Plans
    ) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path, who = f"/v1/plans/{plan['plan_id']}", world.referrer(case.mandated)
        await world.do("PUT", f"{path}/acceptance", who, json=lines(case, False, True))
        await record(
            world,
            (await check_ins(world, case, world.coordinator(case)))["four-weeks"],
            world.coordinator(case),
        )
        await world.handle(case.released())
        await world.handle(case.assigned(2))
        await world.do("POST", f"{path}/versions", world.coordinator(case), json=changed_plan(case))
        await world.do("PUT", f"{path}/acceptance", who, json=lines(case, True, True))
        (accepted,) = await world.published("plans.plan.accepted.v1", case=case)
        assert accepted.data["ends_task"] is True

    async def test_leaves_the_coordinator_to_the_calls_that_are_still_to_come(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path, who = f"/v1/plans/{plan['plan_id']}/acceptance", world.referrer(case.mandated)
        await world.do("PUT", path, who, json=lines(case, True, True))
        (accepted,) = await world.published("plans.plan.accepted.v1", case=case)
        assert accepted.data["ends_task"] is False

    async def test_may_find_met_after_all_what_was_refused_and_not_the_other_way(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path, who = f"/v1/plans/{plan['plan_id']}/acceptance", world.referrer(case.mandated)
        await world.ask("PUT", path, who, json=lines(case, False, True))
        await world.ask("PUT", path, who, json=lines(case, True, True))
        assert await world.refused("PUT", path, who, json=lines(case, False, True)) == (
            409,
            "plan-already-accepted",
        )
        said = [row.type for row in await world.published(case=case) if ".plan." in row.type]
        assert said[1:] == ["plans.plan.partly-accepted.v1", "plans.plan.accepted.v1"]

    async def test_waits_for_the_mandated_organisation_until_it_says_something(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path, who = f"/v1/plans/{plan['plan_id']}", world.referrer(case.mandated)
        first = (await world.clocks(case))["plan-acceptance"]
        assert (first.owner, first.owner_id, first.escalate_to) == (
            "referrer",
            case.mandated,
            "regional-manager",
        )
        await world.ask("POST", f"{path}/versions", world.coordinator(case), json=changed_plan(case))
        second = (await world.clocks(case))["plan-acceptance"]
        assert (second.id != first.id, second.state) == (True, "running")
        await world.ask("PUT", f"{path}/acceptance", who, json=lines(case, True, False))
        states = await world.rows("SELECT state FROM clock WHERE kind = 'plan-acceptance'")
        assert [row.state for row in states] == ["stopped", "stopped"]

    async def test_is_presumed_when_nothing_is_said_in_time_and_may_still_be_refused(
        self, world: Plans
    ) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, agreements=[])
        path, who = f"/v1/plans/{plan['plan_id']}", world.referrer(case.mandated)
        await steps_to(world, case, "plan-acceptance")
        read = await world.do("GET", path, world.coordinator(case))
        assert read["acceptance"] == "presumed"
        (said,) = await world.published("plans.plan.accepted.v1", case=case)
        assert said.data["presumed"] is True
        assert (await world.clocks(case))["plan-acceptance"].state == "stopped"
        answer = await world.do("PUT", f"{path}/acceptance", who, json=lines(case, False, False))
        assert answer["acceptance"] == "refused"

    async def test_that_was_refused_waits_for_an_amendment_and_is_then_not_presumed(
        self, world: Plans
    ) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, agreements=[])
        path, who = f"/v1/plans/{plan['plan_id']}", world.referrer(case.mandated)
        await world.ask("PUT", f"{path}/acceptance", who, json=lines(case, True, False), expect=200)
        amendment = (await world.clocks(case))["plan-amendment"]
        assert (amendment.owner, amendment.escalate_to) == ("coordinator", "regional-manager")
        await steps_to(world, case, "plan-amendment")
        assert (await world.clocks(case))["plan-amendment"].state == "breached"
        await world.ask(
            "POST", f"{path}/versions", world.coordinator(case), json=changed_plan(case), expect=201
        )
        assert (await world.clocks(case))["plan-amendment"].state == "stopped"
        await steps_to(world, case, "plan-acceptance")
        read = await world.do("GET", path, world.coordinator(case))
        assert (read["acceptance"], (await world.clocks(case))["plan-acceptance"].state) == (
            "awaited",
            "breached",
        )
        await world.ask("PUT", f"{path}/acceptance", who, json=lines(case, True, True), expect=200)
        assert await world.published("plans.plan.accepted.v1", case=case) != []

    async def test_waits_for_nobody_where_nobody_is_mandated(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case)
        assert "plan-acceptance" not in await world.clocks(case)

    async def test_judges_a_new_version_anew(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path, who = f"/v1/plans/{plan['plan_id']}", world.referrer(case.mandated)
        await world.ask("PUT", f"{path}/acceptance", who, json=lines(case, True, True))
        version = await world.ask(
            "POST", f"{path}/versions", world.coordinator(case), json=changed_plan(case)
        )
        assert version.json()["acceptance"] == "awaited"
        late = await world.ask(
            "PUT", f"{path}/acceptance", who, json=lines(case, True, True) | {"version": 1}
        )
        assert late.json()["type"].rsplit("/")[-1] == "other-version"

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda case: lines(case, False, True, reason=None), "reason-missing"),
            (lambda case: {"lines": lines(case, True, True)["lines"][:1]}, "bottom-lines-not-complete"),
            (lambda case: {"lines": lines(case, True, True)["lines"] * 2}, "bottom-lines-not-complete"),
            (
                lambda _: {"lines": [{"bottom_line_id": str(uuid7()), "met": True}]},
                "bottom-lines-not-complete",
            ),
            (lambda _: {"lines": "all"}, "invalid-request"),
        ],
    )
    async def test_refuses_what_does_not_say_it_all(self, world: Plans, change: Any, code: str) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        answer = await world.ask(
            "PUT", f"/v1/plans/{plan['plan_id']}/acceptance", world.referrer(case.mandated), json=change(case)
        )
        assert problem(answer) == (422, code)

    async def test_is_for_the_mandated_side_only(self, world: Plans) -> None:
        case = await world.open_case(referring=uuid7())
        plan = await world.recorded(case)
        path = f"/v1/plans/{plan['plan_id']}/acceptance"
        for who, status in (
            (world.coordinator(case), 403),
            (world.referrer(case.referring), 403),
            (world.referrer(uuid7()), 404),
            (world.person(case, case.central), 403),
        ):
            answer = await world.ask("PUT", path, who, json=lines(case, True, True))
            assert answer.status_code == status, answer.text

    async def test_is_not_asked_where_nobody_has_a_mandate(self, world: Plans) -> None:
        case = await world.open_case(mandated=None, referring=uuid7())
        plan = await world.recorded(case)
        assert await world.refused(
            "PUT",
            f"/v1/plans/{plan['plan_id']}/acceptance",
            world.referrer(case.referring),
            json=lines(case, True, True),
        ) == (409, "no-acceptance-needed")

    async def test_knows_a_bottom_line_that_came_late(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        added = (*case.bottom_lines, uuid7())
        refs = tuple(intake.BottomLineRef(bottom_line_id=line, version=1) for line in added)
        await world.handle(intake.BaselineChanged(case_id=case.id, version=2, bottom_lines=refs))
        answer = await world.ask(
            "PUT",
            f"/v1/plans/{plan['plan_id']}/acceptance",
            world.referrer(case.mandated),
            json=lines(case, True, True),
        )
        assert answer.json()["type"].rsplit("/")[-1] == "bottom-lines-not-complete"


class TestReadPlan:
    async def test_shows_a_professional_only_what_was_shared(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path, teacher = f"/v1/plans/{plan['plan_id']}", world.person(case, case.teacher)
        await world.ask("GET", path, teacher, expect=403)
        shared = {"person_ids": [str(case.teacher)]}
        await world.ask("POST", f"{path}/share", world.person(case, case.central), json=shared)
        await world.ask(
            "PUT", f"{path}/acceptance", world.referrer(case.mandated), json=lines(case, True, False)
        )
        again = str(await world.met_again(case))
        body = changed_plan(case, goals=["Nieuw"], conference_id=again)
        await world.ask("POST", f"{path}/versions", world.coordinator(case), json=body, expect=201)
        read = await world.ask("GET", path, teacher)
        assert (read.status_code, read.json()["version"]) == (200, 1)
        assert read.json()["goals"] == plan_of(case)["goals"]
        # What the mandated side said of the bottom lines was not shared by the circle.
        assert (read.json()["shared_with"], read.json()["acceptance_lines"]) == ([], [])
        circle = await world.ask("GET", path, world.person(case, case.aunt))
        assert (circle.json()["version"], circle.json()["shared_with"][0]["person_id"]) == (
            2,
            str(case.teacher),
        )

    async def test_is_hidden_from_strangers(self, world: Plans) -> None:
        case, other = await world.open_case(), await world.open_case()
        plan = await world.recorded(case)
        for path in (f"/v1/plans/{plan['plan_id']}", f"/v1/cases/{case.id}/plans"):
            for who in (
                world.coordinator(other),
                world.person(other, other.central),
                world.person(case, uuid7()),
                world.referrer(uuid7()),
            ):
                await world.ask("GET", path, who, expect=404)
            await world.ask("GET", path, world.manager(), expect=403)
            await world.ask("GET", path, world.referrer(case.mandated), expect=200)
            await world.ask("GET", path, {}, expect=401)

    async def test_is_over_for_somebody_who_left_the_circle(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        await world.handle(network.PersonExcluded(case_id=case.id, person_id=case.aunt))
        await world.ask("GET", f"/v1/plans/{plan['plan_id']}", world.person(case, case.aunt), expect=410)


class TestSharePlan:
    async def test_tells_nobody_who_said_no_or_is_unsure_unless_they_are_named(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        for person, answer in ((case.neighbour, "no"), (case.aunt, "no"), (case.aunt, "yes")):
            said = network.InvitationAnswered.model_validate(
                {"case_id": case.id, "person_id": person, "invitation_id": uuid7(), "answer": answer,
                 "mode": "in-person", "via": "link"}
            )  # fmt: skip
            await world.handle(said)
        await world.handle(
            network.InvitationUndecided(
                case_id=case.id, person_id=case.teacher, invitation_id=uuid7(), takes_part=False, via="link"
            )
        )
        silent = uuid7()
        await world.handle(network.PersonAdded(case_id=case.id, person_id=silent, role="circle"))
        path = f"/v1/plans/{plan['plan_id']}/share"
        await world.ask("POST", path, world.coordinator(case), json={}, expect=200)
        assert set(await world.told(case, "plan-shared")) == {case.central, case.aunt}
        named = {"person_ids": [str(case.neighbour)]}
        await world.ask("POST", path, world.coordinator(case), json=named, expect=200)
        assert case.neighbour in await world.told(case, "plan-shared")

    async def test_tells_nobody_who_is_not_in_the_circle_any_more(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        await world.handle(case.ready(without=case.aunt))
        path = f"/v1/plans/{plan['plan_id']}/share"
        await world.ask("POST", path, world.coordinator(case), json={}, expect=200)
        assert set(await world.told(case, "plan-shared")) == {case.central, case.neighbour, case.teacher}

    async def test_is_of_the_version_that_who_shares_has_read(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path, who = f"/v1/plans/{plan['plan_id']}", world.coordinator(case)
        await world.do("POST", f"{path}/versions", who, json=changed_plan(case))
        to = {"version": 1, "person_ids": [str(case.teacher)]}
        refused = await world.ask("POST", f"{path}/share", who, json=to)
        assert (problem(refused), refused.json()["facts"]) == ((409, "other-version"), {"version": 2})
        assert await world.told(case, "plan-shared") == []
        await world.do("POST", f"{path}/share", who, json=to | {"version": 2})

    async def test_tells_who_had_a_version_before_that_it_changed(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path, who = f"/v1/plans/{plan['plan_id']}", world.coordinator(case)
        await world.do("POST", f"{path}/share", who, json={"person_ids": [str(case.aunt)]})
        changed = changed_plan(case, conference_id=str(await world.met_again(case)))
        await world.do("POST", f"{path}/versions", who, json=changed)
        await world.do("POST", f"{path}/share", who, json={"person_ids": [str(case.aunt), str(case.teacher)]})
        assert list(await world.told(case, "plan-changed")) == [case.aunt]
        assert set(await world.told(case, "plan-shared")) == {case.aunt, case.teacher}

    async def test_tells_everybody_who_takes_part_once(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path = f"/v1/plans/{plan['plan_id']}/share"
        first = await world.ask("POST", path, world.coordinator(case), json={})
        again = await world.ask("POST", path, world.coordinator(case), json={})
        everybody = {case.central, case.aunt, case.neighbour, case.teacher}
        assert {UUID(person) for person in first.json()["person_ids"]} == everybody
        assert again.json()["person_ids"] == []
        assert set(await world.told(case, "plan-shared")) == everybody
        assert len(await world.told(case, "plan-shared")) == len(everybody)
        assert len(await world.published("plans.plan.shared.v1", case=case)) == 1

    async def test_lets_an_organisation_read(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        school = uuid7()
        body = {"person_ids": [], "organisation_ids": [str(school)]}
        await world.ask("POST", f"/v1/plans/{plan['plan_id']}/share", world.coordinator(case), json=body)
        for path in (f"/v1/plans/{plan['plan_id']}", f"/v1/cases/{case.id}/plans"):
            await world.ask("GET", path, world.referrer(school), expect=200)
        # To read is not to take part.
        await world.ask("GET", f"/v1/cases/{case.id}/agreements", world.referrer(school), expect=404)

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"person_ids": []}, "nobody-to-share-with"),
            ({"person_ids": [str(uuid7())]}, "person-not-of-case"),
            ({"organisation_ids": ["x"]}, "invalid-request"),
        ],
    )
    async def test_refuses_what_names_nobody(self, world: Plans, body: dict[str, Any], code: str) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        assert await world.refused(
            "POST", f"/v1/plans/{plan['plan_id']}/share", world.coordinator(case), json=body
        ) == (422, code)

    async def test_is_for_the_central_person_and_the_coordinator(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path = f"/v1/plans/{plan['plan_id']}/share"
        for who in (world.person(case, case.aunt), world.referrer(case.mandated), world.manager()):
            await world.ask("POST", path, who, json={}, expect=403)
        child = world.person(case, case.central, under_twelve=True)
        await world.ask("POST", path, child, json={}, expect=403)
        # A professional with authority stays outside the circle's plan.
        guardian = world.person(case, case.teacher, decides_for=[case.central])
        assert await world.refused("POST", path, guardian, json={}) == (403, "not-yours")
        await world.ask("GET", f"/v1/plans/{plan['plan_id']}", child, expect=200)

    async def test_is_for_who_decides_for_a_child_in_its_place_which_stays_known(self, world: Plans) -> None:
        case = await world.open_case(referring=uuid7())
        plan = await world.recorded(case)
        path = f"/v1/plans/{plan['plan_id']}"
        mother = world.person(case, case.aunt, decides_for=[case.central])
        to = {"person_ids": [str(case.teacher)], "parts": ["goals"]}
        await world.ask("POST", f"{path}/share", mother, json=to, expect=200)
        for reader in (mother, world.coordinator(case)):
            read = await world.do("GET", path, reader)
            [shared] = [each for each in read["shared_with"] if each["person_id"] == str(case.teacher)]
            assert (shared["shared_by"], shared["shared_for"]) == (str(case.aunt), [str(case.central)])
            assert read["referring_organisation_id"] == str(case.referring)
        await world.ask("DELETE", f"{path}/shares/{case.teacher}", mother, expect=200)
        about = f"/v1/cases/{case.id}/persons/{case.central}/copy"
        held = await world.do("GET", about, world.from_service("copy-for-person"))
        [in_its_place] = held["shared_for_you"]
        assert in_its_place["taken_back_at"] is not None
        [row] = await world.rows("SELECT shared_by, shared_for, ended_by, ended_for FROM share")
        assert (row.ended_by, row.ended_for) == (case.aunt, [case.central])
        # Shared anew by the coordinator, for the circle: of what ended nothing is left.
        await world.ask("POST", f"{path}/share", world.coordinator(case), json=to, expect=200)
        [row] = await world.rows("SELECT shared_by, shared_for, ended_by, ended_for FROM share")
        assert (row.shared_by, row.shared_for, row.ended_by, row.ended_for) == (
            case.coordinator,
            [],
            None,
            None,
        )
