"""Asking which dates suit: opening a poll, proposing more dates, answering, and closing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import domain, queries
from services.scheduling.domain import (
    Availability,
    CloseReason,
    ConferenceState,
    DayPart,
    Option,
    PollState,
)
from services.scheduling.models import Conference, Poll, PollAnswer, PollOption
from services.scheduling.operations.asking import ask, attending, dates_ahead
from services.scheduling.operations.base import (
    ANSWERED_CLOCK,
    POLL_CLOCK,
    clocks,
    lock,
    preparation_workflow_id,
    publish,
)
from services.scheduling.settings import Policy, policies
from shared import case_state
from shared.events.scheduling import PollAnswered, PollClosed, PollOpened
from shared.ids import uuid7
from shared.policies import PolicyInForce

Via = Literal["link", "coordinator"]
_REASONS: dict[CloseReason, Literal["all-answered", "due", "coordinator", "cancelled"]] = {
    CloseReason.ALL_ANSWERED: "all-answered",
    CloseReason.DUE: "due",
    CloseReason.COORDINATOR: "coordinator",
    CloseReason.CANCELLED: "cancelled",
}


@dataclass(frozen=True)
class Proposal:
    """A date that the coordinator proposes."""

    starts_at: datetime
    ends_at: datetime
    part: DayPart | None = None


async def open_poll(
    session: AsyncSession,
    *,
    conference: Conference,
    dates: Sequence[Proposal],
    closes_after: str | None,
    closes_on: date | None,
    quorum: int | None,
    now: datetime,
) -> Poll:
    """Ask the circle which dates suit; those who already answered every date (carried over) are not asked again.

    It closes after a length, at the end of a day, or by the organisation's default. `quorum`: how many must be
    able to come; None: as in the previous poll of these dates, which is any number the first time.

    Raises: CircleNotReady, CasePaused, ConferenceHasDate, ConferenceOver, PollAlreadyOpen, NoDates,
    TooManyDates, DateNotUsable.
    """
    await lock(session, conference)
    await case_state.require_not_paused(session, case_id=conference.case_id)
    require_undated(conference)
    if not await queries.circle_stands(session, case_id=conference.case_id):
        raise domain.CircleNotReady(case_id=str(conference.case_id))
    poll = await queries.poll_of(session, conference)
    if poll is not None and poll.state == PollState.OPEN:
        raise domain.PollAlreadyOpen(poll_id=str(poll.id))
    policy = await policies.for_case(session, case_id=conference.case_id)
    urgent = await queries.track(session, tenant=conference.tenant, case_id=conference.case_id) == "urgent"
    usual = policy.settings.urgent_poll_closes if urgent else policy.settings.poll_closes
    limit = policy.limit(now, closes_after or usual)
    if closes_on is not None:
        limit = policy.until(policy.calendar.end_of_day(closes_on), unit="days")
    closes_at = limit.due_at
    limit = replace(limit, warn_at=_chase_at(policy, now, closes_at))
    poll = poll or Poll(
        id=uuid7(),
        tenant=conference.tenant,
        case_id=conference.case_id,
        conference_id=conference.id,
        quorum=0,
        created_at=now,
    )
    poll.quorum = poll.quorum if quorum is None else quorum
    poll.state, poll.closes_at = PollState.OPEN, closes_at
    poll.closed_at = poll.closed_reason = poll.best_option_id = None
    conference.state = ConferenceState.POLLING
    session.add(poll)
    await session.flush()
    options = await _propose(session, poll, dates, now=now)
    await clocks.stop(session, kind=POLL_CLOCK, subject=poll.id, now=now)
    await clocks.start(
        session,
        kind=POLL_CLOCK,
        subject=poll.id,
        tenant=poll.tenant,
        case=poll.case_id,
        owner="coordinator",
        now=now,
        limit=limit,
        workflow_id=preparation_workflow_id(conference),
    )
    people = await attending(session, conference)
    asked = domain.silent(options, people)
    opened = PollOpened(
        case_id=poll.case_id,
        conference_id=conference.id,
        poll_id=poll.id,
        person_ids=tuple(asked),
        closes_at=closes_at,
    )
    await publish(session, opened, of=conference, now=now)
    await ask(session, conference, poll, asked, now=now)
    if people and not asked:
        # People who answered before the postponement have had their time.
        await close(session, conference, poll, reason=CloseReason.ALL_ANSWERED, now=now)
    return poll


async def add_dates(
    session: AsyncSession, *, conference: Conference, dates: Sequence[Proposal], now: datetime
) -> Poll:
    """Propose more dates in an open poll; those who had answered all dates are asked again, the others still are.

    Raises: PollClosed, CasePaused, NoDates, TooManyDates, DateNotUsable.
    """
    poll = await _locked_open_poll(session, conference)
    await case_state.require_not_paused(session, case_id=conference.case_id)
    people = await attending(session, conference)
    waiting = set(domain.silent(await dates_ahead(session, poll, now=now), people))
    options = await _propose(session, poll, dates, now=now)
    again = [person for person in domain.silent(options, people) if person not in waiting]
    # First when it ends, which whoever is asked is told: an answer of theirs is missing now.
    await follow_answers(session, conference, poll, now=now)
    await ask(session, conference, poll, again, now=now)
    return poll


async def answer(
    session: AsyncSession,
    *,
    conference: Conference,
    person_id: UUID,
    answers: Mapping[UUID, Availability],
    via: Via,
    now: datetime,
) -> Poll:
    """Record a person's answers to some dates; once no answer is missing, the poll closes soon.

    Raises: PollClosed, OptionUnknown, PersonNotOfCase.
    """
    poll = await _locked_open_poll(session, conference)
    if person_id not in {member.person_id for member in await queries.members(session, case_id=poll.case_id)}:
        raise domain.PersonNotOfCase
    if not answers.keys() <= {option.id for option in await queries.options(session, poll)}:
        raise domain.OptionUnknown
    rows = [
        {
            "option_id": option_id,
            "person_id": person_id,
            "tenant": poll.tenant,
            "poll_id": poll.id,
            "answer": said,
            "via": via,
            "created_at": now,
        }
        for option_id, said in answers.items()
    ]
    statement = insert(PollAnswer).values(rows)
    changed = {name: statement.excluded[name] for name in ("answer", "via", "created_at")}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["option_id", "person_id"], set_=changed)
    )
    missing = domain.silent(await dates_ahead(session, poll, now=now), [person_id])
    fact = PollAnswered(
        case_id=poll.case_id, poll_id=poll.id, person_id=person_id, via=via, complete=not missing
    )
    await publish(session, fact, of=conference, now=now)
    await follow_answers(session, conference, poll, now=now)
    return poll


async def close_by_coordinator(session: AsyncSession, *, conference: Conference, now: datetime) -> Poll:
    """End the poll because the coordinator knows enough; a closed poll stays as it is."""
    await lock(session, conference)
    poll = await queries.poll_of(session, conference)
    if poll is None:
        raise queries.UnknownPoll
    if poll.state == PollState.OPEN:
        await close(session, conference, poll, reason=CloseReason.COORDINATOR, now=now)
    return poll


async def close(
    session: AsyncSession, conference: Conference, poll: Poll, *, reason: CloseReason, now: datetime
) -> None:
    """Take no more answers, and publish which date is best. The caller holds the lock."""
    poll.state, poll.closed_reason, poll.closed_at, poll.closes_at = PollState.CLOSED, reason, now, None
    if reason is CloseReason.CANCELLED:
        await session.flush()
    else:
        await _name_best(session, conference, poll, now=now)
    await clocks.stop(session, kind=ANSWERED_CLOCK, subject=poll.id, now=now)
    if reason is not CloseReason.DUE:
        # An overdue poll stays visible as a breach until there is a date.
        await clocks.stop(session, kind=POLL_CLOCK, subject=poll.id, now=now)
    fact = PollClosed(
        case_id=poll.case_id,
        conference_id=conference.id,
        poll_id=poll.id,
        reason=_REASONS[reason],
        best_option_id=poll.best_option_id,
    )
    await publish(session, fact, of=conference, now=now)


async def rate_again(session: AsyncSession, conference: Conference, poll: Poll, *, now: datetime) -> None:
    """Update a closed poll's best date for those who take part now. The caller holds the lock."""
    if poll.closed_reason == CloseReason.CANCELLED or conference.state not in domain.UNDATED:
        return
    await _name_best(session, conference, poll, now=now)


