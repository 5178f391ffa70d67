"""Surveys and their answers; an answer is found only by its mark, which is computed again from the caller."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.network.domain.surveys import SurveyState
from services.network.models import CaseParty, Survey, SurveyAnswer
from shared.case_state import lock_row, lock_rows
from shared.vault import Vault

_UNDER_WAY = (SurveyState.PLANNED, SurveyState.OPEN)


async def survey(session: AsyncSession, *, tenant: UUID, survey_id: UUID) -> Survey | None:
    """Return a survey, locked."""
    return await lock_row(session, select(Survey).where(Survey.tenant == tenant, Survey.id == survey_id))


async def open_survey(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, lock: bool = False
) -> Survey | None:
    """Return the survey that is open for a case: the newest if a circle met twice in a short time."""
    query = select(Survey).where(
        Survey.tenant == tenant, Survey.case_id == case_id, Survey.state == SurveyState.OPEN
    )
    query = query.order_by(Survey.created_at.desc(), Survey.id.desc()).limit(1)
    return await lock_row(session, query) if lock else await session.scalar(query)


async def under_way(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> Sequence[Survey]:
    """Return the planned and open surveys of a case, locked."""
    query = select(Survey).where(
        Survey.tenant == tenant, Survey.case_id == case_id, Survey.state.in_(_UNDER_WAY)
    )
    return await lock_rows(session, query.order_by(Survey.id), case_id=case_id)


async def answers(session: AsyncSession, *, survey_id: UUID) -> Sequence[SurveyAnswer]:
    """Return every answer to a survey."""
    return (await session.scalars(select(SurveyAnswer).where(SurveyAnswer.survey_id == survey_id))).all()


async def answer(session: AsyncSession, *, survey_id: UUID, marks: Sequence[bytes]) -> SurveyAnswer | None:
    """Return the answer with one of these marks."""
    query = select(SurveyAnswer).where(SurveyAnswer.survey_id == survey_id, SurveyAnswer.mark.in_(marks))
    return await session.scalar(query.execution_options(populate_existing=True))


async def marks(session: AsyncSession, vault: Vault, *, survey: Survey, voice: UUID) -> list[bytes]:
    """Return the marks under which a person's or organisation's answer is found; the first is for a new one."""
    index = await vault.blind_index(session, tenant=survey.tenant)
    return index.known("survey", plain=f"{survey.id} {voice}")


async def referring(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> UUID | None:
    """Return the organisation that referred a case, None if none did."""
    query = select(CaseParty.referring_organisation).where(
        CaseParty.tenant == tenant, CaseParty.case_id == case_id
    )
    return await session.scalar(query)
