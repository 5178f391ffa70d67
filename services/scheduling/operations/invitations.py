"""Telling people a conference's date with a calendar entry, and withdrawing it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import queries
from services.scheduling.domain import ConferenceState
from services.scheduling.models import Conference, Notified
from services.scheduling.operations.base import notify, publish, rfc3339
from shared import case_state
from shared.case_access import coordinator_of, people_who_left
from shared.events.base import CalendarEntry
from shared.events.intake import NotifyCoordinator
from shared.events.scheduling import ConferenceScheduled


async def invite(session: AsyncSession, conference: Conference, *, now: datetime) -> None:
    """Tell the whole circle the date, and everyone else that there is one. The caller holds the lock."""
    people = [member.person_id for member in await queries.members(session, case_id=conference.case_id)]
    starts_at, ends_at = _date(conference)
    fact = ConferenceScheduled(
        case_id=conference.case_id,
        conference_id=conference.id,
        conference_no=conference.conference_no,
        starts_at=starts_at,
        ends_at=ends_at,
        revision=conference.revision,
        person_ids=tuple(people),
    )
    await publish(session, fact, of=conference, now=now)
    await _notify_of_date(session, conference, people, now=now)
    coordinator = await coordinator_of(session, case_id=conference.case_id)
    if coordinator is not None:
        await _notify_coordinator(session, conference, coordinator, "REQUEST", now=now)


async def invite_newcomers(session: AsyncSession, conference: Conference, *, now: datetime) -> None:
    """Tell the date to those who joined the circle after it was set. The caller holds the lock."""
    known = set(await queries.notified(session, conference))
    members = await queries.members(session, case_id=conference.case_id)
    newcomers = [member.person_id for member in members if member.person_id not in known]
    if newcomers:
        # Newer than the withdrawal of the date from a person who comes after all.
        conference.revision += 1
        await session.flush()
    await _notify_of_date(session, conference, newcomers, now=now)


async def notify_again(
    session: AsyncSession, conference: Conference, person_id: UUID, *, now: datetime
) -> None:
    """Tell the date again to a person who was told it. The caller holds the lock."""
    await _notify_of_date(session, conference, [person_id], now=now)


async def remind(session: AsyncSession, conference: Conference, *, now: datetime) -> None:
    """Remind those who have the date, and take part, that the day is near. The caller holds the lock."""
    members = {member.person_id for member in await queries.members(session, case_id=conference.case_id)}
    people = [person for person in await queries.notified(session, conference) if person in members]
    await _notify(session, conference, people, "conference-reminder", calendar=None, now=now)


async def take_back(session: AsyncSession, conference: Conference, *, now: datetime) -> None:
    """Remove the date from the calendars of those who no longer take part. The caller holds the lock."""
    members = {member.person_id for member in await queries.members(session, case_id=conference.case_id)}
    gone = await _gone(session, conference)
    people = [
        person for person in await queries.notified(session, conference) if person not in members | gone
    ]
    if not people:
        return
    taken = update(Notified).where(Notified.conference_id == conference.id, Notified.person_id.in_(people))
    await session.execute(taken.values(taken_back_at=now))
    conference.revision += 1
    await session.flush()
    entry = _entry(conference, conference.revision, "CANCEL")
    await _notify(session, conference, people, "conference-not-attending", calendar=entry, now=now)


async def _notify_of_date(
    session: AsyncSession, conference: Conference, people: Sequence[UUID], *, now: datetime
) -> None:
    if not people:
        return
    told = {
        "conference_id": conference.id,
        "tenant": conference.tenant,
        "revision": conference.revision,
        "created_at": now,
    }
    statement = insert(Notified).values([{**told, "person_id": person_id} for person_id in people])
    changed = {"revision": statement.excluded.revision, "taken_back_at": None}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["conference_id", "person_id"], set_=changed)
    )
    entry = _entry(conference, conference.revision, "REQUEST")
    await _notify(session, conference, people, "conference-scheduled", calendar=entry, now=now)


async def call_off(
    session: AsyncSession, conference: Conference, *, kind: str, now: datetime, even_if_stopped: bool = False
) -> list[UUID]:
    """Remove the date from the calendars of those who were told and still belong to the case; return them."""
    if conference.starts_at is None:
        return []
    gone = await _gone(session, conference)
    people = [person for person in await queries.notified(session, conference) if person not in gone]
    conference.revision += 1
    entry = _entry(conference, conference.revision, "CANCEL")
    await _notify(session, conference, people, kind, calendar=entry, even_if_stopped=even_if_stopped, now=now)
    coordinator = await coordinator_of(session, case_id=conference.case_id)
    if coordinator is not None:
        await _notify_coordinator(
            session, conference, coordinator, "CANCEL", even_if_stopped=even_if_stopped, now=now
        )
    return people


async def hand_over(
    session: AsyncSession,
    *,
    tenant: UUID,
    case_id: UUID,
    coordinator_id: UUID,
    method: Literal["REQUEST", "CANCEL"],
    now: datetime,
) -> None:
    """Add the future date to the calendar of the new coordinator, or remove it from a former one's."""
    await case_state.lock(session, case_id)
    current = await coordinator_of(session, case_id=case_id)
    # If the coordinator has changed again since, that later change tells them.
    if (current == coordinator_id) is not (method == "REQUEST"):
        return
    conference = await queries.last_conference(session, tenant=tenant, case_id=case_id)
    if conference is None or conference.state != ConferenceState.SCHEDULED:
        return
    if conference.starts_at is None or conference.starts_at <= now:
        return
    # Newer than the previous mail, for a person who coordinates again.
    conference.revision += 1
    await session.flush()
    await _notify_coordinator(session, conference, coordinator_id, method, now=now)


