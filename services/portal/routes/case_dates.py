"""Finding a date: asking the circle, how each date suits, answers by phone, choosing a date and place."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id, read_number
from services.portal.pages import Pages
from services.portal.routes.case_venues import OTHER, choices, in_words
from services.portal.routes.date_words import Column, Option, Poll, Sentence, changes, column, hours_of
from services.portal.routes.dates import PARTS
from services.portal.routes.of_case import (
    Conference,
    InCircle,
    Person,
    apart_among,
    case_of,
    everyone,
    in_circle,
    kept_from,
    latest,
    moment,
    says_no,
)
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()

ROWS = 6
_WORDS = ("yes", "maybe", "no")


POLL = Operation("scheduling", "GET", "/v1/polls/{poll_id}", Poll)
OPEN = Operation("scheduling", "POST", "/v1/conferences/{conference_id}/poll", Answer)
MORE = Operation("scheduling", "POST", "/v1/polls/{poll_id}/options", Answer)
CLOSE = Operation("scheduling", "POST", "/v1/polls/{poll_id}/close", Answer)
ANSWER_FOR = Operation("scheduling", "PUT", "/v1/polls/{poll_id}/answers/{person_id}", Answer)
SCHEDULE = Operation("scheduling", "POST", "/v1/conferences/{conference_id}/schedule", Answer)


class Row(PageModel):
    """One person's answers to the dates."""

    person: Person
    phone: str | None
    required: bool
    not_with: list[str]
    answers: list[str | None]


class CaseDatesPage(PageModel):
    """The date poll."""

    case_id: str
    state: str | None
    when: str | None
    poll_state: str | None
    until: str | None
    columns: list[Column]
    changes: list[Sentence]
    quorum: int
    rows: list[Row]
    silent: list[Row]
    numbers: list[int]
    parts: list[tuple[str, str]]
    words: dict[str, str]


@pages.show("/cases/{case_id}/dates", staff(Role.COORDINATOR))
async def show(visit: StaffVisit) -> Response:
    """Show how the dates suit, or ask which dates to propose."""
    case_id = case_of(visit)
    conference, people = await asyncio.gather(latest(visit, case_id), everyone(visit, case_id))
    poll = await _poll(visit, conference)
    dates = await visit.dates()
    starts, ends = (conference.starts_at, conference.ends_at) if conference else (None, None)
    ranked = _ranked(poll)
    rows = [_row(each, ranked, people) for each in in_circle(people) if _is_asked(each, poll)]
    silent = set(poll.silent) if poll else set()
    model = CaseDatesPage(
        case_id=case_id,
        state=conference.state if conference else None,
        when=dates.period(starts, ends) if starts and ends else None,
        poll_state=poll.state if poll else None,
        until=dates.until(poll.closes_at) if poll and poll.closes_at else None,
        columns=[await column(visit, option, poll, people) for option in ranked] if poll else [],
        changes=changes(visit, ranked[0], people) if poll and poll.ranking and not ranked[0].fits else [],
        quorum=poll.quorum if poll else 0,
        rows=rows,
        silent=[row for row in rows if row.person.id in silent],
        numbers=list(range(1, ROWS + 1)),
        parts=[(name, visit.say(label)) for name, label in PARTS.items()],
        words=_said(visit),
    )
    return visit.page("case_dates.html", model)


@pages.send("/cases/{case_id}/dates", staff(Role.COORDINATOR))
async def send(visit: StaffVisit) -> Response:
    """Ask the circle, propose more dates, or close the poll."""
    case_id = case_of(visit)
    conference = await latest(visit, case_id)
    poll = await _poll(visit, conference)
    if visit.form.get("do") == "close" and poll:
        await visit.ask(CLOSE, poll_id=poll.poll_id)
        return visit.go(f"/cases/{case_id}/dates")
    body: dict[str, Any] = {"options": _options(visit)}
    if poll and poll.state == "open":
        await visit.ask(MORE, body=body, poll_id=poll.poll_id)
    else:
        conference_id = conference.conference_id if conference else read_id("")
        quorum = visit.form.get("quorum", "").strip()
        if quorum and not read_number(quorum):
            raise Unacceptable({"quorum": _("Schrijf een getal, of laat het leeg.")})
        body |= {"closes_on": visit.form.get("closes_on") or None, "quorum": read_number(quorum) or None}
        await visit.ask(OPEN, body=body, conference_id=conference_id)
    return visit.go(f"/cases/{case_id}/dates")