async def _name_best(session: AsyncSession, conference: Conference, poll: Poll, *, now: datetime) -> None:
    members = await queries.members(session, case_id=poll.case_id)
    best = domain.best(await queries.options(session, poll), members, now=now, quorum=poll.quorum)
    poll.best_option_id = None if best is None else best.option.id
    if conference.state in domain.UNDATED:
        conference.state = ConferenceState.PREPARING if best is None else ConferenceState.READY_TO_SCHEDULE
    await session.flush()


async def follow_answers(session: AsyncSession, conference: Conference, poll: Poll, *, now: datetime) -> bool:
    """Tell whether no answer is missing; the poll then closes after a time for corrections.

    The caller holds the lock.
    """
    answered = await all_answered(session, conference, poll, now=now)
    if answered:
        policy = await policies.for_case(session, case_id=poll.case_id)
        await clocks.start(
            session,
            kind=ANSWERED_CLOCK,
            subject=poll.id,
            tenant=poll.tenant,
            case=poll.case_id,
            owner="coordinator",
            now=now,
            limit=policy.limit(now, policy.settings.poll_correct),
            workflow_id=preparation_workflow_id(conference),
        )
    else:
        await clocks.stop(session, kind=ANSWERED_CLOCK, subject=poll.id, now=now)
    await follow_clocks(session, poll)
    return answered


