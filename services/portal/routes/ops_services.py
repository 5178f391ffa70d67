"""The state of the services, for ops: whether their parts answer, and what waits in their outboxes."""

import asyncio
from datetime import datetime
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.pages import Pages
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import PageModel
from services.portal.wording import Dates
from services.portal.wording import mark as _
from shared.auth import Role
from shared.errors import Operational
from shared.http.state import state_of
from shared.services import PORTAL, SERVICES

pages = Pages()
section("/ops/services", _("Hoe het draait"), Role.OPS)


class Part(Answer):
    """A part, and whether it answers to a service."""

    part: str
    answers: bool


class HeldBack(Answer):
    """An event that could not be published."""

    event_id: UUID
    event_type: str
    since: datetime
    attempts: int
    retry_at: datetime


class Outbox(Answer):
    """What waits in a service's outbox."""

    pending_events: int
    since: datetime | None
    held_back: list[HeldBack]


class State(Answer):
    """The state of a service."""

    parts: list[Part]
    outbox: Outbox | None


STATES = [Operation(service, "GET", "/v1/state", State) for service in SERVICES]


class ServiceRow(PageModel):
    """One service; `parts` by name, empty if the service itself does not answer."""

    service: str
    answers: bool
    parts: dict[str, bool]
    pending: int | None
    since: str | None


class HeldBackRow(PageModel):
    """One event that could not be published."""

    service: str
    event_id: UUID
    event_type: str
    attempts: int
    since: str
    retry_at: str


class ServicesPage(PageModel):
    """All services, their unpublished events, and where the pages of the broker and of Temporal are."""

    services: list[ServiceRow]
    all_well: bool
    held_back: list[HeldBackRow]
    broker_pages: str | None
    temporal_pages: str | None


@pages.show("/ops/services", staff(Role.OPS, of_no_tenant=True))
async def show(visit: StaffVisit) -> Response:
    """Show every service, including those that do not answer."""
    dates = await visit.dates()
    found = dict(zip((*SERVICES, PORTAL), await _states(visit), strict=True))
    services = [_row(service, state, dates) for service, state in found.items()]
    settings = visit.parts.settings
    model = ServicesPage(
        services=services,
        all_well=all(each.answers and all(each.parts.values()) for each in services),
        held_back=[
            HeldBackRow(
                service=service,
                event_id=each.event_id,
                event_type=each.event_type,
                attempts=each.attempts,
                since=dates.time(each.since),
                retry_at=dates.time(each.retry_at),
            )
            for service, state in found.items()
            for each in (state.outbox.held_back if state and state.outbox else [])
        ],
        broker_pages=settings.broker_pages_url,
        temporal_pages=settings.temporal_pages_url,
    )
    return visit.page("ops_services.html", model)


async def _states(visit: StaffVisit) -> list[State | None]:
    async def state(operation: Operation[State]) -> State | None:
        try:
            return await visit.ask(operation)
        except Operational:
            return None

    async def own() -> State:
        found = await state_of(visit.parts)
        return State.model_validate(found.model_dump())

    return await asyncio.gather(*map(state, STATES), own())


def _row(service: str, state: State | None, dates: Dates) -> ServiceRow:
    outbox = state.outbox if state else None
    return ServiceRow(
        service=service,
        answers=state is not None,
        parts={each.part: each.answers for each in state.parts} if state else {},
        pending=outbox.pending_events if outbox else None,
        since=dates.time(outbox.since) if outbox and outbox.since else None,
    )
