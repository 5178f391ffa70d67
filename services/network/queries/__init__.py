"""Reads; those that precede a write can lock the row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.network.data_requests import OPEN_STATES, RequestKind, RequestState
from services.network.domain import InvitationState, PersonState, UnknownPerson
from services.network.domain.consents import BIRTHDAYS
from services.network.models import (
    Circle,
    Contact,
    DataRequest,
    Invitation,
    Person,
    PersonalLink,
    Survey,
)
from services.network.queries import no_contacts
from services.network.queries.consents import consent_allows, may_ask_for
from shared.case_state import lock_row, lock_rows
from shared.events.network import AttendanceMode
from shared.http import PageRequest, Rows, paginate
from shared.tables import clock, message

# The consent queries that others use; the rest is in queries.consents.
__all__ = ["consent_allows", "may_ask_for"]

Row = TypeVar("Row")


async def _one(session: AsyncSession, query: Select[Row], *, lock: bool) -> Row | None:
    return await lock_row(session, query) if lock else (await session.execute(query)).scalar_one_or_none()


async def person(session: AsyncSession, *, tenant: UUID, person_id: UUID, lock: bool = False) -> Person:
    """Return a person. Raises: UnknownPerson."""
    query = select(Person).where(Person.tenant == tenant, Person.id == person_id)
    found = await _one(session, query, lock=lock)
    if found is None:
        raise UnknownPerson(person_id=str(person_id))
    return found


async def known_minors(session: AsyncSession, *, case_id: UUID) -> set[UUID]:
    """Return the central persons known to be under eighteen: a clock waits for their next birthday."""
    query = select(clock.c.subject).where(
        clock.c.case_id == case_id, clock.c.kind.in_(BIRTHDAYS), clock.c.state.in_(("running", "paused"))
    )
    return set((await session.scalars(query)).all())


async def people_of_case(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, page: PageRequest
) -> Rows[tuple[Person, Invitation | None]]:
    """Return one page of a case's people with their invitations, in the order in which they were added."""
    query: Select[Any] = cast(
        "Select[Any]",
        select(Person, Invitation)
        .outerjoin(Invitation, (Invitation.person_id == Person.id) & (Invitation.tenant == tenant))
        .where(Person.tenant == tenant, Person.case_id == case_id),
    )
    return await paginate(session, query, page, time=Person.created_at, id=Person.id, newest_first=False)


async def central_persons(
    session: AsyncSession, *, tenant: UUID, of_cases: ColumnElement[bool], page: PageRequest
) -> Rows[Person]:
    """Return one page of the central persons of some cases, newest first."""
    query = select(Person).where(
        Person.tenant == tenant, of_cases, Person.role == "central", Person.state == PersonState.ACTIVE
    )
    return await paginate(session, query, page, time=Person.created_at, id=Person.id)


