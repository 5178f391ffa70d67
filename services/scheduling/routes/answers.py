"""Builds response bodies from rows: rates the dates of polls, and opens the place of a conference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import domain, queries
from services.scheduling.domain import ChecklistItem, ConferenceState, Option, PollState, Suitability
from services.scheduling.models import Conference, Poll
from services.scheduling.queries import venues
from services.scheduling.routes.free_venues import register_for
from services.scheduling.schemas import (
    AttendanceOut,
    ConferenceOut,
    ConferenceSummary,
    ListedConference,
    MeetingOut,
    MoreTimeGiven,
    OptionOut,
    OwnOption,
    OwnPoll,
    PartOut,
    PartsOut,
    PollOut,
    PreparationView,
    VenueOut,
)
from services.scheduling.schemas.needs import NeedSeenTo
from services.scheduling.schemas.news import LateNewsOut
from services.scheduling.settings import policies
from shared.calendar import Calendar
from shared.school_holidays import Community, is_school_holiday
from shared.vault import Vault


@dataclass(frozen=True)
class Days:
    """What an organisation's calendar says about the days of dates."""

    calendar: Calendar
    community: Community
    entered: Sequence[tuple[date, date]] = ()

    def marks(self, option: Option) -> dict[str, Any]:
        """Return the flags of a date, as fields of its response."""
        begins = option.starts_at
        # What stands here of others is Belgium's; what an organisation entered counts wherever it is.
        community: Community = self.community if self.calendar.country == "BE" else "none"
        known = self.calendar.country == "BE" or bool(self.entered)
        return {
            "public_holiday": self.calendar.is_public_holiday(begins),
            "school_holiday": is_school_holiday(self.calendar.day_of(begins), community, self.entered)
            if known
            else None,
            "part": option.part,
        }


async def days_of(session: AsyncSession, *, tenant: UUID) -> Days:
    """Return the calendar facts for an organisation's days."""
    policy = await policies.in_force(session, tenant=tenant)
    entered = [(each.first, each.last) for each in policy.settings.own_school_holidays]
    return Days(policy.calendar, policy.settings.school_holidays, entered)


async def poll_out(session: AsyncSession, poll: Poll, *, now: datetime, names_pairs: bool = True) -> PollOut:
    """Return a poll with how each date suits the circle; `names_pairs`: including pairs who must not meet."""
    options = await queries.options(session, poll)
    members = await queries.members(session, case_id=poll.case_id)
    attending = [member.person_id for member in members if member.attends]
    ranked = domain.ranking(queries.ahead(options, now=now), members, quorum=poll.quorum)
    best = ranked[0].option.id if ranked and ranked[0].fits else None
    days = await days_of(session, tenant=poll.tenant)
    register = await register_for(session, tenant=poll.tenant, conference_id=poll.conference_id, now=now)
    rated = [domain.suitability(option, members, quorum=poll.quorum) for option in options]
    return PollOut(
        poll_id=poll.id,
        case_id=poll.case_id,
        conference_id=poll.conference_id,
        state=poll.state,
        closes_at=poll.closes_at,
        closed_at=poll.closed_at,
        closed_reason=poll.closed_reason,
        quorum=poll.quorum,
        options=[
            _option_out(each, days, names_pairs=names_pairs, venues_free=register.count_free(each.option))
            for each in rated
        ],
        silent=domain.silent(queries.ahead(options, now=now), attending),
        ranking=[each.option.id for each in ranked],
        # While it is open: the best so far.
        best_option_id=poll.best_option_id if poll.state == PollState.CLOSED else best,
    )


def _option_out(rated: Suitability, days: Days, *, names_pairs: bool, venues_free: int | None) -> OptionOut:
    return OptionOut(
        option_id=rated.option.id,
        starts_at=rated.option.starts_at,
        ends_at=rated.option.ends_at,
        **days.marks(rated.option),
        yes=rated.yes,
        maybe=rated.maybe,
        no=len(rated.said_no),
        silent=rated.silent,
        fits=rated.fits,
        hindered=list(rated.hindered),
        unserved=list(rated.unserved),
        apart=[list(pair) for pair in rated.apart] if names_pairs else [],
        short=rated.short,
        said_no=list(rated.said_no),
        answers=dict(rated.option.answers),
        venues_free=venues_free,
    )


def own_poll(poll: Poll, options: Sequence[Option], person_id: UUID, days: Days) -> OwnPoll:
    """Return a poll with one person's own answers."""
    return OwnPoll(
        poll_id=poll.id,
        conference_id=poll.conference_id,
        state=poll.state,
        closes_at=poll.closes_at,
        options=[
            OwnOption(
                option_id=option.id,
                starts_at=option.starts_at,
                ends_at=option.ends_at,
                **days.marks(option),
                answer=option.answers.get(person_id),
            )
            for option in options
        ],
    )


