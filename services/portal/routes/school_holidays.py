"""School holidays that an organisation enters itself: those of a school year that Kring does not know yet."""

from datetime import date

from starlette.responses import Response

from services.portal.forms import rows_sent
from services.portal.pages import Pages
from services.portal.routes.settings import CHANGES, POLICIES
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role
from shared.school_holidays import known_until
from shared.services import SERVICES

pages = Pages()

_administrator = staff(Role.ADMINISTRATOR)
_SCHEDULING = list(SERVICES).index("scheduling")
# So many can be entered, and so many empty rows a form has beyond what is written in it.
_MOST, _SPARE, _LONGEST, _MOST_DAYS = 40, 6, 300, 100


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
    found: list[dict[str, str]] = []
    for row in range(1, _MOST + 1):
        said = {name: visit.form.get(f"{name}-{row}", "").strip() for name in ("name", "first", "last")}
        if not any(said.values()):
            continue
        if not 0 < len(said["name"]) <= _LONGEST:
            errors[f"name-{row}"] = _("Schrijf hoe deze vakantie heet.")
        days = {name: _day(said[name]) for name in ("first", "last")}
        errors |= {f"{name}-{row}": _("Vul de dag in.") for name, day in days.items() if day is None}
        first, last = days.values()
        if first and last and not 0 <= (last - first).days <= _MOST_DAYS:
            errors[f"last-{row}"] = _("De laatste dag komt na de eerste, hoogstens honderd dagen later.")
        found.append(said)
    if errors:
        raise Unacceptable(errors)
    return sorted(found, key=lambda each: each["first"])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
