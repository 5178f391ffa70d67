"""Training's subscriptions: its own events. Freed places go to those who wait; erased data becomes unreadable."""

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import emails
from services.training.domain import SERVICE
from services.training.operations import erasing, registrations
from services.training.workflows import WORKFLOWS
from shared import erasure, messages
from shared.context import Context
from shared.erasure import erased_by
from shared.events import training as events
from shared.events.base import Received
from shared.subscriptions import Subscriptions

subscriptions = Subscriptions(SERVICE)
messages.install(subscriptions, templates=Path(__file__).with_name("templates"), writer=emails.write)
erasure.install(subscriptions)
erasing.erasures.follow(subscriptions, services=[SERVICE])
subscriptions.watches(*WORKFLOWS)


@subscriptions.writes(events.RegistrationErased, case="always")
async def erase_registration(
    session: AsyncSession, event: Received[events.RegistrationErased], context: Context
) -> None:
    """Make participant and payer unreadable."""
    erased = await erased_by(event, context, kind="registration", subject=event.data.registration_id)
    await erasing.clear_registration(session, context.vault, erased)


@subscriptions.writes(events.PlaceFreed)
async def give_place_away(
    session: AsyncSession, event: Received[events.PlaceFreed], context: Context
) -> None:
    """Give a freed place to whoever has waited longest."""
    now = await context.clock.now()
    await registrations.fill_places(
        session, tenant=event.tenant, session_id=event.data.session_id, now=max(now, event.time)
    )
