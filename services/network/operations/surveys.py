"""The survey after a conference: asked once, reminded once, open for a while, then added up and deleted.

An answer is stored without author or time, under a mark that only prevents a second one. When the survey
closes, the sums by group are published and every answer is deleted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import SERVICE
from services.network.domain.surveys import (
    ANSWERS_CLOCK,
    CLOCK_OWNER,
    OPENING_CLOCK,
    QUESTIONS,
    SurveyState,
    add_up,
    group_of,
    is_asked,
    workflow_id,
)
from services.network.models import CaseParty, Person, PersonFields, Survey, SurveyAnswer
from services.network.operations import notifying
from services.network.queries import surveys as reads
from services.network.settings import policies
from shared import case_state, outbox, profiles
from shared.clocks import Clocks
from shared.deadlines import Deadline
from shared.events import network
from shared.events.base import EventData
from shared.events.network import SurveyGroup
from shared.fields import is_email
from shared.steps import step
from shared.vault import Vault

clocks = Clocks(SERVICE)


async def note_referring(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, organisation: UUID | None
) -> None:
    """Record which organisation referred a case: its professional is asked too."""
    if organisation is not None:
        row = {"case_id": case_id, "tenant": tenant, "referring_organisation": organisation}
        await session.execute(insert(CaseParty).values(row).on_conflict_do_nothing())


async def plan(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, conference_id: UUID, now: datetime
) -> None:
    """Plan the survey about a conference that was held, by the organisation's policy."""
    policy = await policies.for_case(session, case_id=case_id)
    row = {
        "id": conference_id,
        "tenant": tenant,
        "case_id": case_id,
        "state": SurveyState.PLANNED,
        "asked": {},
        "created_at": now,
    }
    await session.execute(insert(Survey).values(row).on_conflict_do_nothing())
    await clocks.start(
        session,
        kind=OPENING_CLOCK,
        subject=conference_id,
        tenant=tenant,
        case=case_id,
        owner=CLOCK_OWNER,
        now=now,
        limit=policy.limit(now, policy.settings.survey),
        workflow_id=workflow_id(conference_id),
    )


@step("network.open-survey")
async def open_survey(session: AsyncSession, vault: Vault, *, due: Deadline, now: datetime) -> bool:
    """Ask everybody who takes part and has an address, and the professional who referred."""
    survey = await _waiting(session, due, SurveyState.PLANNED)
    if survey is None or await clocks.meet(session, due, now=now) is None:
        return False
    people = await _people(session, vault, survey, now)
    asked = Counter[str](group for _, group in people)
    if await reads.referring(session, tenant=survey.tenant, case_id=survey.case_id) is not None:
        asked["professional"] += 1
    survey.state, survey.asked = SurveyState.OPEN, dict(asked)
    await session.flush()
    policy = await policies.for_case(session, case_id=survey.case_id)
    limit = policy.limit(now, policy.settings.survey_due, warn=policy.settings.survey_remind)
    await clocks.start(
        session,
        kind=ANSWERS_CLOCK,
        subject=survey.id,
        tenant=survey.tenant,
        case=survey.case_id,
        owner=CLOCK_OWNER,
        now=now,
        limit=limit,
        workflow_id=workflow_id(survey.id),
    )
    for person, _ in people:
        await _write(session, survey, person, "survey", now)
    fact = network.SurveyOpened(case_id=survey.case_id, survey_id=survey.id, closes_at=limit.due_at)
    await _publish(session, survey, fact, now)
    return True


@step("network.remind-of-survey")
async def remind(session: AsyncSession, vault: Vault, *, due: Deadline, now: datetime) -> bool:
    """Remind those of the circle who did not answer, once."""
    survey = await _waiting(session, due, SurveyState.OPEN)
    if survey is None or await clocks.reach(session, due, now=now) is None:
        return False
    for person, _ in await _people(session, vault, survey, now):
        if await _answered(session, vault, survey, person.id) is None:
            await _write(session, survey, person, "survey-reminder", now)
    return True


