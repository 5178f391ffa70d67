"""The year after the plan: calling the referrer too, and moving a check to another day."""

from datetime import date, datetime
from typing import ClassVar, Literal

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.forms import NotThere, read_id
from services.portal.pages import Pages
from services.portal.routes.check_in import CheckIn
from services.portal.routes.of_case import case_of
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.auth import Role
from shared.fields import Line, Text

pages = Pages()


class Call(Answer):
    """The referrer's answers."""

    going: str
    new_needs: bool
    note: str | None
    called_at: datetime


class Calls(Answer):
    """When to call the referrer, and their answers."""

    next_at: datetime | None
    can_be_made: bool
    late: bool
    calls: list[Call]


class Dated(CheckIn):
    """A check of the year, and why it was moved."""

    moved_reason: str | None


CALLS = Operation("plans", "GET", "/v1/cases/{case_id}/referrer-calls", Calls)
CALLED = Operation("plans", "POST", "/v1/cases/{case_id}/referrer-calls", Answer)
CHECKS = Operation("plans", "GET", "/v1/cases/{case_id}/check-ins", Items[Dated])
MOVE = Operation("plans", "PUT", "/v1/check-ins/{check_in_id}/day", Answer)
GOING = {
    "as-agreed": _("Het gaat zoals afgesproken"),
    "partly": _("Een deel lukt"),
    "not": _("Het lukt niet"),
    "not-reached": _("Ik kon niemand bereiken"),
}
# Checks by the monitor, which can be moved.
AFTER_MONTHS = {
    "three-months": _("Na drie maanden"),
    "six-months": _("Na een half jaar"),
    "twelve-months": _("Na een jaar"),
}
_WHO = staff(Role.COORDINATOR, Role.REGIONAL_MANAGER)


async def calls_of(visit: StaffVisit, case_id: str) -> Calls:
    """Return what the referrer said; nothing to whom may not know."""
    return await visit.ask_or(
        CALLS, Calls(next_at=None, can_be_made=False, late=False, calls=[]), case_id=case_id
    )


class CallPage(PageModel):
    """Whether the referrer must be called."""

    case_id: str
    when: str | None
    goings: list[tuple[str, str, None]]


@pages.show("/cases/{case_id}/referrer-call", _WHO)
async def show_call(visit: StaffVisit) -> Response:
    """Ask for the referrer's answers."""
    case_id = case_of(visit)
    calls = await visit.ask(CALLS, case_id=case_id)
    dates = await visit.dates()
    model = CallPage(
        case_id=case_id,
        when=dates.day(calls.next_at) if calls.next_at else None,
        goings=[(code, visit.say(label), None) for code, label in GOING.items()],
    )
    return visit.page("case_referrer_call.html", model)


class CallForm(Form):
    """The referrer's answers."""

    WANTED: ClassVar = {
        "going": _("Kies wat de verwijzer zegt."),
    }

    going: Literal["as-agreed", "partly", "not", "not-reached"]
    new_needs: str | None = None
    note: Text | None = None


@pages.send("/cases/{case_id}/referrer-call", _WHO)
async def call(visit: StaffVisit) -> Response:
    """Send the referrer's answers."""
    case_id, form = case_of(visit), visit.read(CallForm)
    body = {"going": form.going, "new_needs": form.new_needs is not None, "note": form.note}
    await visit.ask(CALLED, body=body, case_id=case_id)
    # Once the family was called too, the case is not the coordinator's any more.
    return visit.go("/cases" if visit.has(Role.COORDINATOR) else f"/cases/{case_id}")


class DayPage(PageModel):
    """A check of the year, and its day."""

    case_id: str
    kind: str
    on: str
    reason: str


@pages.show("/cases/{case_id}/check-ins/{check_in_id}", _WHO)
async def show_day(visit: StaffVisit) -> Response:
    """Ask for another day for a check."""
    case_id, check_in_id = case_of(visit), read_id(visit.request.path_params["check_in_id"])
    listed = (await visit.ask(CHECKS, case_id=case_id)).items
    found = next((each for each in listed if str(each.check_in_id) == check_in_id), None)
    if found is None or found.due_at is None or found.state != "planned" or found.kind not in AFTER_MONTHS:
        raise NotThere
    model = DayPage(
        case_id=case_id,
        kind=visit.say(AFTER_MONTHS[found.kind]),
        on=visit.profile.calendar.day_of(found.due_at).isoformat(),
        reason=found.moved_reason or "",
    )
    return visit.page("case_check_day.html", model)


class DayForm(Form):
    """The day, and why."""

    WANTED: ClassVar = {"on": _("Kies een dag."), "reason": _("Schrijf kort waarom.")}

    on: date
    reason: Line
    instead_of: date | None = None


@pages.send("/cases/{case_id}/check-ins/{check_in_id}", _WHO)
async def move(visit: StaffVisit) -> Response:
    """Move a check."""
    case_id, form = case_of(visit), visit.read(DayForm)
    body = form.model_dump(mode="json", exclude_none=True)
    await visit.ask(MOVE, body=body, check_in_id=read_id(visit.request.path_params["check_in_id"]))
    return visit.go(f"/cases/{case_id}/check-ins")
