"""Erasing at plans: the words of a plan are sealed under the case; people are ids, which stay."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans.models import Base, ReviewAnswer, Share, SharingConsent, Stance, TakingPart, Youngest
from services.plans.operations.ending import stop_follow_up
from shared import erasure
from shared.erasure import Erased
from shared.vault import Vault


async def clear_case(session: AsyncSession, vault: Vault, erased: Erased) -> None:
    """Make the plan, its agreements, judgements and check notes unreadable, and end the follow-up."""
    await stop_follow_up(session, case_id=erased.subject, tenant=erased.tenant, now=erased.now)
    await session.execute(
        delete(Youngest).where(Youngest.tenant == erased.tenant, Youngest.case_id == erased.subject)
    )
    await erasure.clear(session, vault, erased, base=Base)


async def clear_person(session: AsyncSession, vault: Vault, erased: Erased) -> None:
    """End sharing with an erased person and delete their answers; a plan that names them names nobody."""
    for table, person in (
        (Share, Share.recipient),
        (ReviewAnswer, ReviewAnswer.person_id),
        (Stance, Stance.person_id),
        (SharingConsent, SharingConsent.person_id),
        (SharingConsent, SharingConsent.concerns),
        (TakingPart, TakingPart.person_id),
    ):
        await session.execute(delete(table).where(table.tenant == erased.tenant, person == erased.subject))
    await erasure.clear(session, vault, erased, base=Base)
