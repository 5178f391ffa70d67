"""Adding people to a case, proposing and confirming them, changing their data, and their leaving."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import (
    BELONGING,
    MAX_OPEN_PROPOSALS,
    MAX_PEOPLE,
    AlreadyConfirmed,
    LastCentralPerson,
    NotInCircle,
    PersonState,
    ProposerNotInCase,
    TooManyPeople,
    TooManyProposals,
    UnknownPerson,
    is_widening,
)
from services.network.domain.consents import BornInFuture, ChildNotInCase
from services.network.models import Consent, ExitFields, Person, PersonExit, PersonFields
from services.network.operations import ages, circle, coordinating, invitations, legal_bases, links, notifying
from services.network.queries import consents
from shared import outbox, profiles
from shared.contracts.intake import PersonAtOpening
from shared.errors import require_version
from shared.events import network
from shared.events.base import EventData
from shared.fields import same_email
from shared.ids import uuid7
from shared.vault import Vault

REFERRAL = "referral"


async def add(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    fields: PersonFields,
    role: str,
    side: str,
    proposed_by: UUID | None,
    required: bool,
    now: datetime,
    serves: UUID | None = None,
) -> Person:
    """Add a person to the circle.

    Raises: ProposerNotInCase, TooManyPeople, ChildNotInCase, BornInFuture, PersonNotOfCase.
    """
    proposer_role = await _proposer_role(session, tenant, case_id, proposed_by)
    await _require_room(session, tenant, case_id)
    await _check_family(session, tenant=tenant, case_id=case_id, fields=fields, now=now)
    if serves is not None:
        await circle.require_of_case(session, tenant=tenant, case_id=case_id, person_ids={serves})
    person = await _insert(
        session,
        vault,
        fields=fields,
        person_id=uuid7(),
        tenant=tenant,
        case_id=case_id,
        role=role,
        side=side,
        state=PersonState.ACTIVE,
        proposed_by=proposed_by,
        widened=is_widening(proposer_role),
        required=required,
        serves=serves,
        now=now,
    )
    await _publish_added(session, person, now)
    await circle.follow(session, vault, tenant=tenant, case_id=case_id, now=now)
    return person


async def propose(
    session: AsyncSession, vault: Vault, *, proposer: Person, fields: PersonFields, side: str, now: datetime
) -> Person:
    """Record the person whom somebody of the circle proposes; the coordinator decides on it.

    Raises: TooManyProposals, TooManyPeople.
    """
    waiting = await queries.count_proposals(session, tenant=proposer.tenant, person_id=proposer.id)
    if waiting >= MAX_OPEN_PROPOSALS:
        raise TooManyProposals
    await _require_room(session, proposer.tenant, proposer.case_id)
    person = await _insert(
        session,
        vault,
        fields=fields,
        person_id=uuid7(),
        tenant=proposer.tenant,
        case_id=proposer.case_id,
        role="circle",
        side=side,
        state=PersonState.PROPOSED,
        proposed_by=proposer.id,
        widened=is_widening(proposer.role),
        required=False,
        now=now,
    )
    await coordinating.decide(session, person, now=now)
    return person


async def confirm(session: AsyncSession, *, person: Person, now: datetime) -> None:
    """Take a proposed person into the circle. Raises: AlreadyConfirmed, NotInCircle."""
    if person.state == PersonState.ACTIVE:
        raise AlreadyConfirmed(person_id=str(person.id))
    if person.state != PersonState.PROPOSED:
        raise NotInCircle(person_id=str(person.id))
    person.state = PersonState.ACTIVE
    await session.flush()
    await coordinating.decided(session, person_id=person.id, now=now)
    await _publish_added(session, person, now)


async def copy_from_referral(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    people: Sequence[PersonAtOpening],
    now: datetime,
) -> None:
    """Copy the persons of a referral, once each: from now on network owns them."""
    query = select(Person.id).where(Person.id.in_([person.person_id for person in people]))
    known = set((await session.execute(query)).scalars())
    fresh = [person for person in people if person.person_id not in known]
    await vault.prepare(session, subjects=[person.person_id for person in fresh])
    for given in fresh:
        person = await _insert(
            session,
            vault,
            fields=PersonFields.model_validate(given.model_dump()),
            person_id=given.person_id,
            tenant=tenant,
            case_id=case_id,
            role=given.role,
            side=given.side,
            state=PersonState.ACTIVE,
            proposed_by=None,
            widened=False,
            required=False,
            now=now,
        )
        await _publish_added(session, person, now)
        if given.agreed:
            await _note_referral_consent(session, person, now)


async def change(
    session: AsyncSession,
    vault: Vault,
    *,
    person: Person,
    version: int,
    changes: dict[str, Any],
    now: datetime,
) -> None:
    """Change the data of a locked person; with another e-mail address, links sent before stop working.

    Mails that wait for an answer are sent again to the new address. `version`: the one that was read.

    Raises: NotInCircle, OtherVersion, ChildNotInCase, BornInFuture, PersonNotOfCase.
    """
    if person.state not in BELONGING:
        raise NotInCircle(person_id=str(person.id))
    require_version(version, of=person.version)
    fields = await vault.open(session, person)
    sealed = {name: value for name, value in changes.items() if name in PersonFields.model_fields}
    changed = fields.replaced(**sealed)
    await _check_family(
        session, tenant=person.tenant, case_id=person.case_id, fields=changed, before=fields, now=now
    )
    if changed != fields:
        await vault.seal(session, person, changed)
    person.side = changes.get("side", person.side)
    person.required = changes.get("required", person.required)
    serves = changes.get("serves", person.serves)
    if serves not in (None, person.serves):
        await circle.require_of_case(
            session, tenant=person.tenant, case_id=person.case_id, person_ids={serves}
        )
    person.serves = serves
    person.version += 1
    await session.flush()
    await _publish_ended_authority(session, person, before=fields, after=changed, now=now)
    if changed.birth_date != fields.birth_date:
        await ages.follow(session, vault, person=person, birth_date=changed.birth_date, now=now)
    if not same_email(changed.email, fields.email):
        await links.distrust(session, person=person)
        await coordinating.reached(session, person_id=person.id, now=now)
        if changed.email is not None and person.state == PersonState.ACTIVE:
            await _send_again(session, person, now)
    await circle.follow(session, vault, tenant=person.tenant, case_id=person.case_id, now=now)


async def end_membership(
    session: AsyncSession,
    vault: Vault,
    *,
    person: Person,
    kind: Literal["removed", "excluded"],
    reason: str,
    decided_by: UUID,
    now: datetime,
) -> None:
    """Remove or exclude a person: their invitation is cancelled and their link revoked; the reason is sealed.

    Raises: NotInCircle, LastCentralPerson.
    """
    was_active = person.state == PersonState.ACTIVE
    if not was_active and person.state != PersonState.PROPOSED:
        raise NotInCircle(person_id=str(person.id))
    if await circle.is_last_central(session, person):
        raise LastCentralPerson(person_id=str(person.id))
    person.state = PersonState(kind)
    person.left_at = now
    left = PersonExit(
        person_id=person.id,
        tenant=person.tenant,
        case_id=person.case_id,
        kind=kind,
        decided_by=decided_by,
        created_at=now,
    )
    await vault.seal(session, left, ExitFields(reason=reason))
    session.add(left)
    await session.flush()
    await links.revoke(session, person=person, now=now)
    await invitations.cancel_of(session, person=person, now=now)
    await ages.forget(session, vault, person=person, now=now)
    await coordinating.end(session, person_id=person.id, now=now)
    if was_active:
        fact = network.PersonRemoved if kind == "removed" else network.PersonExcluded
        await _publish(session, person, fact(case_id=person.case_id, person_id=person.id), now)
        await circle.follow(session, vault, tenant=person.tenant, case_id=person.case_id, now=now)


async def _send_again(session: AsyncSession, person: Person, now: datetime) -> None:
    """Send pending mails to a person's new address; other services do so for theirs."""
    if not await queries.was_written_to(session, person_id=person.id):
        return
    if not await invitations.send_again(session, person=person, now=now):
        await notifying.notify(session, person=person, kind="link-renewed", now=now)
    fact = network.PersonAddressChanged(case_id=person.case_id, person_id=person.id)
    await _publish(session, person, fact, now)