async def _notify_coordinator(
    session: AsyncSession,
    conference: Conference,
    coordinator_id: UUID,
    method: Literal["REQUEST", "CANCEL"],
    *,
    now: datetime,
    even_if_stopped: bool = False,
) -> None:
    command = NotifyCoordinator(
        case_id=conference.case_id,
        coordinator_id=coordinator_id,
        kind="conference-date" if method == "REQUEST" else "conference-date-off",
        calendar=_entry(conference, conference.revision, method),
        even_if_stopped=even_if_stopped,
    )
    await publish(session, command, of=conference, now=now)


async def _gone(session: AsyncSession, conference: Conference) -> set[UUID]:
    # People who were removed or excluded are not mailed: the coordinator tells them in person.
    left = await session.scalars(people_who_left(conference.case_id))
    return set(left.all())


async def notify_of_cancellation(
    session: AsyncSession, conference: Conference, people: Sequence[UUID], *, now: datetime
) -> None:
    """Tell people who were asked for dates that there will be no conference."""
    await _notify(session, conference, people, "conference-cancelled", calendar=None, now=now)


def _entry(conference: Conference, revision: int, method: Literal["REQUEST", "CANCEL"]) -> CalendarEntry:
    starts_at, ends_at = _date(conference)
    return CalendarEntry(
        uid=conference.id, revision=revision, method=method, starts_at=starts_at, ends_at=ends_at
    )


def _date(conference: Conference) -> tuple[datetime, datetime]:
    if conference.starts_at is None or conference.ends_at is None:
        raise ValueError("a conference whose people are told of its date has one")
    return conference.starts_at, conference.ends_at


async def _notify(
    session: AsyncSession,
    conference: Conference,
    people: Sequence[UUID],
    kind: str,
    *,
    calendar: CalendarEntry | None,
    now: datetime,
    even_if_stopped: bool = False,
) -> None:
    parameters = {"conference_id": str(conference.id), "conference_no": str(conference.conference_no)}
    if conference.starts_at is not None and conference.ends_at is not None:
        parameters |= {"starts_at": rfc3339(conference.starts_at), "ends_at": rfc3339(conference.ends_at)}
    await notify(
        session,
        conference,
        people=people,
        kind=kind,
        link_target=f"conferences/{conference.id}",
        parameters=parameters,
        calendar=calendar,
        even_if_stopped=even_if_stopped,
        now=now,
    )
