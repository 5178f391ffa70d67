"""Receiving a referral, deciding on it, and withdrawing it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain import consent
from services.intake.domain.codes import REFERRAL_CLOCK, SERVICE, ReferralReason, ReferralState
from services.intake.domain.errors import (
    NoMandateForAdults,
    NoMandateHere,
    OrganisationUnknown,
    ReferralDecided,
    SelfReferralOfOthers,
    TenantUnknown,
    UnknownReferral,
)
from services.intake.models import PersonFields, Referral, ReferralFields, ReferralPerson
from services.intake.models.referrals import WishFields
from services.intake.operations import notifying, retention
from services.intake.operations.indexing import person_index
from services.intake.queries import referrals as reads
from services.intake.schemas.referrals import NewPerson, NewReferral
from services.intake.settings import policies
from shared import outbox
from shared.auth import Principal, Role
from shared.clocks import Clocks
from shared.database import fetch
from shared.events import intake as events
from shared.events.base import EventData
from shared.ids import uuid7
from shared.vault import Vault, index_subject

clocks = Clocks(SERVICE)

_REGISTERED = "SELECT id, is_tenant, superseded_by FROM organisation WHERE id = ANY($1)"
# One round trip for the whole referral; existing rows are read as they were before it. OFFSET 0: each index is looked
# up, even by a plan that was made while the table was small.
_WRITE = f"""
    WITH written AS (
        INSERT INTO referral (id, tenant, case_id, state, kind, track, themes, minors, referrer_id,
                              referring_organisation, mandated_organisation, created_at, sealed)
        VALUES ($6, $1, $7, 'received', $8, $9, $10, $11, $12, $13, $14, $15, $16)
        RETURNING id, tenant
    ), people AS (
        INSERT INTO referral_person
            (id, tenant, referral_id, case_id, position, role, person_index, created_at, sealed)
        SELECT person.id, written.tenant, written.id, $7, person.position, person.role, person.index, $15, person.sealed
        FROM written, unnest($17::uuid[], $18::smallint[], $19::text[], $20::bytea[], $21::bytea[])
                      AS person (id, position, role, index, sealed)
    )
    SELECT DISTINCT other.referral_id
    FROM unnest($5::bytea[]) AS sought (index) CROSS JOIN LATERAL (
        SELECT tenant, referral_id FROM referral_person WHERE tenant = $1 AND person_index = sought.index OFFSET 0
    ) AS other
    {reads.OPEN} ORDER BY other.referral_id