async def _check_family(
    session: AsyncSession,
    *,
    tenant: UUID,
    case_id: UUID,
    fields: PersonFields,
    now: datetime,
    before: PersonFields | None = None,
) -> None:
    today = await profiles.today(session, tenant=tenant, now=now)
    if fields.birth_date is not None and fields.birth_date > today:
        raise BornInFuture
    known = () if before is None else before.authority_over or ()
    children = set(fields.authority_over or ()).difference(known)
    if not children:
        return
    query = select(func.count()).where(
        Person.tenant == tenant,
        Person.case_id == case_id,
        Person.role == "central",
        Person.id.in_(children),
        Person.state.in_(BELONGING),
    )
    if (await session.execute(query)).scalar_one() < len(children):
        raise ChildNotInCase


async def _publish_ended_authority(
    session: AsyncSession, person: Person, *, before: PersonFields, after: PersonFields, now: datetime
) -> None:
    for child in await consents.children_spoken_about(session, tenant=person.tenant, person_id=person.id):
        if _holds(before, child) and not _holds(after, child):
            fact = network.AuthorityEnded(case_id=person.case_id, person_id=person.id, concerns=child)
            await _publish(session, person, fact, now)


def _holds(fields: PersonFields, child: UUID) -> bool:
    over = fields.authority_over
    return bool(fields.parental_authority) and (over is None or child in over)


