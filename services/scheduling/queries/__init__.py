"""Reads: conferences and polls by id and tenant, who is in the circle, the organisation's settings."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, except_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling.domain import (
    ATTENDING,
    Availability,
    DayPart,
    Member,
    Option,
    PreparationState,
)
from services.scheduling.models import (
    Attendance,
    CalendarFeed,
    CaseInfo,
    ChecklistEntry,
    Circle,
    CircleMember,
    Conference,
    LateNews,
    NeedSeenTo,
    Notified,
    Poll,
    PollAnswer,
    PollAsked,
    PollOption,
    Preparation,
    PreparationExtension,
)
from shared import case_state
from shared.auth import Principal
from shared.case_access import coordinated_by, people_who_left
from shared.errors import NotFound
from shared.http import PageRequest, Rows, paginate
from shared.tables import case_person


class UnknownConference(NotFound):
    """The conference does not exist, or the caller may not see it."""

    code = "conference-not-found"
    title = "There is no such conference here"


class UnknownPoll(NotFound):
    """The poll does not exist, or the caller may not see it."""

    code = "poll-not-found"
    title = "There is no such poll here"


class UnknownFeed(NotFound):
    """The secret opens no calendar: it was renewed, its owner did not come lately, or it never existed."""

    code = "feed-not-found"
    title = "There is no calendar at this address: its owner may have made a new one, or not have come for a month"


async def track(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> str:
    """Return how urgent a case is."""
    info = await case_info(session, tenant=tenant, case_id=case_id)
    return "normal" if info is None else info.track


async def case_info(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> CaseInfo | None:
    """Return what is known of a case from intake, if anything."""
    query = select(CaseInfo).where(CaseInfo.case_id == case_id, CaseInfo.tenant == tenant)
    return (await session.scalars(query)).one_or_none()


async def conference(session: AsyncSession, *, tenant: UUID, conference_id: UUID) -> Conference:
    """Return a conference of a tenant. Raises: UnknownConference."""
    query = select(Conference).where(Conference.id == conference_id, Conference.tenant == tenant)
    # Also if the session has read it before: decisions under a lock must not rest on an older read.
    found = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if found is None:
        raise UnknownConference(conference_id=str(conference_id))
    return found


async def poll(session: AsyncSession, *, tenant: UUID, poll_id: UUID) -> Poll:
    """Return a poll of a tenant. Raises: UnknownPoll."""
    query = select(Poll).where(Poll.id == poll_id, Poll.tenant == tenant)
    found = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if found is None:
        raise UnknownPoll(poll_id=str(poll_id))
    return found


async def last_conference(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> Conference | None:
    """Return the conference of a case with the highest number, if there is one."""
    query = select(Conference).where(Conference.tenant == tenant, Conference.case_id == case_id)
    newest = query.order_by(Conference.conference_no.desc()).limit(1)
    return (await session.scalars(newest.execution_options(populate_existing=True))).one_or_none()


async def feed(
    session: AsyncSession, *, tenant: UUID, digest: bytes, seen_since: datetime
) -> CalendarFeed | None:
    """Return the calendar feed of a tenant that a secret opens, if its owner came with their account since."""
    query = select(CalendarFeed).where(
        CalendarFeed.tenant == tenant, CalendarFeed.digest == digest, CalendarFeed.seen_at >= seen_since
    )
    return (await session.scalars(query)).one_or_none()


async def conferences_of_coordinator(
    session: AsyncSession, principal: Principal, *, since: datetime
) -> Sequence[Conference]:
    """Return the conferences from a time on that have or had a date, of the cases that a person coordinates now."""
    query = select(Conference).where(
        Conference.tenant == principal.tenant,
        Conference.case_id.in_(coordinated_by(principal)),
        Conference.starts_at >= since,
    )
    return (await session.scalars(query.order_by(Conference.starts_at, Conference.id))).all()


async def was_postponed(session: AsyncSession, conference: Conference) -> bool:
    """Tell whether a conference replaces a postponed one."""
    query = select(exists().where(Conference.next_conference_id == conference.id))
    return bool(await session.scalar(query.where(Conference.preparation_id == conference.preparation_id)))


async def poll_of(session: AsyncSession, conference: Conference) -> Poll | None:
    """Return the poll of a conference, if there is one."""
    query = select(Poll).where(Poll.conference_id == conference.id)
    return (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def polls_of_case(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, page: PageRequest
) -> Rows[Poll]:
    """Return one page of the polls of a case, newest first."""
    query = select(Poll).where(Poll.tenant == tenant, Poll.case_id == case_id)
    return await paginate(session, query, page, time=Poll.created_at, id=Poll.id)


async def all_polls_of_case(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> Sequence[Poll]:
    """Return all polls of a case, newest first: for the copy of one person."""
    query = select(Poll).where(Poll.tenant == tenant, Poll.case_id == case_id)
    return (await session.scalars(query.order_by(Poll.created_at.desc(), Poll.id.desc()))).all()


async def poll_ids(session: AsyncSession, conferences: Sequence[Conference]) -> dict[UUID, UUID]:
    """Return the id of each conference's poll."""
    query = select(Poll.conference_id, Poll.id).where(Poll.conference_id.in_([one.id for one in conferences]))
    return dict((await session.execute(query)).all())


