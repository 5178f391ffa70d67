"""Who of a circle must not be brought in contact: keeping two people apart, and lifting that."""

import asyncio
from typing import ClassVar
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation, ServiceRefused
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.circle import Named, Reason, people_of
from services.portal.routes.of_case import case_of
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()


class Pair(Answer):
    """Two people who must not be brought in contact."""

    no_contact_id: UUID
    person_ids: list[UUID]
    reason: str | None


PAIRS = Operation("network", "GET", "/v1/cases/{case_id}/no-contacts", Items[Pair])
KEEP_APART = Operation("network", "POST", "/v1/cases/{case_id}/no-contacts", Answer)
LIFT = Operation("network", "POST", "/v1/no-contacts/{no_contact_id}/lift", type(None))


class Apart(PageModel):
    """Two people who are kept apart."""

    id: UUID
    names: list[str]
    reason: str | None


class ApartPage(PageModel):
    """The pairs who must not be brought in contact."""

    case_id: UUID
    pairs: list[Apart]
    people: list[Named]


class LiftPage(PageModel):
    """What lifting does to a pair."""

    case_id: UUID
    pair: Apart


class ApartForm(Form):
    """Two people, and why."""

    WANTED: ClassVar = {
        "one": _("Kies de eerste persoon."),
        "other": _("Kies de tweede persoon."),
        "reason": _("Schrijf waarom. Alleen jij leest dat."),
    }

    one: UUID
    other: UUID
    reason: Reason


@pages.show("/cases/{case_id}/circle/apart", staff(Role.COORDINATOR))
async def show(visit: StaffVisit) -> Response:
    """Show who is kept apart."""
    pairs, people = await _read(visit)
    return visit.page(
        "circle_apart.html", ApartPage(case_id=UUID(case_of(visit)), pairs=pairs, people=people)
    )


@pages.send("/cases/{case_id}/circle/apart", staff(Role.COORDINATOR))
async def keep_apart(visit: StaffVisit) -> Response:
    """Keep two people apart."""
    case_id, form = case_of(visit), visit.read(ApartForm)
    body = {"person_ids": [str(form.one), str(form.other)], "reason": form.reason}
    await visit.ask(KEEP_APART, body=body, case_id=case_id)
    return visit.go(f"/cases/{case_id}/circle/apart")


@pages.show("/cases/{case_id}/circle/apart/{no_contact_id}", staff(Role.COORDINATOR))
async def show_lift(visit: StaffVisit) -> Response:
    """Say what lifting does to a pair, before it happens."""
    pairs, _people = await _read(visit)
    wanted = UUID(read_id(visit.request.path_params["no_contact_id"]))
    pair = next((each for each in pairs if each.id == wanted), None)
    if pair is None:
        raise ServiceRefused(404, "no-contact-not-found")
    return visit.page("circle_apart_lift.html", LiftPage(case_id=UUID(case_of(visit)), pair=pair))


@pages.send("/cases/{case_id}/circle/apart/{no_contact_id}", staff(Role.COORDINATOR))
async def lift(visit: StaffVisit) -> Response:
    """Let a pair meet again."""
    await visit.ask(LIFT, no_contact_id=read_id(visit.request.path_params["no_contact_id"]))
    return visit.go(f"/cases/{case_of(visit)}/circle/apart")


async def _read(visit: StaffVisit) -> tuple[list[Apart], list[Named]]:
    """Return the pairs of a case, and its people to choose from."""
    people, pairs = await asyncio.gather(people_of(visit), visit.ask_all(PAIRS, case_id=case_of(visit)))
    names = {each.person_id: each.name for each in people}
    found = [
        Apart(
            id=each.no_contact_id, names=[names.get(one, "-") for one in each.person_ids], reason=each.reason
        )
        for each in pairs
    ]
    return found, [Named(id=each.person_id, name=each.name) for each in people if each.name]
