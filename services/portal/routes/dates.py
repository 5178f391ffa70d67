"""The reader's available days, and when and where the circle meets."""

import asyncio
from datetime import datetime
from itertools import groupby
from typing import Literal
from uuid import UUID

from starlette.responses import Response

from services.portal.calendar_files import calendar_file
from services.portal.client import Answer, Items, Operation
from services.portal.pages import Pages
from services.portal.people import PersonVisit, person
from services.portal.visits import PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.calendar import Appointment

pages = Pages()

Availability = Literal["yes", "maybe", "no"]
_WORDS: tuple[Availability, ...] = ("yes", "maybe", "no")

PARTS = {
    "morning": _("voormiddag (9.30 tot 12.30)"),
    "afternoon": _("namiddag (13.30 tot 17.30)"),
    "evening": _("avond (17.30 tot 21.30)"),
    "day": _("hele dag (10.00 tot 17.00)"),
}


class Option(Answer):
    """A date with the reader's answer."""

    option_id: UUID
    starts_at: datetime
    ends_at: datetime
    part: str | None
    public_holiday: bool
    school_holiday: bool | None
    answer: Availability | None


class Poll(Answer):
    """A date poll."""

    poll_id: UUID
    state: str
    closes_at: datetime | None
    options: list[Option]


class Venue(Answer):
    """Where the circle meets."""

    name: str
    address: str
    reached_by: str | None = None


class Conference(Answer):
    """When and where the circle meets."""

    conference_id: UUID
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    revision: int
    venue: Venue | None


class Member(Answer):
    """A person who will be there, by first name."""

    person_id: UUID
    first_name: str
    role: str
    mode: str


class Giver(Answer):
    """An information giver: a person of the case by id, or by name; and what they will tell."""

    person_id: UUID | None
    name: str | None
    function: str | None
    tells: str
    how: str


# How people give their information.
GIVEN_HOW = {
    "present": _("vertelt het zelf"),
    "in-writing": _("op papier, iemand leest het voor"),
}

POLLS = Operation("scheduling", "GET", "/v1/me/polls", Items[Poll])
ANSWER_POLL = Operation("scheduling", "PUT", "/v1/me/polls/{poll_id}", Poll)
CONFERENCES = Operation("scheduling", "GET", "/v1/me/conferences", Items[Conference])
OWN_GIVERS = Operation("scheduling", "GET", "/v1/me/information-givers", Items[Giver])
CIRCLE = Operation("network", "GET", "/v1/me/circle", Items[Member])


def coming(conferences: list[Conference]) -> Conference | None:
    """Return the conference with a date, among those that are not over."""
    return next((each for each in conferences if each.state == "scheduled" and each.starts_at), None)


class Hours(PageModel):
    """A part of a day, and the reader's answer."""

    field: str
    hours: str
    holiday: bool
    school_holiday: bool
    answer: str | None


class Day(PageModel):
    """A day with its parts."""

    day: str
    parts: list[Hours]


class DatesPage(PageModel):
    """The days of the poll; `city`: whose time it is."""

    city: str
    poll_open: bool
    until: str | None
    days: list[Day]
    choices: list[tuple[str, str]]


@pages.show("/me/dates", person)
async def show(visit: PersonVisit) -> Response:
    """Ask which days suit the reader."""
    polls = await visit.ask(POLLS)
    poll = next(iter(polls.items), None)
    dates = await visit.dates()
    options = [] if poll is None else sorted(poll.options, key=lambda option: option.starts_at)
    days = [
        Day(
            day=day,
            parts=[
                Hours(
                    field=f"day-{option.option_id}",
                    hours=visit.word(PARTS, option.part)
                    if option.part in PARTS
                    else dates.hours(option.starts_at, option.ends_at),
                    holiday=option.public_holiday,
                    school_holiday=bool(option.school_holiday),
                    answer=visit.form.get(f"day-{option.option_id}", option.answer),
                )
                for option in of_day
            ],
        )
        for day, of_day in groupby(options, key=lambda option: dates.day(option.starts_at))
    ]
    is_open = poll is not None and poll.state == "open"
    model = DatesPage(
        city=dates.city,
        poll_open=is_open,
        until=dates.until(poll.closes_at) if is_open and poll and poll.closes_at else None,
        days=days,
        choices=[
            ("yes", visit.say(_("Ja"))),
            ("maybe", visit.say(_("Als het moet"))),
            ("no", visit.say(_("Nee"))),
        ],
    )
    return visit.page("dates.html", model)


