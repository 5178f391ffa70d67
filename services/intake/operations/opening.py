"""Accepting a referral: a case opens, with its parties, its baseline and the search for a coordinator."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import CaseStatus, PartyRole, ReferralState
from services.intake.models import Case, CaseParty, Referral
from services.intake.operations import assignments, baseline
from services.intake.operations.referrals import decide
from services.intake.settings import policies
from shared import outbox
from shared.events import intake as events
from shared.ids import uuid7
from shared.vault import Vault


async def accept_referral(
    session: AsyncSession, vault: Vault, *, tenant: UUID, referral_id: UUID, accepted_by: UUID, now: datetime
) -> UUID:
    """Accept a referral and return the id of its case. Raises: UnknownReferral, ReferralDecided."""
    referral = await decide(
        session,
        tenant=tenant,
        referral_id=referral_id,
        state=ReferralState.ACCEPTED,
        decided_by=accepted_by,
        now=now,
    )
    words = await vault.open(session, referral)
    policy = await policies.in_force(session, tenant=tenant, at=now)
    case = _case_of(referral, now=now)
    session.add(case)
    await session.flush()
    session.add_all(_parties(case))
    await _publish(session, case, policy_version=policy.version)
    await baseline.begin(session, vault, case=case, words=words, now=now)
    await assignments.begin(session, case=case, now=now)
    return case.id


def _case_of(referral: Referral, *, now: datetime) -> Case:
    return Case(
        id=referral.case_id,
        tenant=referral.tenant,
        referral_id=referral.id,
        state=CaseStatus.OPEN,
        track=referral.track,
        themes=referral.themes,
        minors=referral.minors,
        referrer_id=referral.referrer_id,
        referring_organisation=referral.referring_organisation,
        mandated_organisation=referral.mandated_organisation,
        assignment_no=0,
        baseline_version=0,
        created_at=now,
    )


def _parties(case: Case) -> list[CaseParty]:
    organisations = {
        PartyRole.REFERRING: case.referring_organisation,
        PartyRole.MANDATED: case.mandated_organisation,
    }
    return [
        CaseParty(
            id=uuid7(),
            tenant=case.tenant,
            case_id=case.id,
            organisation_id=organisation,
            role=role,
            created_at=case.created_at,
        )
        for role, organisation in organisations.items()
        if organisation is not None
    ]


async def _publish(session: AsyncSession, case: Case, *, policy_version: int) -> None:
    accepted = events.ReferralAccepted(referral_id=case.referral_id, case_id=case.id)
    await outbox.publish(
        session, accepted, stream=case.id, tenant=case.tenant, case=case.id, now=case.created_at
    )
    opened = events.CaseOpened.model_validate(
        {
            "case_id": case.id,
            "referral_id": case.referral_id,
            "track": case.track,
            "themes": case.themes,
            "referring_organisation": case.referring_organisation,
            "mandated_organisation": case.mandated_organisation,
            "minors": case.minors,
            "policy_version": policy_version,
        }
    )
    await outbox.publish(
        session, opened, stream=case.id, tenant=case.tenant, case=case.id, now=case.created_at
    )
