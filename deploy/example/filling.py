"""Filling an empty installation with the example, and writing down who one can be there."""

import contextlib
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from uuid import UUID

import httpx

from deploy.demo.api import Api
from deploy.demo.person import Person
from deploy.demo.things import Organisation, Transfer
from deploy.example.cases import QUESTIONS, Line, Reach
from deploy.example.people import Cast
from deploy.example.rounds import Rounds
from deploy.local.platform import Platform
from deploy.local.secrets import write_private
from deploy.watch.watch import Watch
from shared.auth import Role
from shared.ids import uuid7

# How many cases stop where, and what has become of them.
_CASES = {
    Reach.REFERRED: 2,
    Reach.ACCEPTED: 2,
    Reach.COORDINATED: 1,
    Reach.GATHERED: 1,
    Reach.INVITED: 2,
    Reach.ANSWERED: 2,
    Reach.READY: 1,
    Reach.POLLED: 2,
    Reach.DATES_ANSWERED: 1,
    Reach.SCHEDULED: 3,
    Reach.PLANNED: 2,
    Reach.SHARED: 2,
}
_ACCOUNT = "BE71 0961 2345 6769"
_LINK = re.compile(r"https?://\S+/l/[\w=-]+(?:\?to=[\w%./:=-]+)?")
_PATIENCE = 120.0

Tell = Callable[[str], None]


async def fill(platform: Platform, *, tell: Tell) -> None:
    """Play the example on a platform that has just started, and write `accounts.json` and `links.json` beside its data.

    Raises: WentWrong, NotSettled.
    """
    began = time.monotonic()
    http = httpx.AsyncClient(timeout=60, trust_env=False)
    async with Watch.over(platform, patience=_PATIENCE) as watch, http:
        story = Rounds(Api(http, watch))
        cast = Cast(story)
        lines = _lines(story, cast)
        tell("Organisations and people are entered.")
        await story.begins()
        for round_ in Reach:
            going = [line for line in lines if line.reach >= round_]
            tell(f"{len(going)} cases: {round_.name.lower().replace('_', ' ')}")
            async with _in_a_hurry(story, round_):
                # What is late is first, while the lengths are short.
                await story.round(line.play(round_) for line in going if line.late_at is round_)
            await story.round(line.play(round_) for line in going if line.late_at is not round_)
        tell("Courses, registrations, payments, and what else happens.")
        await story.round([_courses(story, cast), *_troubles(cast, lines)])
        await watch.read_inbox()
        _write(platform.directory, cast, _links(watch, lines))
    tell(f"{len(lines)} cases in {time.monotonic() - began:.0f} seconds.")


def _lines(story: Rounds, cast: Cast) -> list[Line]:
    """Return the cases: of each reach some, in turn about different things; one of each group that can be is late."""
    late = {Reach.ACCEPTED, Reach.INVITED, Reach.PLANNED}
    lines: list[Line] = []
    for reach, count in _CASES.items():
        for number in range(count):
            question = QUESTIONS[len(lines) % len(QUESTIONS)]
            lines.append(
                Line(
                    story,
                    cast,
                    question,
                    reach,
                    circle_size=2 + len(lines) % 4,
                    mandated=reach >= Reach.PLANNED and number % 2 == 1,
                    late_at=reach if reach in late and number == 0 else None,
                )
            )
    return lines


_HURRIES: Mapping[Reach, tuple[str, Mapping[str, str]]] = {
    Reach.ACCEPTED: ("intake", {"allocate": "PT1S"}),
    Reach.INVITED: ("network", {"invitation_remind": "PT1S", "invitation_due": "PT2S"}),
    Reach.PLANNED: ("plans", {"four_weeks": "PT1S", "check_in_grace": "PT1S"}),
}


@contextlib.asynccontextmanager
async def _in_a_hurry(story: Rounds, round_: Reach) -> AsyncIterator[None]:
    """Let the organisation have short lengths meanwhile, so that something is late on the first day already."""
    if round_ not in _HURRIES:
        yield
        return
    service, lengths = _HURRIES[round_]
    path = f"{service}/policy"
    headers = story.api.installer(story.api.tenant)
    usual = (await story.api.ask("GET", path, headers=headers)).json()["settings"]
    await story.api.set_policy(service, lengths)
    try:
        yield
    finally:
        await story.api.set_policy(service, {name: usual[name] for name in lengths})


