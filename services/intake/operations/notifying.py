"""Deciding to mail a coordinator, the referrer or the regional managers.

The text is written when the mail is sent, in services.intake.emails.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import SERVICE, ReferralReason
from services.intake.models import Case, ContactFields, Coordinator, MailRecipient, Referral, StaffMember
from services.intake.models.register import key_subject
from services.intake.queries import referrals, register
from shared import messages
from shared.auth import Role
from shared.database import Database
from shared.events import plans
from shared.events.base import Received
from shared.fields import mailbox
from shared.http import limits
from shared.vault import Vault

Judged = plans.PlanAccepted | plans.PlanPartlyAccepted | plans.PlanRefused
# A self-referrer: their identity is in their referral alone.
REFERRED = "referred"
# Declined because they withdrew, or because what they asked goes on in another referral.
_KNOWN_TO_THEMSELVES = frozenset({ReferralReason.FAMILY_WITHDREW, ReferralReason.REFERRED_TWICE})
_MOST_A_DAY, _DAY = 5, 86_400


async def notify_coordinator(
    session: AsyncSession,
    case: Case,
    coordinator_id: UUID,
    kind: str,
    now: datetime,
    *,
    even_if_stopped: bool = False,
    **parameters: str | int | None,
) -> None:
    """Mail a coordinator about a case."""
    await _queue(
        session,
        case,
        kind,
        now,
        recipient=coordinator_id,
        role=Role.COORDINATOR,
        even_if_stopped=even_if_stopped,
        parameters=parameters,
    )


async def notify_referrer(
    session: AsyncSession,
    case: Case,
    kind: str,
    now: datetime,
    *,
    even_if_stopped: bool = False,
    about: Mapping[str, str] | None = None,
) -> None:
    """Mail the referring professional, if there is one; `about`: ids that tell this email from others."""
    if case.referrer_id is not None:
        await _queue(
            session,
            case,
            kind,
            now,
            recipient=case.referrer_id,
            role=Role.REFERRER,
            even_if_stopped=even_if_stopped,
            parameters=about or {},
        )


async def notify_managers(session: AsyncSession, case: Case, kind: str, now: datetime) -> None:
    """Mail every regional manager of the tenant."""
    for manager in await register.regional_managers(session, tenant=case.tenant):
        await _queue(
            session,
            case,
            kind,
            now,
            recipient=manager,
            role=Role.REGIONAL_MANAGER,
            even_if_stopped=False,
            parameters={},
        )


async def notify_responsible(session: AsyncSession, case: Case, kind: str, now: datetime) -> None:
    """Mail the coordinator of a case, or the regional managers while it has none."""
    if case.coordinator_id is not None:
        await notify_coordinator(session, case, case.coordinator_id, kind, now)
    else:
        await notify_managers(session, case, kind, now)


async def notify_officers(
    session: AsyncSession,
    vault: Vault,
    case: Case,
    officers: Sequence[StaffMember],
    *,
    break_glass_id: UUID,
    until: datetime,
    now: datetime,
) -> None:
    """Mail data protection officers that a file was opened by break-glass, also of a case that is over.

    It goes to their address as known now, whatever is entered before it is written.
    """
    contacts = await vault.open_many(session, officers)
    for officer, contact in zip(officers, contacts, strict=True):
        message_id = await _queue(
            session,
            case,
            "break-glass-used",
            now,
            recipient=officer.id,
            role=Role.DPO,
            even_if_stopped=True,
            parameters={"break_glass_id": str(break_glass_id), "expires_at": until.isoformat()},
        )
        await _fix_recipient(session, vault, message_id, officer, contact)


async def notify_of_change(
    session: AsyncSession,
    vault: Vault,
    person: StaffMember | Coordinator,
    contact: ContactFields,
    now: datetime,
) -> None:
    """Mail the previous address of a colleague or coordinator that their data changes."""
    subject = key_subject(person.tenant, person.id)
    message_id = await messages.queue(
        session,
        service=SERVICE,
        kind="contact-changed",
        recipient=person.id,
        role=person.roles[0] if isinstance(person, StaffMember) else Role.COORDINATOR,
        tenant=person.tenant,
        stream=subject,
        now=now,
    )
    await _fix_recipient(session, vault, message_id, person, contact)


async def _fix_recipient(
    session: AsyncSession,
    vault: Vault,
    message_id: UUID,
    person: StaffMember | Coordinator,
    contact: ContactFields,
) -> None:
    recipient = MailRecipient(message_id=message_id, tenant=person.tenant, person_id=person.id)
    await vault.seal(session, recipient, contact)
    session.add(recipient)
    await session.flush()


async def notify_of_referral(
    session: AsyncSession, vault: Vault, database: Database, referral: Referral, now: datetime
) -> None:
    """Tell the referrer that the referral arrived, and the regional managers that it waits for them.

    Without an account anyone can name any address, and refer repeatedly: an address that got enough mails today
    gets no more of these. The referral waits on the managers' boards all the same.
    """

    async def may_be_mailed(whom: str) -> bool:
        key = vault.count_as(whom, field="mails about referrals without an account")
        return await limits.is_within(database, key, most=_MOST_A_DAY, seconds=_DAY)

    if referral.referrer_id is not None:
        await _queue_about(
            session, referral, "referral-received", now, recipient=referral.referrer_id, role=Role.REFERRER
        )
    elif referral.kind == "self":
        person_id, address = await _self_referred(session, vault, referral)
        if address is not None and await may_be_mailed(mailbox(address)):
            await _queue_about(
                session, referral, "own-referral-received", now, recipient=person_id, role=REFERRED
            )
    for manager in await register.regional_managers(session, tenant=referral.tenant):
        if referral.referrer_id is None and not await may_be_mailed(str(manager)):
            continue
        await _queue_about(
            session, referral, "referral-new", now, recipient=manager, role=Role.REGIONAL_MANAGER
        )


async def notify_of_decline(session: AsyncSession, vault: Vault, referral: Referral, now: datetime) -> None:
    """Tell who referred that it was declined: a professional, or who referred themselves and does not know yet."""
    if referral.referrer_id is not None:
        await _queue_about(
            session, referral, "referral-declined", now, recipient=referral.referrer_id, role=Role.REFERRER
        )
    elif referral.kind == "self" and referral.reason not in _KNOWN_TO_THEMSELVES:
        person_id, address = await _self_referred(session, vault, referral)
        if address is not None:
            await _queue_about(
                session, referral, "own-referral-declined", now, recipient=person_id, role=REFERRED
            )


async def _self_referred(session: AsyncSession, vault: Vault, referral: Referral) -> tuple[UUID, str | None]:
    """Return who referred themselves, and their email address if they gave one."""
    [person] = await referrals.persons(session, tenant=referral.tenant, referral_id=referral.id)
    return person.id, (await vault.open(session, person)).email


async def _queue_about(
    session: AsyncSession, referral: Referral, kind: str, now: datetime, *, recipient: UUID, role: str
) -> None:
    await messages.queue(
        session,
        service=SERVICE,
        kind=kind,
        recipient=recipient,
        role=role,
        tenant=referral.tenant,
        case=referral.case_id,
        stream=referral.case_id,
        now=now,
        parameters={"referral_id": str(referral.id)},
    )


async def notify_mandated(
    session: AsyncSession, case: Case, recorded: Received[plans.PlanRecorded], now: datetime
) -> None:
    """Ask the mandated organisation for its judgement."""
    if case.mandated_organisation is not None:
        question = messages.Question(about=recorded.data.plan_id, asked=recorded.sequence)
        await _notify_organisation(
            session, case, case.mandated_organisation, "plan-waits", now, question=question
        )


async def ask_mandated_no_more(
    session: AsyncSession, event: Received[plans.PlanRecorded] | Received[Judged], now: datetime
) -> None:
    """Send nothing that asks for a judgement of a plan from before it was given, or before a newer version."""
    await messages.close_question(
        session, about=event.data.plan_id, tenant=event.tenant, sequence=event.sequence, now=now
    )


async def notify_of_sharing(
    session: AsyncSession, case: Case, event: Received[plans.PlanShared], now: datetime
) -> None:
    """Tell organisations that they can read a plan; the mandated one always can, and hears when it is asked."""
    for organisation in event.data.organisations:
        if organisation != case.mandated_organisation:
            about = _sharing(event.data.plan_id, organisation)
            question = messages.Question(about=about, asked=event.sequence)
            await _notify_organisation(session, case, organisation, "plan-shared", now, question=question)


async def end_sharing(session: AsyncSession, event: Received[plans.PlanSharingEnded], now: datetime) -> None:
    """Send nothing that tells an organisation of a sharing that has ended."""
    about = _sharing(event.data.plan_id, event.data.recipient_id)
    await messages.close_question(session, about=about, tenant=event.tenant, sequence=event.sequence, now=now)


def _sharing(plan_id: UUID, organisation: UUID) -> UUID:
    return uuid5(plan_id, str(organisation))


async def _notify_organisation(
    session: AsyncSession,
    case: Case,
    organisation: UUID,
    kind: str,
    now: datetime,
    *,
    question: messages.Question,
) -> None:
    """Mail an organisation about a plan: the referrer if it is theirs, else all its professionals."""
    if organisation == case.referring_organisation and case.referrer_id is not None:
        people: Sequence[UUID] = [case.referrer_id]
    else:
        people = await register.professionals(session, tenant=case.tenant, organisation_id=organisation)
    for person in people:
        await _queue(
            session,
            case,
            kind,
            now,
            recipient=person,
            role=Role.REFERRER,
            even_if_stopped=False,
            parameters={"organisation_id": str(organisation)},
            question=question,
        )


async def _queue(
    session: AsyncSession,
    case: Case,
    kind: str,
    now: datetime,
    *,
    recipient: UUID,
    role: Role,
    even_if_stopped: bool,
    parameters: Mapping[str, str | int | None],
    question: messages.Question | None = None,
) -> UUID:
    return await messages.queue(
        session,
        service=SERVICE,
        kind=kind,
        recipient=recipient,
        role=role,
        tenant=case.tenant,
        case=case.id,
        stream=case.id,
        now=now,
        parameters={**parameters},
        even_if_stopped=even_if_stopped,
        question=question,
    )
