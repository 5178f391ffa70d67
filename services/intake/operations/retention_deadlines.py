"""What retention does at a moment of a file: warn, let a hold end, erase, be late; asked again under the lock."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import HOLD_CLOCK, RETENTION_CLOCK, SERVICE
from services.intake.domain.errors import CaseGoesOn, HoldLifted
from services.intake.domain.retention import LiftedBecause
from services.intake.operations import erasing, holds
from services.intake.operations.retention import UNDER_HOLD, locked_file
from services.intake.queries.retention import Moment
from shared.case_state import CaseErased, UnderHold
from shared.clocks import Clocks
from shared.erasure import CLOCK as ERASURE_CLOCK

clocks = Clocks(SERVICE)


class CameOf(StrEnum):
    """What came of a moment."""

    WARNED = "warned"
    LIFTED = "lifted"
    ERASED = "erased"
    HELD = "held"
    LATE = "late"
    # Somebody was quicker: it was lifted, erased, or decided anew.
    NOTHING = "nothing"


async def attend(session: AsyncSession, moment: Moment, *, tenant: UUID, now: datetime) -> CameOf:
    """Do what a moment asks for, if it still does."""
    if not moment.due:
        warned = await clocks.warn(session, kind=moment.kind, subject=moment.subject, now=now)
        return CameOf.NOTHING if warned is None else CameOf.WARNED
    if moment.kind == ERASURE_CLOCK:
        late = await clocks.breach(session, kind=moment.kind, subject=moment.subject, now=now)
        return CameOf.NOTHING if late is None else CameOf.LATE
    if moment.kind == HOLD_CLOCK:
        return await _let_hold_end(session, tenant=tenant, hold_id=moment.subject, now=now)
    return await _erase(session, tenant=tenant, case_id=moment.subject, now=now)


async def _let_hold_end(session: AsyncSession, *, tenant: UUID, hold_id: UUID, now: datetime) -> CameOf:
    try:
        await holds.lift_hold(
            session, tenant=tenant, hold_id=hold_id, because=LiftedBecause.EXPIRED, lifted_by=None, now=now
        )
    except HoldLifted:
        await clocks.stop(session, kind=HOLD_CLOCK, subject=hold_id, now=now)
        return CameOf.NOTHING
    return CameOf.LIFTED


async def _erase(session: AsyncSession, *, tenant: UUID, case_id: UUID, now: datetime) -> CameOf:
    try:
        file = await locked_file(session, tenant=tenant, case_id=case_id)
    except CaseErased:
        await clocks.stop(session, kind=RETENTION_CLOCK, subject=case_id, now=now)
        return CameOf.NOTHING
    clock = await clocks.find(session, kind=RETENTION_CLOCK, subject=case_id)
    if clock is None or clock.state != "running" or clock.due_at > now:
        return CameOf.NOTHING
    try:
        if file.case is not None:
            await erasing.erase_case(session, case=file.case, because="retention", now=now)
        else:
            await erasing.erase_referral(session, referral=file.referral, because="retention", now=now)
    except UnderHold:
        await clocks.pause(session, kind=RETENTION_CLOCK, subject=case_id, now=now, reason=UNDER_HOLD)
        return CameOf.HELD
    except CaseGoesOn:
        await clocks.stop(session, kind=RETENTION_CLOCK, subject=case_id, now=now)
        return CameOf.NOTHING
    return CameOf.ERASED
