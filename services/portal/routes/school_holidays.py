"""School holidays that an organisation enters itself: those of a school year that Kring does not know yet."""

from datetime import date
from typing import ClassVar

from starlette.responses import Response

from services.portal.forms import rows_sent
from services.portal.pages import Pages
from services.portal.routes.settings import CHANGES, POLICIES
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role
from shared.fields import Line
from shared.school_holidays import known_until
from shared.services import SERVICES

pages = Pages()

_administrator = staff(Role.ADMINISTRATOR)
_SCHEDULING = list(SERVICES).index("scheduling")
# So many can be entered, and so many empty rows a form has beyond what is written in it.
_MOST, _SPARE, _MOST_DAYS = 40, 6, 100


class HolidayForm(Form):
    """A row: a holiday."""

    WANTED: ClassVar = {
        "name": _("Schrijf hoe deze vakantie heet."),
        "first": _("Vul de dag in."),
        "last": _("Vul de dag in."),
    }

    name: Line
    first: date
    last: date


class HolidaysPage(PageModel):
    """The rows of the form; what is known is filled in."""

    version: int
    french_until: str
    rows: list[int]
    values: dict[str, str]


@pages.show("/settings/school-holidays", _administrator)
async def show(visit: StaffVisit) -> Response:
    """Show which the organisation entered, to change them."""
    policy = await visit.ask(POLICIES[_SCHEDULING])
    known = policy.settings["own_school_holidays"]
    values = {f"{name}-{row}": each[name] for row, each in enumerate(known, 1) for name in each}
    rows = min(max([len(known) + _SPARE, *rows_sent(visit.form, "name")]), _MOST)
    until = known_until("french")
    model = HolidaysPage(
        version=policy.version,
        french_until=(await visit.dates()).day(until) if until else "",
        rows=list(range(1, rows + 1)),
        values=values,
    )
    return visit.page("school_holidays.html", model)


@pages.send("/settings/school-holidays", _administrator)
async def keep(visit: StaffVisit) -> Response:
    """Keep them, the earliest first, and leave what else is set as it is."""
    entered = _holidays_of_form(visit)
    policy = await visit.ask(POLICIES[_SCHEDULING])
    settings = policy.settings | {"own_school_holidays": entered}
    await visit.ask(CHANGES[_SCHEDULING], body={"version": visit.version, "settings": settings})
    return visit.go("/settings")


def _holidays_of_form(visit: StaffVisit) -> list[dict[str, str]]:
    """Return what the rows say that are not empty. Raises: Unacceptable."""
    errors: dict[str, str] = {}
    found: list[HolidayForm] = []
    for row in range(1, _MOST + 1):
        if not any(visit.form.get(f"{name}-{row}", "").strip() for name in HolidayForm.model_fields):
            continue
        try:
            said = visit.read(HolidayForm, row=row)
        except Unacceptable as wrong:
            errors |= wrong.errors
            continue
        if not 0 <= (said.last - said.first).days <= _MOST_DAYS:
            errors[f"last-{row}"] = _("De laatste dag komt na de eerste, hoogstens honderd dagen later.")
        found.append(said)
    if errors:
        raise Unacceptable(errors)
    return [each.model_dump(mode="json") for each in sorted(found, key=lambda each: each.first)]
