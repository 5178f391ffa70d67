"""What the mandated side says of a plan, and with whom the circle shares it, through the API."""

from typing import Any
from uuid import UUID

import pytest

from shared.events import intake, network
from shared.ids import uuid7
from tests.integration.plans.house import Case, House


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
        self, house: House, met: tuple[bool, ...], outcome: str
    ) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        path, who = f"/v1/plans/{plan['plan_id']}/acceptance", house.referrer(case.mandated)
        answer = await house.ask("PUT", path, who, json=lines(case, *met))
        assert (answer.status_code, answer.json()["acceptance"]) == (200, outcome)
        # Said again, it is not told again.
        await house.ask("PUT", path, who, json=lines(case, *met))
        assert len(await house.said(case, f"plans.plan.{outcome}.v1")) == 1
        read = await house.ask("GET", f"/v1/plans/{plan['plan_id']}", house.person(case, case.aunt))
        assert [line["met"] for line in read.json()["acceptance_lines"]] == list(met)

    async def test_may_find_met_after_all_what_was_refused_and_not_the_other_way(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        path, who = f"/v1/plans/{plan['plan_id']}/acceptance", house.referrer(case.mandated)
        await house.ask("PUT", path, who, json=lines(case, False, True))
        await house.ask("PUT", path, who, json=lines(case, True, True))
        answer = await house.ask("PUT", path, who, json=lines(case, False, True))
        assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (409, "plan-already-accepted")
        said = [row.type for row in await house.said(case) if ".plan." in row.type]
        assert said[1:] == ["plans.plan.partly-accepted.v1", "plans.plan.accepted.v1"]

    async def test_judges_a_new_version_anew(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        path, who = f"/v1/plans/{plan['plan_id']}", house.referrer(case.mandated)
        await house.ask("PUT", f"{path}/acceptance", who, json=lines(case, True, True))
        version = await house.ask("POST", f"{path}/versions", house.coordinator(case), json=case.plan())
        assert version.json()["acceptance"] == "awaited"
        late = await house.ask(
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
    async def test_refuses_what_does_not_say_it_all(self, house: House, change: Any, code: str) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        answer = await house.ask(
            "PUT", f"/v1/plans/{plan['plan_id']}/acceptance", house.referrer(case.mandated), json=change(case)
        )
        assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (422, code)

    async def test_is_for_the_mandated_side_only(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        path = f"/v1/plans/{plan['plan_id']}/acceptance"
        for who, status in (
            (house.coordinator(case), 403),
            (house.referrer(case.referring), 403),
            (house.referrer(uuid7()), 404),
            (house.person(case, case.central), 403),
        ):
            answer = await house.ask("PUT", path, who, json=lines(case, True, True))
            assert answer.status_code == status, answer.text

    async def test_is_not_asked_where_nobody_has_a_mandate(self, house: House) -> None:
        case = await house.open_case(mandated=None)
        plan = await house.recorded(case)
        answer = await house.ask(
            "PUT",
            f"/v1/plans/{plan['plan_id']}/acceptance",
            house.referrer(case.referring),
            json=lines(case, True, True),
        )
        assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (409, "no-acceptance-needed")

    async def test_knows_a_bottom_line_that_came_late(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        added = (*case.bottom_lines, uuid7())
        refs = tuple(intake.BottomLineRef(bottom_line_id=line, version=1) for line in added)
        await house.hear(intake.BaselineChanged(case_id=case.id, version=2, bottom_lines=refs))
        answer = await house.ask(
            "PUT",
            f"/v1/plans/{plan['plan_id']}/acceptance",
            house.referrer(case.mandated),
            json=lines(case, True, True),
        )
        assert answer.json()["type"].rsplit("/")[-1] == "bottom-lines-not-complete"


class TestReadPlan:
    async def test_shows_a_professional_only_what_was_shared(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        path, teacher = f"/v1/plans/{plan['plan_id']}", house.person(case, case.teacher)
        assert (await house.ask("GET", path, teacher)).status_code == 403
        shared = {"person_ids": [str(case.teacher)]}
        await house.ask("POST", f"{path}/share", house.person(case, case.central), json=shared)
        await house.ask(
            "PUT", f"{path}/acceptance", house.referrer(case.mandated), json=lines(case, True, False)
        )
        again = str(await house.met_again(case))
        body = case.plan(goals=["Nieuw"], conference_id=again)
        changed = await house.ask("POST", f"{path}/versions", house.coordinator(case), json=body)
        assert changed.status_code == 201, changed.text
        read = await house.ask("GET", path, teacher)
        assert (read.status_code, read.json()["version"]) == (200, 1)
        assert read.json()["goals"] == case.plan()["goals"]
        # What the mandated side said of the bottom lines was not shared by the circle.
        assert (read.json()["shared_with"], read.json()["acceptance_lines"]) == ([], [])
        circle = await house.ask("GET", path, house.person(case, case.aunt))
        assert (circle.json()["version"], circle.json()["shared_with"][0]["person_id"]) == (
            2,
            str(case.teacher),
        )

    async def test_is_hidden_from_strangers(self, house: House) -> None:
        case, other = await house.open_case(), await house.open_case()
        plan = await house.recorded(case)
        for path in (f"/v1/plans/{plan['plan_id']}", f"/v1/cases/{case.id}/plans"):
            for who in (
                house.coordinator(other),
                house.person(other, other.central),
                house.person(case, uuid7()),
                house.referrer(uuid7()),
            ):
                assert (await house.ask("GET", path, who)).status_code == 404
            assert (await house.ask("GET", path, house.manager())).status_code == 403
            assert (await house.ask("GET", path, house.referrer(case.mandated))).status_code == 200
            assert (await house.ask("GET", path, {})).status_code == 401

    async def test_is_over_for_somebody_who_left_the_circle(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        await house.hear(network.PersonExcluded(case_id=case.id, person_id=case.aunt))
        answer = await house.ask("GET", f"/v1/plans/{plan['plan_id']}", house.person(case, case.aunt))
        assert answer.status_code == 404


class TestSharePlan:
    async def test_tells_everybody_who_belongs_to_the_case_once(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        path = f"/v1/plans/{plan['plan_id']}/share"
        first = await house.ask("POST", path, house.coordinator(case), json={})
        again = await house.ask("POST", path, house.coordinator(case), json={})
        everybody = {case.central, case.aunt, case.neighbour, case.teacher}
        assert {UUID(person) for person in first.json()["person_ids"]} == everybody
        assert again.json()["person_ids"] == []
        assert set(await house.told(case, "plan-shared")) == everybody
        assert len(await house.told(case, "plan-shared")) == len(everybody)
        assert len(await house.said(case, "plans.plan.shared.v1")) == 1

    async def test_lets_an_organisation_read(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        school = uuid7()
        body = {"person_ids": [], "organisation_ids": [str(school)]}
        await house.ask("POST", f"/v1/plans/{plan['plan_id']}/share", house.coordinator(case), json=body)
        for path in (f"/v1/plans/{plan['plan_id']}", f"/v1/cases/{case.id}/plans"):
            assert (await house.ask("GET", path, house.referrer(school))).status_code == 200
        # To read is not to take part.
        agreements = await house.ask("GET", f"/v1/cases/{case.id}/agreements", house.referrer(school))
        assert agreements.status_code == 404

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"person_ids": []}, "nobody-to-share-with"),
            ({"person_ids": [str(uuid7())]}, "person-not-of-case"),
            ({"organisation_ids": ["x"]}, "invalid-request"),
        ],
    )
    async def test_refuses_what_names_nobody(self, house: House, body: dict[str, Any], code: str) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        answer = await house.ask(
            "POST", f"/v1/plans/{plan['plan_id']}/share", house.coordinator(case), json=body
        )
        assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (422, code)

    async def test_is_for_the_central_person_and_the_coordinator(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        path = f"/v1/plans/{plan['plan_id']}/share"
        for who in (house.person(case, case.aunt), house.referrer(case.mandated), house.manager()):
            assert (await house.ask("POST", path, who, json={})).status_code == 403
        child = house.person(case, case.central, under_twelve=True)
        assert (await house.ask("POST", path, child, json={})).status_code == 403
        assert (await house.ask("GET", f"/v1/plans/{plan['plan_id']}", child)).status_code == 200