@step("network.close-survey")
async def close(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Close the survey and add up the answers."""
    survey = await _waiting(session, due, SurveyState.OPEN)
    if survey is None or await clocks.meet(session, due, now=now) is None:
        return False
    await _add_up(session, survey, now)
    return True


async def record(
    session: AsyncSession,
    vault: Vault,
    *,
    survey: Survey,
    voice: UUID,
    group: SurveyGroup,
    scores: Mapping[str, int | None],
) -> None:
    """Store a person's answer to a locked survey, replacing their earlier one."""
    await forget(session, vault, survey=survey, voice=voice)
    [mark, *_] = await reads.marks(session, vault, survey=survey, voice=voice)
    given = {question: scores[question] for question in QUESTIONS}
    row = {"survey_id": survey.id, "mark": mark, "tenant": survey.tenant, "case_id": survey.case_id}
    await session.execute(insert(SurveyAnswer).values({**row, "voice_group": group, **given}))


async def forget(session: AsyncSession, vault: Vault, *, survey: Survey, voice: UUID) -> None:
    """Delete a person's answer to a survey that is not closed."""
    marks = await reads.marks(session, vault, survey=survey, voice=voice)
    mine = delete(SurveyAnswer).where(SurveyAnswer.survey_id == survey.id, SurveyAnswer.mark.in_(marks))
    await session.execute(mine)


async def forget_person(
    session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, person_id: UUID
) -> None:
    """Delete an erased person's answers that were not added up yet."""
    for survey in await reads.under_way(session, tenant=tenant, case_id=case_id):
        await forget(session, vault, survey=survey, voice=person_id)


async def end(session: AsyncSession, *, tenant: UUID, case_id: UUID, now: datetime) -> None:
    """Add up the answers so far in a case that is over, and ask nothing more."""
    for survey in await reads.under_way(session, tenant=tenant, case_id=case_id):
        if survey.state == SurveyState.OPEN:
            await _add_up(session, survey, now)
        survey.state = SurveyState.CLOSED
    await session.flush()


async def drop(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> None:
    """Delete the surveys of a case that is erased; published sums no longer refer to a case."""
    for table in (SurveyAnswer, Survey, CaseParty):
        await session.execute(delete(table).where(table.tenant == tenant, table.case_id == case_id))


async def _waiting(session: AsyncSession, due: Deadline, state: SurveyState) -> Survey | None:
    survey = await reads.survey(session, tenant=due.tenant, survey_id=due.subject)
    if survey is None or survey.state != state:
        return None
    case = await case_state.read(session, survey.case_id)
    return survey if case is not None and case.live else None


async def _people(
    session: AsyncSession, vault: Vault, survey: Survey, now: datetime
) -> list[tuple[Person, SurveyGroup]]:
    """Return who is asked by mail, and the group each of them answers in."""
    invited = await queries.active_people(session, tenant=survey.tenant, case_id=survey.case_id)
    people = [
        person
        for person, invitation in invited
        if is_asked(person.role, None if invitation is None else invitation.answer)
    ]
    opened = await vault.open_readable(session, people)
    today = await profiles.today(session, tenant=survey.tenant, now=now)
    return [
        (person, group)
        for person, fields in zip(people, opened, strict=True)
        if fields is not None
        and _has_address(fields)
        and (group := group_of(person.role, fields.birth_date, today)) is not None
    ]


def _has_address(fields: PersonFields) -> bool:
    return fields.email is not None and is_email(fields.email)


async def _answered(session: AsyncSession, vault: Vault, survey: Survey, voice: UUID) -> SurveyAnswer | None:
    marks = await reads.marks(session, vault, survey=survey, voice=voice)
    return await reads.answer(session, survey_id=survey.id, marks=marks)


async def _add_up(session: AsyncSession, survey: Survey, now: datetime) -> None:
    answers = await reads.answers(session, survey_id=survey.id)
    groups = tuple(_scores(survey, group, answers) for group in network.SURVEY_GROUPS)
    await session.execute(delete(SurveyAnswer).where(SurveyAnswer.survey_id == survey.id))
    survey.state = SurveyState.CLOSED
    await session.flush()
    fact = network.SurveyClosed(case_id=survey.case_id, survey_id=survey.id, groups=groups)
    await _publish(session, survey, fact, now)


def _scores(survey: Survey, group: SurveyGroup, answers: Sequence[SurveyAnswer]) -> network.GroupScores:
    theirs = [answer for answer in answers if answer.voice_group == group]
    return network.GroupScores(
        group=group,
        # A person who came of age meanwhile, or got a link from the coordinator, was asked in another group or not at
        # all.
        asked=max(survey.asked.get(group, 0), len(theirs)),
        answered=len(theirs),
        **{question: add_up(getattr(answer, question) for answer in theirs) for question in QUESTIONS},
    )


async def _write(session: AsyncSession, survey: Survey, person: Person, kind: str, now: datetime) -> None:
    await notifying.notify(
        session,
        person=person,
        kind=kind,
        now=now,
        link_target="survey",
        parameters={"survey_id": str(survey.id)},
    )


async def _publish(session: AsyncSession, survey: Survey, fact: EventData, now: datetime) -> None:
    await outbox.publish(
        session, fact, stream=survey.case_id, tenant=survey.tenant, case=survey.case_id, now=now
    )
