"""What a plan holds besides its agreements, who stands behind it, and which parts others read, through the API."""

from typing import Any

import pytest

from shared.ids import uuid7
from tests.support.world import Case
from tests.support.world.plans import Plans, changed_plan

BIKE = {"what": "Een fiets", "asked_of": "het OCMW"}
NOTHING: dict[str, Any] = {
    "goals": [],
    "decisions_of_circle": [],
    "plan_b": [],
    "for_children": None,
    "resources": [],
    "stances": [],
    "agreements": [],
}


async def read(world: Plans, plan: dict[str, Any], who: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = await world.do("GET", f"/v1/plans/{plan['plan_id']}", who)
    return found


async def share(world: Plans, case: Case, plan: dict[str, Any], *parts: str) -> None:
    body = {"person_ids": [str(case.teacher)], "parts": parts}
    await world.do("POST", f"/v1/plans/{plan['plan_id']}/share", world.coordinator(case), json=body)


class TestResources:
    async def test_are_asked_for_and_answered_in_words(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, resources=[BIKE, BIKE | {"state": "refused", "answer": "Nee"}])
        aunt, central = world.person(case, case.aunt), world.person(case, case.central)
        asked, refused = (await read(world, plan, aunt))["resources"]
        assert (asked["state"], asked["answered_at"]) == ("asked", None)
        assert (refused["state"], refused["answer"]) == ("refused", "Nee")
        path, granted = f"/v1/resources/{asked['resource_id']}", {"state": "granted", "answer": "Op maandag"}
        answered = await world.do("PUT", path, central, json=granted)
        assert (answered["what"], answered["answer"]) == ("Een fiets", "Op maandag")
        assert (await read(world, plan, aunt))["resources"][0] == answered
        # By mistake: it is still asked for.
        again = await world.do("PUT", path, central, json={"state": "asked"})
        assert (again["answered_at"], again["answer"]) == (None, None)

    async def test_of_an_older_version_are_no_longer_answered(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, resources=[BIKE])
        [asked] = (await read(world, plan, world.person(case, case.central)))["resources"]
        await world.do(
            "POST",
            f"/v1/plans/{plan['plan_id']}/versions",
            world.coordinator(case),
            json=changed_plan(case, resources=[BIKE]),
        )
        path = f"/v1/resources/{asked['resource_id']}"
        for resource, code in (
            (path, "resource-of-older-version"),
            (f"/v1/resources/{uuid7()}", "resource-not-found"),
        ):
            refused = await world.refused("PUT", resource, world.coordinator(case), json={"state": "granted"})
            assert refused[1] == code


class TestStances:
    async def test_say_who_stands_behind_a_version_and_not_why(self, world: Plans) -> None:
        case = await world.open_case()
        no = {"person_id": str(case.aunt), "agrees": False}
        plan = await world.recorded(case, stances=[no])
        aunt, path = world.person(case, case.aunt), f"/v1/plans/{plan['plan_id']}/stance"
        assert [each["agrees"] for each in (await read(world, plan, aunt))["stances"]] == [False]
        for _ in range(2):
            await world.do("PUT", path, aunt, json={"version": 1, "agrees": True})
        assert [each["agrees"] for each in (await read(world, plan, aunt))["stances"]] == [True]
        versions = f"/v1/plans/{plan['plan_id']}/versions"
        await world.do("POST", versions, world.coordinator(case), json=changed_plan(case))
        # What was said of one version says nothing of the next.
        assert (await read(world, plan, aunt))["stances"] == []
        assert await world.refused("PUT", path, aunt, json={"version": 1, "agrees": False}) == (
            409,
            "other-version",
        )

    async def test_are_of_people_of_the_case_each_once(self, world: Plans) -> None:
        case = await world.open_case()
        path, who = f"/v1/cases/{case.id}/plans", world.coordinator(case)
        no = {"person_id": str(case.aunt), "agrees": False}
        for stances, code in (
            ([no, no], "invalid-request"),
            ([no | {"person_id": str(uuid7())}], "person-not-of-case"),
        ):
            body = changed_plan(case, stances=stances)
            del body["version"], body["why"]
            assert (await world.refused("POST", path, who, json=body))[1] == code


class TestVersions:
    async def test_say_why_the_plan_was_changed_and_who_asked_for_it(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, language="ar", for_children="Jij blijft thuis")
        path, who = f"/v1/plans/{plan['plan_id']}/versions", world.coordinator(case)
        body = changed_plan(case, why="Oma is ziek", asked_by_person_id=str(case.aunt))
        await world.do("POST", path, who, json=body)
        second, first = (await world.do("GET", path, world.person(case, case.aunt)))["items"]
        assert (first["version"], first["why"], first["asked_by_person_id"]) == (1, None, None)
        assert (second["version"], second["why"], second["asked_by_person_id"]) == (
            2,
            "Oma is ziek",
            str(case.aunt),
        )
        for missing in ({"why": None}, {"why": " "}):
            assert (await world.refused("POST", path, who, json=body | {"version": 2} | missing))[0] == 422
        stranger = body | {"version": 2, "asked_by_person_id": str(uuid7())}
        assert (await world.refused("POST", path, who, json=stranger))[1] == "person-not-of-case"


class TestSharingParts:
    async def test_shows_those_parts_and_what_somebody_does_themselves(self, world: Plans) -> None:
        case = await world.open_case()
        own = {"what": "Bellen", "who_person_ids": [str(case.teacher)], "by": "professional"}
        others = {"what": "Koken", "who_person_ids": [str(case.aunt)]}
        plan = await world.recorded(
            case,
            agreements=[own | {"due_on": "2026-03-20"}, others | {"due_on": "2026-03-20"}],
            resources=[BIKE],
            stances=[{"person_id": str(case.aunt), "agrees": True}],
            for_children="Jij blijft thuis",
            decisions_of_circle=["Geen telefoon aan tafel"],
        )
        teacher = world.person(case, case.teacher)
        await share(world, case, plan, "goals")
        shown = await read(world, plan, teacher)
        assert shown["parts"] == ["goals"]
        assert shown["goals"] == ["Naar school gaan", "Thuis blijven wonen"]
        assert {name for name in NOTHING if shown[name] != NOTHING[name]} == {"goals", "agreements"}
        assert [each["what"] for each in shown["agreements"]] == ["Bellen"]
        # Shared again with other parts: those count, and no second mail is sent.
        await share(world, case, plan, "resources", "agreements")
        shown = await read(world, plan, teacher)
        assert {name for name in NOTHING if shown[name] != NOTHING[name]} == {"resources", "agreements"}
        assert len(shown["agreements"]) == 2
        assert list(await world.told(case, "plan-shared")) == [case.teacher]
        whole = await read(world, plan, world.person(case, case.aunt))
        assert [each["parts"] for each in whole["shared_with"]] == [["agreements", "resources"]]
        assert {name for name in NOTHING if whole[name] == NOTHING[name]} == set()

    @pytest.mark.parametrize("parts", [[], ["private-time"], "goals", None])
    async def test_takes_parts_that_a_plan_has(self, world: Plans, parts: Any) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        body = {"person_ids": [str(case.teacher)], "parts": parts}
        path = f"/v1/plans/{plan['plan_id']}/share"
        assert (await world.refused("POST", path, world.coordinator(case), json=body))[0] == 422

    async def test_is_taken_back_from_each_alone_and_shared_anew(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        organisation = uuid7()
        path, who = f"/v1/plans/{plan['plan_id']}", world.person(case, case.central)
        both = {"person_ids": [str(case.teacher)], "organisation_ids": [str(organisation)]}
        await world.do("POST", f"{path}/share", who, json=both)
        teacher, referrer = world.person(case, case.teacher), world.referrer(organisation)
        await world.do("DELETE", f"{path}/shares/{case.teacher}", who)
        assert (await world.refused("GET", path, teacher))[0] == 403
        await read(world, plan, referrer)
        assert await world.refused("DELETE", f"{path}/shares/{case.teacher}", who) == (404, "not-shared")
        [ended] = await world.published("plans.plan.sharing-ended.v1", case=case)
        assert ended.data["recipient_id"] == str(case.teacher)
        await share(world, case, plan, "goals")
        await read(world, plan, teacher)