def _options(visit: StaffVisit) -> list[dict[str, str]]:
    """Return the dates of the form. Raises: Unacceptable, saying which row is not complete."""
    found: list[dict[str, str]] = []
    wrong: dict[str, str] = {}
    for number in range(1, ROWS + 1):
        day = visit.form.get(f"day-{number}", "").strip()
        parts = [part for part in visit.ticked(f"parts-{number}") if part in PARTS]
        own = visit.form.get(f"from-{number}", "").strip(), visit.form.get(f"to-{number}", "").strip()
        if not day and not parts and not any(own):
            continue
        if not parts and not any(own):
            wrong[f"day-{number}"] = _("Kies bij deze dag een deel van de dag, of vul uren in.")
        if moment(visit, day, "00:00") is None:
            wrong[f"day-{number}"] = _("Vul een dag in, en uren waarvan het einde na het begin komt.")
        found += [{"day": day, "part": part} for part in parts]
        if any(own):
            begins, ends = (moment(visit, day, hour) for hour in own)
            if begins is None or ends is None or ends <= begins:
                wrong[f"day-{number}"] = _("Vul een dag in, en uren waarvan het einde na het begin komt.")
            else:
                found.append({"starts_at": begins.isoformat(), "ends_at": ends.isoformat()})
    if wrong or not found:
        raise Unacceptable(wrong or {"day-1": _("Stel minstens één dag voor.")})
    return found


async def _poll(visit: StaffVisit, conference: Conference | None) -> Poll | None:
    if conference is None or conference.poll_id is None:
        return None
    return await visit.ask(POLL, poll_id=conference.poll_id)


def _ranked(poll: Poll | None) -> list[Option]:
    """Return the dates, best first; past ones last."""
    if poll is None:
        return []
    place = {option_id: index for index, option_id in enumerate(poll.ranking)}
    last = len(place)
    return sorted(poll.options, key=lambda each: (place.get(each.option_id, last), each.starts_at))


def _is_asked(person: InCircle, poll: Poll | None) -> bool:
    if poll is None:
        return False
    answered = any(person.person_id in option.answers for option in poll.options)
    return answered or person.person_id in poll.silent


def _row(person: InCircle, options: list[Option], people: dict[UUID, InCircle]) -> Row:
    return Row(
        person=Person(id=person.person_id, name=person.name),
        phone=person.phone,
        required=person.required,
        not_with=[each.name for each in kept_from(person, people)],
        answers=[option.answers.get(person.person_id) for option in options],
    )


def _said(visit: StaffVisit) -> dict[str, str]:
    return {
        "yes": visit.say(_("Ja")),
        "maybe": visit.say(_("Als het moet")),
        "no": visit.say(_("Nee")),
    }


class SetDatePage(PageModel):
    """Choosing a date and where the circle meets. `other`: the day and hours that are set, if the poll has them not."""

    case_id: str
    version: int
    when: str | None
    apart: list[tuple[str, str]]
    options: list[tuple[str, str, str | None]]
    chosen: str | None
    other: dict[str, str]
    venues: list[tuple[str, str, str | None]]
    chosen_venue: str
    venue_name: str
    venue_address: str


@pages.show("/cases/{case_id}/dates/set", staff(Role.COORDINATOR))
async def choose(visit: StaffVisit) -> Response:
    """Ask which date it will be, and where."""
    case_id = case_of(visit)
    conference, people = await asyncio.gather(latest(visit, case_id), everyone(visit, case_id))
    poll, known = await asyncio.gather(_poll(visit, conference), choices(visit, conference, people))
    dates = await visit.dates()
    columns = [await column(visit, option, poll, people) for option in _ranked(poll)] if poll else []
    starts, ends = (conference.starts_at, conference.ends_at) if conference else (None, None)
    venue = conference.venue if conference else None
    options = poll.options if poll else []
    is_set = next((each for each in options if (each.starts_at, each.ends_at) == (starts, ends)), None)
    coming = [each.person_id for each in in_circle(people) if not says_no(each)]
    taken = conference.preparation.venue_id if conference and conference.preparation else None
    suggested = None if venue else next((each.venue_id for each in known if each.suggested), None)
    model = SetDatePage(
        case_id=case_id,
        version=conference.version if conference else 1,
        when=dates.period(starts, ends) if starts and ends else None,
        apart=apart_among(coming, people),
        options=[
            *(
                (str(each.id), each.when, f"{each.counts}. {each.verdict}")
                for each in columns
                if not each.past
            ),
            (OTHER, visit.say(_("Een andere dag, afgesproken zonder vraag over de dagen")), None),
        ],
        chosen=_chosen(columns, starts, is_set),
        other=_other(visit, None if is_set else conference),
        venues=[
            *((str(each.venue_id), each.name, in_words(visit, each, columns)) for each in known),
            (OTHER, visit.say(_("Een andere plaats")), None),
        ],
        chosen_venue=str(taken or suggested or OTHER),
        venue_name=venue.name if venue else "",
        venue_address=venue.address if venue else "",
    )
    return visit.page("case_dates_set.html", model)


