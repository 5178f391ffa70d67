"""The conference: time and place, attendance, checklist, postponing or cancelling, and what happened."""

import asyncio
from uuid import UUID

from starlette.responses import Response

from services.portal import todos
from services.portal.client import Answer, Operation, both
from services.portal.codes import NEEDS
from services.portal.more_time import more_time_of
from services.portal.pages import Pages
from services.portal.road import which_of
from services.portal.routes.case_givers import givers_of
from services.portal.routes.case_news import News, news_of
from services.portal.routes.case_notes import Notes, notes_of
from services.portal.routes.case_venues import Choice, choices
from services.portal.routes.dates import Telling
from services.portal.routes.of_case import (
    Conference,
    InCircle,
    Person,
    Preparation,
    apart_among,
    case_of,
    everyone,
    in_circle,
    kept_from,
    latest,
    says_no,
)
from services.portal.routes.venues import ACCESS, access_in_words
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel
from services.portal.wording import Dates
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()

SEE_TO = Operation("scheduling", "PUT", "/v1/conferences/{conference_id}/needs/{person_id}/{need}", Answer)
CHECK = Operation("scheduling", "PUT", "/v1/conferences/{conference_id}/checklist/{code}", Answer)

STATES = {
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
# How somebody took part, once it is over.
AFTERWARDS = {
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
_UNSURE = _("weet het nog niet")
_CHECKLIST = {
    "venue": _("De plaats is besproken"),
    "food": _("Eten en drinken"),
    "childcare": _("Opvang voor kinderen"),
    "transport": _("Vervoer"),
    "interpreter": _("Tolk"),
    "advocate": _("Vertrouwenspersoon voor wie dat nodig heeft"),
    "safety-plan": _("Afspraken over veiligheid"),
    "information-givers": _("De kring weet wie wat komt vertellen"),
    "child-participation": _("Hoe kinderen meedoen"),
    "questions-shared": _("De kring kent de vragen"),
    "bottom-lines-shared": _("De kring kent de ondergrenzen"),
}
# Needs with several details, which are arranged together.
_SEEN_TO = {
    **{code: (code,) for code in ("transport", "childcare", "food", "interpreter")},
    "access": ACCESS,
}
MOVED = {
    "key-person-ill": _("Iemand die erbij moet zijn, is ziek"),
    "key-person-unavailable": _("Iemand die erbij moet zijn, kan niet"),
    "no-show": _("Iemand die erbij moest zijn, kwam niet"),
    "bottom-line-late": _("De ondergrenzen waren er niet op tijd"),
    "information-late": _("Er kwam te laat iets nieuws bij"),
    "safety": _("Het is niet veilig"),
    "bereavement": _("Een overlijden"),
    "venue": _("De plaats valt weg"),
    "weather": _("Het weer"),
    "family-wish": _("De familie vraagt het"),
    "coordinator-unavailable": _("Ik kan zelf niet"),
    "other": _("Iets anders"),
}
CALLED_OFF = {
    "plan-without-meeting": _("De kring maakte een plan zonder samen te komen"),
    "family-wish": _("De familie vraagt het"),
    "situation-changed": _("De situatie is veranderd"),
    "network-too-small": _("De kring is te klein"),
    "safety": _("Het is niet veilig"),
    "other": _("Iets anders"),
}
# After these states the circle can meet again.
_OVER = ("held", "cancelled")
_CASE_STOPPED = "case-stopped"
COORDINATOR = staff(Role.COORDINATOR)


class Attending(PageModel):
    """Somebody of the circle, and how they take part."""

    person: Person
    phone: str | None
    required: bool
    not_with: list[str]
    how: str
    mode: str
    comes: bool


class Item(PageModel):
    """A checklist task."""

    code: str
    label: str
    done: bool


class ConferencePage(PageModel):
    """The state of the conference."""

    case_id: str
    conference_id: UUID | None
    which: str | None
    state: str | None
    state_in_words: str
    reason: str | None
    more_time: list[str]
    can_begin_again: bool
    when: str | None
    past: bool
    venue_name: str | None
    venue_address: str | None
    venue_reached_by: str | None
    place: Choice | None
    people: list[Attending]
    # Pairs who must not meet and both come.
    apart: list[tuple[str, str]]
    # Who has to be there and does not come, though there is a date.
    missing: list[str]
    # Who has to be there and does not know yet, likewise.
    unsure: list[str]
    # It is still to be decided whether the day stands without them.
    undecided: bool
    items: list[Item]
    needs: list[Item]
    givers: list[Telling]
    news: list[News]
    venue_lacks: str
    outcome: str | None


class DaySheet(ConferencePage):
    """The state of the conference, and what the coordinator wrote down for the day."""

    notes: Notes


async def page_of(visit: StaffVisit) -> ConferencePage:
    """Return the state of a case's newest conference."""
    case_id = case_of(visit)
    (conference, people), waiting = await both(
        asyncio.gather(latest(visit, case_id), everyone(visit, case_id)),
        visit.apart(lambda: todos.of_case(visit.session, visit.principal, case_id=UUID(case_id))),
    )
    starts, ends = (conference.starts_at, conference.ends_at) if conference else (None, None)
    dates = await visit.dates()
    prepared = conference.preparation if conference else None
    reason = prepared.reason if prepared else None
    reason_in_words = {**MOVED, **CALLED_OFF}.get(reason or "")
    checklist = prepared.checklist if prepared else {}
    venue_id = prepared.venue_id if prepared else None
    venues, givers = await asyncio.gather(
        choices(visit, conference if venue_id else None, people), givers_of(visit, conference, people)
    )
    expected = attending(visit, dates, conference, people)
    place = next((each for each in venues if each.venue_id == venue_id), None)
    return ConferencePage(
        case_id=case_id,
        conference_id=conference.conference_id if conference else None,
        which=which_of(visit, conference.conference_no) if conference else None,
        state=conference.state if conference else None,
        state_in_words=state_in_words(visit, conference),
        reason=visit.say(reason_in_words) if reason_in_words else None,
        more_time=await more_time_of(visit, prepared)
        if conference and prepared and conference.state not in _OVER
        else [],
        can_begin_again=conference is not None and conference.state in _OVER and reason != _CASE_STOPPED,
        when=dates.period(starts, ends) if starts and ends else None,
        past=bool(starts and starts <= await visit.parts.clock.now()),
        venue_name=conference.venue.name if conference and conference.venue else None,
        venue_address=conference.venue.address if conference and conference.venue else None,
        venue_reached_by=conference.venue.reached_by if conference and conference.venue else None,
        place=place,
        people=expected,
        undecided=any(each.kind == "key-person-out" for each in waiting),
        missing=_required(people, "no") if conference and conference.state == "scheduled" else [],
        unsure=_required(people, "unsure") if conference and conference.state == "scheduled" else [],
        apart=apart_among((each.person.id for each in expected if each.comes), people)
        if conference and conference.state not in _OVER
        else [],
        items=[
            Item(code=code, label=visit.say(label), done=checklist.get(code, False))
            for code, label in _CHECKLIST.items()
            if code in checklist
        ],
        needs=_needs(visit, people, prepared),
        givers=givers,
        news=await news_of(visit, conference),
        venue_lacks=access_in_words(visit, place.lacks if place else []),
        outcome=prepared.outcome if prepared else None,
    )


def state_in_words(visit: StaffVisit, conference: Conference | None) -> str:
    """Return how far a conference is."""
    if conference is None:
        return visit.say(_("Er is nog geen conferentie."))
    return visit.say(STATES.get(conference.state, ""))


def attending(
    visit: StaffVisit, dates: Dates, conference: Conference | None, people: dict[UUID, InCircle]
) -> list[Attending]:
    """Return who came, or is expected while that is not recorded."""
    prepared = conference.preparation if conference else None
    if prepared is None or not prepared.attendance:
        return [_invited(visit, dates, each, people) for each in in_circle(people)]
    came = [
        _attending(
            visit, people[each.person_id], people, each.mode if each.came else "absent", comes=each.came
        )
        for each in prepared.attendance
        if each.person_id in people
    ]
    return [each.model_copy(update={"how": visit.word(AFTERWARDS, each.mode)}) for each in came]


def _required(people: dict[UUID, InCircle], answer: str) -> list[str]:
    """Return the names of those who have to be there and gave an answer."""
    return [
        each.name
        for each in people.values()
        if each.required and each.invitation is not None and each.invitation.answer == answer
    ]


def _needs(visit: StaffVisit, people: dict[UUID, InCircle], prepared: Preparation | None) -> list[Item]:
    """Return who needs what to take part, and whether it was arranged; without people who do not come."""
    if prepared is None:
        return []
    seen_to = {(each.person_id, each.need) for each in prepared.needs_seen_to}
    found = []
    for each in in_circle(people):
        if says_no(each):
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


def _invited(visit: StaffVisit, dates: Dates, person: InCircle, people: dict[UUID, InCircle]) -> Attending:
    invitation = person.invitation
    if invitation is None:
        mode, how = "", _("nog niet uitgenodigd")
    elif invitation.answer is None:
        mode, how = "", _("zei nog niets")
    elif invitation.answer == "unsure":
        mode, how = "", _UNSURE
    elif invitation.answer == "no":
        mode, how = "absent", _MODES["absent"]
    else:
        mode = invitation.mode or "in-person"
        how = _MODES.get(mode, _MODES["in-person"])
    one = _attending(visit, person, people, mode, comes=bool(mode) and mode != "absent")
    since = f" ({dates.day(invitation.answered_at)})" if invitation and how == _UNSURE else ""
    return one.model_copy(update={"how": f"{visit.say(how)}{since}"})


def _attending(
    visit: StaffVisit, person: InCircle, people: dict[UUID, InCircle], mode: str, *, comes: bool
) -> Attending:
    return Attending(
        person=Person(id=person.person_id, name=person.name),
        phone=person.phone,
        required=person.required,
        not_with=[each.name for each in kept_from(person, people)],
        how=visit.word(_MODES, mode) if mode in _MODES else "",
        mode=mode,
        comes=comes,
    )


@pages.show("/cases/{case_id}/conference", COORDINATOR)
async def show(visit: StaffVisit) -> Response:
    """Show the state of the conference."""
    return visit.page("case_conference.html", await page_of(visit))


@pages.send("/cases/{case_id}/conference", COORDINATOR)
async def check(visit: StaffVisit) -> Response:
    """Record what was done."""
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


@pages.show("/cases/{case_id}/conference/day-sheet", COORDINATOR)
async def day_sheet(visit: StaffVisit) -> Response:
    """Show what to take along on the day, to print."""
    page = await page_of(visit)
    notes = await notes_of(visit, page.conference_id)
    return visit.page("case_day_sheet.html", DaySheet(**dict(page), notes=notes))
