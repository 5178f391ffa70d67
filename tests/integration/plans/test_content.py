"""What a plan holds besides its agreements, who stands behind it, and which parts others read, through the API."""

from collections.abc import Collection
from typing import Any

import pytest

from services.plans.domain import PLAN_PARTS, PlanPart
from services.plans.operations.sharing import MAX_ORGANISATIONS
from shared.ids import uuid7
from tests.integration.plans.test_copies import copy
from tests.support.world import Case, problem
from tests.support.world.plans import Plans, changed_plan, plan_of

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
        assert (answered["what"], answered["state"], answered["answer"]) == (
            "Een fiets",
            "granted",
            "Op maandag",
        )
        assert (await read(world, plan, aunt))["resources"][0] == answered
        # By mistake: it is still asked for.
        again = await world.do("PUT", path, central, json={"state": "asked"})
        assert (again["state"], again["answered_at"], again["answer"]) == ("asked", None, None)

    async def test_that_two_people_answer_are_answered_as_the_first_said(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, resources=[BIKE])
        who, central = world.coordinator(case), world.person(case, case.central)
        [asked] = (await read(world, plan, central))["resources"]
        path = f"/v1/resources/{asked['resource_id']}"
        said: dict[str, Any] = {"state": "granted", "answer": "Op dinsdag", "version": asked["version"]}
        await world.do("PUT", path, central, json=said)
        # The same outcome, in other words.
        said["answer"] = "Met een bus"
        refused = await world.ask("PUT", path, who, json=said)
        assert (problem(refused), refused.json()["facts"]) == ((409, "other-version"), {"version": 2})
        await world.do("PUT", path, who, json=said | {"version": 2})

    async def test_say_in_which_role_and_when_somebody_answered_as_long_as_the_answer_stands(
        self, world: Plans
    ) -> None:
        case = await world.open_case()
        plan = await world.recorded(
            case, resources=[{"what": what} for what in ("Een fiets", "Een bed", "Een bus")]
        )
        central = world.person(case, case.central)
        answerers = (central, world.referrer(case.mandated), world.coordinator(case))
        for asked, who in zip((await read(world, plan, central))["resources"], answerers, strict=True):
            await world.do("PUT", f"/v1/resources/{asked['resource_id']}", who, json={"state": "granted"})
        before = (await read(world, plan, central))["resources"]
        assert [each["answered_as"] for each in before] == ["person", "mandated", "coordinator"]
        world.later(days=1)
        kept = [{"what": "Een fiets", "state": "granted"}, {"what": "Een bed", "state": "refused"}]
        body = changed_plan(case, resources=[*kept, {"what": "Een bus"}])
        await world.do("POST", f"/v1/plans/{plan['plan_id']}/versions", world.coordinator(case), json=body)
        bike, bed, bus = (await read(world, plan, central))["resources"]
        assert (bike["answered_as"], bike["answered_at"]) == ("person", before[0]["answered_at"])
        assert (bed["answered_as"], bed["answered_at"] > before[1]["answered_at"]) == ("coordinator", True)
        assert (bus["answered_as"], bus["answered_at"]) == (None, None)

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
        for agrees in (True, True, False):
            await world.do("PUT", path, aunt, json={"version": 1, "agrees": agrees})
            assert [each["agrees"] for each in (await read(world, plan, aunt))["stances"]] == [agrees]
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
            del body["version"], body["reason"]
            assert (await world.refused("POST", path, who, json=body))[1] == code


