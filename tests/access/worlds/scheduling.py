"""Scheduling, populated: a conference that is being prepared, with a poll that is open; others have a date."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.database import Database
from shared.events import network
from shared.settings import Settings
from tests.access.cast import PEOPLE, REMOVED, Cast, who
from tests.access.world import Try, World, content, strings, strings_of
from tests.support.world import NOW, Case
from tests.support.world.scheduling import Scheduling, dates

HERE, OTHER, THERE = "this case", "another case", "elsewhere"
_NOTES = {"safety_plan": "what was agreed about safety", "child_participation": "how the children take part"}
_SCHEDULE = "POST /v1/conferences/{conference_id}/schedule"


@asynccontextmanager
async def world(settings: Settings, database: Database) -> AsyncIterator[World]:
    """Yield scheduling, populated."""
    async with Scheduling.open(settings) as plain:
        cast = Cast()
        world = replace(plain, tenant=cast.tenant)
        there = replace(plain, tenant=cast.elsewhere)
        for each in (world, there):
            await each.knows_its_organisation()
        people = [name for name in PEOPLE if name != REMOVED]
        parties = {"referring": cast.school, "mandated": cast.mandated}
        case = await _polled(world, cast.case, "coordinator", [*people, REMOVED], **parties)
        removed = network.PersonRemoved(case_id=case.id, person_id=who(REMOVED))
        await world.handle_all(*case.replaced(who("former coordinator")), removed)
        other = await _polled(
            world, cast.other_case, "coordinator of another case", ["person of another case"]
        )
        await _dated(world, other, OTHER)
        elsewhere = await _polled(there, cast.case_elsewhere, "coordinator elsewhere", ["person elsewhere"])
        await _dated(there, elsewhere, THERE)
        await world.write_givers(case, [_giver()])
        await world.write_notes(case, **_notes())
        venues = [await _venue(each, whose) for each, whose in ((world, HERE), (there, THERE))]
        # In the night before the conference, whose day has begun.
        world.later(hours=17)
        ids = {
            "case_id": case.id,
            "conference_id": case.conference,
            "poll_id": case.poll,
            "person_id": who("neighbour"),
            "venue_id": venues[0],
        }
        yield World(
            service="scheduling",
            http=world.http,
            owner=database,
            cast=cast,
            ids={name: str(value) for name, value in ids.items()} | {"code": "food", "need": "food"},
            ids_elsewhere=strings_of(
                case_id=elsewhere.id,
                conference_id=elsewhere.conference,
                poll_id=elsewhere.poll,
                venue_id=venues[1],
            ),
            marks={
                HERE: strings([case.id, case.conference, case.poll]),
                OTHER: strings([other.id, other.conference, other.poll]),
                THERE: strings([elsewhere.id, elsewhere.conference, elsewhere.poll]),
            },
            contents={f"place of {whose}": content("place", whose) for whose in (HERE, OTHER, THERE)}
            | {
                what: content(what) for what in ("contact of a venue", "what a giver tells", *_NOTES.values())
            },
            tries=_tries(case),
        )


async def _polled(
    world: Scheduling, case_id: UUID, coordinator: str, people: list[str], **parties: Any
) -> Case:
    """A case whose circle stands, with an open poll."""
    central = who(people[0])
    case = Case(tenant=world.tenant, id=case_id, coordinator=who(coordinator), central=central, **parties)
    roles: dict[str, Any] = {name: PEOPLE.get(name, "central") for name in people}
    ids = {who(name): role for name, role in roles.items()}
    members = tuple(network.CircleMember(person_id=person, role=role) for person, role in ids.items())
    ready = network.CircleReady(case_id=case.id, members=members)
    await world.handle_all(case.opened(), case.assigned(), *case.people(ids), ready)
    (conference,) = await world.conferences(case)
    case.conference = UUID(conference["conference_id"])
    await world.open_poll(case, 1, 30)
    return case


def _place(whose: str) -> dict[str, str]:
    return {"name": content("place", whose), "address": content("place", whose)}


async def _dated(world: Scheduling, case: Case, whose: str) -> None:
    """Set the date and the place of the case's conference."""
    option = str(case.options[0])
    answer = await world.schedule(case, venue=_place(whose), option_id=option)
    assert answer.status_code == 200, answer.text


