"""What is late in all organisations, for ops: kinds, counts and times, without any people."""

from datetime import timedelta

from starlette.responses import Response

from services.portal import todos
from services.portal.boards import SOMETHING_TO_DO, TO_DO
from services.portal.pages import Pages
from services.portal.staff import StaffVisit, section, staff
from services.portal.staff_words import LATE_REASONS
from services.portal.visits import PageModel
from services.portal.wording import mark as _
from shared.auth import Role
from shared.school_holidays import known_until

pages = Pages()
section("/ops", _("Wat te laat is"), Role.OPS)


class LateKind(PageModel):
    """How many deadlines of a kind are late."""

    service: str
    kind: str
    what: str
    day: int
    week: int
    longer: int
    oldest: str
    reasons: list[tuple[str, int]]


class OpsPage(PageModel):
    """What is late."""

    late: list[LateKind]
    # The last day of which the French school holidays are known, shown from a year before it.
    school_holidays_end: str | None


# A school year is published longer ahead than that.
_AHEAD = timedelta(days=365)


@pages.show("/ops", staff(Role.OPS))
async def show(visit: StaffVisit) -> Response:
    """Show what is late by kind and age, the longest first."""
    dates = await visit.dates()
    now = await visit.parts.clock.now()
    found = await todos.late_by_kind(visit.session, now=now)
    reasons = {**LATE_REASONS, "": _("Nog niet gezegd")}
    late = [
        LateKind(
            service=each.service,
            kind=each.kind,
            what=visit.say(TO_DO.get(each.kind, SOMETHING_TO_DO)),
            day=each.day,
            week=each.week,
            longer=each.longer,
            oldest=dates.time(each.oldest),
            reasons=[(visit.word(reasons, code or ""), number) for code, number in each.reasons],
        )
        for each in found
    ]
    end = known_until("french")
    soon = end is not None and end - visit.profile.calendar.day_of(now) < _AHEAD
    return visit.page(
        "ops.html", OpsPage(late=late, school_holidays_end=dates.day(end) if end and soon else None)
    )
