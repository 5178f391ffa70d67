"""The survey after a conference, for people of the circle and for the professional who referred."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import permissions
from services.network.domain import SERVICE
from services.network.domain.surveys import ANSWERS_CLOCK, QUESTIONS, SurveyNotOpen, group_of
from services.network.models import Survey
from services.network.operations import surveys
from services.network.permissions import SurveyTaker
from services.network.queries import surveys as reads
from services.network.schemas.surveys import GivenScores, OwnSurvey
from shared import profiles
from shared.auth import Principal
from shared.case_state import UnknownCase
from shared.clocks import Clocks
from shared.context import Context
from shared.events.network import SurveyGroup
from shared.http import Deps, Now, Router, Session, problems

router = Router(tags=["survey"], responses=problems(404, 410))


@router.get("/v1/cases/{case_id}/survey")
async def read_survey(
    case_id: UUID, principal: SurveyTaker, session: Session, deps: Deps, now: Now
) -> OwnSurvey:
    """Read what is asked of you about the conference, and what you answered."""
    voice, group = await _voice(session, deps, principal, case_id, now)
    survey = await reads.open_survey(session, tenant=principal.tenant, case_id=case_id)
    if survey is None:
        raise SurveyNotOpen
    return await _shown(session, deps, survey, voice, group)


@router.put("/v1/cases/{case_id}/survey")
async def answer_survey(
    *, case_id: UUID, body: GivenScores, principal: SurveyTaker, session: Session, deps: Deps, now: Now
) -> OwnSurvey:
    """Say what you think of the conference, the plan and the coordinator; until it closes you may change it."""
    voice, group = await _voice(session, deps, principal, case_id, now)
    survey = await reads.open_survey(session, tenant=principal.tenant, case_id=case_id, lock=True)
    if survey is None:
        raise SurveyNotOpen
    scores = body.model_dump(include=set(QUESTIONS))
    await surveys.record(session, deps.vault, survey=survey, voice=voice, group=group, scores=scores)
    return await _shown(session, deps, survey, voice, group)


async def _voice(
    session: AsyncSession, parts: Context, principal: Principal, case_id: UUID, now: datetime
) -> tuple[UUID, SurveyGroup]:
    """Return whose answer it is, and in which group: a professional answers for the organisation that referred.

    Raises: UnknownCase, NoLongerInCircle, CaseErased.
    """
    found = await permissions.may_answer_survey(session, principal, case_id=case_id)
    if isinstance(found, UUID):
        return found, "professional"
    fields = await parts.vault.open(session, found)
    today = await profiles.today(session, tenant=found.tenant, now=now)
    group = group_of(found.role, fields.birth_date, today)
    if group is None:
        raise UnknownCase(case_id=str(case_id))
    return found.id, group


async def _shown(
    session: AsyncSession, parts: Context, survey: Survey, voice: UUID, group: SurveyGroup
) -> OwnSurvey:
    marks = await reads.marks(session, parts.vault, survey=survey, voice=voice)
    given = await reads.answer(session, survey_id=survey.id, marks=marks)
    clock = await Clocks(SERVICE).find(session, kind=ANSWERS_CLOCK, subject=survey.id)
    return OwnSurvey(
        group=group,
        closes_at=None if clock is None else clock.due_at,
        answered=given is not None,
        **{question: getattr(given, question, None) for question in QUESTIONS},
    )