def summary(conference: Conference, poll_id: UUID | None) -> ConferenceSummary:
    """Return a conference for a list."""
    return ConferenceSummary(
        conference_id=conference.id,
        conference_no=conference.conference_no,
        preparation_no=conference.preparation_no,
        state=ConferenceState(conference.state),
        starts_at=conference.starts_at,
        ends_at=conference.ends_at,
        version=conference.version,
        poll_id=poll_id,
    )


async def listed(session: AsyncSession, conferences: Sequence[Conference]) -> list[ListedConference]:
    """Return the conferences of a case for its list, each with its target date."""
    poll_ids = await queries.poll_ids(session, conferences)
    more_time = await _more_time(session, conferences)
    return [
        ListedConference(
            **summary(each, poll_ids.get(each.id)).model_dump(), **more_time[each.preparation_id]
        )
        for each in conferences
    ]


async def _more_time(session: AsyncSession, conferences: Sequence[Conference]) -> dict[UUID, dict[str, Any]]:
    """Return the target dates of preparations, with their extensions."""
    prepared = await queries.preparations(session, conferences)
    given = await queries.extensions(session, prepared)
    return {
        preparation_id: {
            "target_at": preparation.target_at,
            "more_time": [MoreTimeGiven.model_validate(each) for each in given.get(preparation_id, [])],
        }
        for preparation_id, preparation in prepared.items()
    }


def meeting_out(conference: Conference, calendar: Calendar) -> MeetingOut | None:
    """Return the day of a conference, None if it has none."""
    held = conference.state == ConferenceState.HELD
    day = conference.held_on if held else conference.starts_at
    if day is None or not (held or conference.state == ConferenceState.SCHEDULED):
        return None
    return MeetingOut(conference_no=conference.conference_no, on=calendar.day_of(day), held=held)


async def conference_out(
    session: AsyncSession, vault: Vault, conference: Conference, *, whole: bool
) -> ConferenceOut:
    """Return a conference; `whole`: including what only those who prepare it may see."""
    poll_ids = await queries.poll_ids(session, [conference])
    place = None
    if conference.sealed is not None:
        venue = await vault.open(session, conference)
        way = await venues.reached_by(session, conference)
        place = VenueOut(name=venue.name, address=venue.address, reached_by=way)
    return ConferenceOut(
        **summary(conference, poll_ids.get(conference.id)).model_dump(),
        case_id=conference.case_id,
        revision=conference.revision,
        venue=place,
        preparation=await _preparation_view(session, conference) if whole else None,
    )


async def _preparation_view(session: AsyncSession, conference: Conference) -> PreparationView:
    return PreparationView(
        **(await _more_time(session, [conference]))[conference.preparation_id],
        reason=conference.reason,
        next_conference_id=conference.next_conference_id,
        held_on=conference.held_on,
        outcome=conference.outcome,
        return_called_by_circle=conference.return_called_by_circle,
        incident=conference.incident,
        parts=_parts(conference),
        attendance=[
            AttendanceOut.model_validate(row) for row in await queries.attendance(session, conference)
        ],
        checklist=await whole_checklist(session, conference),
        needs_seen_to=await needs_out(session, conference),
        late_news=[LateNewsOut.model_validate(row) for row in await queries.late_news(session, conference)],
        venue_id=conference.venue_id,
    )


async def needs_out(session: AsyncSession, conference: Conference) -> list[NeedSeenTo]:
    """Return which needs were arranged for."""
    return [NeedSeenTo.model_validate(row) for row in await queries.needs_seen_to(session, conference)]


async def whole_checklist(session: AsyncSession, conference: Conference) -> dict[ChecklistItem, bool]:
    """Return every checklist task, and whether it is done."""
    done = await queries.checklist(session, conference)
    return {item: done.get(item, False) for item in ChecklistItem}


def _part(begins: datetime | None, ends: datetime | None) -> PartOut | None:
    return PartOut(begins=begins, ends=ends) if begins is not None and ends is not None else None


def _parts(conference: Conference) -> PartsOut | None:
    information = _part(conference.information_from, conference.information_to)
    private = _part(conference.private_from, conference.private_to)
    presentation = _part(conference.presentation_from, conference.presentation_to)
    if information is None or private is None or presentation is None:
        return None
    return PartsOut(information=information, private=private, presentation=presentation)
