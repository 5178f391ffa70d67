"""Files that were opened by break-glass access: each with its reason and who was told."""

import asyncio
from datetime import datetime
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.colleagues import GONE, names_of_staff
from services.portal.routes.managing import CLOSE_FILE
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import PageModel
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
_officer = staff(Role.DPO)
section("/break-glass", _("Noodtoegang"), Role.DPO)


class Access(Answer):
    """The opening of a file."""

    break_glass_id: UUID
    case_id: UUID
    opened_by: UUID
    opened_at: datetime
    until: datetime
    closed_at: datetime | None
    told: list[UUID]
    reason: str | None


ACCESSES = Operation("intake", "GET", "/v1/break-glass", Items[Access])
ACCESS = Operation("intake", "GET", "/v1/break-glass/{break_glass_id}", Access)


class ShownAccess(PageModel):
    """An access on a page."""

    id: UUID
    case_id: UUID
    by: UUID
    name: str
    opened: str
    until: str
    closed: str | None
    open: bool
    told: list[str]
    reason: str | None


class AccessesPage(PageModel):
    """Every access, the newest first."""

    rows: list[ShownAccess]
    more: str | None


class AccessPage(PageModel):
    """One access."""

    one: ShownAccess


async def _shown(visit: StaffVisit, access: Access, names: dict[UUID, str]) -> ShownAccess:
    dates, now, gone = await visit.dates(), await visit.parts.clock.now(), visit.say(GONE)
    return ShownAccess(
        id=access.break_glass_id,
        case_id=access.case_id,
        by=access.opened_by,
        name=names.get(access.opened_by, gone),
        opened=dates.time(access.opened_at),
        until=dates.time(access.until),
        closed=None if access.closed_at is None else dates.time(access.closed_at),
        open=access.closed_at is None and access.until > now,
        told=[names.get(officer, gone) for officer in access.told],
        reason=access.reason,
    )


@pages.show("/break-glass", _officer)
async def show_all(visit: StaffVisit) -> Response:
    """List them, the newest first."""
    query = {"limit": "30", **visit.turned_to()}
    listed, names = await asyncio.gather(visit.ask(ACCESSES, query=query), names_of_staff(visit))
    model = AccessesPage(
        rows=[await _shown(visit, each, names) for each in listed.items],
        more=visit.next_page(listed.next),
    )
    return visit.page("accesses.html", model)


@pages.show("/break-glass/{break_glass_id}", _officer)
async def show(visit: StaffVisit) -> Response:
    """Show why a file was opened, by whom, and who was told."""
    access, names = await asyncio.gather(visit.ask(ACCESS, break_glass_id=_id(visit)), names_of_staff(visit))
    return visit.page("access.html", AccessPage(one=await _shown(visit, access, names)))


@pages.send("/break-glass/{break_glass_id}", _officer)
async def close(visit: StaffVisit) -> Response:
    """End it before its time."""
    await visit.ask(CLOSE_FILE, break_glass_id=_id(visit))
    return visit.go(f"/break-glass/{_id(visit)}")


def _id(visit: StaffVisit) -> str:
    return read_id(visit.request.path_params["break_glass_id"])
