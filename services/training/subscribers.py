"""What training does when it hears its own events: workflows start and look again, freed places go to who waits."""

from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import emails, queries
from services.training.domain import RegistrationState
from services.training.models import RegistrationRow
from services.training.operations import erasing, registrations
from services.training.workflow_inputs import RegistrationInput, workflow_id
from shared import deadlines, erasure, messages
from shared.context import Context
from shared.database import Scope
from shared.erasure import erased_by
from shared.events import training as says
from shared.events.base import CLOCK_EVENTS, ClockFact, Received
from shared.subscriptions import Subscriptions, tenant_of

subscriptions = Subscriptions(registrations.SERVICE)
messages.install(subscriptions, templates=Path(__file__).with_name("templates"), writer=emails.write)
erasure.install(subscriptions)
erasing.erasures.follow(subscriptions, services=[registrations.SERVICE])


async def _registration_of(event: Received[Any], context: Context) -> RegistrationRow:
    tenant = tenant_of(event)
    async with context.database.transaction(Scope(tenant=tenant)) as session:
        return await queries.registration(session, tenant=tenant, registration_id=event.data.registration_id)


@subscriptions.acts(says.RegistrationReceived)
async def start_registration(event: Received[says.RegistrationReceived], context: Context) -> None:
    """Start the workflow that minds a registration."""
    await _start(event, context, number=1)


@subscriptions.acts(says.PaymentReversed)
async def start_next_round(event: Received[says.PaymentReversed], context: Context) -> None:
    """Start the workflow of a registration that awaits its payment again."""
    row = await _registration_of(event, context)
    if row.state == RegistrationState.AWAITING_PAYMENT and row.round > 1:
        await _start(event, context, number=row.round)


async def _start(
    event: Received[says.RegistrationReceived] | Received[says.PaymentReversed],
    context: Context,
    *,
    number: int,
) -> None:
    tenant, registration_id = tenant_of(event), event.data.registration_id
    await context.temporal.start(
        "Registration",
        RegistrationInput(tenant=tenant, registration_id=registration_id, round=number),
        id=workflow_id(registration_id, number),
        service=registrations.SERVICE,
        tenant=tenant,
    )


@subscriptions.acts(says.RegistrationPromoted)
async def tell_of_promotion(event: Received[says.RegistrationPromoted], context: Context) -> None:
    """Let the workflow see that there is a place, and until when it is to be paid."""
    await _look_again(event, context)


@subscriptions.acts(says.RegistrationConfirmed)
async def tell_of_confirmation(event: Received[says.RegistrationConfirmed], context: Context) -> None:
    """Let the workflow see that the registration is complete."""
    await _look_again(event, context)


@subscriptions.acts(says.RegistrationCancelled)
async def tell_of_cancellation(event: Received[says.RegistrationCancelled], context: Context) -> None:
    """Let the workflow see that the registration was cancelled."""
    await _look_again(event, context)


async def _look_again(
    event: Received[says.RegistrationPromoted]
    | Received[says.RegistrationConfirmed]
    | Received[says.RegistrationCancelled],
    context: Context,
) -> None:
    row = await _registration_of(event, context)
    # A workflow that is not there has ended, or will look for itself when it starts: it needs no word from us.
    await context.temporal.look_again(workflow_id(row.id, row.round), event.id)


@subscriptions.writes(says.RegistrationErased, case="always")
async def erase_registration(
    session: AsyncSession, event: Received[says.RegistrationErased], context: Context
) -> None:
    """Make who registered and who paid unreadable."""
    erased = await erased_by(event, context, kind="registration", subject=event.data.registration_id)
    await erasing.wipe_registration(session, context.vault, erased)


@subscriptions.acts(CLOCK_EVENTS[registrations.SERVICE, "started"])
async def look_after_erasure(event: Received[ClockFact], context: Context) -> None:
    """Start the workflow that sees to it that an erasure is confirmed in time."""
    if event.data.kind == erasure.CLOCK:
        await deadlines.look_after(event, context)


@subscriptions.writes(says.PlaceFreed)
async def give_place_away(session: AsyncSession, event: Received[says.PlaceFreed], context: Context) -> None:
    """Give a freed place to who waits longest."""
    now = await context.clock.now()
    await registrations.fill_places(
        session, tenant=tenant_of(event), session_id=event.data.session_id, now=max(now, event.time)
    )
