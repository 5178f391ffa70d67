"""Whether somebody is a child, and over whom they hold parental authority, in forms of the circle and on pages."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from services.portal.forms import read_id
from services.portal.routes.of_case import InCircle
from services.portal.staff import StaffVisit
from services.portal.visits import Unacceptable
from services.portal.wording import mark as _

# Instead of the id of a child: also those whom the case is about later on.
EVERY = "every"
BIRTH_DATE = _("Schrijf een dag die voorbij is, met dag, maand en jaar: 27/3/2012.")
_EVERY_CHILD = _("Elk kind over wie het gaat, ook wie er later bij komt")
_FIRST = date(1900, 1, 1)


def children(
    visit: StaffVisit, people: Iterable[InCircle], *, but: UUID | None = None, held: Collection[UUID] = ()
) -> list[tuple[str, str]]:
    """Return over whom somebody can hold parental authority; empty if the case is about nobody else.

    `but`: the holder. `held`: over whom they hold it already, also who left the circle since.
    """
    found = [
        (str(each.person_id), each.name)
        for each in people
        if each.role == "central" and each.person_id != but
        if each.state == "active" or (each.person_id in held and each.name)
    ]
    return [*found, (EVERY, visit.say(_EVERY_CHILD))] if found else []


def chosen(parental_authority: bool | None, over: Collection[UUID] | None) -> list[str]:
    """Return which of the children are ticked."""
    if not parental_authority:
        return []
    return [EVERY] if over is None else [str(each) for each in over]


async def family_of_form(visit: StaffVisit, born: date | None) -> dict[str, Any]:
    """Return what a form says about age and authority, in network's format; a question it lacks stays as it was.

    Raises: Unacceptable for a birth date that nobody alive has.
    """
    said: dict[str, Any] = {}
    if "birth_date" in visit.form:
        today = visit.profile.calendar.day_of(await visit.parts.clock.now())
        if born is not None and not _FIRST <= born <= today:
            raise Unacceptable({"birth_date": BIRTH_DATE})
        said["birth_date"] = None if born is None else born.isoformat()
    if "authority_over[]" in visit.form:
        over = visit.ticked("authority_over")
        said["parental_authority"] = bool(over)
        said["authority_over"] = None if EVERY in over else [read_id(each) for each in over]
    return said