def _giver() -> dict[str, str]:
    return {"person_id": str(who("professional of the circle")), "tells": content("what a giver tells")}


def _notes() -> dict[str, Any]:
    return {name: content(what) for name, what in _NOTES.items()}


async def _venue(world: Scheduling, whose: str) -> UUID:
    """Enter a venue of the organisation."""
    who_to_call = content("contact of a venue") if whose == HERE else "Mia"
    found = await world.enter_venue(name=f"zaal {whose}", contact_name=who_to_call)
    return UUID(found["venue_id"])


def _tries(case: Case) -> dict[str, Try]:
    conference, poll = "/v1/conferences/{conference_id}", "/v1/polls/{poll_id}"
    answers = {"answers": {str(case.options[0]): "yes"}}
    bodies: dict[str, Any] = {
        _SCHEDULE: {"version": 1, "venue": _place(HERE), "option_id": str(case.options[0])},
        f"POST {conference}/extend": {"until": "2026-09-01", "reason": "holidays"},
        f"POST {conference}/hold": _meeting(),
        f"POST {conference}/postpone": {"version": 2, "reason": "key-person-ill"},
        f"PUT {conference}/checklist/{{code}}": {"done": True},
        f"PUT {conference}/needs/{{person_id}}/{{need}}": {"done": True},
        f"PUT {conference}/information-givers": {"version": 2, "givers": [_giver(), _giver()]},
        f"PUT {conference}/notes": {"version": 2, **_notes()},
        f"POST {conference}/cancel": {"version": 1, "reason": "plan-without-meeting"},
        f"POST {conference}/poll": {"options": dates(40, 50)},
        f"POST {poll}/options": {"options": dates(60)},
        f"PUT {poll}/answers/{{person_id}}": answers,
        "PUT /v1/me/polls/{poll_id}": answers,
        "POST /v1/venues": {"name": "Zaal", "address": "Straat 1"},
        "PUT /v1/venues/{venue_id}": {"name": "Zaal", "address": "Straat 1", "version": 1},
        "POST /v1/calendar-feeds/read": {"secret": "made up"},
        "PUT /v1/policy": {"version": 1, "settings": {}},
        "POST /v1/dead-letters/replay": {"letter_ids": ["none"]},
        "POST /v1/dead-letters/discard": {"letter_ids": ["none"]},
    }
    tries = {row: Try(send={"json": body}) for row, body in bodies.items()}
    of_scheduled = (f"GET {conference}", f"POST {conference}/postpone", f"POST {conference}/hold")
    # Of what the coordinator did the audit log shows the place.
    for row in (*of_scheduled, "GET /v1/me/audit-log"):
        tries[row] = replace(tries.get(row, Try()), first=((_SCHEDULE, "coordinator"),))
    # A next round begins when the conference of the one before is over.
    calling_off = (f"POST {conference}/cancel", "coordinator")
    tries["POST /v1/cases/{case_id}/preparations"] = Try(first=(calling_off,))
    closing = (f"POST {poll}/close", "coordinator")
    tries[f"POST {conference}/poll"] = replace(tries[f"POST {conference}/poll"], first=(closing,))
    return tries


def _meeting() -> dict[str, Any]:
    hours = [(NOW + timedelta(hours=16, minutes=minute)).isoformat() for minute in (0, 15, 30, 45)]
    names = ("information", "private", "presentation")
    parts = {
        name: {"from": begins, "to": ends}
        for name, begins, ends in zip(names, hours, hours[1:], strict=False)
    }
    came = [{"person_id": str(who("central person")), "mode": "in-person", "came": True}]
    return {"attendance": came, "parts": parts, "outcome": "plan"}