async def options_of(session: AsyncSession, polls: Sequence[Poll]) -> dict[UUID, list[Option]]:
    """Return the dates of polls with all answers, earliest first."""
    ids = [poll.id for poll in polls]
    answers: dict[UUID, dict[UUID, Availability]] = {}
    said = await session.execute(
        select(PollAnswer.option_id, PollAnswer.person_id, PollAnswer.answer).where(
            PollAnswer.poll_id.in_(ids)
        )
    )
    for option_id, person_id, answer in said.all():
        answers.setdefault(option_id, {})[person_id] = Availability(answer)
    found: dict[UUID, list[Option]] = {poll_id: [] for poll_id in ids}
    query = (
        select(PollOption).where(PollOption.poll_id.in_(ids)).order_by(PollOption.starts_at, PollOption.id)
    )
    for row in (await session.scalars(query)).all():
        option = Option(
            id=row.id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            answers=answers.get(row.id, {}),
            part=None if row.part is None else DayPart(row.part),
        )
        found[row.poll_id].append(option)
    return found


async def options(session: AsyncSession, poll: Poll) -> list[Option]:
    """Return the dates of one poll with all answers, earliest first."""
    return (await options_of(session, [poll]))[poll.id]


async def circle_stands(session: AsyncSession, *, case_id: UUID) -> bool:
    """Tell whether the circle of a case is ready, according to network."""
    return await session.get(Circle, case_id) is not None


async def members(session: AsyncSession, *, case_id: UUID) -> list[Member]:
    """Return who takes part now: the circle, without those who left the case since."""
    query = (
        select(CircleMember)
        .where(CircleMember.case_id == case_id, CircleMember.person_id.not_in(people_who_left(case_id)))
        .order_by(CircleMember.person_id)
    )
    return [
        Member(
            person_id=row.person_id,
            required=row.required,
            attends=row.mode in ATTENDING,
            serves=row.serves,
            not_with=frozenset(row.not_with),
        )
        for row in (await session.scalars(query)).all()
    ]


async def people_of_case(session: AsyncSession, *, case_id: UUID) -> set[UUID]:
    """Return everybody who belongs to a case now."""
    people = select(case_person.c.person_id).where(case_person.c.case_id == case_id)
    circle = select(CircleMember.person_id).where(CircleMember.case_id == case_id)
    belong = except_(people.union(circle), people_who_left(case_id))
    return set((await session.scalars(belong)).all())


async def people_expected(session: AsyncSession, conference: Conference) -> set[UUID]:
    """Return who can have come to a conference: those who belong to its case, and those who left it knowing the date.

    For erased people nothing is stored any more, not even that they knew it.
    """
    belong = await people_of_case(session, case_id=conference.case_id)
    return belong.union(await notified(session, conference))


async def notified(session: AsyncSession, conference: Conference) -> list[UUID]:
    """Return who has a conference's date: they were told it, and it was not withdrawn since."""
    query = select(Notified.person_id).where(
        Notified.conference_id == conference.id, Notified.taken_back_at.is_(None)
    )
    return list((await session.scalars(query.order_by(Notified.person_id))).all())


async def invited(session: AsyncSession, conference: Conference) -> list[tuple[UUID, CircleMember | None]]:
    """Return who was ever told a conference's date, as members of the circle if they still are."""
    is_member = (CircleMember.case_id == conference.case_id) & (CircleMember.person_id == Notified.person_id)
    query = select(Notified.person_id, CircleMember).outerjoin(CircleMember, is_member)
    found = await session.execute(query.where(Notified.conference_id == conference.id))
    return [(person, member) for person, member in found]


async def attendance(session: AsyncSession, conference: Conference) -> Sequence[Attendance]:
    """Return who came to a conference."""
    query = select(Attendance).where(Attendance.conference_id == conference.id)
    return (await session.scalars(query.order_by(Attendance.person_id))).all()


async def checklist(session: AsyncSession, conference: Conference) -> dict[str, bool]:
    """Return the checklist tasks done in a preparation."""
    query = select(ChecklistEntry.code, ChecklistEntry.done).where(
        ChecklistEntry.preparation_id == conference.preparation_id
    )
    return dict((await session.execute(query)).all())


async def late_news(session: AsyncSession, conference: Conference) -> Sequence[LateNews]:
    """Return what changed before a conference after the circle was told of it."""
    query = select(LateNews).where(LateNews.conference_id == conference.id).order_by(LateNews.code)
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def needs_seen_to(session: AsyncSession, conference: Conference) -> Sequence[NeedSeenTo]:
    """Return the needs arranged for a conference."""
    query = select(NeedSeenTo).where(NeedSeenTo.preparation_id == conference.preparation_id)
    return (await session.scalars(query.order_by(NeedSeenTo.person_id, NeedSeenTo.need))).all()


