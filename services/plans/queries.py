"""Reads: plans, their people and shares, and what the follow-up waits for."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from services.plans.domain import FollowUpOver, FollowUpState, PlanNotFound
from services.plans.models import (
    Acceptance,
    Agreement,
    CaseBaseline,
    CaseInfo,
    CheckIn,
    HeldConference,
    OwnMeeting,
    Plan,
    PlanVersion,
    ReferrerCall,
    Resource,
    ReviewAnswer,
    Round,
    Share,
    SharingConsent,
    Stance,
    TakingPart,
    Wording,
    Youngest,
)
from shared import case_state
from shared.case_access import Membership
from shared.errors import NotYet
from shared.events.network import AgeBracket
from shared.tables import case_person, clock


async def hold_case(session: AsyncSession, *, case_id: UUID) -> None:
    """Make this transaction the only one that changes the case's plan, whatever state the case is in.

    Everything that changes the plan takes this lock first: one writer per case, and no deadlocks. Events take
    it before their handlers run.
    """
    await case_state.lock(session, case_id)


async def lock_case(session: AsyncSession, *, case_id: UUID, tenant: UUID) -> case_state.CaseState:
    """Make this transaction the only one that changes the case's plan, and return the case if it is live.

    Raises: UnknownCase, CaseStopped, CaseErased.
    """
    await hold_case(session, case_id=case_id)
    return await case_state.require_live(session, case_id=case_id, tenant=tenant)


async def sharing_refused(session: AsyncSession, case_id: UUID) -> bool:
    """Tell whether a person the plan is about, or one who decides for them, wants it kept within the circle.

    A holder of parental authority counts while they belong to the case and the child is no adult.
    """
    about, speaker = case_person.alias("about"), case_person.alias("speaker")
    own = SharingConsent.person_id == SharingConsent.concerns
    query = (
        select(SharingConsent.person_id)
        .join(about, (about.c.case_id == case_id) & (about.c.person_id == SharingConsent.concerns))
        .join(speaker, (speaker.c.case_id == case_id) & (speaker.c.person_id == SharingConsent.person_id))
        .where(
            SharingConsent.case_id == case_id,
            SharingConsent.given.is_(False),
            about.c.role == "central",
            own | ((speaker.c.membership == Membership.ACTIVE) & about.c.adult.is_(False)),
        )
    )
    return await session.scalar(query.limit(1)) is not None


async def read_plan(session: AsyncSession, plan_id: UUID) -> Plan:
    """Return a plan. Raises: PlanNotFound."""
    plan = await session.get(Plan, plan_id, populate_existing=True)
    if plan is None:
        raise PlanNotFound
    return plan


async def running_plan(session: AsyncSession, plan_id: UUID) -> Plan:
    """Return a plan that is followed up. Raises: PlanNotFound, FollowUpOver."""
    plan = await read_plan(session, plan_id)
    if plan.follow_up != FollowUpState.RUNNING:
        raise FollowUpOver
    return plan


async def plan_of_case(session: AsyncSession, *, case_id: UUID, tenant: UUID) -> Plan | None:
    """Return the plan of a case."""
    query = select(Plan).where(Plan.tenant == tenant, Plan.case_id == case_id)
    return (await session.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def version_of(session: AsyncSession, plan_id: UUID, version: int) -> PlanVersion:
    """Return one version of a plan. Raises: PlanNotFound."""
    query = select(PlanVersion).where(PlanVersion.plan_id == plan_id, PlanVersion.version == version)
    found = await session.scalar(query)
    if found is None:
        raise PlanNotFound
    return found


async def active_people(session: AsyncSession, case_id: UUID) -> dict[UUID, str]:
    """Return the people who belong to a case now, with their roles."""
    person = case_person.c
    query = select(person.person_id, person.role).where(
        person.case_id == case_id, person.membership == Membership.ACTIVE, person.role.is_not(None)
    )
    return dict((await session.execute(query.order_by(person.person_id))).all())


async def taking_part(session: AsyncSession, case_id: UUID) -> dict[UUID, str]:
    """Return the people who belong to a case and take part now, with their roles; central persons always do."""
    said = select(TakingPart.person_id).where(TakingPart.case_id == case_id, TakingPart.takes_part)
    those = set(await session.scalars(said))
    people = await active_people(session, case_id)
    return {person: role for person, role in people.items() if person in those or role == "central"}


async def erased_people(session: AsyncSession, case_ids: Collection[UUID]) -> set[UUID]:
    """Return the erased people of these cases: ids that a plan may still name, and nobody knows any more."""
    person = case_person.c
    query = select(person.person_id).where(
        person.case_id.in_(case_ids), person.membership == Membership.ERASED
    )
    return set((await session.scalars(query)).all())


async def current_monitor(session: AsyncSession, plan: Plan) -> UUID | None:
    """Return the monitor of the current version, if they still belong to the case."""
    return await _still_there(session, PlanVersion.monitor_person_id, plan_id=plan.id, version=plan.version)


async def convener(session: AsyncSession, *, plan_id: UUID, version: int) -> UUID | None:
    """Return who calls the circle together for the review in a version, if they still belong to the case."""
    return await _still_there(session, PlanVersion.convener_person_id, plan_id=plan_id, version=version)


async def _still_there(
    session: AsyncSession, who: InstrumentedAttribute[UUID | None], *, plan_id: UUID, version: int
) -> UUID | None:
    query = (
        select(who)
        .join(case_person, (case_person.c.person_id == who) & (case_person.c.case_id == PlanVersion.case_id))
        .where(PlanVersion.plan_id == plan_id, PlanVersion.version == version)
        .where(case_person.c.membership == Membership.ACTIVE)
    )
    found: UUID | None = await session.scalar(query)
    return found


async def manager_sees_to_agreements(session: AsyncSession, case_id: UUID) -> bool:
    """Tell whether the regional manager must act on a late agreement: there is no coordinator, or it is very late."""
    theirs = (clock.c.owner == "regional-manager") & clock.c.state.in_(("running", "paused"))
    query = select(clock.c.id).where(
        clock.c.case_id == case_id,
        clock.c.kind == "agreement-slips",
        theirs | (clock.c.state == "breached"),
    )
    return await session.scalar(query.limit(1)) is not None


async def mandate_of(session: AsyncSession, case_id: UUID) -> UUID | None:
    """Return the organisation that must accept the plan; None also once no central person is a minor any more.

    Raises: NotYet.
    """
    info = await session.get(CaseInfo, case_id)
    if info is None:
        raise NotYet("opening of the case")
    query = select(Youngest.been_minor).where(Youngest.case_id == case_id, Youngest.bracket.is_(None))
    return None if await session.scalar(query) else info.mandated_organisation


async def referrer_of(session: AsyncSession, case_id: UUID) -> UUID | None:
    """Return the organisation that referred the case for others, if one did. Raises: NotYet."""
    info = await session.get(CaseInfo, case_id)
    if info is None:
        raise NotYet("opening of the case")
    return info.referring_organisation


async def bottom_lines_of(session: AsyncSession, case_id: UUID) -> dict[UUID, int]:
    """Return the case's bottom lines and their versions. Raises: NotYet."""
    baseline = await session.get(CaseBaseline, case_id)
    if baseline is None:
        raise NotYet("baseline of the case")
    return {UUID(line["bottom_line_id"]): line["version"] for line in baseline.bottom_lines}