def _troubles(cast: Cast, lines: list[Line]) -> list[Awaitable[None]]:
    """Return what else happens: cases stop, one is postponed, a file is opened, data are asked for."""
    of = {reach: [line for line in lines if line.reach is reach] for reach in Reach}
    sick = "De coördinator ligt onverwacht in het ziekenhuis en iemand moet de kring kunnen bereiken."
    scheduled = of[Reach.SCHEDULED]
    return [
        of[Reach.ANSWERED][-1].stopped(),
        scheduled[-1].stopped(),
        scheduled[0].coordinator.postpones(scheduled[0].case, reason="key-person-ill"),
        cast.hanne.opens_file(scheduled[1].case, reason=sick),
        scheduled[2].central.asks_for_data("copy"),
        of[Reach.SHARED][0]
        .answering[0]
        .asks_for_data("erasure", text="Ik doe niet meer mee. Wis alles van mij."),
    ]


async def _courses(story: Rounds, cast: Cast) -> None:
    """Three courses: one full, one free, one in French; some have paid, some otherwise than asked."""
    pieter, gerda = cast.pieter, cast.gerda
    account = {"account_iban": _ACCOUNT, "account_name": "De Ring vzw"}
    course = await pieter.offers_course("Een conferentie voorstellen", audience="Professionals in welzijn")
    full = await pieter.plans_session(
        course, story.hours(24, "09:00", "16:30"), place="Rupelmeer", capacity=5, price="20.00", **account
    )
    free = await pieter.plans_session(
        await pieter.offers_course("Burgers aan zet"),
        story.hours(31, "13:30", "17:00"),
        place="Dijlebeke",
        capacity=40,
    )
    await pieter.plans_session(
        await pieter.offers_course("Présenter une conférence", language="fr"),
        story.hours(38, "09:00", "16:30"),
        place="Netelaar",
        capacity=12,
        price="35.00",
        **account,
    )
    people = [cast.person() for _ in range(10)]
    for person in people[:7]:
        await person.registers(full)
    for person in people[7:]:
        await person.registers(free)
    await gerda.imports_statement(
        Transfer(people[0], "BE62 5100 0754 7061"),
        Transfer(people[1], "BE43 0689 9999 9501", text=f"{people[1].last_name} opleiding Rupelmeer"),
        Transfer(people[2], "BE30 0012 1637 1411", text="voor de vorming"),
        account_iban=_ACCOUNT,
    )


def _links(watch: Watch, lines: list[Line]) -> list[dict[str, str]]:
    """Return the personal links of some people: the latest that each got by email."""
    wanted: list[tuple[Person, str]] = []
    seen = Counter[Reach]()
    for line in lines:
        seen[line.reach] += 1
        if seen[line.reach] != 2:
            continue
        match line.reach:
            case Reach.INVITED:
                wanted += [(line.central, "voor wie de conferentie is, pas uitgenodigd")]
                wanted += [(line.circle[0], "pas uitgenodigd voor een kring")]
            case Reach.POLLED:
                wanted += [(line.circle[0], "wordt gevraagd welke dagen passen")]
            case Reach.SCHEDULED:
                wanted += [(line.central, "voor wie de conferentie is, de datum staat vast")]
                wanted += [(line.circle[0], "komt naar een conferentie, de datum staat vast")]
            case Reach.SHARED:
                wanted += [(line.central, "voor wie het plan is, het loopt")]
                wanted += [(line.circle[0], "houdt in het oog hoe het plan loopt")]
    found = []
    for person, what in wanted:
        links = [match[0] for email in watch.inbox.to(person.email) if (match := _LINK.search(email.text))]
        if links:
            name = f"{person.first_name} {person.last_name}"
            found.append({"name": name, "what": what, "link": links[-1]})
    return found


def _write(directory: Path, cast: Cast, links: list[dict[str, str]]) -> None:
    """Write down who one can be: members of staff, and people with a link."""
    everybody = [
        *((each.id, each, each.organisation, [*each.roles]) for each in cast.staff),
        *((each.id, each, None, [Role.COORDINATOR]) for each in cast.coordinators),
    ]
    accounts = [
        _account(person, f"{each.first_name} {each.last_name}", organisation, roles)
        for person, each, organisation, roles in everybody
    ]
    accounts.append(_account(uuid7(), "Technisch beheer", None, [Role.OPS]))
    for name, what in (("accounts.json", accounts), ("links.json", links)):
        write_private(directory / name, json.dumps(what, indent=1, ensure_ascii=False))


def _account(
    person: UUID | None, name: str, organisation: Organisation | None, roles: Sequence[Role]
) -> dict[str, object]:
    return {
        "id": str(person),
        "name": name,
        "organisation": None if organisation is None else str(organisation.id),
        "organisation_name": "" if organisation is None else organisation.name,
        "roles": [*roles],
    }