async def preparation(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, preparation_no: int
) -> Preparation | None:
    """Return a preparation by its number."""
    query = select(Preparation).where(
        Preparation.tenant == tenant,
        Preparation.case_id == case_id,
        Preparation.preparation_no == preparation_no,
    )
    return (await session.scalars(query)).one_or_none()


async def running_preparation(
    session: AsyncSession, *, case_id: UUID, lock: bool = False
) -> Preparation | None:
    """Return the preparation of a case that is under way, if there is one."""
    query = select(Preparation).where(
        Preparation.case_id == case_id, Preparation.state == PreparationState.RUNNING
    )
    query = query.order_by(Preparation.preparation_no.desc()).limit(1)
    found = await (case_state.lock_rows(session, query, case_id=case_id) if lock else session.scalars(query))
    return next(iter(found), None)


async def current_conference(session: AsyncSession, preparation: Preparation) -> Conference:
    """Return the newest conference of a preparation: those before it were postponed."""
    query = (
        select(Conference)
        .where(Conference.preparation_id == preparation.id)
        .order_by(Conference.conference_no.desc())
        .limit(1)
    )
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


def ahead(found: Sequence[Option], *, now: datetime) -> list[Option]:
    """Return the future dates."""
    return [option for option in found if option.starts_at > now]


async def asked_in(session: AsyncSession, polls: Sequence[Poll], *, person_id: UUID) -> dict[UUID, PollAsked]:
    """Return when one person was asked in each of these polls."""
    query = select(PollAsked).where(
        PollAsked.poll_id.in_([poll.id for poll in polls]), PollAsked.person_id == person_id
    )
    return {row.poll_id: row for row in (await session.scalars(query)).all()}


async def said_in(
    session: AsyncSession, polls: Sequence[Poll], *, person_id: UUID
) -> dict[UUID, list[tuple[PollAnswer, PollOption]]]:
    """Return one person's answers in each of these polls, with the dates, earliest first."""
    query = (
        select(PollAnswer, PollOption)
        .join(PollOption, PollOption.id == PollAnswer.option_id)
        .where(PollAnswer.poll_id.in_([poll.id for poll in polls]), PollAnswer.person_id == person_id)
        .order_by(PollOption.starts_at, PollOption.id)
    )
    found: dict[UUID, list[tuple[PollAnswer, PollOption]]] = {}
    for answer, option in (await session.execute(query)).all():
        found.setdefault(answer.poll_id, []).append((answer, option))
    return found


async def conferences_of_case(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, page: PageRequest, newest_first: bool = True
) -> Rows[Conference]:
    """Return one page of the conferences of a case."""
    query = select(Conference).where(Conference.tenant == tenant, Conference.case_id == case_id)
    return await paginate(
        session, query, page, time=Conference.created_at, id=Conference.id, newest_first=newest_first
    )


async def preparations(session: AsyncSession, conferences: Sequence[Conference]) -> dict[UUID, Preparation]:
    """Return the preparations of some conferences, by their ids."""
    ids = {conference.preparation_id for conference in conferences}
    rows = await session.scalars(select(Preparation).where(Preparation.id.in_(ids)))
    return {row.id: row for row in rows}


async def extensions(
    session: AsyncSession, preparation_ids: Iterable[UUID]
) -> dict[UUID, list[PreparationExtension]]:
    """Return the extensions of some preparations, in order, by their ids."""
    query = select(PreparationExtension).where(PreparationExtension.preparation_id.in_(set(preparation_ids)))
    found: dict[UUID, list[PreparationExtension]] = {}
    for row in await session.scalars(query.order_by(PreparationExtension.extension_no)):
        found.setdefault(row.preparation_id, []).append(row)
    return found


async def extensions_of_case(
    session: AsyncSession, *, tenant: UUID, case_id: UUID
) -> Sequence[PreparationExtension]:
    """Return the extensions of a case's preparations, in order."""
    query = (
        select(PreparationExtension)
        .join(Preparation, Preparation.id == PreparationExtension.preparation_id)
        .where(Preparation.tenant == tenant, Preparation.case_id == case_id)
        .order_by(Preparation.preparation_no, PreparationExtension.extension_no)
    )
    return (await session.scalars(query)).all()


async def conferences_of_person(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, person_id: UUID
) -> list[tuple[Conference, Attendance | None, bool]]:
    """Return the conferences that one person was told of or came to, in order, and which of both."""
    query = (
        select(Conference, Attendance, Notified.person_id)
        .outerjoin(
            Attendance,
            and_(Attendance.conference_id == Conference.id, Attendance.person_id == person_id),
        )
        .outerjoin(Notified, and_(Notified.conference_id == Conference.id, Notified.person_id == person_id))
        .where(
            Conference.tenant == tenant,
            Conference.case_id == case_id,
            or_(Attendance.person_id.is_not(None), Notified.person_id.is_not(None)),
        )
        .order_by(Conference.conference_no)
    )
    return [(row[0], row[1], row[2] is not None) for row in (await session.execute(query)).all()]