async def youngest(session: AsyncSession, case_id: UUID) -> AgeBracket | None:
    """Return the age bracket of the case's youngest central person; None if none is known to be under eighteen."""
    return await session.scalar(select(Youngest.bracket).where(Youngest.case_id == case_id))


async def was_held(session: AsyncSession, *, conference_id: UUID, case_id: UUID) -> bool:
    """Tell whether this conference of this case was held."""
    conference = await session.get(HeldConference, conference_id)
    return conference is not None and conference.case_id == case_id


async def comes_from_new_conference(session: AsyncSession, plan: Plan, conference_id: UUID | None) -> bool:
    """Tell whether a version comes from a conference that no earlier version came from."""
    query = select(exists().where(PlanVersion.plan_id == plan.id, PlanVersion.conference_id == conference_id))
    return conference_id is not None and not await session.scalar(query)


async def comes_from_own_meeting(session: AsyncSession, plan: Plan, met_on: date | None) -> bool:
    """Tell whether a version comes from a meeting of the circle by itself that no earlier version came from."""
    query = select(exists().where(PlanVersion.plan_id == plan.id, PlanVersion.met_on == met_on))
    return met_on is not None and not await session.scalar(query)


async def wording(session: AsyncSession, plan_id: UUID, language: str) -> Wording | None:
    """Return a plan in another language."""
    query = select(Wording).where(Wording.plan_id == plan_id, Wording.language == language)
    found: Wording | None = await session.scalar(query)
    return found