def _chosen(columns: list[Column], starts: datetime | None, is_set: Option | None) -> str | None:
    """Return the date that is set, else the best of the poll."""
    if starts is not None:
        return str(is_set.option_id) if is_set else OTHER
    return next((str(each.id) for each in columns if each.best), None if columns else OTHER)


def _other(visit: StaffVisit, conference: Conference | None) -> dict[str, str]:
    if conference is None or conference.starts_at is None or conference.ends_at is None:
        return dict.fromkeys(("day", "from", "to"), "")
    begins, ends = (visit.profile.calendar.local(each) for each in (conference.starts_at, conference.ends_at))
    return {"day": begins.date().isoformat(), "from": f"{begins:%H:%M}", "to": f"{ends:%H:%M}"}


@pages.send("/cases/{case_id}/dates/set", staff(Role.COORDINATOR))
async def schedule(visit: StaffVisit) -> Response:
    """Set the date and the place."""
    case_id = case_of(visit)
    conference = await latest(visit, case_id)
    wanted: dict[str, Any] = {}
    errors: dict[str, str] = {}
    option = visit.form.get("option", "")
    if option == OTHER:
        day = visit.form.get("day", "")
        starts, ends = (moment(visit, day, visit.form.get(each, "")) for each in ("from", "to"))
        if starts is None or ends is None or ends <= starts:
            errors["day"] = _("Vul een dag in, en uren waarvan het einde na het begin komt.")
        else:
            wanted["date"] = {"starts_at": starts.isoformat(), "ends_at": ends.isoformat()}
    elif option:
        wanted["option_id"] = read_id(option)
    else:
        errors["option"] = _("Kies een dag.")
    if (chosen := visit.form.get("venue", OTHER)) != OTHER:
        wanted["venue_id"] = read_id(chosen)
    else:
        wanted["venue"] = {name: visit.form.get(f"venue_{name}", "").strip() for name in ("name", "address")}
        if not wanted["venue"]["name"]:
            errors["venue_name"] = _("Zeg hoe de plaats heet, bijvoorbeeld het buurthuis.")
        if not wanted["venue"]["address"]:
            errors["venue_address"] = _("Vul het adres in, dan vindt iedereen de weg.")
    if errors or conference is None:
        raise Unacceptable(errors)
    body = {**wanted, "version": visit.version}
    await visit.ask(SCHEDULE, body=body, conference_id=conference.conference_id)
    return visit.go(f"/cases/{case_id}/conference")


class AnswerForPage(PageModel):
    """A person's answers by phone."""

    case_id: str
    name: str
    phone: str | None
    options: list[tuple[str, str, str | None]]
    words: list[tuple[str, str]]


@pages.show("/cases/{case_id}/dates/people/{person_id}", staff(Role.COORDINATOR))
async def ask_for(visit: StaffVisit) -> Response:
    """Ask for a person's answers to each date."""
    case_id = case_of(visit)
    person_id = UUID(read_id(visit.request.path_params["person_id"]))
    conference, people = await asyncio.gather(latest(visit, case_id), everyone(visit, case_id))
    poll = await _poll(visit, conference)
    dates = await visit.dates()
    person = people.get(person_id)
    options = sorted(poll.options, key=lambda each: each.starts_at) if poll and person else []
    model = AnswerForPage(
        case_id=case_id,
        name=person.name if person else "",
        phone=person.phone if person else None,
        options=[
            (
                str(each.option_id),
                f"{dates.day(each.starts_at)}, {hours_of(visit, each, dates)}",
                visit.form.get(f"day-{each.option_id}", each.answers.get(person_id)),
            )
            for each in options
        ],
        words=list(_said(visit).items()),
    )
    return visit.page("case_dates_person.html", model)


@pages.send("/cases/{case_id}/dates/people/{person_id}", staff(Role.COORDINATOR))
async def answer_for(visit: StaffVisit) -> Response:
    """Record a person's answers."""
    case_id = case_of(visit)
    poll = await _poll(visit, await latest(visit, case_id))
    options = poll.options if poll else []
    said = {
        str(each.option_id): word
        for each in options
        if (word := visit.form.get(f"day-{each.option_id}", "")) in _WORDS
    }
    if poll is None or not said:
        first = f"day-{options[0].option_id}" if options else ""
        raise Unacceptable({first: _("Kies bij minstens één dag wat deze persoon zei.")})
    person_id = read_id(visit.request.path_params["person_id"])
    await visit.ask(ANSWER_FOR, body={"answers": said}, poll_id=poll.poll_id, person_id=person_id)
    return visit.go(f"/cases/{case_id}/dates")