async def all_answered(session: AsyncSession, conference: Conference, poll: Poll, *, now: datetime) -> bool:
    """Tell whether everybody who must be free for the date has answered."""
    people = await attending(session, conference)
    options = await dates_ahead(session, poll, now=now)
    return bool(people and options) and not domain.silent(options, people)


async def follow_clocks(session: AsyncSession, poll: Poll) -> None:
    """Set when an open poll closes: at the first of its clocks."""
    found = [await clocks.find(session, kind=kind, subject=poll.id) for kind in (POLL_CLOCK, ANSWERED_CLOCK)]
    ends = [clock.due_at for clock in found if clock is not None and clock.state in ("running", "paused")]
    if ends:
        poll.closes_at = min(ends)
        await session.flush()


def require_undated(conference: Conference) -> None:
    """Check that a conference still needs a date. Raises: ConferenceHasDate, ConferenceOver."""
    if conference.state == ConferenceState.SCHEDULED:
        raise domain.ConferenceHasDate(conference_id=str(conference.id))
    if conference.state not in domain.UNDATED:
        raise domain.ConferenceOver(conference_id=str(conference.id), state=conference.state)


def _chase_at(policy: PolicyInForce[Policy], now: datetime, closes_at: datetime) -> datetime:
    if closes_at - now < timedelta(seconds=1):
        raise domain.ClosesTooSoon
    chase_at = policy.after(now, policy.settings.poll_chase)
    # If a poll is shorter than the organisation's default, the reminder is half-way.
    return chase_at if chase_at < closes_at else now + (closes_at - now) / 2


async def _locked_open_poll(session: AsyncSession, conference: Conference) -> Poll:
    await lock(session, conference)
    poll = await queries.poll_of(session, conference)
    if poll is None:
        raise queries.UnknownPoll
    if poll.state != PollState.OPEN:
        raise domain.PollClosed(poll_id=str(poll.id))
    return poll


async def _propose(
    session: AsyncSession, poll: Poll, dates: Sequence[Proposal], *, now: datetime
) -> list[Option]:
    """Add the dates that are not there yet, and return all future ones."""
    for proposal in dates:
        domain.check_span(proposal.starts_at, proposal.ends_at, now=now)
    there = await queries.options(session, poll)
    known = {(option.starts_at, option.ends_at) for option in there}
    fresh = [each for each in dict.fromkeys(dates) if (each.starts_at, each.ends_at) not in known]
    if len(there) + len(fresh) > domain.MAX_OPTIONS:
        raise domain.TooManyDates
    session.add_all(option_row(poll, each, option_id=uuid7(), now=now) for each in fresh)
    await session.flush()
    options = await dates_ahead(session, poll, now=now)
    if not options:
        raise domain.NoDates
    return options


def option_row(poll: Poll, proposal: Proposal, *, option_id: UUID, now: datetime) -> PollOption:
    """Return a date of a poll."""
    return PollOption(
        id=option_id,
        tenant=poll.tenant,
        poll_id=poll.id,
        starts_at=proposal.starts_at,
        ends_at=proposal.ends_at,
        part=proposal.part,
        created_at=now,
    )
