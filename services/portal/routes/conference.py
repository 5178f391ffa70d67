"""The conference: when and where, who comes and how, what to see to, another day or none, and how it went."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.of_case import (
    Conference,
    InCircle,
    Person,
    case_of,
    everyone,
    in_circle,
    latest,
    moment,
)
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()

POSTPONE = Operation("scheduling", "POST", "/v1/conferences/{conference_id}/postpone", Answer)
CANCEL = Operation("scheduling", "POST", "/v1/conferences/{conference_id}/cancel", Answer)
CHECK = Operation("scheduling", "PUT", "/v1/conferences/{conference_id}/checklist/{code}", Answer)
BEGIN_AGAIN = Operation("scheduling", "POST", "/v1/cases/{case_id}/preparations", Answer)
HOLD = Operation("scheduling", "POST", "/v1/conferences/{conference_id}/hold", Answer)

_STATES = {
    "preparing": _("De conferentie wordt voorbereid."),
    "polling": _("De kring zegt welke dagen passen."),
    "ready-to-schedule": _("De kring antwoordde. Nu kies jij een dag."),
    "scheduled": _("De dag ligt vast."),
    "postponed": _("De conferentie is verzet."),
    "held": _("De kring kwam samen."),
    "cancelled": _("De conferentie gaat niet door."),
}
_MODES = {
    "in-person": _("komt"),
    "online": _("van thuis uit, met beeld"),
    "phone": _("aan de telefoon"),
    "letter": _("stuurt een brief"),
    "recorded": _("stuurt een opname"),
    "spokesperson": _("iemand spreekt in zijn of haar plaats"),
    "absent": _("komt niet"),
}
_CHECKLIST = {
    "venue": _("De plaats is besproken"),
    "food": _("Eten en drinken"),
    "childcare": _("Opvang voor kinderen"),
    "transport": _("Vervoer"),
    "interpreter": _("Tolk"),
    "advocate": _("Vertrouwenspersoon voor wie dat nodig heeft"),
    "safety-plan": _("Afspraken over veiligheid"),
    "information-givers": _("Wie informatie geeft, weet wanneer"),
    "child-participation": _("Hoe kinderen meedoen"),
    "questions-shared": _("De kring kent de vragen"),
    "bottom-lines-shared": _("De kring kent de ondergrenzen"),
}
_MOVED = {
    "key-person-ill": _("Iemand die erbij moet zijn, is ziek"),
    "key-person-unavailable": _("Iemand die erbij moet zijn, kan niet"),
    "no-show": _("Iemand die erbij moest zijn, kwam niet"),
    "bottom-line-late": _("De ondergrenzen waren er niet op tijd"),
    "safety": _("Het is niet veilig"),
    "bereavement": _("Een overlijden"),
    "venue": _("De plaats valt weg"),
    "weather": _("Het weer"),
    "family-wish": _("De familie vraagt het"),
    "coordinator-unavailable": _("Ik kan zelf niet"),
    "other": _("Iets anders"),
}
_CALLED_OFF = {
    "plan-without-meeting": _("De kring maakte een plan zonder samen te komen"),
    "family-wish": _("De familie vraagt het"),
    "situation-changed": _("De situatie is veranderd"),
    "network-too-small": _("De kring is te klein"),
    "safety": _("Het is niet veilig"),
    "other": _("Iets anders"),
}
# After these the circle can meet anew.
_OVER = ("held", "cancelled")
_CASE_STOPPED = "case-stopped"
_COORDINATOR = staff(Role.COORDINATOR)


class Attending(PageModel):
    """Somebody of the circle, and how they take part."""

    person: Person
    phone: str | None
    required: bool
    how: str
    mode: str
    comes: bool


class Item(PageModel):
    """Something to see to."""

    code: str
    label: str
    done: bool


class ConferencePage(PageModel):
    """How the conference stands."""

    case_id: str
    state: str | None
    state_in_words: str
    reason: str | None
    can_begin_again: bool
    when: str | None
    past: bool
    venue_name: str | None
    venue_address: str | None
    people: list[Attending]
    items: list[Item]
    outcome: str | None


async def _page(visit: StaffVisit) -> tuple[ConferencePage, Conference | None]:
    case_id = case_of(visit)
    conference, people = await asyncio.gather(latest(visit, case_id), everyone(visit, case_id))
    starts, ends = (conference.starts_at, conference.ends_at) if conference else (None, None)
    dates = await visit.dates()
    prepared = conference.preparation if conference else None
    reason = prepared.reason if prepared else None
    why = {**_MOVED, **_CALLED_OFF}.get(reason or "")
    known = _STATES.get(conference.state, "") if conference else _("Er is nog geen conferentie.")
    came = {each.person_id: each for each in prepared.attendance} if prepared else {}
    if came:
        attending = [
            _attending(visit, people[each.person_id], each.mode if each.came else "absent", comes=each.came)
            for each in came.values()
            if each.person_id in people
        ]
    else:
        attending = [_invited(visit, each) for each in in_circle(people)]
    checklist = prepared.checklist if prepared else {}
    return (
        ConferencePage(
            case_id=case_id,
            state=conference.state if conference else None,
            state_in_words=visit.say(known),
            reason=visit.say(why) if why else None,
            can_begin_again=conference is not None and conference.state in _OVER and reason != _CASE_STOPPED,
            when=dates.period(starts, ends) if starts and ends else None,
            past=bool(starts and starts <= await visit.parts.clock.now()),
            venue_name=conference.venue.name if conference and conference.venue else None,
            venue_address=conference.venue.address if conference and conference.venue else None,
            people=attending,
            items=[
                Item(code=code, label=visit.say(label), done=checklist.get(code, False))
                for code, label in _CHECKLIST.items()
                if code in checklist
            ],
            outcome=prepared.outcome if prepared else None,
        ),
        conference,
    )


def _invited(visit: StaffVisit, person: InCircle) -> Attending:
    invitation = person.invitation
    if invitation is None:
        mode, how = "", _("nog niet uitgenodigd")
    elif invitation.answer is None:
        mode, how = "", _("zei nog niets")
    elif invitation.answer == "no":
        mode, how = "absent", _MODES["absent"]
    else:
        mode = invitation.mode or "in-person"
        how = _MODES.get(mode, _MODES["in-person"])
    attending = _attending(visit, person, mode, comes=bool(mode) and mode != "absent")
    return attending.model_copy(update={"how": visit.say(how)})


def _attending(visit: StaffVisit, person: InCircle, mode: str, *, comes: bool) -> Attending:
    return Attending(
        person=Person(id=person.person_id, name=person.name),
        phone=person.phone,
        required=person.required,
        how=visit.word(_MODES, mode) if mode in _MODES else "",
        mode=mode,
        comes=comes,
    )


@pages.show("/cases/{case_id}/conference", _COORDINATOR)
async def show(visit: StaffVisit) -> Response:
    """Show how the conference stands."""
    model, _conference = await _page(visit)
    return visit.page("case_conference.html", model)


@pages.send("/cases/{case_id}/conference", _COORDINATOR)
async def check(visit: StaffVisit) -> Response:
    """Keep what was seen to."""
    case_id = case_of(visit)
    conference = await latest(visit, case_id)
    if conference is None or conference.preparation is None:
        return visit.go(f"/cases/{case_id}/conference")
    done = set(visit.form.get("done[]", "").split(","))
    changed = [code for code, was in conference.preparation.checklist.items() if was != (code in done)]
    for code in changed:
        body = {"done": code in done}
        await visit.ask(CHECK, body=body, conference_id=conference.conference_id, code=code)
    return visit.go(f"/cases/{case_id}/conference")


@pages.show("/cases/{case_id}/conference/day-sheet", _COORDINATOR)
async def day_sheet(visit: StaffVisit) -> Response:
    """Show what to take along on the day, to print."""
    model, _conference = await _page(visit)
    return visit.page("case_day_sheet.html", model)


class ChangePage(PageModel):
    """Putting a conference off, or calling it off."""

    case_id: str
    version: int
    when: str | None
    can_move: bool
    moved: list[tuple[str, str]]
    called_off: list[tuple[str, str]]


@pages.show("/cases/{case_id}/conference/change", _COORDINATOR)
async def change(visit: StaffVisit) -> Response:
    """Ask whether there will be another day or none, and why."""
    model, conference = await _page(visit)
    changing = ChangePage(
        case_id=model.case_id,
        version=conference.version if conference else 1,
        when=model.when,
        can_move=model.state == "scheduled",
        moved=[(code, visit.say(label)) for code, label in _MOVED.items()],
        called_off=[(code, visit.say(label)) for code, label in _CALLED_OFF.items()],
    )
    return visit.page("case_conference_change.html", changing)


@pages.send("/cases/{case_id}/conference/change", _COORDINATOR)
async def move_or_cancel(visit: StaffVisit) -> Response:
    """Put the conference off, or call it off."""
    case_id = case_of(visit)
    conference = await latest(visit, case_id)
    moves = visit.form.get("do") == "move"
    reason = visit.form.get("moved" if moves else "called_off", "")
    if reason not in (_MOVED if moves else _CALLED_OFF):
        raise Unacceptable({"moved" if moves else "called_off": _("Kies waarom.")})
    body = {"reason": reason, "version": visit.version}
    conference_id = conference.conference_id if conference else read_id("")
    await visit.ask(POSTPONE if moves else CANCEL, body=body, conference_id=conference_id)
    return visit.go(f"/cases/{case_id}/dates" if moves else f"/cases/{case_id}/conference")


class AgainPage(PageModel):
    """What it means that the circle meets again."""

    case_id: str


@pages.show("/cases/{case_id}/conference/again", _COORDINATOR)
async def show_again(visit: StaffVisit) -> Response:
    """Say what begins when the circle meets again."""
    return visit.page("case_conference_again.html", AgainPage(case_id=case_of(visit)))


@pages.send("/cases/{case_id}/conference/again", _COORDINATOR)
async def begin_again(visit: StaffVisit) -> Response:
    """Prepare the next conference of the case."""
    case_id = case_of(visit)
    await visit.ask(BEGIN_AGAIN, case_id=case_id)
    return visit.go(f"/cases/{case_id}/dates")


class AfterPage(PageModel):
    """What is recorded when the day is over."""

    case_id: str
    ready: bool
    done: bool
    when: str | None
    people: list[Attending]
    modes: list[tuple[str, str]]
    day: str
    hours: dict[str, str]


# In which order the three parts follow one another, and the field of each border between them.
_BORDERS = ("begins", "private_begins", "private_ends", "ends")


@pages.show("/cases/{case_id}/conference/after", _COORDINATOR)
async def after(visit: StaffVisit) -> Response:
    """Ask who was there and how it ended; what was expected is filled in."""
    model, conference = await _page(visit)
    starts, ends = (conference.starts_at, conference.ends_at) if conference else (None, None)
    calendar = visit.profile.calendar
    hours = dict.fromkeys(_BORDERS, "")
    if starts and ends:
        quarter = (ends - starts) / 4
        borders = (starts, starts + quarter, ends - quarter, ends)
        hours = {
            name: calendar.local(each).strftime("%H:%M") for name, each in zip(_BORDERS, borders, strict=True)
        }
    page = AfterPage(
        case_id=model.case_id,
        ready=model.state == "scheduled",
        done=model.state == "held",
        when=model.when,
        people=model.people,
        modes=[(code, visit.say(label)) for code, label in _AFTERWARDS.items()],
        day=calendar.day_of(starts).isoformat() if starts else "",
        hours=hours,
    )
    return visit.page("case_after.html", page)


_AFTERWARDS = {
    "absent": _("was er niet"),
    "in-person": _("was er"),
    "online": _("deed mee van thuis uit"),
    "phone": _("deed mee aan de telefoon"),
    "letter": _("stuurde een brief"),
    "recorded": _("stuurde een opname"),
    "spokesperson": _("liet iemand anders spreken"),
    "walked-out": _("was er, maar ging weg voor het gedaan was"),
    "no-show": _("zou komen, maar kwam niet"),
    "views": _("was er niet, maar vertelde vooraf wat hij of zij ervan vindt"),
}
# How somebody took part, where the choice says more than that.
_MEANING: dict[str, dict[str, Any]] = {
    "absent": {"came": False},
    "walked-out": {"mode": "in-person", "walked_out": True},
    "no-show": {"mode": "in-person", "came": False},
    "views": {"mode": "absent", "came": False, "views_beforehand": True},
}
_OUTCOMES = ("plan", "no-plan", "continued")


@pages.send("/cases/{case_id}/conference/after", _COORDINATOR)
async def hold(visit: StaffVisit) -> Response:
    """Record who was there, when the parts began and ended, and whether there is a plan."""
    case_id = case_of(visit)
    conference, people = await asyncio.gather(latest(visit, case_id), everyone(visit, case_id))
    errors: dict[str, str] = {}
    outcome = visit.form.get("outcome", "")
    if outcome not in _OUTCOMES:
        errors["outcome"] = _("Zeg of er een plan is.")
    parts = _parts(visit)
    if parts is None:
        errors["begins"] = _("Vul de uren in zoals ze na elkaar kwamen.")
    attendance = [
        {"person_id": str(each), "mode": mode, "came": True, **_MEANING.get(mode, {})}
        for each in people
        if (mode := visit.form.get(f"came-{each}", "")) in _AFTERWARDS
    ]
    if not attendance:
        errors[""] = _("Zeg wie er was.")
    if errors or conference is None:
        raise Unacceptable(errors)
    body: dict[str, Any] = {"attendance": attendance, "parts": parts, "outcome": outcome}
    body["incident"] = visit.form.get("incident") == "yes"
    await visit.ask(HOLD, body=body, conference_id=conference.conference_id)
    following = {"plan": "plan", "continued": "dates"}.get(outcome, "conference")
    return visit.go(f"/cases/{case_id}/{following}")


def _parts(visit: StaffVisit) -> dict[str, dict[str, str]] | None:
    """Return the three parts, one after another; a conference may last past midnight."""
    day = visit.form.get("day", "")
    borders: list[datetime] = []
    for name in _BORDERS:
        at = moment(visit, day, visit.form.get(name, ""))
        if at is None:
            return None
        if borders and at < borders[-1]:
            at += timedelta(days=1)
        borders.append(at)
    begins, private, presentation, ends = (each.isoformat() for each in borders)
    return {
        "information": {"from": begins, "to": private},
        "private": {"from": private, "to": presentation},
        "presentation": {"from": presentation, "to": ends},
    }
