"""Intake, populated: referrals, cases with coordinators and former ones, parties, an offer that waits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from shared.auth import Role
from shared.database import Database
from shared.events import network
from shared.settings import Settings
from tests.access.cast import PEOPLE, REMOVED, Cast, who
from tests.access.world import Try, World, content, strings, strings_of
from tests.support.world import Case
from tests.support.world.intake import Intake, kbo

HERE, OTHER, THERE = "this case", "another case", "elsewhere"
RESTING = "coordinator who takes no cases"
_ROLES = {"p1": "central person", "p2": "representative"}


@asynccontextmanager
async def world(settings: Settings, database: Database) -> AsyncIterator[World]:
    """Yield intake, populated."""
    async with Intake.open(settings) as plain:
        cast = Cast()
        world = replace(
            plain,
            tenant=cast.tenant,
            school=cast.school,
            mandated=cast.mandated,
            manager_id=who("regional-manager"),
            referrer_id=who("referrer"),
        )
        there = replace(
            world,
            tenant=cast.elsewhere,
            manager_id=who("regional-manager elsewhere"),
            referrer_id=who("referrer elsewhere"),
            school=cast.elsewhere,
        )
        await _organisations(world, cast)
        case = await _this_case(world)
        other = await _another_case(world, cast)
        offer = await _offered(world)
        waiting = await world.refer()
        elsewhere = await _case(there, THERE, "coordinator elsewhere")
        cast.case, cast.other_case, cast.case_elsewhere = case.id, other.id, elsewhere.id
        opening = await _opened_file(world, case)
        hold = await _held(world, other)
        ids = {
            "case_id": case.id,
            "referral_id": case.referral_id,
            "offer_id": offer,
            "break_glass_id": opening,
            "hold_id": hold,
            "person_id": who("neighbour"),
            "organisation_id": cast.tenant,
        }
        yield World(
            service="intake",
            http=world.http,
            owner=database,
            cast=cast,
            ids={name: str(value) for name, value in ids.items()},
            ids_elsewhere=strings_of(case_id=elsewhere.id, referral_id=elsewhere.referral_id),
            marks={
                HERE: strings([case.id, case.referral_id]),
                OTHER: strings([other.id, other.referral_id]),
                THERE: strings([elsewhere.id, elsewhere.referral_id]),
            },
            contents=_contents(),
            tries=_tries(world, waiting),
        )


def _contents() -> dict[str, str]:
    what = ("referral", "persons of the referral", "baseline", "coordinator's contact details")
    found = {f"{name} of {whose}": content(name, whose) for name in what for whose in (HERE, OTHER, THERE)}
    found |= {
        f"contact details of staff of {whose}": content("contact details of staff", whose)
        for whose in (HERE, THERE)
    }
    others = ("why the file was opened", "why a file is held")
    return found | {what: content(what) for what in others}


async def _organisations(world: Intake, cast: Cast) -> None:
    entries = {
        cast.tenant: True,
        cast.elsewhere: True,
        cast.school: True,
        cast.mandated: False,
        cast.other_school: False,
        cast.shared_with: False,
    }
    for number, (organisation_id, is_tenant) in enumerate(entries.items(), 9990001):
        body = {
            "organisation_id": str(organisation_id),
            "name": f"Organisatie {number}",
            "kbo_number": kbo(number),
            "is_tenant": is_tenant,
        }
        await world.do("POST", "/v1/organisations", world.ops(), json=body)
    staff = {
        "regional-manager": (cast.tenant, "regional-manager"),
        "regional-manager elsewhere": (cast.elsewhere, "regional-manager"),
        "dpo": (cast.tenant, "dpo"),
        "referrer": (cast.school, "referrer"),
        "referrer of another case": (cast.other_school, "referrer"),
        "referrer elsewhere": (cast.elsewhere, "referrer"),
    }
    for name, (organisation, role) in staff.items():
        whose = THERE if organisation == cast.elsewhere else HERE
        body = _colleague(who(name), organisation, role, content("contact details of staff", whose))
        await world.do("POST", "/v1/staff", world.ops(organisation), json=body)


def _colleague(staff_id: UUID, organisation: UUID, role: str, name: str) -> dict[str, Any]:
    return {
        "staff_id": str(staff_id),
        "organisation_id": str(organisation),
        "roles": [role],
        "first_name": name,
        "last_name": name,
        "email": f"{name}@voorbeeld.example",
    }


async def _coordinator(world: Intake, name: str, whose: str, *, most: int = 1) -> UUID:
    words = content("coordinator's contact details", whose)
    return await world.enter_coordinator(
        coordinator_id=str(who(name)),
        first_name=words,
        last_name=words,
        email=f"{words}@voorbeeld.example",
        max_load=most,
    )


def _referral(whose: str, **changes: Any) -> dict[str, Any]:
    words, agreed = content("persons of the referral", whose), {"referral": True, "date": "2026-03-01"}
    story, lines = content("referral", whose), content("baseline", whose)
    persons = [
        {
            "ref": ref,
            "role": "central" if ref == "p1" else "representative",
            "first_name": words,
            "last_name": words,
            # Only the plan of a minor is accepted by somebody else.
            "birth_date": "2012-05-05" if ref == "p1" else "1985-05-05",
            "parental_authority": ref != "p1",
            "email": f"{words}@voorbeeld.example",
            "address": words,
            "relation": words,
            "consent": agreed,
        }
        for ref in _ROLES
    ]
    texts = {"question": story, "summary": story, "bottom_lines": [lines], "resources": lines}
    return {"persons": persons, **texts} | changes


async def _case(world: Intake, whose: str, coordinator: str, **changes: Any) -> Case:
    await _coordinator(world, coordinator, whose)
    case = await world.open_case(await world.refer(**_referral(whose, **changes)))
    await world.accept(await world.offer_next(case), who(coordinator))
    await _ask(world, case, coordinator, whose)
    return case


async def _ask(world: Intake, case: Case, coordinator: str, whose: str) -> None:
    await world.do(
        "PUT",
        f"/v1/cases/{case.id}/baseline",
        world.coordinator(who(coordinator)),
        json={"version": 1, "questions": [content("baseline", whose)]},
    )


async def _this_case(world: Intake) -> Case:
    """A case whose first coordinator was released, and another assigned."""
    case = await _case(world, HERE, "former coordinator")
    await _coordinator(world, "former coordinator", HERE, most=0)
    await _coordinator(world, "coordinator", HERE)
    release = f"/v1/cases/{case.id}/release-coordinator"
    await world.do("POST", release, world.manager(), json={"reason": "unavailable"})
    await world.accept(await world.offer_next(case, 2), who("coordinator"))
    roles: dict[UUID, Any] = {who(name): role for name, role in PEOPLE.items()}
    removed = network.PersonRemoved(case_id=case.id, person_id=who(REMOVED))
    await world.handle_all(*case.people(roles), removed)
    return case


async def _another_case(world: Intake, cast: Cast) -> Case:
    """A case of other parties, with a coordinator of its own."""
    school = replace(world, school=cast.other_school, referrer_id=who("referrer of another case"))
    return await _case(
        school,
        OTHER,
        "coordinator of another case",
        mandated_organisation_id=str(cast.other_school),
    )


async def _opened_file(world: Intake, case: Case) -> str:
    """A colleague of the regional manager opened the file by break-glass."""
    colleague = world.staff(who("another manager"), world.tenant, Role.REGIONAL_MANAGER)
    reason = {"reason": content("why the file was opened")}
    opened = await world.do("POST", f"/v1/cases/{case.id}/break-glass", colleague, json=reason)
    return str(opened["break_glass_id"])


async def _held(world: Intake, case: Case) -> str:
    """A hold on another case: this one is to be erased."""
    officer = world.staff(who("dpo"), world.tenant, Role.DPO)
    body = {"reason": content("why a file is held")}
    hold = await world.do("POST", f"/v1/cases/{case.id}/holds", officer, json=body)
    return str(hold["hold_id"])


async def _offered(world: Intake) -> UUID:
    """An offer that waits for the coordinator who has no case yet."""
    await _coordinator(world, "coordinator without a case", HERE)
    # Asked for nothing, so that they can be erased.
    await _coordinator(world, RESTING, HERE, most=0)
    case = await world.open_case(await world.refer_oneself())
    offer = await world.offer_next(case)
    assert offer is not None
    return offer


def _tries(world: Intake, waiting: UUID) -> dict[str, Try]:
    open_referral = {"referral_id": str(waiting)}
    case, new = "/v1/cases/{case_id}", "Naam"
    organisation = {"name": "Nieuw", "kbo_number": kbo(9991001)}
    bodies: dict[str, Any] = {
        "POST /v1/referrals": world.own_referral(),
        f"POST {case}/break-glass": {"reason": "Nood"},
        f"POST {case}/holds": {"reason": "Klacht"},
        f"POST {case}/pause": {"reason": "illness"},
        f"POST {case}/withdraw": {"reason": "solved"},
        f"POST {case}/close": {"outcome": "closed-early"},
        f"POST {case}/release-coordinator": {"reason": "task-done"},
        "POST /v1/offers/{offer_id}/accept": {"no_conflict": True},
        "POST /v1/offers/{offer_id}/decline": {"reason": "no-time"},
        "POST /v1/organisations": organisation,
        "PUT /v1/organisations/{organisation_id}": {"version": 1, "name": "Anders"},
        "POST /v1/staff": _colleague(who("a new one"), world.tenant, "trainer", new),
        "POST /v1/coordinators": {"first_name": new, "last_name": new, "email": "n@voorbeeld.example"},
        "PUT /v1/me/daily-mail": {"wanted": False},
        "PUT /v1/policy": {"version": 1, "settings": {}},
        "POST /v1/dead-letters/replay": {"letter_ids": ["none"]},
        "POST /v1/dead-letters/discard": {"letter_ids": ["none"]},
        "PUT /v1/policy/safeguards": {"version": 1, "settings": {}},
    }
    tries = {door: Try(send={"json": body}) for door, body in bodies.items()}
    for part, body in (
        ("questions", {"questions": ["Hoe gaat het verder?"]}),
        ("bottom lines", {"bottom_lines": [{"text": "Elke dag naar school"}]}),
        ("resources", {"resources": "Een zaal"}),
    ):
        tries[f"PUT {case}/baseline ({part})"] = Try(send={"json": {"version": 2, **body}})
    tries[f"POST {case}/resume"] = Try(first=((f"POST {case}/pause", "regional-manager"),))
    over = (f"POST {case}/close", "regional-manager")
    erased = (f"POST {case}/erase", "dpo")
    tries[erased[0]] = Try(send={"json": {"reason": "asked"}}, first=(over,))
    for row in (f"GET {case}/retention", f"POST {case}/retention", "GET /v1/retention"):
        tries[row] = Try(first=(over,))
    tries[f"GET {case}/erasure"] = Try(first=(over, erased))
    gone = {"staff_id": str(who("regional-manager")), "coordinator_id": str(who(RESTING))}
    for path in ("staff/{staff_id}", "coordinators/{coordinator_id}"):
        erase = f"POST /v1/{path}/erase"
        tries[erase] = Try(ids=gone, send={"json": {"reason": "asked"}})
        tries[f"GET /v1/{path}/erasure"] = Try(ids=gone, first=((erase, "dpo"),))
    release = ("POST /v1/cases/{case_id}/release-coordinator", "regional-manager")
    tries["POST /v1/cases/{case_id}/seek-coordinator"] = Try(first=(release,))
    tries["POST /v1/referrals/{referral_id}/accept"] = Try(ids=open_referral)
    tries["GET /v1/referrals/{referral_id} (before it is decided)"] = Try(ids=open_referral)
    for verb in ("decline", "withdraw"):
        row = f"POST /v1/referrals/{{referral_id}}/{verb}"
        tries[row] = Try(ids=open_referral, send={"json": {"reason": "no-capacity"}})
    return tries
