"""Plans, populated: a plan of which an older version was shared, judged and followed up, and plans of other cases."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.plans.domain import follow_up_workflow_id
from services.plans.workflows import FollowUp
from shared.database import Database
from shared.events import network
from shared.settings import Settings
from tests.access.cast import PEOPLE, REMOVED, Cast, who
from tests.access.world import Try, World, content, strings, strings_of
from tests.support.steps import step_on
from tests.support.world import Case
from tests.support.world.plans import Plans, plan_of

HERE, OTHER, THERE = "this case", "another case", "elsewhere"
_WHAT = (
    *("plan as it was shared", "plan as it is now", "what was said of bottom lines"),
    *("note of a check", "what the referrer said", "plan in another language"),
)


@dataclass
class Made:
    """What was made in a case."""

    case: Case
    plan: UUID
    agreement: UUID
    resource: UUID
    checks: dict[str, UUID] = field(default_factory=dict)
    # The check of the year that was not asked for yet, and a day on which it may be.
    planned: UUID | None = None
    day: str = ""
    # A day on which its circle may have met by itself.
    met_on: str = ""


@asynccontextmanager
async def world(settings: Settings, database: Database) -> AsyncIterator[World]:
    """Yield plans, populated."""
    async with Plans.open(settings) as plain:
        cast = Cast()
        world = replace(plain, tenant=cast.tenant)
        there = replace(plain, tenant=cast.elsewhere)
        here = await _followed(world, await _this_case(world, cast), HERE)
        other = await _followed(
            world,
            await _case(world, cast.other_case, "person of another case", "coordinator of another case"),
            OTHER,
        )
        elsewhere = await _followed(
            there, await _case(there, cast.case_elsewhere, "person elsewhere", "coordinator elsewhere"), THERE
        )
        undecided = await world.open_case(coordinator=who("coordinator"))
        await _until_due(world, here.case, "three-months")
        await _do(world, "POST", f"/v1/plans/{here.plan}/review-requests", world.coordinator(here.case), {})
        here.checks = await _until_due(world, here.case, "review")
        found = await world.rows(
            "SELECT id FROM check_in WHERE case_id = :case AND kind = 'six-months' AND state = 'planned'",
            case=here.case.id,
        )
        here.planned, here.day = found[0].id, (await world.now() + timedelta(days=30)).date().isoformat()
        here.met_on = (await world.now()).date().isoformat()
        ids = {
            "case_id": here.case.id,
            "plan_id": here.plan,
            "agreement_id": here.agreement,
            "check_in_id": here.checks["four-weeks"],
            "person_id": who("neighbour"),
            "resource_id": here.resource,
            "recipient_id": here.case.teacher,
            "language": "en",
        }
        yield World(
            service="plans",
            http=world.http,
            owner=database,
            cast=cast,
            ids={name: str(value) for name, value in ids.items()},
            ids_elsewhere=strings_of(
                case_id=elsewhere.case.id,
                plan_id=elsewhere.plan,
                agreement_id=elsewhere.agreement,
                resource_id=elsewhere.resource,
            ),
            marks={
                whose: strings(
                    [made.case.id, made.plan, made.agreement, made.resource, *made.checks.values()]
                )
                for whose, made in ((HERE, here), (OTHER, other), (THERE, elsewhere))
            },
            contents={
                f"{what} of {whose}": content(what, whose) for what in _WHAT for whose in (HERE, OTHER, THERE)
            },
            tries=_tries(here, undecided),
        )


async def _this_case(world: Plans, cast: Cast) -> Case:
    """A case with all roles of people, one who was removed, and a former coordinator."""
    case = await world.open_case(
        id=cast.case,
        coordinator=who("coordinator"),
        central=who("central person"),
        aunt=who("advocate"),
        neighbour=who("neighbour"),
        teacher=who("professional of the circle"),
        mandated=cast.mandated,
        referring=cast.school,
    )
    known = {"central person", "neighbour", "professional of the circle"}
    roles: dict[str, Any] = {name: role for name, role in PEOPLE.items() if name not in known}
    await world.handle_all(
        *case.people({who(name): role for name, role in roles.items()}),
        network.PersonRemoved(case_id=case.id, person_id=who(REMOVED)),
        *case.replaced(who("former coordinator")),
    )
    return case


async def _case(world: Plans, case_id: UUID, central: str, coordinator: str) -> Case:
    """A case of other people and parties."""
    school = who("referring body of another case")
    return await world.open_case(
        id=case_id, coordinator=who(coordinator), central=who(central), mandated=school, referring=school
    )


def _plan(case: Case, words: str) -> dict[str, Any]:
    agreement = {
        "what": words,
        "who_person_ids": [str(case.aunt)],
        "by": "network",
        "due_on": "2027-01-20",
        "known_done_how": words,
    }
    return plan_of(
        case,
        goals=[words],
        agreements=[agreement],
        plan_b=[{"when": words, "then": words}],
        decisions_of_circle=[words],
        resources=[{"what": words, "asked_of": words, "answer": words}],
        for_children=words,
        review_on="2027-01-20",
    )


async def _followed(world: Plans, case: Case, whose: str) -> Made:
    """A plan that was judged and shared; then the circle changed it, asked for a review, and was asked how it goes."""
    coordinator = world.coordinator(case)
    body = _plan(case, content("plan as it was shared", whose))
    plan = await _do(world, "POST", f"/v1/cases/{case.id}/plans", coordinator, body)
    path, reason = f"/v1/plans/{plan['plan_id']}", content("what was said of bottom lines", whose)
    lines: list[dict[str, Any]] = [
        {"bottom_line_id": str(line), "met": True, "reason": reason} for line in case.bottom_lines
    ]
    await _do(world, "PUT", f"{path}/acceptance", world.referrer(case.mandated), {"lines": lines})
    shares = {"person_ids": [str(case.teacher)], "organisation_ids": [str(Cast().shared_with)]}
    if whose == HERE:
        await _do(world, "POST", f"{path}/share", coordinator, shares)
    world.later(days=28)
    said = {"going": "partly", "note": content("what the referrer said", whose)}
    await _do(world, "POST", f"/v1/cases/{case.id}/referrer-calls", coordinator, said)
    again = str(await world.met_again(case))
    words = content("plan as it is now", whose)
    changed = _plan(case, words) | {"version": 1, "reason": words, "conference_id": again}
    now = await _do(world, "POST", f"{path}/versions", coordinator, changed)
    worded = {
        "version": 2,
        "texts": [{"in_plan": words, "wording": content("plan in another language", whose)}],
    }
    await _do(world, "PUT", f"{path}/wordings/fr", coordinator, worded)
    for line in lines[1:]:
        line["met"] = False
    await _do(world, "PUT", f"{path}/acceptance", world.referrer(case.mandated), {"lines": lines})
    review = await _do(world, "POST", f"{path}/review-requests", coordinator, {})
    await _until_due(world, case, "review")
    note = {"decision": "continue", "note": content("note of a check", whose)}
    await _do(world, "POST", f"/v1/check-ins/{review['check_in_id']}/record", coordinator, note)
    found = await world.rows(
        "SELECT id FROM resource WHERE case_id = :case AND plan_version = 2", case=case.id
    )
    return Made(case, UUID(plan["plan_id"]), UUID(now["agreement_ids"][0]), resource=found[0].id)


async def _until_due(world: Plans, case: Case, kind: str) -> dict[str, UUID]:
    """Let time pass until a check is due; return all that wait then."""
    for _ in range(30):
        await step_on(world, FollowUp, follow_up_workflow_id(case.id))
        found = await world.rows(
            "SELECT id, kind FROM check_in WHERE case_id = :case AND state IN ('due', 'escalated')",
            case=case.id,
        )
        checks = {row.kind: row.id for row in found}
        if kind in checks:
            return checks
    raise AssertionError(f"no check was due: {kind}")


async def _do(world: Plans, method: str, path: str, headers: dict[str, str], body: Any) -> dict[str, Any]:
    answer = await world.ask(method, path, headers, json=body)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _tries(made: Made, undecided: Case) -> dict[str, Try]:
    plan, case, check = "/v1/plans/{plan_id}", made.case, "POST /v1/check-ins/{check_in_id}/record"
    lines = [{"bottom_line_id": str(line), "met": False, "reason": "Nee"} for line in case.bottom_lines]
    bodies: dict[str, Any] = {
        f"POST {plan}/versions (with the same goals)": _plan(case, content("plan as it is now", HERE))
        | {"version": 2, "reason": "Zo is het beter"},
        f"POST {plan}/versions (with other goals)": _plan(case, "Nieuw")
        | {"version": 2, "reason": "Zo is het beter"},
        f"PUT {plan}/stance": {"version": 2, "agrees": True},
        "PUT /v1/resources/{resource_id}": {"state": "granted", "answer": "Ja"},
        f"PUT {plan}/acceptance": {"lines": lines},
        f"POST {plan}/share": {},
        f"PUT {plan}/wordings/{{language}}": {"version": 2, "texts": []},
        f"POST {plan}/own-meetings": {"met_on": made.met_on, "changed": True},
        "POST /v1/agreements/{agreement_id}/progress": {"progress": "nearly"},
        f"POST {plan}/plan-b": {"version": 2, "line": 1, "reason": "Het loopt anders"},
        "POST /v1/agreements/{agreement_id}/changes": {
            "version": 2,
            "reason": "Het lukt niet",
            "what": "Later",
            "due_on": made.day,
        },
        "POST /v1/cases/{case_id}/referrer-calls": {"going": "as-agreed"},
        "PUT /v1/policy": {"version": 1, "settings": {}},
        "POST /v1/dead-letters/replay": {"letter_ids": ["none"]},
        "POST /v1/dead-letters/discard": {"letter_ids": ["none"]},
    }
    tries = {row: Try(send={"json": body}) for row, body in bodies.items()}
    # A case has one plan: it is made in another one of the same coordinator.
    tries["POST /v1/cases/{case_id}/plans"] = Try(
        ids={"case_id": str(undecided.id)}, send={"json": _plan(undecided, "Nieuw")}
    )
    told = {"json": {"decision": "continue"}}
    review = {"check_in_id": str(made.checks["review"])}
    tries["PUT /v1/check-ins/{check_in_id}/review-answer"] = Try(
        send={"json": {"meet_again": True}}, ids=review
    )
    tries["PUT /v1/check-ins/{check_in_id}/day"] = Try(
        send={"json": {"on": made.day, "reason": "Vakantie"}}, ids={"check_in_id": str(made.planned)}
    )
    tries[f"{check} (the coordinator's)"] = Try(send=told, ids=review)
    # One review at a time.
    tries[f"POST {plan}/review-requests"] = Try(first=((f"{check} (the coordinator's)", "coordinator"),))
    tries[f"{check} (the monitor's)"] = Try(send=told, ids={"check_in_id": str(made.checks["three-months"])})
    return tries