async def _proposer_role(
    session: AsyncSession, tenant: UUID, case_id: UUID, proposed_by: UUID | None
) -> str | None:
    if proposed_by is None:
        return None
    try:
        proposer = await queries.person(session, tenant=tenant, person_id=proposed_by)
    except UnknownPerson:
        raise ProposerNotInCase from None
    # A proposer who left still counts; nothing new is stored about one who was erased.
    if proposer.case_id != case_id or proposer.state == PersonState.ERASED:
        raise ProposerNotInCase
    return proposer.role


async def _require_room(session: AsyncSession, tenant: UUID, case_id: UUID) -> None:
    if await queries.count_people(session, tenant=tenant, case_id=case_id) >= MAX_PEOPLE:
        raise TooManyPeople(most=MAX_PEOPLE)


async def _insert(
    session: AsyncSession,
    vault: Vault,
    *,
    fields: PersonFields,
    person_id: UUID,
    tenant: UUID,
    case_id: UUID,
    role: str,
    side: str,
    state: PersonState,
    proposed_by: UUID | None,
    widened: bool,
    required: bool,
    now: datetime,
    serves: UUID | None = None,
) -> Person:
    person = Person(
        id=person_id,
        tenant=tenant,
        case_id=case_id,
        role=role,
        side=side,
        state=state,
        proposed_by=proposed_by,
        widened=widened,
        required=required,
        serves=serves,
        version=1,
        created_at=now,
    )
    await vault.seal(session, person, fields)
    session.add(person)
    await session.flush()
    await legal_bases.note(session, person=person, now=now)
    await ages.follow(session, vault, person=person, birth_date=fields.birth_date, now=now)
    return person


async def _note_referral_consent(session: AsyncSession, person: Person, now: datetime) -> None:
    session.add(
        Consent(
            id=uuid7(),
            tenant=person.tenant,
            case_id=person.case_id,
            person_id=person.id,
            purpose=REFERRAL,
            version=1,
            given=True,
            via=REFERRAL,
            created_at=now,
        )
    )
    await session.flush()
    fact = network.ConsentGiven(case_id=person.case_id, person_id=person.id, purpose=REFERRAL, version=1)
    await _publish(session, person, fact, now)


async def _publish_added(session: AsyncSession, person: Person, now: datetime) -> None:
    fact = network.PersonAdded(
        case_id=person.case_id,
        person_id=person.id,
        role=person.role,  # type: ignore[arg-type]  # a code that the edge checked
        side=person.side,  # type: ignore[arg-type]
        proposed_by=person.proposed_by,
        widened=person.widened,
    )
    await _publish(session, person, fact, now)


async def _publish(session: AsyncSession, person: Person, fact: EventData, now: datetime) -> None:
    await outbox.publish(
        session, fact, stream=person.case_id, tenant=person.tenant, case=person.case_id, now=now
    )
