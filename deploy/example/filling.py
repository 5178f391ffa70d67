"""Fills empty databases with the example before the services run on them, and writes down the available accounts."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from deploy.demo.acting import account_of
from deploy.demo.api import Api
from deploy.demo.things import Transfer
from deploy.example.cases import QUESTIONS, YOUNG_QUESTIONS, Line, Turn
from deploy.example.inside import Inside
from deploy.example.people import Cast
from deploy.example.timeline import Timeline
from deploy.local.provider import Account, add_accounts
from deploy.local.secrets import write_private
from deploy.watch.inbox import Inbox
from shared.auth import Role
from shared.ids import uuid7
from shared.settings import Settings

# The cases: how many days ago they were referred, and their turn. Separately those about young people of some age;
# of some a mandated organisation must accept the plan. Past quarters contain so many closed surveys that their scores
# may be published, whatever today is.
_CASES = (
    *((ago, Turn.NONE) for ago in (0, 1, 3, 6, 9, 15, 17, 24, 26, 32, 63, 81, 121)),
    *((ago, Turn.UNDECIDED) for ago in (3, 8)),
    *((ago, Turn.REFUSED) for ago in (12, 44)),
    *((ago, Turn.SEARCHING) for ago in (2, 9)),
    *((ago, Turn.PAUSED) for ago in (21, 58)),
    (29, Turn.WITHDRAWN),
    (56, Turn.SLIPPING),
    (19, Turn.QUIET),
    (27, Turn.POSTPONED),
    (28, Turn.OPENED),
    (52, Turn.WITHOUT_MEETING),
    (70, Turn.DATA),
    (130, Turn.AGAIN),
    *((ago, Turn.THEMSELVES) for ago in (128, 161)),
)
_MANDATED = ((34, Turn.NONE, 16), (38, Turn.IN_PART, 15), (97, Turn.NONE, 13))
_YOUNG = (
    (22, Turn.NONE, 13),
    (43, Turn.NONE, 14),
    *((ago, Turn.CLOSED, 15) for ago in (156, 178, 189, 201)),
)
_ACCOUNT = "BE71 0961 2345 6769"
_LINK = re.compile(r"https?://\S+/l/[\w=-]+(?:\?to=[\w%./:=-]+)?")
_BEGINS = 220
# From this many days after the referral on, the survey is closed.
_SURVEYED = 59

Tell = Callable[[str], None]


async def fill(settings: Settings, *, mailbox: str, directory: Path, tell: Tell, every: int = 1) -> None:
    """Play the example to the present, and write `accounts.json` and `links.json` into a directory.

    `every`: play only each n-th case. Raises: WentWrong.
    """
    today = datetime.now(UTC)
    settings = settings.model_copy(update={"anonymous_limit": 0})
    first = today.replace(hour=7, minute=0) - timedelta(days=_BEGINS)
    async with Inside.of(settings, mailbox=mailbox, now=first) as (inside, http):
        story = Timeline(Api(http, inside), today=today)
        cast = Cast(story)
        lines = _lines(story, cast)[::every]
        await story.opens()
        await cast.settles_in()
        tell(f"{len(lines)} cases, from {first:%-d %B} on.")
        told: list[date] = []

        def tell_of_months(day: date) -> None:
            if not told or (day.month, day.day // 11) != (told[-1].month, told[-1].day // 11):
                told.append(day)
                tell(f"{day:%-d %B}")

        others = [_courses(story, cast), _texts(story, cast)]
        await story.live([line.life() for line in lines] + others, tell=tell_of_months)
        _write(directory, cast, _links(inside.inbox, lines))


def _lines(story: Timeline, cast: Cast) -> list[Line]:
    """Return the cases, with alternating themes and languages."""
    every: list[tuple[int, Turn, bool, int]] = [(ago, turn, False, 0) for ago, turn in _CASES]
    every += [(ago, turn, True, age) for ago, turn, age in _MANDATED]
    every += [(ago, turn, False, age) for ago, turn, age in _YOUNG]
    lines = []
    for number, (ago, turn, mandated, age) in enumerate(sorted(every)):
        questions = YOUNG_QUESTIONS if age else QUESTIONS
        line = Line(
            story,
            cast,
            questions[number % len(questions)],
            ago,
            turn,
            circle_size=2 if age else 3 + number % 2,
        )
        line.mandated, line.young = mandated, age or None
        lines.append(line)
    return lines


async def _texts(story: Timeline, cast: Cast) -> None:
    """Change a consent text once: some said yes before, some after."""
    await story.until(-60)
    await cast.ingrid.adds_to_text("research", "Wie onderzoek doet, belt je nooit zelf op.")


async def _courses(story: Timeline, cast: Cast) -> None:
    """Three courses: one full, one free, one in French; some are paid, some with a wrong amount."""
    pieter, gerda = cast.pieter, cast.gerda
    account = {"account_iban": _ACCOUNT, "account_name": "De Ring vzw"}
    await story.until(-30)
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
    for number, person in enumerate(people):
        await story.until(number - 20)
        await person.registers(full if number < 7 else free)
    # In time, or these places would become free again.
    await story.until(-10)
    await gerda.imports_statement(
        Transfer(people[0], "BE62 5100 0754 7061"),
        Transfer(people[1], "BE43 0689 9999 9501", text=f"{people[1].last_name} opleiding Rupelmeer"),
        Transfer(people[2], "BE30 0012 1637 1411", text="voor de vorming"),
        account_iban=_ACCOUNT,
    )


# People with a link: their case, by how long ago it was referred, whether it is their own, and who they are.
_SHOWN = (
    (9, True, "voor wie de conferentie is, pas uitgenodigd"),
    (9, False, "pas uitgenodigd voor een kring"),
    (15, False, "wordt gevraagd welke dagen passen"),
    (24, True, "voor wie de conferentie is, de datum staat vast"),
    (26, False, "komt naar een conferentie, de datum staat vast"),
    (22, True, "dertien jaar, voor wie de conferentie is"),
    (43, True, "veertien jaar, wordt gevraagd hoe het was"),
    (43, False, "moeder van wie veertien is, wordt gevraagd hoe het was"),
    (63, True, "voor wie het plan is, het loopt"),
    (81, False, "houdt in het oog hoe het plan loopt"),
    (121, False, "kijkt binnenkort samen terug op het plan"),
)


def _links(inbox: Inbox, lines: Sequence[Line]) -> list[dict[str, str]]:
    """Return the personal links of some people, from the latest email to each."""
    found = []
    for ago, is_central, what in _SHOWN:
        for line in lines:
            if line.ago != ago or line.turn is not Turn.NONE or line.mandated or not line.circle:
                continue
            person = line.central if is_central else line.circle[0]
            links = [match[0] for email in inbox.to(person.email) if (match := _LINK.search(email.text))]
            if links:
                # Their latest question may be over.
                link = links[-1].replace("?to=survey", "?to=plans") if ago > _SURVEYED else links[-1]
                name = f"{person.first_name} {person.last_name}"
                found.append({"name": name, "what": what, "link": link})
    return found


def _write(directory: Path, cast: Cast, links: Sequence[dict[str, str]]) -> None:
    """Write down the available accounts: members of staff, and people with a link."""
    accounts = [
        *(account_of(each, each.organisation, each.roles) for each in cast.staff),
        *(account_of(each, None, [Role.COORDINATOR]) for each in cast.coordinators),
        Account(uuid7(), "Technisch beheer", None, "", [Role.OPS]),
    ]
    add_accounts(directory, accounts)
    write_private(directory / "links.json", json.dumps(links, indent=1, ensure_ascii=False))
