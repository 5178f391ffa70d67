"""Conferences: setting date and place, postponing, cancelling, and recording what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import domain, queries
from services.scheduling.domain import (
    CancelReason,
    ChecklistItem,
    CloseReason,
    ConferenceState,
    MeetingOutcome,
    MeetingParts,
    Option,
    PollState,
    PostponeReason,
)
from services.scheduling.models import Attendance, ChecklistEntry, Conference, Poll, Preparation, Venue
from services.scheduling.operations import ending, milestones, news, next_step, polls, venues
from services.scheduling.operations.base import (
    BASELINE_CLOCK,
    DATE_CLOCK,
    MISSING_CLOCK,
    POLL_CLOCK,
    TARGET_CLOCK,
    clocks,
    lock,
    publish,
    resume_target,
)
from services.scheduling.operations.carrying import carry_over
from services.scheduling.operations.invitations import call_off, invite
from shared import case_state, profiles
from shared.errors import require_version
from shared.events.scheduling import TURNOUT_GROUPS, ConferenceHeld, ConferencePostponed, Turnout
from shared.ids import uuid7
from shared.vault import Vault


@dataclass(frozen=True)
class Presence:
    """Whether a person came, and when."""

    person_id: UUID
    mode: str
    came: bool
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    walked_out: bool = False
    views_beforehand: bool = False


async def schedule(
    session: AsyncSession,
    vault: Vault,
    *,
    conference: Conference,
    version: int,
    option_id: UUID | None,
    agreed: polls.Proposal | None,
    place: Venue | UUID,
    now: datetime,
) -> Conference:
    """Set the date and the place, and invite everyone of the circle.

    The date is one of the poll (the best one, if none is chosen), or another that was `agreed` on, which needs
    no poll. The same date and place again says that it stands, whoever does not come, and tells nobody; with
    another date or place, everyone is told again.
    `place`: in words, or the id of a venue of the register. `version`: the one that was read.

    Raises: UnknownVenue, VenueClosed, VenueTaken, CasePaused, CircleNotReady, ConferenceOver, OtherVersion,
    OptionUnknown, NoDates, NoDateFits, DateNotUsable.
    """
    preparation = await lock(session, conference)
    await case_state.require_not_paused(session, case_id=conference.case_id)
    if conference.state not in domain.LIVE:
        raise domain.ConferenceOver(conference_id=str(conference.id), state=conference.state)
    if not await queries.circle_stands(session, case_id=conference.case_id):
        raise domain.CircleNotReady(case_id=str(conference.case_id))
    poll = await queries.poll_of(session, conference)
    option = (
        _agreed(agreed, now=now)
        if agreed is not None
        else await _chosen(session, conference, poll, option_id, now=now)
    )
    taken = None
    if isinstance(place, UUID):
        taken = await venues.take(session, conference=conference, venue_id=place, option=option, now=now)
        place = Venue(name=taken.name, address=taken.address)
    venue_id = None if taken is None else taken.id
    if conference.venue_id == venue_id and await _is_set_so(session, vault, conference, option, place):
        await milestones.reach(session, preparation, MISSING_CLOCK, now=now)
        return conference
    require_version(version, of=conference.version)
    if poll is not None and poll.state == PollState.OPEN:
        await polls.close(session, conference, poll, reason=CloseReason.COORDINATOR, now=now)
    if poll is not None:
        await clocks.stop(session, kind=POLL_CLOCK, subject=poll.id, now=now)
    conference.state = ConferenceState.SCHEDULED
    conference.starts_at, conference.ends_at = option.starts_at, option.ends_at
    conference.version += 1
    conference.revision += 1
    conference.venue_id = venue_id
    await vault.seal(session, conference, place)
    await session.flush()
    # Postponing paused the clock; there is a date again.
    await resume_target(session, preparation, now=now)
    for kind in (DATE_CLOCK, MISSING_CLOCK):
        await milestones.reach(session, preparation, kind, now=now)
    await milestones.await_day(session, preparation, conference, now=now)
    await news.await_telling(session, preparation, conference, now=now)
    await invite(session, conference, now=now)
    return conference


def _agreed(date: polls.Proposal, *, now: datetime) -> Option:
    domain.check_span(date.starts_at, date.ends_at, now=now)
    return Option(id=uuid7(), starts_at=date.starts_at, ends_at=date.ends_at)


async def _chosen(
    session: AsyncSession, conference: Conference, poll: Poll | None, option_id: UUID | None, *, now: datetime
) -> Option:
    options = await queries.options(session, poll) if poll is not None else []
    if option_id is None:
        if not queries.ahead(options, now=now):
            raise domain.NoDates
        members = await queries.members(session, case_id=conference.case_id)
        best = domain.best(options, members, now=now, quorum=poll.quorum if poll is not None else 0)
        if best is None:
            raise domain.NoDateFits(conference_id=str(conference.id))
        return best.option
    chosen = next((option for option in options if option.id == option_id), None)
    if chosen is None:
        raise domain.OptionUnknown(option_id=str(option_id))
    if chosen.starts_at <= now:
        raise domain.DateNotUsable(detail="This date has passed")
    return chosen


async def _is_set_so(
    session: AsyncSession, vault: Vault, conference: Conference, option: Option, venue: Venue
) -> bool:
    if (conference.starts_at, conference.ends_at) != (
        option.starts_at,
        option.ends_at,
    ) or conference.sealed is None:
        return False
    return await vault.open(session, conference) == venue


async def postpone(
    session: AsyncSession, *, conference: Conference, version: int, reason: PostponeReason, now: datetime
) -> Conference:
    """Postpone a conference and return the next one, which gets the future dates with all answers.

    `version`: the one that was read. Raises: ConferenceNotScheduled, ConferenceOver, OtherVersion.
    """
    preparation = await lock(session, conference)
    _require_scheduled(conference)
    require_version(version, of=conference.version)
    following = await _follow_with(session, preparation, conference, now=now)
    await news.move_along(session, conference, following, now=now)
    await call_off(session, conference, kind="conference-postponed", now=now)
    conference.state, conference.reason = ConferenceState.POSTPONED, reason
    await session.flush()
    await clocks.pause(session, kind=TARGET_CLOCK, subject=preparation.id, now=now, reason=reason.value)
    fact = ConferencePostponed(
        case_id=conference.case_id,
        conference_id=conference.id,
        conference_no=conference.conference_no,
        reason=reason.value,
        next_conference_id=following.id,
        next_conference_no=following.conference_no,
    )
    await publish(session, fact, of=conference, now=now)
    return following


async def _follow_with(
    session: AsyncSession, preparation: Preparation, conference: Conference, *, now: datetime
) -> Conference:
    """Return the next conference of the same preparation, with the future dates and every answer to them."""
    following = Conference(
        id=uuid7(),
        tenant=conference.tenant,
        case_id=conference.case_id,
        preparation_id=conference.preparation_id,
        preparation_no=conference.preparation_no,
        conference_no=conference.conference_no + 1,
        state=ConferenceState.PREPARING,
        version=1,
        revision=0,
        created_at=now,
    )
    session.add(following)
    conference.next_conference_id = following.id
    await session.flush()
    carried = await carry_over(session, postponed=conference, next_conference=following, now=now)
    if carried is not None and carried.best_option_id is not None:
        following.state = ConferenceState.READY_TO_SCHEDULE
    await session.flush()
    await milestones.stop_waiting_for_day(session, preparation, now=now)
    await milestones.reach(session, preparation, MISSING_CLOCK, now=now)
    await milestones.begin(session, preparation, [DATE_CLOCK], now=now)
    return following


async def hold(
    session: AsyncSession,
    *,
    conference: Conference,
    attendance: Sequence[Presence],
    parts: MeetingParts,
    outcome: MeetingOutcome,
    return_called_by_circle: bool | None,
    incident: bool,
    now: datetime,
) -> Conference:
    """Record that the circle met: who came, the times of the three parts, and the outcome.

    If it continues on another day the preparation does too, with a conference of the next number.

    Raises: ConferenceNotScheduled, ConferenceOver, ConferenceNotYetHeld, PartsOutOfOrder, TimeOutOfPlace,
    PersonTwice, PersonNotOfCase.
    """
    preparation = await lock(session, conference)
    _require_scheduled(conference)
    domain.check_parts(parts)
    calendar = await profiles.calendar(session, tenant=conference.tenant)
    domain.check_held(
        parts, set_for=conference.starts_at, since=preparation.created_at, now=now, calendar=calendar
    )
    held_on = calendar.day_of(parts.information.begins)
    people = [presence.person_id for presence in attendance]
    if len(set(people)) < len(people):
        raise domain.PersonTwice
    if not set(people) <= await queries.people_expected(session, conference):
        raise domain.PersonNotOfCase
    for presence in attendance:
        domain.check_presence((presence.arrived_at, presence.left_at), parts)
    session.add_all(_attendance(conference, presence, now=now) for presence in attendance)
    conference.state, conference.held_on, conference.outcome = ConferenceState.HELD, held_on, outcome
    conference.return_called_by_circle, conference.incident = return_called_by_circle, incident
    conference.information_from, conference.information_to = parts.information.begins, parts.information.ends
    conference.private_from, conference.private_to = parts.private.begins, parts.private.ends
    conference.presentation_from, conference.presentation_to = (
        parts.presentation.begins,
        parts.presentation.ends,
    )
    await session.flush()
    await news.close_day(session, conference, now=now)
    following = None
    if outcome is MeetingOutcome.CONTINUED:
        following = await _follow_with(session, preparation, conference, now=now)
        # It was held, in time or late; the circle itself chooses the day on which it continues.
        await clocks.stop(session, kind=TARGET_CLOCK, subject=preparation.id, now=now)
    fact = ConferenceHeld(
        case_id=conference.case_id,
        conference_id=conference.id,
        conference_no=conference.conference_no,
        preparation_no=conference.preparation_no,
        held_on=held_on,
        outcome=outcome.value,
        attended=sum(presence.came for presence in attendance),
        private_minutes=round((parts.private.ends - parts.private.begins).total_seconds() / 60),
        incident=incident,
        **await _turnout(session, conference, attendance),
        next_conference_id=None if following is None else following.id,
        next_conference_no=None if following is None else following.conference_no,
    )
    await publish(session, fact, of=conference, now=now)
    if following is None:
        await ending.end_preparation(session, preparation, now=now)
    if outcome is MeetingOutcome.NO_PLAN:
        await next_step.begin(session, preparation, now=now)
    return conference


async def _turnout(
    session: AsyncSession, conference: Conference, attendance: Sequence[Presence]
) -> dict[str, Any]:
    """Return who was invited and who came, as numbers by group, and how the children took part."""
    invited = await queries.invited(session, conference)
    members = [each for _, each in invited if each is not None]
    came = {each.person_id for each in attendance if each.came}
    remote = {each.person_id for each in attendance if each.came and each.mode in domain.REMOTE}
    views = {each.person_id for each in attendance if each.views_beforehand} - came
    children = {each.person_id for each in members if each.child}
    return {
        "invited": len(invited),
        "remote": len(remote),
        "children": len(children & came),
        "children_remote": len(children & remote),
        "children_views": len(children & views),
        "by_group": tuple(
            Turnout(group=group, invited=len(theirs), attended=len(theirs & came))
            for group in TURNOUT_GROUPS
            for theirs in [
                {each.person_id for each in members if domain.turnout_group(each.role, each.side) == group}
            ]
        ),
    }


def _attendance(conference: Conference, presence: Presence, *, now: datetime) -> Attendance:
    return Attendance(
        conference_id=conference.id,
        person_id=presence.person_id,
        tenant=conference.tenant,
        mode=presence.mode,
        came=presence.came,
        arrived_at=presence.arrived_at,
        left_at=presence.left_at,
        walked_out=presence.walked_out,
        views_beforehand=presence.views_beforehand,
        created_at=now,
    )


async def cancel(
    session: AsyncSession, *, conference: Conference, version: int, reason: CancelReason, now: datetime
) -> Conference:
    """Cancel a conference for good; the preparation ends with it, and somebody sees what comes next.

    `version`: the one that was read. Raises: ConferenceOver, OtherVersion.
    """
    preparation = await lock(session, conference)
    if conference.state not in domain.LIVE:
        raise domain.ConferenceOver(conference_id=str(conference.id), state=conference.state)
    require_version(version, of=conference.version)
    await ending.cancel_conference(session, conference, reason=reason.value, now=now)
    await ending.end_preparation(session, preparation, now=now)
    if reason is not CancelReason.PLAN_WITHOUT_MEETING:
        await next_step.begin(session, preparation, now=now)
    return conference


async def check_off(
    session: AsyncSession, *, conference: Conference, item: ChecklistItem, done: bool, now: datetime
) -> None:
    """Record whether a checklist task is done. Raises: ConferenceOver."""
    preparation = await lock(session, conference)
    if conference.state not in domain.LIVE:
        raise domain.ConferenceOver(conference_id=str(conference.id), state=conference.state)
    statement = insert(ChecklistEntry).values(
        preparation_id=conference.preparation_id,
        code=item,
        tenant=conference.tenant,
        done=done,
        created_at=now,
    )
    changed = {"done": statement.excluded.done, "created_at": statement.excluded.created_at}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["preparation_id", "code"], set_=changed)
    )
    await news.follow_step(session, conference, item, done=done, now=now)
    if done and item is ChecklistItem.QUESTIONS_SHARED:
        await milestones.reach(session, preparation, BASELINE_CLOCK, now=now)


def _require_scheduled(conference: Conference) -> None:
    if conference.state in domain.UNDATED:
        raise domain.ConferenceNotScheduled(conference_id=str(conference.id))
    if conference.state != ConferenceState.SCHEDULED:
        raise domain.ConferenceOver(conference_id=str(conference.id), state=conference.state)
