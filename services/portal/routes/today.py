"""The first page of members of staff: what waits for them, late items first, and a coordinator's cases."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from starlette.responses import Response

from services.portal import boards, queries, todos
from services.portal.boards import ShownTodo
from services.portal.central_persons import names_by_case
from services.portal.client import Items, both
from services.portal.models import Todo
from services.portal.pages import Pages
from services.portal.road import Case
from services.portal.routes import account, calendar_address, cases, daily_mail
from services.portal.routes.offers import themes
from services.portal.staff import CHOOSE, HOME, StaffVisit, staff
from services.portal.todos import Tally
from services.portal.visits import PageModel
from services.portal.wording import Dates
from services.portal.wording import mark as _
from shared.auth import Role
from shared.errors import Operational
from shared.http import PageRequest, Rows
from shared.http_client import Query

pages = Pages()
_MOST = 100
_ON_A_PAGE = 30
# They may work for several organisations; all others work for their own.
_OF_SEVERAL = (Role.COORDINATOR, Role.REFERRER, Role.OPS)


class OwnCase(PageModel):
    """A case that the reader coordinates: what tells it apart, and since when it is paused and why."""

    id: UUID
    name: str
    paused: str | None


class TodayPage(PageModel):
    """What waits, and how much of it is late; both counted up to a hundred."""

    waiting: int
    late: int
    most: int
    todos: list[ShownTodo]
    more: str | None
    cases: list[OwnCase]
    more_cases: bool
    # Where the daily mail is turned on and off, for those who get one.
    daily_mail: str | None
    # The reader's account.
    account: str | None
    calendar: str | None
    # Where the reader chooses for which organisation they work, if there are several.
    organisations: str | None


@pages.show(HOME, staff())
async def show(visit: StaffVisit) -> Response:
    """Show what waits."""
    page = PageRequest(limit=_ON_A_PAGE, cursor=visit.turned_to().get("cursor"))
    asked = asyncio.gather(names_by_case(visit), _own_cases(visit))
    (names, own), (rows, tally, several) = await both(asked, visit.apart(lambda: _waiting(visit, page)))
    dates = await visit.dates()
    words = {**_in_words(visit, dates, own.items), **names}
    model = TodayPage(
        waiting=tally.waiting,
        late=tally.late,
        most=_MOST,
        todos=await boards.shown(
            visit, rows.items, {**await _themes_by_case(visit, rows.items, names), **names}
        ),
        more=visit.next_page(rows.next),
        cases=[
            OwnCase(id=each.case_id, name=words[each.case_id], paused=cases.paused_since(visit, each, dates))
            for each in own.items
        ],
        more_cases=own.next is not None,
        daily_mail=daily_mail.PATH if visit.has(*daily_mail.READERS) else None,
        account=account.PATH if visit.has(*daily_mail.READERS) else None,
        calendar=calendar_address.PATH if visit.has(Role.COORDINATOR) else None,
        organisations=CHOOSE if several else None,
    )
    return visit.page("today.html", model)


async def _waiting(visit: StaffVisit, page: PageRequest) -> tuple[Rows[Todo], Tally, bool]:
    """Return a page of what waits, how much waits, and whether the reader may work for another organisation."""
    rows = await todos.todos_of(visit.session, visit.principal, page=page)
    several = visit.has(*_OF_SEVERAL) and len(await queries.organisations(visit.session)) > 1
    if page.cursor is None and rows.next is None:
        return rows, todos.tally_in(rows.items), several
    return rows, await todos.tally_of(visit.session, visit.principal, most=_MOST), several


async def _own_cases(visit: StaffVisit) -> Items[Case]:
    """Return the newest cases that the reader coordinates, all of them live; empty while intake does not answer."""
    none: Items[Case] = Items(items=[])
    if not visit.has(Role.COORDINATOR):
        return none
    asked: Query = {"coordinator_id": str(visit.principal.id), "limit": str(_ON_A_PAGE)}
    try:
        return await visit.ask(cases.CASES, query=asked)
    except Operational:
        return none


async def _themes_by_case(
    visit: StaffVisit, rows: Sequence[Todo], names: Mapping[UUID, str]
) -> dict[UUID, str]:
    """Return by what a reader tells cases apart without knowing whom they are about: their themes and first day.

    Empty while intake does not answer: a list is of use without them.
    """
    nameless = {str(row.case_id) for row in rows if row.case_id and row.case_id not in names}
    if not nameless or not visit.has(*cases.READERS):
        return {}
    asked: Query = {"case_id": sorted(nameless), "limit": str(len(nameless))}
    try:
        found = await visit.ask(cases.CASES, query=asked)
    except Operational:
        return {}
    return _in_words(visit, await visit.dates(), found.items)


def _in_words(visit: StaffVisit, dates: Dates, found: Sequence[Case]) -> dict[UUID, str]:
    """Return the themes and first day of cases."""
    words = visit.say(_("{about}, sinds {day}"))
    return {
        each.case_id: words.format(about=themes(visit, each.themes), day=dates.day(each.opened_at))
        for each in found
    }
