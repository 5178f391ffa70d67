"""Gathers everything about one person from every service that holds data about them, at the moment of reading.

The result is not stored. If one service does not answer there is no copy: half a copy would look like a whole
one.
"""

import asyncio
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.copy_schemas import (
    Copy,
    FromIntake,
    FromPlans,
    FromScheduling,
    GaveScores,
    GotInvitation,
    GotLink,
    GotMessage,
    HeldBasis,
    InCircle,
    LeftCircle,
    MadeContact,
    MadeRequest,
    Missing,
    SaidConsent,
    You,
)
from services.network.models import (
    Base,
    Contact,
    DataRequest,
    Person,
    PersonalLink,
    PersonExit,
    PersonFields,
)
from services.network.queries import surveys
from shared.context import Context
from shared.contracts import Contract, Published, intake, plans, scheduling
from shared.contracts.base import Answer
from shared.errors import Gone, NotFound, NotYet, Operational
from shared.http import audit_log_of_person
from shared.languages import language_of
from shared.tables import message
from shared.vault import Vault

P = TypeVar("P", bound=Published)


async def gather(
    session: AsyncSession, context: Context, *, request: DataRequest, person: Person, now: datetime
) -> Copy:
    """Return everything about a person. Raises: Operational if a service does not answer."""
    [fields] = await context.vault.open_readable(session, [person])
    circle = await _circle(session, context.vault, person, show_reason=request.show_exit_reason)
    referral, meetings, plan = await asyncio.gather(
        _from(context, intake.COPY, person, FromIntake),
        _from(context, scheduling.COPY, person, FromScheduling),
        _from(context, plans.COPY, person, FromPlans),
    )
    own = await audit_log_of_person(
        session, Base, tenant=person.tenant, case_id=person.case_id, person_id=person.id
    )
    seen = list(own)
    seen.extend(entry for part in (referral, meetings, plan) if part is not None for entry in part.seen)
    missing = [
        *([Missing(part="you", reason="erased")] if fields is None else []),
        *_missing(referral, meetings, plan),
        *([Missing(part="exit-reason", reason="withheld")] if _withheld(circle) else []),
    ]
    return Copy(
        made_at=now,
        request_id=request.id,
        case_id=person.case_id,
        person_id=person.id,
        language=language_of(None if fields is None else fields.language),
        missing=missing,
        you=_you(person, fields),
        circle=circle,
        referral=referral,
        meetings=meetings,
        plan=plan,
        seen=sorted(seen, key=lambda entry: entry.at, reverse=True),
    )


async def _from(context: Context, contract: Contract[Answer], person: Person, model: type[P]) -> P | None:
    try:
        answer = await context.services.read(
            contract, tenant=person.tenant, case_id=person.case_id, person_id=person.id
        )
    except NotFound:
        return None
    except Gone:
        return model.model_validate({"erased": True})
    except NotYet:
        raise Operational(f"{contract.owner}: not yet") from None
    return model.model_validate(answer)


def _missing(
    referral: FromIntake | None, meetings: FromScheduling | None, plan: FromPlans | None
) -> list[Missing]:
    found: list[Missing] = []
    if referral is None or (referral.entry is None and not referral.erased):
        found.append(Missing(part="referral", reason="not-held"))
    elif referral.erased:
        found.append(Missing(part="referral", reason="erased"))
    if meetings is None or not (meetings.erased or meetings.polls or meetings.conferences or meetings.circle):
        found.append(Missing(part="meetings", reason="not-held"))
    elif meetings.erased:
        found.append(Missing(part="meetings", reason="erased"))
    if plan is None or not (plan.erased or plan.plan or plan.own_agreements):
        found.append(Missing(part="plan", reason="not-held"))
    elif plan.erased:
        found.append(Missing(part="plan", reason="erased"))
    return found


def _withheld(circle: InCircle) -> bool:
    return circle.left is not None and circle.left.reason is None


def _you(person: Person, fields: PersonFields | None) -> You:
    return You(
        role=person.role,
        side=person.side,
        state=person.state,
        since=person.created_at,
        left_at=person.left_at,
        # The children they held authority over are not named here.
        details=None if fields is None else fields.replaced(authority_over=None),
    )