async def active_people(
    session: AsyncSession, *, tenant: UUID, case_id: UUID
) -> Sequence[tuple[Person, Invitation | None]]:
    """Return everyone who is part of the circle, with their invitations, in the order in which they were added."""
    query = (
        select(Person, Invitation)
        .outerjoin(Invitation, (Invitation.person_id == Person.id) & (Invitation.tenant == tenant))
        .where(Person.tenant == tenant, Person.case_id == case_id, Person.state == PersonState.ACTIVE)
        .order_by(Person.created_at, Person.id)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def expected_people(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> set[UUID]:
    """Return who may come to the conference: central persons, and people who were invited and did not say no."""
    people = await active_people(session, tenant=tenant, case_id=case_id)
    return {
        person.id
        for person, invitation in people
        if (person.role == "central" if invitation is None else invitation.answer != "no")
    }


async def has_met(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> bool:
    """Tell whether the circle of a case held a conference: a survey is then planned."""
    held = select(Survey.id).where(Survey.tenant == tenant, Survey.case_id == case_id).limit(1)
    return await session.scalar(held) is not None


async def count_people(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> int:
    """Return how many people a case has ever had."""
    query = select(func.count()).where(Person.tenant == tenant, Person.case_id == case_id)
    return (await session.execute(query)).scalar_one()


async def count_proposals(session: AsyncSession, *, tenant: UUID, person_id: UUID) -> int:
    """Return how many people proposed by a person are not confirmed yet."""
    query = select(func.count()).where(
        Person.tenant == tenant, Person.proposed_by == person_id, Person.state == PersonState.PROPOSED
    )
    return (await session.execute(query)).scalar_one()


async def other_central_people(session: AsyncSession, *, tenant: UUID, case_id: UUID, than: UUID) -> int:
    """Return how many other central persons the case has."""
    query = select(func.count()).where(
        Person.tenant == tenant,
        Person.case_id == case_id,
        Person.role == "central",
        Person.state == PersonState.ACTIVE,
        Person.id != than,
    )
    return (await session.execute(query)).scalar_one()


async def invitation(
    session: AsyncSession, *, tenant: UUID, invitation_id: UUID, lock: bool = False
) -> Invitation | None:
    """Return an invitation."""
    query = select(Invitation).where(Invitation.tenant == tenant, Invitation.id == invitation_id)
    return await _one(session, query, lock=lock)


async def invitation_of(
    session: AsyncSession, *, tenant: UUID, person_id: UUID, lock: bool = False
) -> Invitation | None:
    """Return the invitation of a person."""
    query = select(Invitation).where(Invitation.tenant == tenant, Invitation.person_id == person_id)
    return await _one(session, query, lock=lock)


async def open_invitations(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> Sequence[Invitation]:
    """Return the invitations of a case that wait for an answer, locked."""
    query = (
        select(Invitation)
        .where(
            Invitation.tenant == tenant,
            Invitation.case_id == case_id,
            Invitation.state.in_([InvitationState.SENT, InvitationState.SILENT]),
        )
        .order_by(Invitation.id)
    )
    return await lock_rows(session, query, case_id=case_id)


async def link_of(session: AsyncSession, *, tenant: UUID, person_id: UUID) -> PersonalLink | None:
    """Return a person's link, if one was made."""
    query = select(PersonalLink).where(PersonalLink.tenant == tenant, PersonalLink.person_id == person_id)
    return (await session.execute(query)).scalar_one_or_none()


async def circle(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> Circle | None:
    """Return the circle that was declared ready, kept current; None before."""
    query = select(Circle).where(Circle.tenant == tenant, Circle.case_id == case_id)
    return await session.scalar(query.execution_options(populate_existing=True))


async def link(session: AsyncSession, *, link_id: UUID) -> PersonalLink | None:
    """Return a personal link by its id; the caller's tenant is not known yet."""
    return await session.get(PersonalLink, link_id)


async def contacts_of(
    session: AsyncSession, *, tenant: UUID, person_id: UUID, page: PageRequest
) -> Rows[Contact]:
    """Return one page of the contacts with a person, newest first."""
    query = select(Contact).where(Contact.tenant == tenant, Contact.person_id == person_id)
    return await paginate(session, query, page, time=Contact.created_at, id=Contact.id)


async def was_refused(session: AsyncSession, *, person_id: UUID, kind: str) -> bool:
    """Tell whether the last mail of a kind to a person did not arrive."""
    query = select(message.c.state).where(message.c.recipient == person_id, message.c.kind == kind)
    last = query.order_by(message.c.queued_at.desc(), message.c.id.desc()).limit(1)
    state = (await session.execute(last)).scalar_one_or_none()
    return state in ("refused", "no-address")


async def invitation_deliveries(session: AsyncSession, *, person_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the delivery state of the last mail about each of these people's invitations."""
    query = select(message.c.recipient, message.c.state).where(
        message.c.recipient.in_(person_ids), message.c.kind.in_(("invitation", "invitation-reminder"))
    )
    newest = query.ext(distinct_on(message.c.recipient)).order_by(
        message.c.recipient, message.c.queued_at.desc(), message.c.id.desc()
    )
    return {row.recipient: row.state for row in await session.execute(newest)}


async def was_written_to(session: AsyncSession, *, person_id: UUID) -> bool:
    """Tell whether a mail to a person was ever decided on."""
    query = select(message.c.id).where(message.c.recipient == person_id)
    return (await session.execute(query.limit(1))).first() is not None


async def deliveries(session: AsyncSession, *, tenant: UUID, case_id: UUID, page: PageRequest) -> Rows[Any]:
    """Return one page of the mails to people of a case, newest first."""
    query = select(message).where(message.c.tenant == tenant, message.c.case_id == case_id)
    return await paginate(session, query, page, time=message.c.queued_at, id=message.c.id)


async def data_request(
    session: AsyncSession, *, tenant: UUID, request_id: UUID, lock: bool = False
) -> DataRequest | None:
    """Return a request about somebody's data."""
    query = select(DataRequest).where(DataRequest.tenant == tenant, DataRequest.id == request_id)
    return await _one(session, query, lock=lock)


async def has_open_data_request(session: AsyncSession, *, tenant: UUID, person_id: UUID, kind: str) -> bool:
    """Tell whether a request of this kind about a person is open."""
    query = select(DataRequest.id).where(
        DataRequest.tenant == tenant,
        DataRequest.person_id == person_id,
        DataRequest.kind == kind,
        DataRequest.state.in_(OPEN_STATES),
    )
    return (await session.execute(query.limit(1))).first() is not None


async def count_data_requests(
    session: AsyncSession, *, tenant: UUID, person_id: UUID, since: datetime
) -> int:
    """Return how many requests about somebody were made since a moment."""
    query = select(func.count()).where(
        DataRequest.tenant == tenant, DataRequest.person_id == person_id, DataRequest.created_at >= since
    )
    return (await session.execute(query)).scalar_one()


async def data_requests_seen_by(
    session: AsyncSession, *, tenant: UUID, person_id: UUID, page: PageRequest
) -> Rows[DataRequest]:
    """Return one page of the requests about or by a person of a case, newest first."""
    query = select(DataRequest).where(
        DataRequest.tenant == tenant,
        or_(DataRequest.person_id == person_id, DataRequest.asked_by == person_id),
    )
    return await paginate(session, query, page, time=DataRequest.created_at, id=DataRequest.id)


async def data_requests_waiting(
    session: AsyncSession, *, tenant: UUID, late_at: datetime | None, page: PageRequest
) -> Rows[DataRequest]:
    """Return one page of the requests that await an answer, earliest due first; or only those late by a moment."""
    query = select(DataRequest).where(
        DataRequest.tenant == tenant,
        or_(
            DataRequest.state == RequestState.RECEIVED,
            (DataRequest.state == RequestState.APPROVED) & (DataRequest.kind != RequestKind.COPY),
        ),
    )
    if late_at is not None:
        query = query.where(DataRequest.due_at <= late_at)
    return await paginate(
        session, query, page, time=DataRequest.due_at, id=DataRequest.id, newest_first=False
    )


async def data_requests(session: AsyncSession, *, tenant: UUID, page: PageRequest) -> Rows[DataRequest]:
    """Return one page of all requests of a tenant, newest first."""
    query = select(DataRequest).where(DataRequest.tenant == tenant)
    return await paginate(session, query, page, time=DataRequest.created_at, id=DataRequest.id)


async def open_data_requests(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, person_id: UUID | None
) -> Sequence[DataRequest]:
    """Return the open requests about the people of a case, or about one of them; locked."""
    query = select(DataRequest).where(
        DataRequest.tenant == tenant,
        DataRequest.case_id == case_id,
        DataRequest.state.in_(OPEN_STATES),
    )
    if person_id is not None:
        query = query.where(DataRequest.person_id == person_id)
    return await lock_rows(session, query.order_by(DataRequest.id), case_id=case_id)


async def circle_seen_by(session: AsyncSession, *, person: Person) -> list[tuple[Person, AttendanceMode]]:
    """Return who takes part besides a person, and how; nobody if they do not take part themselves.

    People they must be kept apart from are left out.
    """
    circle = await session.get(Circle, person.case_id)
    modes = {} if circle is None else {UUID(member["person_id"]): member["mode"] for member in circle.members}
    if person.id not in modes:
        return []
    apart = await no_contacts.pairs(session, tenant=person.tenant, case_id=person.case_id)
    others = set(modes) - {person.id} - set(no_contacts.kept_from(apart, person.id))
    query = select(Person).where(
        Person.tenant == person.tenant, Person.id.in_(others), Person.state == PersonState.ACTIVE
    )
    found = await session.scalars(query.order_by(Person.created_at, Person.id))
    return [(each, modes[each.id]) for each in found]
