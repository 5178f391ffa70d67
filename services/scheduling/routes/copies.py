"""Returns the data held on one person to the service that makes their copy of everything."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import queries
from services.scheduling.models import Attendance, Base, CircleMember, Conference, Poll, Venue
from services.scheduling.queries import givers
from shared import case_state, profiles
from shared.case_access import has_left
from shared.case_state import UnknownCase
from shared.contracts.scheduling import (
    COPY,
    CopiedAnswer,
    CopiedConference,
    CopiedGiver,
    CopiedMoreTime,
    CopiedPlace,
    CopiedPoll,
    SchedulingCopy,
)
from shared.http import Deps, Router, Session, audit_log_of_person
from shared.http.gates import Copier

router = Router(tags=["copies"])


@router.get(COPY.path)
async def copy_for_person(
    case_id: UUID, person_id: UUID, principal: Copier, session: Session, deps: Deps
) -> SchedulingCopy:
    """Return the dates that one person was asked about, their answers, and when they were present."""
    state = await case_state.read(session, case_id)
    if state is None or state.tenant != principal.tenant:
        raise UnknownCase(case_id=str(case_id))
    member = await session.get(CircleMember, (case_id, person_id))
    polls = await queries.all_polls_of_case(session, tenant=principal.tenant, case_id=case_id)
    came = await queries.conferences_of_person(
        session, tenant=principal.tenant, case_id=case_id, person_id=person_id
    )
    left = await has_left(session, case_id=case_id, person_id=person_id)
    # People who were removed or excluded must not learn where the others meet, whatever they were told before.
    there = {
        conference.id
        for conference, attendance, _ in came
        if not left or (attendance is not None and attendance.came)
    }
    sealed = [row for row, _, _ in came if row.sealed and row.id in there]
    opened = await deps.vault.open_readable(session, sealed)
    venues = dict(zip(sealed, opened, strict=True))
    told = await givers.givers_of_case(session, tenant=principal.tenant, case_id=case_id)
    # The circle may know what everybody tells; people outside it, or who left it, only what they tell themselves.
    told = [each for each in told if each.person_id == person_id or not (left or member is None)]
    words = await deps.vault.open_readable(session, told)
    calendar = await profiles.calendar(session, tenant=principal.tenant)
    in_circle = member is not None and not left
    longer = await queries.extensions_of_case(session, tenant=principal.tenant, case_id=case_id)
    return SchedulingCopy(
        erased=None in opened or None in words,
        circle=None
        if member is None
        else CopiedPlace(role=member.role, required=member.required, mode=member.mode),
        polls=await _polls(session, polls, person_id),
        conferences=[
            _conference(
                conference,
                attendance,
                notified=notified,
                shows_when=conference.id in there,
                venue=venues.get(conference),
            )
            for conference, attendance, notified in came
        ],
        givers=[
            CopiedGiver(
                tells=None if said is None else said.tells, how=each.how, yours=each.person_id == person_id
            )
            for each, said in zip(told, words, strict=True)
        ],
        # Why a case takes longer concerns those who are in it, and names nobody.
        more_time=[
            CopiedMoreTime(
                given_at=each.created_at,
                # Until the end of those days.
                before_on=calendar.day_of(each.before_at - timedelta(seconds=1)),
                until_on=calendar.day_of(each.target_at - timedelta(seconds=1)),
                extension_reason=each.reason,
            )
            for each in longer
            if in_circle
        ],
        seen=await audit_log_of_person(
            session, Base, tenant=principal.tenant, case_id=case_id, person_id=person_id
        ),
    )


async def _polls(session: AsyncSession, polls: Sequence[Poll], person_id: UUID) -> list[CopiedPoll]:
    asked = await queries.asked_in(session, polls, person_id=person_id)
    said = await queries.said_in(session, polls, person_id=person_id)
    return [
        CopiedPoll(
            poll_id=poll.id,
            state=poll.state,
            asked_at=None if (one := asked.get(poll.id)) is None else one.asked_at,
            reminded_at=None if one is None else one.chased_at,
            answers=[
                CopiedAnswer(
                    starts_at=option.starts_at,
                    ends_at=option.ends_at,
                    answer=answer.answer,
                    via=answer.via,
                    said_at=answer.created_at,
                )
                for answer, option in said.get(poll.id, [])
            ],
        )
        for poll in polls
        if poll.id in asked or poll.id in said
    ]


def _conference(
    conference: Conference,
    attendance: Attendance | None,
    *,
    notified: bool,
    shows_when: bool,
    venue: Venue | None,
) -> CopiedConference:
    return CopiedConference(
        conference_id=conference.id,
        conference_no=conference.conference_no,
        state=conference.state,
        starts_at=conference.starts_at if shows_when else None,
        ends_at=conference.ends_at if shows_when else None,
        held_on=conference.held_on if shows_when else None,
        venue=None if venue is None else f"{venue.name}, {venue.address}",
        notified=notified,
        mode=None if attendance is None else attendance.mode,
        came=None if attendance is None else attendance.came,
        arrived_at=None if attendance is None else attendance.arrived_at,
        left_at=None if attendance is None else attendance.left_at,
        walked_out=None if attendance is None else attendance.walked_out,
        views_beforehand=None if attendance is None else attendance.views_beforehand,
    )