async def wordings_of(session: AsyncSession, plan_id: UUID) -> Sequence[Wording]:
    """Return a plan in its other languages, in order."""
    query = select(Wording).where(Wording.plan_id == plan_id).order_by(Wording.language)
    return (await session.scalars(query)).all()


async def own_meetings_of(session: AsyncSession, plan_id: UUID) -> Sequence[OwnMeeting]:
    """Return the days on which a circle met by itself, in order."""
    query = select(OwnMeeting).where(OwnMeeting.plan_id == plan_id)
    return (await session.scalars(query.order_by(OwnMeeting.met_on))).all()


async def is_to_meet_again(session: AsyncSession, plan: Plan) -> bool:
    """Tell whether the circle will meet again, wants to, or met and its plan is not recorded yet."""
    rounds = select(func.max(func.coalesce(Round.ended_at, Round.created_at)))
    last = rounds.where(Round.case_id == plan.case_id).scalar_subquery()
    written = exists().where(
        PlanVersion.plan_id == plan.id, PlanVersion.conference_id == HeldConference.conference_id
    )
    prepared = exists().where(Round.case_id == plan.case_id, Round.ended_at.is_(None))
    wanted = exists().where(
        CheckIn.plan_id == plan.id,
        CheckIn.decision == "new-conference",
        CheckIn.recorded_at > func.coalesce(last, plan.created_at),
    )
    met = exists().where(
        HeldConference.case_id == plan.case_id,
        HeldConference.outcome == "plan",
        HeldConference.created_at > plan.created_at,
        ~written,
    )
    return bool(await session.scalar(select(prepared | wanted | met)))


async def check_in_moments(
    session: AsyncSession, check_ins: Sequence[UUID]
) -> dict[UUID, tuple[datetime, datetime]]:
    """Return per check when it is due and when it escalates to the regional manager."""
    query = (
        select(clock.c.subject, clock.c.warn_at, clock.c.due_at)
        .where(clock.c.kind == "check-in", clock.c.subject.in_(check_ins))
        .order_by(clock.c.started_at, clock.c.id)
    )
    return {row.subject: (row.warn_at, row.due_at) for row in await session.execute(query)}


async def review_answers(session: AsyncSession, check_ins: Sequence[UUID]) -> dict[UUID, list[ReviewAnswer]]:
    """Return the answers about meeting again, per review."""
    found: dict[UUID, list[ReviewAnswer]] = {}
    for answer in await session.scalars(select(ReviewAnswer).where(ReviewAnswer.check_in_id.in_(check_ins))):
        found.setdefault(answer.check_in_id, []).append(answer)
    return found


async def agreements_of_version(session: AsyncSession, plan_id: UUID, version: int) -> Sequence[Agreement]:
    """Return the agreements of one version, in the order in which the circle gave them."""
    query = select(Agreement).where(Agreement.plan_id == plan_id, *_of_version(Agreement, version))
    return (await session.scalars(query.order_by(Agreement.created_at, Agreement.id))).all()


async def has_agreement(session: AsyncSession, plan: Plan, *, person_id: UUID) -> bool:
    """Tell whether a person does something in the current version of a plan."""
    query = select(Agreement.id).where(
        Agreement.plan_id == plan.id,
        Agreement.who_person_ids.contains([person_id]),
        *_of_version(Agreement, plan.version),
    )
    return await session.scalar(query.limit(1)) is not None


async def resources_of_version(session: AsyncSession, plan_id: UUID, version: int) -> Sequence[Resource]:
    """Return what one version asks of others, in order."""
    query = select(Resource).where(Resource.plan_id == plan_id, *_of_version(Resource, version))
    return (await session.scalars(query.order_by(Resource.created_at, Resource.id))).all()


