"""Inviting people to the circle, their answers, the one reminder, and cancelling invitations."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import (
    CLOCK_OWNER,
    INVITATION_CLOCK,
    OPEN_INVITATIONS,
    SERVICE,
    AlreadyInvited,
    Answer,
    ConsentTakenBack,
    InvitationCancelled,
    InvitationState,
    NotInCircle,
    PersonState,
    Purpose,
    UnknownInvitation,
    Via,
    invitation_workflow_id,
    mode_of,
)
from services.network.models import Invitation, Person
from services.network.operations import circle, notifying
from services.network.settings import policies
from shared import case_state, outbox, profiles
from shared.clocks import Clocks
from shared.deadlines import Deadline
from shared.events import network
from shared.events.base import EventData
from shared.events.network import AttendanceMode
from shared.ids import uuid7
from shared.steps import step
from shared.vault import Vault

clocks = Clocks(SERVICE)


async def invite(session: AsyncSession, vault: Vault, *, person: Person, now: datetime) -> UUID:
    """Invite a person; return the invitation's id.

    Raises: CasePaused, NotInCircle, ConsentTakenBack, AlreadyInvited.
    """
    await case_state.require_not_paused(session, case_id=person.case_id)
    if person.state != PersonState.ACTIVE:
        raise NotInCircle(person_id=str(person.id))
    today = await profiles.today(session, tenant=person.tenant, now=now)
    if not await queries.consent_allows(
        session, vault, person=person, purpose=Purpose.TAKING_PART, today=today
    ):
        raise ConsentTakenBack(person_id=str(person.id))
    invitation_id = uuid7()
    added = insert(Invitation).values(
        id=invitation_id,
        tenant=person.tenant,
        case_id=person.case_id,
        person_id=person.id,
        state=InvitationState.SENT,
        created_at=now,
    )
    # A second click waits here for the first, and then finds it.
    fresh = await session.execute(added.on_conflict_do_nothing().returning(Invitation.id))
    if fresh.first() is None:
        raise AlreadyInvited(person_id=str(person.id))
    fact = network.InvitationSent(case_id=person.case_id, person_id=person.id, invitation_id=invitation_id)
    await _publish(session, person.tenant, person.case_id, fact, now)
    return invitation_id


async def invite_everyone(
    session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, include_central: bool, now: datetime
) -> Sequence[tuple[UUID, UUID]]:
    """Invite everyone of the circle without an invitation; return (person, invitation) ids. Raises: CasePaused."""
    await case_state.require_not_paused(session, case_id=case_id)
    invited = []
    for person, invitation in await queries.active_people(session, tenant=tenant, case_id=case_id):
        if invitation is not None or (person.role == "central" and not include_central):
            continue
        try:
            invited.append((person.id, await invite(session, vault, person=person, now=now)))
        except (AlreadyInvited, ConsentTakenBack):
            continue
    return invited


async def answer(
    session: AsyncSession,
    vault: Vault,
    *,
    person: Person,
    answer: Answer,
    mode: AttendanceMode | None,
    via: Via,
    now: datetime,
) -> Invitation:
    """Record a person's answer, also a changed one; the same answer again changes nothing.

    The invitation of a person who is unsure stays open, with the time it has. If they had answered, it is open anew,
    unless the circle has met.

    The caller holds the case: its lock comes before the invitation's, as when the case stops. Raises:
    UnknownInvitation, InvitationCancelled, ModeNeeded.
    """
    invitation = await queries.invitation_of(session, tenant=person.tenant, person_id=person.id, lock=True)
    if invitation is None:
        raise UnknownInvitation
    if invitation.state == InvitationState.CANCELLED:
        raise InvitationCancelled(invitation_id=str(invitation.id))
    how = None if answer == "unsure" else mode_of(answer, mode)
    if (invitation.answer, invitation.mode) == (answer, how):
        return invitation
    invitation.answer, invitation.mode, invitation.via = answer, how, via
    invitation.answered_at = now
    fact: EventData
    if answer == "unsure":
        await _keep_open(session, invitation, now)
        fact = network.InvitationUndecided(
            case_id=invitation.case_id,
            person_id=invitation.person_id,
            invitation_id=invitation.id,
            takes_part=person.role == "central",
            via=via,
        )
    else:
        invitation.state = InvitationState.ANSWERED
        await session.flush()
        await clocks.stop(session, kind=INVITATION_CLOCK, subject=invitation.id, now=now)
        fact = network.InvitationAnswered(
            case_id=invitation.case_id,
            person_id=invitation.person_id,
            invitation_id=invitation.id,
            answer=answer,
            mode=mode_of(answer, mode),
            via=via,
        )
    await _publish(session, invitation.tenant, invitation.case_id, fact, now)
    await circle.follow(session, vault, tenant=person.tenant, case_id=person.case_id, now=now)
    return invitation


async def decline(session: AsyncSession, vault: Vault, *, person: Person, via: Via, now: datetime) -> None:
    """Record a no to taking part as a no to the invitation, if one stands."""
    invitation = await queries.invitation_of(session, tenant=person.tenant, person_id=person.id, lock=True)
    if invitation is not None and invitation.state != InvitationState.CANCELLED:
        await answer(session, vault, person=person, answer="no", mode=None, via=via, now=now)


async def cancel_of(session: AsyncSession, *, person: Person, now: datetime) -> None:
    """Cancel the invitation of a person who leaves the circle, if there is one."""
    invitation = await queries.invitation_of(session, tenant=person.tenant, person_id=person.id, lock=True)
    if invitation is not None and invitation.state != InvitationState.CANCELLED:
        await _cancel(session, invitation, now)


async def cancel_open(session: AsyncSession, *, tenant: UUID, case_id: UUID, now: datetime) -> None:
    """Cancel every invitation of a case that waits for an answer."""
    for invitation in await queries.open_invitations(session, tenant=tenant, case_id=case_id):
        await _cancel(session, invitation, now)


async def expect_no_more(session: AsyncSession, *, tenant: UUID, case_id: UUID, now: datetime) -> None:
    """Send no more reminders of invitations: the circle met, or made its plan, without those people."""
    for invitation in await queries.open_invitations(session, tenant=tenant, case_id=case_id):
        invitation.state = InvitationState.SILENT
        await session.flush()
        await clocks.stop(session, kind=INVITATION_CLOCK, subject=invitation.id, now=now)


async def send_again(session: AsyncSession, *, person: Person, now: datetime) -> bool:
    """Send an unanswered invitation again, with its full time; False if none waits."""
    invitation = await queries.invitation_of(session, tenant=person.tenant, person_id=person.id, lock=True)
    if invitation is None or invitation.state not in OPEN_INVITATIONS:
        return False
    invitation.state, invitation.reminded_at = InvitationState.SENT, None
    await session.flush()
    await clocks.stop(session, kind=INVITATION_CLOCK, subject=invitation.id, now=now)
    await begin(session, tenant=person.tenant, invitation_id=invitation.id, now=now)
    return True


async def begin(session: AsyncSession, *, tenant: UUID, invitation_id: UUID, now: datetime) -> None:
    """Send an invitation that still stands, and start its clock."""
    invitation = await _open(session, tenant, invitation_id)
    if invitation is None:
        return
    await _wait(session, invitation, now)
    person = await queries.person(session, tenant=tenant, person_id=invitation.person_id)
    await _write(session, person, invitation, "invitation", now)


async def _keep_open(session: AsyncSession, invitation: Invitation, now: datetime) -> None:
    """Open an answered invitation anew; one that was still open keeps its clock."""
    answered = invitation.state == InvitationState.ANSWERED
    met = answered and await queries.has_met(session, tenant=invitation.tenant, case_id=invitation.case_id)
    if answered:
        invitation.state = InvitationState.SILENT if met else InvitationState.SENT
        invitation.reminded_at = None
    await session.flush()
    if answered and not met:
        await _wait(session, invitation, now)


async def _wait(session: AsyncSession, invitation: Invitation, now: datetime) -> None:
    """Start the clock of an invitation."""
    policy = await policies.for_case(session, case_id=invitation.case_id)
    await clocks.start(
        session,
        kind=INVITATION_CLOCK,
        subject=invitation.id,
        tenant=invitation.tenant,
        case=invitation.case_id,
        owner=CLOCK_OWNER,
        now=now,
        limit=policy.limit(now, policy.settings.invitation_due, warn=policy.settings.invitation_remind),
        workflow_id=invitation_workflow_id(invitation.id),
    )


@step("network.remind-of-invitation")
async def remind(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Remind a person who is silent or unsure, once."""
    invitation = await _open(session, due.tenant, due.subject)
    if invitation is None or await clocks.reach(session, due, now=now) is None:
        return False
    invitation.reminded_at = now
    await session.flush()
    # If the invitation could not be delivered, a reminder cannot either: the coordinator knows.
    if not await queries.was_refused(session, person_id=invitation.person_id, kind="invitation"):
        person = await queries.person(session, tenant=due.tenant, person_id=invitation.person_id)
        await _write(session, person, invitation, "invitation-reminder", now)
    return True


