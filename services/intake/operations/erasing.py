"""Erasing a case: decided here once; every service then deletes what it holds and confirms it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import (
    OVER,
    REFUSED,
    RETENTION_CLOCK,
    SERVICE,
    CaseStatus,
    ReferralState,
)
from services.intake.domain.errors import CaseGoesOn
from services.intake.models import Base, Case, Referral, ReferralPerson
from services.intake.operations import break_glass, holds
from services.intake.queries import cases as reads
from services.intake.settings import policies
from shared import erasure, outbox
from shared.case_state import CaseErased, UnknownCase
from shared.clocks import Clocks
from shared.erasure import Erased, Erasures
from shared.events import intake as events
from shared.events.base import ErasureReason
from shared.services import SERVICES_WITH_CASES
from shared.vault import Vault

erasures = Erasures(SERVICE)
clocks = Clocks(SERVICE)


async def erase_case(session: AsyncSession, *, case: Case, reason: ErasureReason, now: datetime) -> None:
    """Erase a case that is over, everywhere and for good; a clock runs until every service has confirmed it.

    Raises: CaseGoesOn, CaseErased, UnderHold.
    """
    locked = await reads.case(session, tenant=case.tenant, case_id=case.id, lock=True)
    if locked is None:
        raise UnknownCase(case_id=str(case.id))
    require_erasable(locked)
    await holds.require_free(session, tenant=locked.tenant, case_id=locked.id)
    locked.state = CaseStatus.ERASED
    await session.flush()
    await break_glass.close_all(session, case=locked, now=now)
    await _begin(session, tenant=locked.tenant, case_id=locked.id, reason=reason, now=now)


async def erase_referral(
    session: AsyncSession, *, referral: Referral, reason: ErasureReason, now: datetime
) -> None:
    """Erase a locked referral that never became a case, in the same way as a case. Raises: CaseGoesOn, UnderHold."""
    if referral.state not in REFUSED:
        raise CaseGoesOn(case_id=str(referral.case_id), state=referral.state)
    await holds.require_free(session, tenant=referral.tenant, case_id=referral.case_id)
    referral.state = ReferralState.ERASED
    await session.flush()
    await _begin(session, tenant=referral.tenant, case_id=referral.case_id, reason=reason, now=now)


async def _begin(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, reason: ErasureReason, now: datetime
) -> None:
    policy = await policies.in_force(session, tenant=tenant)
    await clocks.stop(session, kind=RETENTION_CLOCK, subject=case_id, now=now)
    await erasures.begin(
        session,
        kind="case",
        subject=case_id,
        tenant=tenant,
        stream=case_id,
        reason=reason,
        waits_for=SERVICES_WITH_CASES,
        now=now,
        limit=policy.limit(now, policy.settings.erasure, warn=policy.settings.erasure_warn),
    )
    fact = events.CaseErased(case_id=case_id, reason=reason)
    await outbox.publish(session, fact, stream=case_id, tenant=tenant, case=case_id, now=now)


def require_erasable(case: Case) -> None:
    """Check that a locked case may be erased, apart from holds, which holds.require_free checks.

    Raises: CaseErased, CaseGoesOn.
    """
    if case.state == CaseStatus.ERASED:
        raise CaseErased(case_id=str(case.id))
    if case.state not in OVER:
        raise CaseGoesOn(case_id=str(case.id), state=case.state)


async def clear_case(session: AsyncSession, vault: Vault, erased: Erased) -> None:
    """Make what intake itself holds of an erased case unreadable: the referral, its persons, the baseline."""
    # Already erased, unless this database was restored from an earlier backup.
    await session.execute(
        update(Case)
        .where(Case.tenant == erased.tenant, Case.id == erased.subject)
        .values(state=CaseStatus.ERASED)
    )
    await session.execute(
        update(Referral)
        .where(
            Referral.tenant == erased.tenant, Referral.case_id == erased.subject, Referral.state.in_(REFUSED)
        )
        .values(state=ReferralState.ERASED)
    )
    await clocks.stop(session, kind=RETENTION_CLOCK, subject=erased.subject, now=erased.now)
    await _forget(session, ReferralPerson.case_id == erased.subject)
    await erasure.clear(session, vault, erased, base=Base)


async def clear_person(session: AsyncSession, vault: Vault, erased: Erased) -> None:
    """Make a referral's data on one person unreadable; of a person added later intake holds nothing."""
    await _forget(session, ReferralPerson.id == erased.subject)
    await erasure.clear(session, vault, erased, base=Base)


async def _forget(session: AsyncSession, erased: ColumnElement[bool]) -> None:
    """Make erased persons unfindable by their names."""
    await session.execute(update(ReferralPerson).where(erased).values(person_index=None))