def _of_version(kind: type[Agreement] | type[Resource], version: int) -> tuple[ColumnElement[bool], ...]:
    until = kind.until_version
    return kind.plan_version <= version, until.is_(None) | (until > version)


async def stances_of_version(session: AsyncSession, plan_id: UUID, version: int) -> Sequence[Stance]:
    """Return who supports one version and who does not, in the order of their answers."""
    query = select(Stance).where(Stance.plan_id == plan_id, Stance.version == version)
    return (await session.scalars(query.order_by(Stance.said_at, Stance.person_id))).all()


async def acceptance_lines(session: AsyncSession, plan_id: UUID, version: int) -> Sequence[Acceptance]:
    """Return the answers about each bottom line of one version."""
    query = select(Acceptance).where(Acceptance.plan_id == plan_id, Acceptance.version == version)
    return (await session.scalars(query.order_by(Acceptance.created_at, Acceptance.id))).all()


async def was_refused(session: AsyncSession, plan: Plan) -> bool:
    """Tell whether a bottom line was not met in the mandated side's last judgement of a plan."""
    last = select(func.max(Acceptance.version)).where(Acceptance.plan_id == plan.id).scalar_subquery()
    unmet = exists().where(
        Acceptance.plan_id == plan.id, Acceptance.version == last, Acceptance.met.is_(False)
    )
    return bool(await session.scalar(select(unmet)))


async def shares_of(session: AsyncSession, plan_id: UUID) -> Sequence[Share]:
    """Return with whom a plan is shared, once each with the newest version that they read, in order."""
    later = aliased(Share)
    again = exists().where(
        later.plan_id == plan_id,
        later.recipient == Share.recipient,
        later.version > Share.version,
        later.ended_at.is_(None),
    )
    query = select(Share).where(Share.plan_id == plan_id, Share.ended_at.is_(None), ~again)
    return (await session.scalars(query.order_by(Share.created_at, Share.id))).all()


async def shared_in_place_of(session: AsyncSession, plan_id: UUID, *, person_id: UUID) -> Sequence[Share]:
    """Return how a plan was shared in the place of a child, in order."""
    query = select(Share).where(Share.plan_id == plan_id, Share.shared_for.contains([person_id]))
    return (await session.scalars(query.order_by(Share.created_at, Share.id))).all()


async def agreements_of_person(
    session: AsyncSession, plan_id: UUID, *, person_id: UUID
) -> Sequence[Agreement]:
    """Return the agreements of a person, in any version of a plan."""
    query = select(Agreement).where(
        Agreement.plan_id == plan_id, Agreement.who_person_ids.contains([person_id])
    )
    return (await session.scalars(query.order_by(Agreement.created_at, Agreement.id))).all()


async def referrer_calls_of(session: AsyncSession, plan_id: UUID) -> Sequence[ReferrerCall]:
    """Return the calls to the referrer of a plan: one for each year, in order."""
    query = select(ReferrerCall).where(ReferrerCall.plan_id == plan_id)
    return (await session.scalars(query.order_by(ReferrerCall.called_at, ReferrerCall.id))).all()


async def year_of(session: AsyncSession, check_in: CheckIn) -> Sequence[CheckIn]:
    """Return the checks of the same year as a check."""
    query = select(CheckIn).where(
        CheckIn.plan_id == check_in.plan_id,
        CheckIn.plan_version == check_in.plan_version,
        CheckIn.kind != "review",
    )
    return (await session.scalars(query)).all()


async def last_family_call(session: AsyncSession, plan: Plan) -> CheckIn | None:
    """Return the coordinator's call to the family in the current year."""
    query = select(CheckIn).where(CheckIn.plan_id == plan.id, CheckIn.kind == "four-weeks")
    found: CheckIn | None = await session.scalar(query.order_by(CheckIn.plan_version.desc()).limit(1))
    return found


async def check_ins_held(session: AsyncSession, plan_id: UUID) -> Sequence[CheckIn]:
    """Return the checks of a plan that were recorded, in order."""
    query = select(CheckIn).where(CheckIn.plan_id == plan_id, CheckIn.recorded_at.is_not(None))
    return (await session.scalars(query.order_by(CheckIn.recorded_at, CheckIn.id))).all()
