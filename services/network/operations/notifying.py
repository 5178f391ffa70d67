"""Deciding to mail a person. The content is decided when the mail is written, by `emails`."""

import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.network.domain import SERVICE, NotInCircle, PersonState
from services.network.domain.emails import kind_of
from services.network.models import Person
from shared import appointments, messages
from shared.events.network import NotifyPeople
from shared.signing import Forged

# A page, and what to show on it, for the portal; emails link to the page alone.
_TARGET = re.compile(r"(?:[a-z][a-z-]{0,39}(?:/[A-Za-z0-9_.-]{1,100})*)?")


class UnknownKind(Exception):
    """A service requested a mail that has no template: a bug in that service, so it must be seen."""


async def notify(
    session: AsyncSession,
    *,
    person: Person,
    kind: str,
    now: datetime,
    link_target: str = "",
    parameters: messages.Parameters | None = None,
    even_if_stopped: bool = False,
    question: messages.Question | None = None,
) -> UUID:
    """Decide to mail a person; return the message's id."""
    return await messages.queue(
        session,
        service=SERVICE,
        kind=kind,
        recipient=person.id,
        role=person.role,
        tenant=person.tenant,
        case=person.case_id,
        stream=person.case_id,
        now=now,
        parameters={**(parameters or {}), "link_target": link_target},
        even_if_stopped=even_if_stopped,
        question=question,
    )


async def notify_as_asked(
    session: AsyncSession, *, tenant: UUID, asked: NotifyPeople, by: str, sequence: int, now: datetime
) -> None:
    """Decide to mail people at the request of another service, `by`, except those who left meanwhile.

    `sequence`: the place of the request in the order of the service's events about the case.
    Raises: NotInCircle if none of them belongs to the case; Forged if it is another service that asks for such
    mails; UnknownKind if there is no such mail.
    """
    kind = kind_of(asked.kind)
    if kind.by == SERVICE or not _TARGET.fullmatch(asked.link_target):
        raise UnknownKind(asked.kind if re.fullmatch(r"[a-z-]{1,40}", asked.kind) else "unreadable")
    if kind.by != by:
        raise Forged(f"{by} may not ask for {asked.kind}")
    query = select(Person).where(
        Person.tenant == tenant,
        Person.case_id == asked.case_id,
        Person.state == PersonState.ACTIVE,
        Person.id.in_(asked.person_ids),
    )
    people = {person.id: person for person in await session.scalars(query)}
    if not people:
        raise NotInCircle(case_id=str(asked.case_id))
    about = asked.parameters.get(kind.asks) if kind.asks else None
    question = messages.Question(about=UUID(about), asked=sequence) if about else None
    parameters = {**asked.parameters, **appointments.kept(asked.calendar)}
    for person in (people[each] for each in dict.fromkeys(asked.person_ids) if each in people):
        await notify(
            session,
            person=person,
            kind=asked.kind,
            now=now,
            link_target=asked.link_target,
            parameters=parameters,
            even_if_stopped=asked.even_if_stopped,
            question=question,
        )
