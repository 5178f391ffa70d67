"""The conference: when and where, who comes and how, what to see to, another day or none, and how it went."""

import asyncio
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.codes import NEEDS
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.case_givers import givers_of
from services.portal.routes.case_venues import choices
from services.portal.routes.dates import Telling
from services.portal.routes.of_case import (
    Conference,
    InCircle,
    Person,
    Preparation,
    case_of,
    everyone,
    in_circle,
    latest,
    moment,
)
from services.portal.routes.venues import ACCESS, access_in_words
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()

POSTPONE = Operation("scheduling", "POST", "/v1/conferences/{conference_id}/postpone", Answer)
CANCEL = Operation("scheduling", "POST", "/v1/conferences/{conference_id}/cancel", Answer)
SEE_TO = Operation("scheduling", "PUT", "/v1/conferences/{conference_id}/needs/{person_id}/{need}", Answer)
CHECK = Operation("scheduling", "PUT", "/v1/conferences/{conference_id}/checklist/{code}", Answer)
BEGIN_AGAIN = Operation("scheduling", "POST", "/v1/cases/{case_id}/preparations", Answer)
EXTEND = Operation("scheduling", "POST", "/v1/conferences/{conference_id}/extend", Answer)

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
# What is seen to for somebody at once, by what they need.
_SEEN_TO = {
    **{code: (code,) for code in ("transport", "childcare", "food", "interpreter")},
    "access": ACCESS,
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
_LONGER = {
    "family-needs-time": _("De familie heeft meer tijd nodig"),
    "circle-grows": _("Er komen nog mensen bij de kring"),
    "key-person-unavailable": _("Iemand die erbij moet zijn, kan nu niet"),
    "holidays": _("Het is vakantie"),
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
    needs: list[Item]
    givers: list[Telling]
    venue_lacks: str
    outcome: str | None


async def page_of(visit: StaffVisit) -> tuple[ConferencePage, Conference | None]:
    """Return how the newest conference of a case stands, and the conference."""
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
    venue_id = prepared.venue_id if prepared else None
    venues = await choices(visit, conference, people) if venue_id else []
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
            needs=_needs(visit, people, prepared),
            givers=await givers_of(visit, conference, people),
            venue_lacks=access_in_words(
                visit, [need for each in venues if each.venue_id == venue_id for need in each.lacks]
            ),
            outcome=prepared.outcome if prepared else None,
        ),
        conference,
    )


def _needs(visit: StaffVisit, people: dict[UUID, InCircle], prepared: Preparation | None) -> list[Item]:
    """Return who needs what to take part, and whether it was seen to; nothing of who does not come."""
    if prepared is None:
        return []
    seen_to = {(each.person_id, each.need) for each in prepared.needs_seen_to}
    found = []
    for each in in_circle(people):
        if each.invitation is not None and each.invitation.answer == "no":
            continue
        lines = [
            (kind, ", ".join(visit.say(NEEDS[code]) for code in needed))
            for kind, codes in _SEEN_TO.items()
            if (needed := [code for code in codes if code in each.needs])
        ]
        if each.needs_words:
            kind, first = lines[0] if lines else ("other", None)
            lines[:1] = [(kind, f"{first}: {each.needs_words}" if first else each.needs_words)]
        found += [
            Item(
                code=f"{each.person_id}/{kind}",
                label=f"{each.name}: {what}",
                done=(each.person_id, kind) in seen_to,
            )
            for kind, what in lines
        ]
    return found


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
    model, _conference = await page_of(visit)
    return visit.page("case_conference.html", model)


@pages.send("/cases/{case_id}/conference", _COORDINATOR)
async def check(visit: StaffVisit) -> Response:
    """Keep what was seen to."""
    case_id = case_of(visit)
    conference = await latest(visit, case_id)
    if conference is None or conference.preparation is None:
        return visit.go(f"/cases/{case_id}/conference")
    done = set(visit.ticked("done"))
    changed = [code for code, was in conference.preparation.checklist.items() if was != (code in done)]
    for code in changed:
        body = {"done": code in done}
        await visit.ask(CHECK, body=body, conference_id=conference.conference_id, code=code)
    met = set(visit.ticked("met"))
    needs = _needs(visit, await everyone(visit, case_id), conference.preparation)
    for item in needs:
        if item.done != (item.code in met):
            person_id, _, need = item.code.partition("/")
            await visit.ask(
                SEE_TO,
                body={"done": not item.done},
                conference_id=conference.conference_id,
                person_id=person_id,
                need=need,
            )
    return visit.go(f"/cases/{case_id}/conference")


@pages.show("/cases/{case_id}/conference/day-sheet", _COORDINATOR)
async def day_sheet(visit: StaffVisit) -> Response:
    """Show what to take along on the day, to print."""
    model, _conference = await page_of(visit)
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
    model, conference = await page_of(visit)
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


class LongerPage(PageModel):
    """Until when, and why a preparation needs more time."""

    case_id: str
    reasons: list[tuple[str, str]]


@pages.show("/cases/{case_id}/conference/longer", _COORDINATOR)
async def show_longer(visit: StaffVisit) -> Response:
    """Ask until when, and why."""
    reasons = [(code, visit.say(label)) for code, label in _LONGER.items()]
    return visit.page("case_conference_longer.html", LongerPage(case_id=case_of(visit), reasons=reasons))


@pages.send("/cases/{case_id}/conference/longer", _COORDINATOR)
async def extend(visit: StaffVisit) -> Response:
    """Give the preparation more time."""
    case_id = case_of(visit)
    errors = {}
    if visit.form.get("reason", "") not in _LONGER:
        errors["reason"] = _("Kies waarom.")
    if moment(visit, visit.form.get("until", ""), "00:00") is None:
        errors["until"] = _("Vul de dag in.")
    conference = await latest(visit, case_id)
    if errors or conference is None:
        raise Unacceptable(errors)
    body = {name: visit.form[name] for name in ("until", "reason")}
    await visit.ask(EXTEND, body=body, conference_id=conference.conference_id)
    return visit.go(f"/cases/{case_id}")


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
