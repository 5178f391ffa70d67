"""Retention's step at a deadline of a file: warn, let a hold end, or erase; decided again under the lock."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import HOLD_CLOCK, RETENTION_CLOCK, SERVICE
from services.intake.domain.errors import CaseGoesOn, HoldLifted
from services.intake.domain.retention import LiftReason
from services.intake.operations import erasing, holds
from services.intake.operations.retention import UNDER_HOLD, locked_file
from shared.case_state import CaseErased, UnderHold
from shared.clocks import Clocks
from shared.deadlines import Deadline

clocks = Clocks(SERVICE)


class CameOf(StrEnum):
    """The outcome of a deadline."""

    WARNED = "warned"
    LIFTED = "lifted"
    ERASED = "erased"
    HELD = "held"
    # Something else came first: it was lifted, erased, or recomputed.
    NOTHING = "nothing"


async def attend(session: AsyncSession, *, due: Deadline, now: datetime) -> CameOf:
    """Do what a deadline requires, if it still counts."""
    if due.what == "warn":
        warned = await clocks.reach(session, due, now=now)
        return CameOf.NOTHING if warned is None else CameOf.WARNED
    if due.kind == HOLD_CLOCK:
        return await _let_hold_end(session, due, now)
    return await _erase(session, due, now)


async def _let_hold_end(session: AsyncSession, due: Deadline, now: datetime) -> CameOf:
    try:
        await holds.lift_hold(
            session,
            tenant=due.tenant,
            hold_id=due.subject,
            reason=LiftReason.EXPIRED,
            lifted_by=None,
            now=now,
        )
    except HoldLifted:
        await clocks.stop(session, kind=HOLD_CLOCK, subject=due.subject, now=now)
        return CameOf.NOTHING
    return CameOf.LIFTED


async def _erase(session: AsyncSession, due: Deadline, now: datetime) -> CameOf:
    tenant, case_id = due.tenant, due.subject
    try:
        file = await locked_file(session, tenant=tenant, case_id=case_id)
    except CaseErased:
        await clocks.stop(session, kind=RETENTION_CLOCK, subject=case_id, now=now)
        return CameOf.NOTHING
    if await clocks.waiting_for(session, due) is None:
        return CameOf.NOTHING
    try:
        if file.case is not None:
            await erasing.erase_case(session, case=file.case, reason="retention", now=now)
        else:
            await erasing.erase_referral(session, referral=file.referral, reason="retention", now=now)
    except UnderHold:
        await clocks.pause(session, kind=RETENTION_CLOCK, subject=case_id, now=now, reason=UNDER_HOLD)
        return CameOf.HELD
    except CaseGoesOn:
        await clocks.stop(session, kind=RETENTION_CLOCK, subject=case_id, now=now)
        return CameOf.NOTHING
    return CameOf.ERASED