@pages.send("/me/dates", person)
async def answer(visit: PersonVisit) -> Response:
    """Send the reader's answers."""
    polls = await visit.ask(POLLS)
    poll = next(iter(polls.items), None)
    known = (
        {} if poll is None else {f"day-{option.option_id}": str(option.option_id) for option in poll.options}
    )
    said = {known[name]: word for name, word in visit.form.items() if name in known and word in _WORDS}
    if poll is None or not said:
        raise Unacceptable({next(iter(known), ""): _("Kies bij minstens één dag of je kan.")})
    await visit.ask(ANSWER_POLL, body={"answers": said}, poll_id=poll.poll_id)
    return visit.go("/me/thanks/dates")


class Attending(PageModel):
    """A person who comes."""

    first_name: str
    how: str


class Telling(PageModel):
    """An information giver."""

    who: str
    function: str | None
    tells: str
    how: str


class ConferencePage(PageModel):
    """When and where, who comes, and who gives information."""

    when: str | None
    venue_name: str | None
    venue_address: str | None
    venue_reached_by: str | None
    members: list[Attending]
    givers: list[Telling]


@pages.show("/me/conference", person)
async def conference(visit: PersonVisit) -> Response:
    """Show when and where the circle meets."""
    conferences, members, givers = await asyncio.gather(
        visit.ask(CONFERENCES),
        visit.ask_or(CIRCLE, Items[Member](items=[])),
        visit.ask_or(OWN_GIVERS, Items[Giver](items=[])),
    )
    found = coming(conferences.items)
    names = {each.person_id: each.first_name for each in members.items}
    dates = await visit.dates()
    how = {
        "online": _("van thuis uit"),
        "phone": _("aan de telefoon"),
        "letter": _("stuurt een boodschap"),
        "recorded": _("stuurt een boodschap"),
        "spokesperson": _("iemand spreekt in zijn of haar plaats"),
    }
    model = ConferencePage(
        when=dates.period(found.starts_at, found.ends_at)
        if found and found.starts_at and found.ends_at
        else None,
        venue_name=found.venue.name if found and found.venue else None,
        venue_address=found.venue.address if found and found.venue else None,
        venue_reached_by=found.venue.reached_by if found and found.venue else None,
        members=[
            Attending(first_name=each.first_name, how=visit.say(how[each.mode]) if each.mode in how else "")
            for each in members.items
        ],
        givers=[
            Telling(
                who=each.name
                or (names.get(each.person_id) if each.person_id else None)
                or visit.say(_("Een hulpverlener")),
                function=each.function,
                tells=each.tells,
                how=visit.word(GIVEN_HOW, each.how),
            )
            for each in givers.items
        ],
    )
    return visit.page("conference.html", model)


@pages.show("/me/conference/kring.ics", person)
async def calendar(visit: PersonVisit) -> Response:
    """Return the date for the reader's own calendar, without place or names: calendars are shared."""
    found = coming((await visit.ask(CONFERENCES)).items)
    if found is None or found.starts_at is None or found.ends_at is None:
        return visit.go("/me/conference")
    settings = visit.parts.settings
    entry = Appointment(
        uid=str(found.conference_id),
        sequence=found.revision,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        calendar=visit.profile.calendar,
        summary=visit.say(_("Afspraak met Kring")),
        description=visit.say(_("Waar het is en wat je moet weten, vind je op je eigen pagina.")),
        stamped_at=await visit.parts.clock.now(),
        organiser_address=settings.mail_address,
        attendee_address=None,
    )
    return calendar_file(entry)
