"""A plan in another language: the words beside those that the circle agreed on, which stay the ones that count."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import check_length
from services.plans.domain.wordings import OwnLanguage, TextNotInPlan
from services.plans.models import Plan, Wording
from services.plans.schemas.sealed import WordedText, WordingWords
from services.plans.schemas.wordings import NewWording
from shared.errors import require_version
from shared.ids import uuid7
from shared.vault import Vault


async def write_wording(
    session: AsyncSession,
    vault: Vault,
    *,
    plan_id: UUID,
    case_id: UUID,
    tenant: UUID,
    by: UUID,
    language: str,
    new: NewWording,
    now: datetime,
) -> WordingWords:
    """Write the current version of a plan in another language, in the place of what was written in it before.

    Raises: OwnLanguage, TextNotInPlan, PlanTooLong, OtherVersion, FollowUpOver, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    plan = await queries.running_plan(session, plan_id)
    require_version(new.version, of=plan.version)
    if (await queries.version_of(session, plan.id, plan.version)).language == language:
        raise OwnLanguage
    known = await _texts(session, vault, plan)
    if not known.issuperset(each.in_plan for each in new.texts):
        raise TextNotInPlan
    check_length(each.wording for each in new.texts)
    row = await queries.wording(session, plan.id, language)
    if row is None:
        row = Wording(id=uuid7(), tenant=tenant, case_id=case_id, plan_id=plan.id, language=language)
    row.written_by, row.written_at = by, now
    words = WordingWords(texts=tuple(WordedText(**each.model_dump()) for each in new.texts))
    await vault.seal(session, row, words)
    session.add(row)
    await session.flush()
    return words


async def _texts(session: AsyncSession, vault: Vault, plan: Plan) -> set[str]:
    """Return every text of the current version that is said in the words of the circle."""
    words = await vault.open(session, await queries.version_of(session, plan.id, plan.version))
    agreements = await vault.open_many(
        session, await queries.agreements_of_version(session, plan.id, plan.version)
    )
    resources = await vault.open_many(
        session, await queries.resources_of_version(session, plan.id, plan.version)
    )
    found = {*words.goals, *words.decisions_of_circle, words.for_children}
    found |= {text for line in words.plan_b for text in (line.when, line.then)}
    found |= {text for each in agreements for text in (each.what, each.known_done_how)}
    found |= {each.what for each in resources}
    return {text for text in found if text}