@step("network.give-up-waiting")
async def give_up_waiting(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Mark a person as silent, for the coordinator to reach another way; nobody is mailed."""
    invitation = await _open(session, due.tenant, due.subject)
    if invitation is None or await clocks.reach(session, due, now=now) is None:
        return False
    invitation.state = InvitationState.SILENT
    await session.flush()
    return True


async def _open(session: AsyncSession, tenant: UUID, invitation_id: UUID) -> Invitation | None:
    invitation = await queries.invitation(session, tenant=tenant, invitation_id=invitation_id, lock=True)
    if invitation is None or invitation.state not in OPEN_INVITATIONS:
        return None
    state = await case_state.read(session, invitation.case_id)
    return invitation if state is not None and state.live else None


async def _write(
    session: AsyncSession, person: Person, invitation: Invitation, kind: str, now: datetime
) -> None:
    await notifying.notify(
        session,
        person=person,
        kind=kind,
        now=now,
        link_target="invitation",
        parameters={"invitation_id": str(invitation.id)},
    )


async def _cancel(session: AsyncSession, invitation: Invitation, now: datetime) -> None:
    invitation.state = InvitationState.CANCELLED
    await session.flush()
    await clocks.stop(session, kind=INVITATION_CLOCK, subject=invitation.id, now=now)
    fact = network.InvitationCancelled(
        case_id=invitation.case_id, person_id=invitation.person_id, invitation_id=invitation.id
    )
    await _publish(session, invitation.tenant, invitation.case_id, fact, now)


async def _publish(
    session: AsyncSession, tenant: UUID, case_id: UUID, fact: EventData, now: datetime
) -> None:
    await outbox.publish(session, fact, stream=case_id, tenant=tenant, case=case_id, now=now)