class TestVersions:
    async def test_say_why_the_plan_was_changed_and_who_asked_for_it(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, language="ar", for_children="Jij blijft thuis")
        path, who = f"/v1/plans/{plan['plan_id']}/versions", world.coordinator(case)
        body = changed_plan(case, reason="Oma is ziek", asked_by_person_id=str(case.aunt))
        await world.do("POST", path, who, json=body)
        second, first = (await world.do("GET", path, world.person(case, case.aunt)))["items"]
        assert (first["version"], first["change_reason"], first["asked_by_person_id"]) == (1, None, None)
        assert (second["version"], second["change_reason"], second["asked_by_person_id"]) == (
            2,
            "Oma is ziek",
            str(case.aunt),
        )
        for missing in ({"reason": None}, {"reason": " "}):
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

    async def test_is_not_needed_to_read_what_somebody_does_themselves(self, world: Plans) -> None:
        case = await world.open_case()
        own = {"what": "Bellen", "who_person_ids": [str(case.teacher)], "by": "professional"}
        others = {"what": "Koken", "who_person_ids": [str(case.aunt)], "by": "network"}
        plan = await world.recorded(
            case, agreements=[each | {"due_on": "2026-03-20"} for each in (own, others)], resources=[BIKE]
        )
        path, teacher = f"/v1/plans/{plan['plan_id']}", world.person(case, case.teacher)

        async def reads_that_alone() -> None:
            shown = await read(world, plan, teacher)
            assert [each["what"] for each in shown["agreements"]] == ["Bellen"]
            assert {name for name in NOTHING if shown[name] != NOTHING[name]} == {"agreements"}
            assert (shown["parts"], shown["monitor_person_id"]) == ([], None)
            [listed] = (await world.do("GET", f"/v1/cases/{case.id}/plans", teacher))["items"]
            assert (listed["plan_id"], listed["monitor_person_id"]) == (plan["plan_id"], None)
            assert (await world.refused("GET", f"{path}/versions", teacher))[0] == 403

        await reads_that_alone()
        await share(world, case, plan, "goals")
        await world.do("DELETE", f"{path}/shares/{case.teacher}", world.coordinator(case))
        await reads_that_alone()
        # In a version in which they do nothing, there is nothing for them to read.
        rest = changed_plan(case, agreements=[others | {"due_on": "2026-03-20"}])
        await world.do("POST", f"{path}/versions", world.coordinator(case), json=rest)
        assert (await world.refused("GET", path, teacher))[0] == 403

    async def test_is_with_so_many_organisations_at_once_and_each_once(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path, who = f"/v1/plans/{plan['plan_id']}", world.coordinator(case)
        many = [str(uuid7()) for _ in range(MAX_ORGANISATIONS)]
        await world.do("POST", f"{path}/share", who, json={"person_ids": [], "organisation_ids": many})
        one_more = {"person_ids": [], "organisation_ids": [str(uuid7())]}
        assert await world.refused("POST", f"{path}/share", who, json=one_more) == (
            409,
            "too-many-organisations",
        )
        await world.do("DELETE", f"{path}/shares/{many[0]}", who)
        await world.do("POST", f"{path}/share", who, json=one_more)
        # A new version for the same readers: each stands there once.
        await world.do("POST", f"{path}/versions", who, json=changed_plan(case))
        await world.do("POST", f"{path}/share", who, json={"person_ids": [], "organisation_ids": many[1:]})
        shown = (await read(world, plan, who))["shared_with"]
        assert len({each["organisation_id"] for each in shown}) == len(shown) == MAX_ORGANISATIONS
        assert sorted(each["version"] for each in shown) == [1, *[2] * (MAX_ORGANISATIONS - 1)]

    @pytest.mark.parametrize("parts", [("goals",), ("agreements", "resources"), PLAN_PARTS])
    async def test_is_no_more_in_the_copy_of_somebodys_data_than_they_read(
        self, world: Plans, parts: Collection[PlanPart]
    ) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        words = [f"woord-{number}" for number in range(9)]
        agreement = {**plan_of(case)["agreements"][0], "what": words[0], "known_done_how": words[1]}
        changes = changed_plan(
            case,
            agreements=[agreement],
            plan_b=[{"when": words[2], "then": words[3]}],
            decisions_of_circle=[words[4]],
            resources=[{"what": words[5], "asked_of": words[6]}],
            for_children=words[7],
            reason=words[8],
        )
        await world.do("POST", f"/v1/plans/{plan['plan_id']}/versions", world.coordinator(case), json=changes)
        await share(world, case, plan, *parts)
        shown = {
            reader: {
                word for word in words if word in str(await read(world, plan, world.person(case, reader)))
            }
            for reader in (case.teacher, case.aunt)
        }
        assert words[8] in shown[case.aunt] - shown[case.teacher]
        for reader, read_by_them in shown.items():
            copied = str(await copy(world, case, reader))
            assert {word for word in words if word in copied} == read_by_them

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