async def _circle(session: AsyncSession, vault: Vault, person: Person, *, show_reason: bool) -> InCircle:
    tenant = person.tenant
    consents = await queries.consents.whole_history(session, tenant=tenant, person_id=person.id)
    bases = await queries.consents.all_legal_bases(session, tenant=tenant, person_id=person.id)
    invitation = await queries.invitation_of(session, tenant=tenant, person_id=person.id)
    return InCircle(
        consents=[
            SaidConsent(
                purpose=said.purpose,
                concerns=said.concerns,
                version=said.version,
                language=said.language,
                given=said.given,
                via=said.via,
                said_at=said.created_at,
            )
            for said in consents
        ],
        legal_bases=[HeldBasis(basis=row.basis, since=row.created_at) for row in bases],
        contacts=await _contacts(session, person),
        invitation=None
        if invitation is None
        else GotInvitation(
            sent_at=invitation.created_at,
            reminded_at=invitation.reminded_at,
            answered_at=invitation.answered_at,
            state=invitation.state,
            answer=invitation.answer,
            mode=invitation.mode,
            via=invitation.via,
        ),
        survey=await _survey(session, vault, person),
        link=await _link(session, person),
        messages=await _messages(session, person.id),
        data_requests=await _requests(session, vault, person),
        people_you_proposed=await _proposed(session, person),
        left=await _left(session, vault, person, show_reason=show_reason),
    )


async def _contacts(session: AsyncSession, person: Person) -> list[MadeContact]:
    query = select(Contact).where(Contact.tenant == person.tenant, Contact.person_id == person.id)
    rows = (await session.execute(query.order_by(Contact.on_date, Contact.id))).scalars().all()
    return [MadeContact(on=row.on_date, channel=row.channel, purpose=row.purpose) for row in rows]


async def _survey(session: AsyncSession, vault: Vault, person: Person) -> GaveScores | None:
    open_one = await surveys.open_survey(session, tenant=person.tenant, case_id=person.case_id)
    if open_one is None:
        return None
    marks = await surveys.marks(session, vault, survey=open_one, voice=person.id)
    given = await surveys.answer(session, survey_id=open_one.id, marks=marks)
    return None if given is None else GaveScores.model_validate(given, from_attributes=True)


async def _link(session: AsyncSession, person: Person) -> GotLink | None:
    query = select(PersonalLink).where(
        PersonalLink.tenant == person.tenant, PersonalLink.person_id == person.id
    )
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        return None
    return GotLink(
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        renewed=row.generation - 1,
    )


async def _messages(session: AsyncSession, person_id: UUID) -> list[GotMessage]:
    columns = message.c
    query = select(columns.kind, columns.queued_at, columns.settled_at, columns.state)
    rows = await session.execute(
        query.where(columns.recipient == person_id).order_by(columns.queued_at, columns.id)
    )
    return [
        GotMessage(kind=row.kind, decided_at=row.queued_at, settled_at=row.settled_at, state=row.state)
        for row in rows
    ]


async def _requests(session: AsyncSession, vault: Vault, person: Person) -> list[MadeRequest]:
    query = select(DataRequest).where(DataRequest.tenant == person.tenant, DataRequest.person_id == person.id)
    rows = (await session.execute(query.order_by(DataRequest.created_at, DataRequest.id))).scalars().all()
    words = await vault.open_readable(session, rows)
    return [
        MadeRequest(
            kind=row.kind,
            state=row.state,
            received_at=row.created_at,
            ended_at=row.ended_at,
            # What another person wrote when asking on their behalf belongs to that other person.
            text=said.text if said is not None and row.asked_by in (None, person.id) else None,
        )
        for row, said in zip(rows, words, strict=True)
    ]


async def _proposed(session: AsyncSession, person: Person) -> int:
    query = select(func.count()).where(Person.tenant == person.tenant, Person.proposed_by == person.id)
    return (await session.execute(query)).scalar_one()


async def _left(
    session: AsyncSession, vault: Vault, person: Person, *, show_reason: bool
) -> LeftCircle | None:
    row = await session.get(PersonExit, person.id)
    if row is None:
        return None
    reason = None
    if show_reason:
        [fields] = await vault.open_readable(session, [row])
        reason = None if fields is None else fields.reason
    return LeftCircle(kind=row.kind, at=row.created_at, reason=reason)
