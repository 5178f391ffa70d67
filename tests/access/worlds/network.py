"""Network, populated: the people of a case with all their roles, one who was removed, and those of other cases."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, get_args

from services.network import queries
from services.network.models import PersonFields, Survey
from services.network.operations import links
from shared.auth import Role
from shared.contracts.intake import PersonAtOpening
from shared.database import Database, Scope
from shared.settings import Settings
from tests.access.cast import PEOPLE, REMOVED, Cast, who
from tests.access.world import Try, World, content, strings, strings_of
from tests.support.world import Case
from tests.support.world.network import Network

HERE, OTHER, THERE = "this case", "another case", "elsewhere"
# What people of the circle are asked beside what the referral said of them.
_TOLD = [
    name
    for name, field in PersonFields.model_fields.items()
    if str in get_args(field.annotation) and name not in PersonAtOpening.model_fields
]
_BORN = {"central minor": "2012-01-05", "central child under twelve": "2017-05-05"}


@asynccontextmanager
async def world(settings: Settings, database: Database) -> AsyncIterator[World]:
    """Yield network, populated."""
    async with Network.open(settings) as plain:
        cast = Cast()
        world = replace(plain, tenant=cast.tenant)
        there = replace(plain, tenant=cast.elsewhere)
        case = await _case(world, HERE, cast.case, list(PEOPLE), "coordinator")
        await world.handle_all(*case.replaced(who("former coordinator")))
        other = await _case(
            world, OTHER, cast.other_case, ["person of another case"], "coordinator of another case"
        )
        await _case(there, THERE, cast.case_elsewhere, ["person elsewhere"], "coordinator elsewhere")
        added = await world.add(case, content("name of a newcomer"))
        proposed = await _propose(world, case)
        invitation = await world.invite(case, who("neighbour"))
        pair = await _keep_apart(world, case)
        told = await world.correct(case, who("neighbour"), **{name: content(name) for name in _TOLD})
        assert told.status_code == 200, told.text
        request = await _ask(world, case)
        copies = await _copies(world, case)
        for name in ("central person", "central minor", "central child under twelve", "representative"):
            await world.invite(case, who(name))
        await _remove(world, case)
        await _ask_how_it_was(world, case)
        token = await _link(world, case)
        ids = {
            "case_id": case.id,
            "person_id": who("neighbour"),
            "no_contact_id": pair,
            "invitation_id": invitation,
            "request_id": request,
        }
        yield World(
            service="network",
            http=world.http,
            owner=database,
            cast=cast,
            ids={name: str(value) for name, value in ids.items()} | {"purpose": "mail"},
            ids_elsewhere=strings_of(case_id=cast.case_elsewhere, person_id=who("person elsewhere")),
            marks={
                HERE: strings([case.id, request, *copies.values(), *(who(name) for name in PEOPLE)]),
                OTHER: strings([other.id, who("person of another case")]),
                THERE: strings([cast.case_elsewhere, who("person elsewhere")]),
            },
            contents=_contents(),
            tries=_tries(token, str(added), proposed, copies),
        )


def _contents() -> dict[str, str]:
    found = {
        f"{what} of {whose}": content(what, whose)
        for what in ("first names", "names and contact details")
        for whose in (HERE, OTHER, THERE)
    }
    return found | {
        "first name of a child": content("first name of a child"),
        **{name: content(name) for name in _TOLD},
        "somebody proposed": content("name of somebody proposed"),
        "words of a request": content("words of a request"),
        "why two are kept apart": content("why two are kept apart"),
        "why somebody was removed": content("why somebody was removed"),
    }


async def _case(world: Network, whose: str, case_id: Any, people: list[str], coordinator: str) -> Case:
    case = Case(
        tenant=world.tenant,
        id=case_id,
        coordinator=who(coordinator),
        central=who(people[0]),
        referring=Cast().school if whose == HERE else Cast().other_school,
    )
    words = content("names and contact details", whose)
    world.others.people[case.id] = [
        {
            "person_id": str(who(name)),
            "role": PEOPLE.get(name, "central"),
            "side": "other",
            "first_name": content("first name of a child")
            if name == "central child under twelve"
            else content("first names", whose),
            "last_name": words,
            "email": f"{words}@example.org",
            "phone": None,
            "address": words,
            "relation": words,
            "language": "nl",
            "birth_date": _BORN.get(name),
        }
        for name in people
    ]
    await world.handle_all(case.opened(), case.assigned())
    return case


async def _ask_how_it_was(world: Network, case: Case) -> None:
    """The circle met and is asked what it thinks of that."""
    async with world.transaction() as session:
        now = world.clock.time
        survey = Survey(
            id=who("survey"), tenant=case.tenant, case_id=case.id, state="open", asked={}, created_at=now
        )
        session.add(survey)
        await session.flush()


async def _propose(world: Network, case: Case) -> str:
    words = content("name of somebody proposed")
    body = {"first_name": words, "last_name": words, "email": f"{words}@example.org"}
    answer = await world.ask("POST", "/v1/me/proposals", world.person(case, who("central person")), json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["person_id"])


async def _keep_apart(world: Network, case: Case) -> str:
    """The representative and the neighbour are not to be brought in contact."""
    body = {
        "person_ids": [str(who("representative")), str(who("neighbour"))],
        "reason": content("why two are kept apart"),
    }
    path = f"/v1/cases/{case.id}/no-contacts"
    answer = await world.ask("POST", path, world.coordinator(case), json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["no_contact_id"])


async def _ask(world: Network, case: Case) -> str:
    """The central person asks that something is put right."""
    body = {"kind": "correction", "text": content("words of a request")}
    asker = world.person(case, who("central person"))
    answer = await world.ask("POST", "/v1/me/data-requests", asker, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["request_id"])


async def _copies(world: Network, case: Case) -> dict[str, str]:
    """The central person asks for a copy through their link, a neighbour by letter; both are ready."""
    officer = world.staff(who("dpo"), world.tenant, Role.DPO)
    asker = world.person(case, who("central person"))
    asked = await world.ask("POST", "/v1/me/data-requests", asker, json={"kind": "copy"})
    path = f"/v1/persons/{who('neighbour')}/data-requests"
    noted = await world.ask("POST", path, officer, json={"kind": "copy"})
    found = {"link": asked.json()["request_id"], "letter": noted.json()["request_id"]}
    for request in found.values():
        answer = await world.ask("POST", f"/v1/data-requests/{request}/approve", officer)
        assert answer.status_code == 200, answer.text
    return found


async def _remove(world: Network, case: Case) -> None:
    path, reason = f"/v1/persons/{who(REMOVED)}/remove", content("why somebody was removed")
    answer = await world.ask("POST", path, world.coordinator(case), json={"reason": reason})
    assert answer.status_code == 204, answer.text


async def _link(world: Network, case: Case) -> str:
    async with world.context.database.transaction(Scope(tenant=world.tenant)) as session:
        person = await queries.person(session, tenant=world.tenant, person_id=who("neighbour"))
        await links.usable(session, person=person, now=world.clock.time)
    return await world.link_token_of(who("neighbour"))


def _tries(token: str, newcomer: str, proposed: str, copies: dict[str, str]) -> dict[str, Try]:
    person, case = "/v1/persons/{person_id}", "/v1/cases/{case_id}"
    somebody = {"first_name": "Nieuw", "last_name": "Nieuw"}
    yes, no = {"given": True, "version": 1}, {"given": False, "version": 1}
    bodies: dict[str, Any] = {
        f"POST {case}/persons": somebody,
        f"PATCH {person}": {"version": 2, "phone": "0470 12 34 56"},
        f"POST {person}/remove": {"reason": "verhuisd"},
        f"POST {person}/exclude": {"reason": "onveilig"},
        f"POST {person}/contacts": {"channel": "phone", "purpose": "explanation"},
        f"PUT {person}/consents/{{purpose}}": yes,
        f"PUT {person}/legal-basis": {"version": 1, "basis": "public-task"},
        "POST /v1/consent-texts/{purpose}": {
            "version": 1,
            "texts": [
                {"audience": audience, "language": "nl", "title": "Mailen?", "body": "Mogen we je mailen?"}
                for audience in ("adult", "young")
            ],
        },
        "POST /v1/invitations/{invitation_id}/answer": {"answer": "yes"},
        "POST /v1/links/exchange": {"token": token},
        "POST /v1/links/request-new": {"token": token},
        "POST /v1/me/invitation/answer": {"answer": "no"},
        "POST /v1/me/proposals": somebody,
        "PUT /v1/me/language": {"language": "tr"},
        f"PUT {case}/survey": {"meeting": 9, "plan": 8},
        "PUT /v1/me/consents/{purpose} (yes)": yes,
        "PUT /v1/me/consents/{purpose} (no)": no,
        f"POST {person}/erase": {"reason": "asked"},
        "POST /v1/me/data-requests": {"kind": "copy"},
        f"POST {person}/data-requests": {"kind": "correction"},
        "POST /v1/data-requests/{request_id}/refuse": {"reason": "al gedaan"},
        "POST /v1/data-requests/{request_id}/extend": {"reason": "veel werk"},
        f"POST {case}/no-contacts": {
            "person_ids": [str(who("central person")), str(who("advocate"))],
            "reason": "een verbod",
        },
        "PUT /v1/policy": {"version": 1, "settings": {}},
        "POST /v1/dead-letters/replay": {"letter_ids": ["none"]},
        "POST /v1/dead-letters/discard": {"letter_ids": ["none"]},
    }
    tries = {row: Try(send={"json": body}) for row, body in bodies.items()}
    tries[f"POST {person}/confirm"] = Try(ids={"person_id": proposed})
    tries[f"POST {person}/invitation"] = Try(ids={"person_id": newcomer})
    answered = ("POST /v1/invitations/{invitation_id}/answer", "coordinator")
    tries[f"POST {case}/circle-ready"] = Try(first=(answered,))
    tries[f"GET {person}/erasure"] = Try(first=((f"POST {person}/erase", "dpo"),))
    tries["GET /v1/me/data-requests/{request_id}/copy"] = Try(ids={"request_id": copies["link"]})
    tries["GET /v1/data-requests/{request_id}/copy"] = Try(ids={"request_id": copies["letter"]})
    request = "POST /v1/data-requests/{request_id}"
    tries[f"{request}/done"] = Try(first=((f"{request}/approve", "dpo"),))
    return tries