"""  # noqa: S608


async def receive_referral(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    referral: NewReferral,
    referrer: Principal | None,
    visible: reads.Visible | None,
    now: datetime,
) -> tuple[UUID, list[UUID]]:
    """Store a referral; return its id, and other open referrals of its central persons that the caller may see.

    `referrer` is the professional who refers, if any, and `visible` the referrals they may see.

    Raises: CentralPersonMissing, RefUsedTwice, DateNotPossible, ConsentMissing, SelfReferralOfOthers,
    NoMandateHere, NoMandateForAdults, TenantUnknown, OrganisationUnknown.
    """
    policy = await policies.in_force(session, tenant=tenant, at=now)
    minors = _check(referral, today=policy.calendar.day_of(now))
    referring = None if referrer is None else referrer.organisation
    # Checked before any key is made, so that a refused referral leaves none behind.
    mandated = await _registered(session, tenant, referring, referral.mandated_organisation_id)
    referral_id, case_id = uuid7(), uuid7()
    row = Referral(id=referral_id, case_id=case_id)
    people = [ReferralPerson(id=uuid7(), case_id=case_id) for _ in referral.persons]
    person_ids = [person.id for person in people]
    await vault.prepare(session, subjects=[case_id, *person_ids, index_subject(tenant)])
    await vault.seal(session, row, _words(referral))
    for person, named in zip(people, referral.persons, strict=True):
        await vault.seal(session, person, _person(named))
    index = await vault.blind_index(session, tenant=tenant)
    indexes = [person_index(index, person, role=person.role) for person in referral.persons]
    others = await fetch(
        session,
        _WRITE,
        *(visible or reads.Visible(tenant)).values(),
        [] if visible is None else [known for known in indexes if known is not None],
        referral_id,
        case_id,
        referral.kind,
        referral.track,
        list(dict.fromkeys(theme.value for theme in referral.themes)),
        minors,
        referrer.id if referrer else None,
        referring,
        mandated,
        now,
        row.sealed,
        person_ids,
        list(range(len(person_ids))),
        [person.role for person in referral.persons],
        indexes,
        [person.sealed for person in people],
    )
    received = events.ReferralReceived(
        referral_id=referral_id,
        themes=tuple(dict.fromkeys(theme.value for theme in referral.themes)),
        track=referral.track,
        referrer_kind=referral.kind,
        referring_organisation=referring,
    )
    await outbox.publish(session, received, stream=case_id, tenant=tenant, case=case_id, now=now)
    await clocks.start(
        session,
        kind=REFERRAL_CLOCK,
        subject=referral_id,
        tenant=tenant,
        # There is none until somebody accepts it.
        owner=Role.REGIONAL_MANAGER,
        escalate_to=Role.ADMINISTRATOR,
        now=now,
        limit=policy.limit(now, policy.settings.acknowledge),
    )
    return referral_id, [other["referral_id"] for other in others]


async def _registered(
    session: AsyncSession, tenant: UUID, referring: UUID | None, mandated: UUID | None
) -> UUID | None:
    """Return the current entry of the mandated organisation. Raises: TenantUnknown, OrganisationUnknown."""
    named = {one for one in (tenant, referring, mandated) if one is not None}
    found = {row["id"]: row for row in await fetch(session, _REGISTERED, list(named))}
    if tenant not in found or not found[tenant]["is_tenant"]:
        raise TenantUnknown
    if named - found.keys():
        raise OrganisationUnknown
    return None if mandated is None else found[mandated]["superseded_by"] or mandated


def _check(referral: NewReferral, *, today: date) -> bool:
    """Return whether a central person is a minor. Raises: as receive_referral."""
    persons = [person.as_referred() for person in referral.persons]
    consent.check_persons(persons, today=today)
    if referral.kind != "self":
        consent.check_consent(persons, today=today)
        if referral.mandated_organisation_id is not None and consent.of_adults(persons, today=today):
            raise NoMandateForAdults
    elif len(persons) > 1:
        raise SelfReferralOfOthers
    elif referral.mandated_organisation_id is not None or referral.bottom_lines:
        raise NoMandateHere
    return any(person.is_central and consent.is_minor(person.birth_date, today) for person in persons)


def _words(referral: NewReferral) -> ReferralFields:
    return ReferralFields(
        question=referral.question,
        summary=referral.summary,
        languages=tuple(referral.languages),
        wishes=WishFields(
            languages=tuple(referral.wishes.languages),
            gender=referral.wishes.gender,
            culture=referral.wishes.culture,
        ),
        bottom_lines=tuple(referral.bottom_lines),
        resources=referral.resources,
    )


def _person(person: NewPerson) -> PersonFields:
    given = person.consent
    return PersonFields(
        **person.model_dump(exclude={"role", "consent"}),
        agreed=given is not None and given.referral,
        agreed_on=given.date if given is not None else None,
    )


async def decide(
    session: AsyncSession,
    *,
    tenant: UUID,
    referral_id: UUID,
    state: ReferralState,
    decided_by: UUID,
    now: datetime,
    reason: ReferralReason | None = None,
) -> Referral:
    """Decide on a referral once and return it. Raises: UnknownReferral, ReferralDecided."""
    referral = await reads.referral(session, tenant=tenant, referral_id=referral_id, lock=True)
    if referral is None:
        raise UnknownReferral(referral_id=str(referral_id))
    if referral.state != ReferralState.RECEIVED:
        raise ReferralDecided(referral_id=str(referral_id), state=referral.state)
    referral.state = state
    referral.reason = reason
    referral.decided_by = decided_by
    referral.decided_at = now
    await session.flush()
    await clocks.stop(session, kind=REFERRAL_CLOCK, subject=referral_id, now=now)
    return referral


async def decline_referral(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    referral_id: UUID,
    reason: ReferralReason,
    decided_by: UUID,
    now: datetime,
) -> None:
    """Decline a referral. Raises: UnknownReferral, ReferralDecided."""
    referral = await decide(
        session,
        tenant=tenant,
        referral_id=referral_id,
        state=ReferralState.DECLINED,
        decided_by=decided_by,
        now=now,
        reason=reason,
    )
    fact = events.ReferralDeclined(referral_id=referral_id, reason=reason)
    await _publish(session, referral, fact, now)
    await notifying.notify_of_decline(session, vault, referral, now)
    await retention.begin_for_referral(session, vault, referral=referral, now=now)


async def withdraw_referral(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    referral_id: UUID,
    reason: ReferralReason,
    decided_by: UUID,
    now: datetime,
) -> None:
    """Withdraw a referral before a decision. Raises: UnknownReferral, ReferralDecided."""
    referral = await decide(
        session,
        tenant=tenant,
        referral_id=referral_id,
        state=ReferralState.WITHDRAWN,
        decided_by=decided_by,
        now=now,
        reason=reason,
    )
    fact = events.ReferralWithdrawn(referral_id=referral_id, reason=reason)
    await _publish(session, referral, fact, now)
    await retention.begin_for_referral(session, vault, referral=referral, now=now)


async def _publish(session: AsyncSession, referral: Referral, fact: EventData, now: datetime) -> None:
    case_id = referral.case_id
    await outbox.publish(session, fact, stream=case_id, tenant=referral.tenant, case=case_id, now=now)
