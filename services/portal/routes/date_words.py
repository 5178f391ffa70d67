"""How the dates of a poll suit a circle, in words, and what prevents them."""

from datetime import datetime
from uuid import UUID

from services.portal.client import Answer
from services.portal.routes.dates import PARTS
from services.portal.routes.of_case import InCircle
from services.portal.staff import StaffVisit
from services.portal.visits import PageModel
from services.portal.wording import Dates
from services.portal.wording import mark as _


class Option(Answer):
    """A date in the poll, and how it suits the circle."""

    option_id: UUID
    starts_at: datetime
    ends_at: datetime
    part: str | None
    public_holiday: bool
    school_holiday: bool | None
    yes: int
    maybe: int
    no: int
    silent: int
    fits: bool
    hindered: list[UUID]
    unserved: list[UUID]
    apart: list[list[UUID]]
    short: int
    said_no: list[UUID]
    answers: dict[UUID, str]
    venues_free: int | None


class Poll(Answer):
    """A date poll, best first in `ranking`."""

    poll_id: UUID
    state: str
    closes_at: datetime | None
    quorum: int
    options: list[Option]
    silent: list[UUID]
    ranking: list[UUID]
    best_option_id: UUID | None


class Sentence(PageModel):
    """A sentence about a date, and the names it is about."""

    words: str
    names: list[str]


class Column(PageModel):
    """A date of the matrix, and in words what choosing it would mean."""

    id: UUID
    when: str
    holiday: bool
    school_holiday: bool
    school_holiday_unknown: bool
    past: bool
    best: bool
    counts: str
    verdict: str
    reasons: list[Sentence]


async def column(visit: StaffVisit, option: Option, poll: Poll, people: dict[UUID, InCircle]) -> Column:
    """Return a date with how it suits, in words."""
    dates = await visit.dates()
    past = option.option_id not in poll.ranking
    if past:
        verdict = _("Deze dag is voorbij.")
    elif option.fits and not option.said_no and not option.silent:
        verdict = _("Iedereen kan. Deze dag kan je zo vastleggen.")
    elif option.fits:
        verdict = _("Wie er zeker bij moet zijn, kan. Je kan deze dag vastleggen.")
    elif option.hindered or option.unserved or option.apart or option.short:
        verdict = _("Deze dag past nog niet.")
    else:
        verdict = _("Nog niemand zei ja op deze dag.")
    counts = visit.say(_("{yes} ja, {maybe} als het moet, {no} nee, {silent} nog niets"))
    return Column(
        id=option.option_id,
        when=f"{dates.day(option.starts_at)}, {hours_of(visit, option, dates)}",
        holiday=option.public_holiday,
        school_holiday=bool(option.school_holiday),
        school_holiday_unknown=option.school_holiday is None,
        past=past,
        best=option.option_id == poll.best_option_id,
        counts=counts.format(yes=option.yes, maybe=option.maybe, no=option.no, silent=option.silent),
        verdict=visit.say(verdict),
        reasons=_reasons(visit, option, poll, people),
    )


def hours_of(visit: StaffVisit, option: Option, dates: Dates) -> str:
    """Return an option's part of the day, or its hours."""
    if option.part in PARTS:
        return visit.word(PARTS, option.part)
    return dates.hours(option.starts_at, option.ends_at)


def _reasons(visit: StaffVisit, option: Option, poll: Poll, people: dict[UUID, InCircle]) -> list[Sentence]:
    """Return in words who prevents a date, and who else cannot come."""
    said_no = set(option.said_no)
    needed_no = [each for each in option.hindered if each in said_no]
    others_no = [each for each in option.said_no if each not in option.hindered]
    needed_silent = [each for each in option.hindered if each not in said_no]
    others_silent = [each for each in poll.silent if each not in {*option.answers, *option.hindered}]
    return _sentences(
        visit,
        people,
        (_("Moet erbij, en kan niet:"), needed_no),
        (_("Moet erbij, en zei nog niets:"), needed_silent),
        (_("Kan wel, maar zonder tolk of vertrouwenspersoon:"), option.unserved),
        *((_("Kunnen allebei, maar mogen elkaar niet ontmoeten:"), pair) for pair in option.apart),
        (_("Hoeft er niet bij te zijn, en kan niet:"), others_no),
        (_("Hoeft er niet bij te zijn, en zei nog niets:"), others_silent),
        places=option.venues_free,
        short=(_("Er zijn er {count} te weinig die kunnen."), option.short),
    )


def changes(visit: StaffVisit, option: Option, people: dict[UUID, InCircle]) -> list[Sentence]:
    """Return what would have to change for a date to fit."""
    said_no = set(option.said_no)
    return _sentences(
        visit,
        people,
        (
            _("Vraag of deze persoon toch kan, of op een andere manier meedoet:"),
            [each for each in option.hindered if each in said_no],
        ),
        (_("Bel wie nog niets zei:"), [each for each in option.hindered if each not in said_no]),
        (_("Zoek een tolk of vertrouwenspersoon die dan kan, voor:"), option.unserved),
        *(
            (_("Laat één van deze twee op een andere manier meedoen, bijvoorbeeld met een brief:"), pair)
            for pair in option.apart
        ),
        short=(_("Zoek nog {count} mensen die dan kunnen."), option.short),
    )


def _sentences(
    visit: StaffVisit,
    people: dict[UUID, InCircle],
    *said: tuple[str, list[UUID]],
    short: tuple[str, int],
    places: int | None = None,
) -> list[Sentence]:
    """Return the sentences about persons, and those about numbers and free places."""
    found = [
        Sentence(words=visit.say(words), names=[people[each].name for each in about if each in people])
        for words, about in said
        if about
    ]
    words, count = short
    if count:
        found.append(Sentence(words=visit.say(words).format(count=count), names=[]))
    if places is not None:
        free = _("Er is dan een plaats vrij.") if places else _("Er is dan geen enkele plaats vrij.")
        found.append(Sentence(words=visit.say(free), names=[]))
    return found
