"""Information givers at the conference: entered by the coordinator, row by row."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints
from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id, read_number, rows_sent
from services.portal.pages import Pages
from services.portal.routes.dates import GIVEN_HOW, Giver, Telling
from services.portal.routes.of_case import Conference, InCircle, case_of, everyone, in_circle, latest
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role
from shared.fields import Line, Name, Text

pages = Pages()


class Givers(Answer):
    """The information givers, in order."""

    version: int
    givers: list[Giver]


GIVERS = Operation("scheduling", "GET", "/v1/conferences/{conference_id}/information-givers", Givers)
WRITE = Operation("scheduling", "PUT", "/v1/conferences/{conference_id}/information-givers", Givers)

# The maximum number of rows, and how many empty ones a form adds.
_MOST, _SPARE = 12, 2
_OVER = ("held", "cancelled")
_coordinator = staff(Role.COORDINATOR)


class GiverForm(Form):
    """A row: who tells what."""

    who: str = ""
    name: Name | None = None
    function: Line | None = None
    tells: Annotated[Text, StringConstraints(max_length=2000)] | None = None


class GiversPage(PageModel):
    """The rows of the form; existing ones are filled in."""

    case_id: str
    version: int
    over: bool
    rows: list[int]
    values: dict[str, str]
    people: list[tuple[str, str]]
    ways: list[tuple[str, str]]


async def givers_of(
    visit: StaffVisit, conference: Conference | None, people: dict[UUID, InCircle]
) -> list[Telling]:
    """Return the information givers, in words and in order."""
    if conference is None:
        return []
    known = await visit.ask(GIVERS, conference_id=conference.conference_id)
    return [
        Telling(
            who=each.name or (people[each.person_id].name if each.person_id in people else ""),
            function=each.function,
            tells=each.tells,
            how=visit.word(GIVEN_HOW, each.how),
        )
        for each in known.givers
    ]


@pages.show("/cases/{case_id}/conference/givers", _coordinator)
async def show(visit: StaffVisit) -> Response:
    """Show the information givers in a form."""
    case_id = case_of(visit)
    conference, people = await asyncio.gather(latest(visit, case_id), everyone(visit, case_id))
    known = Givers(version=1, givers=[])
    if conference is not None:
        known = await visit.ask(GIVERS, conference_id=conference.conference_id)
    values: dict[str, str] = {}
    for row, each in enumerate(known.givers, 1):
        values |= {f"who-{row}": str(each.person_id or ""), f"name-{row}": each.name or ""}
        values |= {f"function-{row}": each.function or "", f"tells-{row}": each.tells}
        values |= {f"how-{row}": each.how}
    model = GiversPage(
        case_id=case_id,
        version=known.version,
        over=conference is None or conference.state in _OVER,
        rows=list(
            range(1, min(max([len(known.givers) + _SPARE, *rows_sent(visit.form, "tells")]), _MOST) + 1)
        ),
        values=values,
        people=[
            (str(each.person_id), each.name) for each in in_circle(people) if each.role == "professional"
        ],
        ways=[(code, visit.say(words)) for code, words in GIVEN_HOW.items()],
    )
    return visit.page("case_givers.html", model)


@pages.send("/cases/{case_id}/conference/givers", _coordinator)
async def write(visit: StaffVisit) -> Response:
    """Save the information givers, in the order given in the rows."""
    case_id = case_of(visit)
    body = {"givers": _givers_of_form(visit), "version": visit.version}
    conference = await latest(visit, case_id)
    conference_id = conference.conference_id if conference else read_id("")
    await visit.ask(WRITE, body=body, conference_id=conference_id)
    return visit.go(f"/cases/{case_id}/conference")


def _givers_of_form(visit: StaffVisit) -> list[dict[str, Any]]:
    """Return the rows that are not empty. Raises: Unacceptable."""
    errors: dict[str, str] = {}
    found: list[tuple[int, int, dict[str, Any]]] = []
    for row in range(1, _MOST + 1):
        try:
            said = visit.read(GiverForm, row=row)
        except Unacceptable as wrong:
            errors |= wrong.errors
            continue
        if said == GiverForm():
            continue
        if not (said.who or said.name):
            errors[f"name-{row}"] = _("Zeg wie dit komt vertellen.")
        if not said.tells:
            errors[f"tells-{row}"] = _("Schrijf op wat deze persoon komt vertellen.")
        how = visit.form.get(f"how-{row}", "")
        giver = {
            "person_id": read_id(said.who) if said.who else None,
            "name": None if said.who else said.name,
            "function": said.function,
            "tells": said.tells,
            "how": how if how in GIVEN_HOW else "present",
        }
        order = read_number(visit.form.get(f"order-{row}", "")) or row
        # A row moved to another's position comes before it when moved up, after it when moved down.
        found.append((order, order - row, giver))
    if errors:
        raise Unacceptable(errors)
    return [giver for *_order, giver in sorted(found, key=lambda each: each[:2])]
