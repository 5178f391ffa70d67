"""Changing a conference: postponing or cancelling it, extending the preparation, and meeting again."""

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.case_dates import SCHEDULE
from services.portal.routes.conference import CALLED_OFF, COORDINATOR, MOVED, show
from services.portal.routes.of_case import case_of, latest, moment
from services.portal.staff import StaffVisit
from services.portal.staff_words import LONGER
from services.portal.visits import PageModel, Unacceptable
from services.portal.wording import mark as _

pages = Pages()

POSTPONE = Operation("scheduling", "POST", "/v1/conferences/{conference_id}/postpone", Answer)
CANCEL = Operation("scheduling", "POST", "/v1/conferences/{conference_id}/cancel", Answer)
BEGIN_AGAIN = Operation("scheduling", "POST", "/v1/cases/{case_id}/preparations", Answer)
EXTEND = Operation("scheduling", "POST", "/v1/conferences/{conference_id}/extend", Answer)


class ChangePage(PageModel):
    """Postponing a conference, or cancelling it."""

    case_id: str
    version: int
    when: str | None
    can_move: bool
    moved: list[tuple[str, str]]
    reason: str
    called_off: list[tuple[str, str]]


@pages.show("/cases/{case_id}/conference/change", COORDINATOR)
async def change(visit: StaffVisit) -> Response:
    """Ask whether to postpone or cancel, and why."""
    case_id = case_of(visit)
    conference = await latest(visit, case_id)
    starts, ends = (conference.starts_at, conference.ends_at) if conference else (None, None)
    dates = await visit.dates()
    changing = ChangePage(
        case_id=case_id,
        version=conference.version if conference else 1,
        when=dates.period(starts, ends) if starts and ends else None,
        can_move=conference is not None and conference.state == "scheduled",
        moved=[(code, visit.say(label)) for code, label in MOVED.items()],
        reason=visit.request.query_params.get("moved", ""),
        called_off=[(code, visit.say(label)) for code, label in CALLED_OFF.items()],
    )
    return visit.page("case_conference_change.html", changing)


@pages.send("/cases/{case_id}/conference/change", COORDINATOR)
async def move_or_cancel(visit: StaffVisit) -> Response:
    """Postpone the conference, or cancel it."""
    case_id = case_of(visit)
    conference = await latest(visit, case_id)
    moves = visit.form.get("do") == "move"
    reason = visit.form.get("moved" if moves else "called_off", "")
    if reason not in (MOVED if moves else CALLED_OFF):
        raise Unacceptable({"moved" if moves else "called_off": _("Kies waarom.")})
    body = {"reason": reason, "version": visit.version}
    conference_id = conference.conference_id if conference else read_id("")
    await visit.ask(POSTPONE if moves else CANCEL, body=body, conference_id=conference_id)
    return visit.go(f"/cases/{case_id}/dates" if moves else f"/cases/{case_id}/conference")


class LongerPage(PageModel):
    """Until when, and why, to extend the preparation."""

    case_id: str
    reasons: list[tuple[str, str]]


@pages.show("/cases/{case_id}/conference/longer", COORDINATOR)
async def show_longer(visit: StaffVisit) -> Response:
    """Ask until when, and why."""
    reasons = [(code, visit.say(label)) for code, label in LONGER.items()]
    return visit.page("case_conference_longer.html", LongerPage(case_id=case_of(visit), reasons=reasons))


@pages.send("/cases/{case_id}/conference/longer", COORDINATOR)
async def extend(visit: StaffVisit) -> Response:
    """Extend the preparation."""
    case_id = case_of(visit)
    errors = {}
    if visit.form.get("reason", "") not in LONGER:
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
    """What another meeting of the circle means."""

    case_id: str


@pages.show("/cases/{case_id}/conference/again", COORDINATOR)
async def show_again(visit: StaffVisit) -> Response:
    """Explain what begins when the circle meets again."""
    return visit.page("case_conference_again.html", AgainPage(case_id=case_of(visit)))


@pages.send("/cases/{case_id}/conference/again", COORDINATOR)
async def begin_again(visit: StaffVisit) -> Response:
    """Prepare the next conference of the case."""
    case_id = case_of(visit)
    await visit.ask(BEGIN_AGAIN, case_id=case_id)
    return visit.go(f"/cases/{case_id}/dates")


@pages.send("/cases/{case_id}/conference/stands", COORDINATOR, shown_by=show)
async def go_on(visit: StaffVisit) -> Response:
    """Go on with the set day, though somebody who has to be there does not come."""
    case_id = case_of(visit)
    conference = await latest(visit, case_id)
    if conference is None or conference.starts_at is None or conference.ends_at is None:
        raise Unacceptable({})
    venue_id = conference.preparation.venue_id if conference.preparation else None
    words = conference.venue.model_dump(include={"name", "address"}) if conference.venue else None
    body = {
        "version": conference.version,
        "date": {"starts_at": conference.starts_at.isoformat(), "ends_at": conference.ends_at.isoformat()},
        **({"venue_id": str(venue_id)} if venue_id else {"venue": words}),
    }
    await visit.ask(SCHEDULE, body=body, conference_id=conference.conference_id)
    return visit.go(f"/cases/{case_id}/conference")
