"""How long a file is kept: decided when it is over, told to those it is about, and recomputed on request."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain import retention as rules
from services.intake.domain.codes import (
    LIVE,
    RETENTION_CLOCK,
    SERVICE,
    CaseStatus,
    Outcome,
    ReferralState,
)
from services.intake.domain.errors import FileNotOver
from services.intake.domain.retention import FileKind, retention_workflow_id
from services.intake.models import Case, PersonFields, Referral, ReferralPerson, Retention
from services.intake.queries import cases as case_reads
from services.intake.queries import referrals as referral_reads
from services.intake.queries import retention as reads
from services.intake.settings import Policy, policies
from shared import outbox, profiles
from shared.ages import OWN_DECISIONS_FROM
from shared.auth import Role
from shared.calendar import age_on
from shared.case_state import CaseErased, UnknownCase
from shared.clocks import Clocks
from shared.deadlines import TimeLimit
from shared.events.network import NotifyPeople
from shared.vault import Vault

UNDER_HOLD = "legal-hold"
Named = tuple[ReferralPerson, PersonFields]
clocks = Clocks(SERVICE)


@dataclass(frozen=True)
class File:
    """The file of a case, or of a referral that never became one; its row is locked."""

    referral: Referral
    case: Case | None

    @property
    def tenant(self) -> UUID:
        """Its tenant."""
        return self.referral.tenant

    @property
    def case_id(self) -> UUID:
        """Its id, which exists also before there is a case."""
        return self.referral.case_id

    @property
    def is_erased(self) -> bool:
        """Tell whether nothing of it can be read any more."""
        state = self.referral.state if self.case is None else self.case.state
        return state in (ReferralState.ERASED, CaseStatus.ERASED)

    @property
    def over_at(self) -> datetime | None:
        """When it ended; None while it is live."""
        if self.case is not None:
            return None if self.case.state in LIVE else self.case.ended_at
        return self.referral.decided_at


async def locked_file(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> File:
    """Return a file, locked: setting a hold and erasing both begin with this, so that one of them comes first.

    The locked row is the case's, or the referral's if there is no case. Raises: UnknownCase, CaseErased.
    """
    referral = await reads.referral_of_file(session, tenant=tenant, case_id=case_id)
    if referral is not None and referral.state != ReferralState.ACCEPTED:
        # It may be accepted while we wait for its lock, which comes before that of its case.
        referral = await reads.referral_of_file(session, tenant=tenant, case_id=case_id, lock=True)
    if referral is None:
        raise UnknownCase(case_id=str(case_id))
    case = None
    if referral.state == ReferralState.ACCEPTED:
        case = await case_reads.case(session, tenant=tenant, case_id=case_id, lock=True)
    file = File(referral, case)
    if file.is_erased:
        raise CaseErased(case_id=str(case_id))
    return file


async def begin_for_case(session: AsyncSession, vault: Vault, *, case: Case, now: datetime) -> None:
    """Decide how long the file of a locked, ending case is kept, start the clock, and tell those it is about."""
    referral = await reads.referral_of_file(session, tenant=case.tenant, case_id=case.id)
    if referral is None:
        raise LookupError("a case without its referral")
    await _begin(session, vault, File(referral, case), now)


async def begin_for_referral(
    session: AsyncSession, vault: Vault, *, referral: Referral, now: datetime
) -> None:
    """Decide how long a referral that becomes no case is kept, and start the clock."""
    await _begin(session, vault, File(referral, None), now)


async def recompute(
    session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, now: datetime
) -> Retention:
    """Recompute by the current policy how long a file is kept. Raises: UnknownCase, CaseErased, FileNotOver."""
    file = await locked_file(session, tenant=tenant, case_id=case_id)
    await clocks.stop(session, kind=RETENTION_CLOCK, subject=case_id, now=now)
    return await _begin(session, vault, file, now)


async def _begin(session: AsyncSession, vault: Vault, file: File, now: datetime) -> Retention:
    """Store how long a file is kept. Birth dates are read but not stored: the stored date reveals no birthday."""
    if file.over_at is None:
        raise FileNotOver(case_id=str(file.case_id))
    policy = await policies.in_force(session, tenant=file.tenant)
    persons = [] if file.case is None else await _persons(session, vault, file)
    lengths = _lengths(policy.settings)
    kind = await _kind(session, file, lengths)
    until = rules.keep_until(
        kind,
        over_on=policy.calendar.day_of(file.over_at),
        central_births=[
            fields.birth_date
            for row, fields in persons
            if row.role == "central" and fields.birth_date is not None
        ],
        lengths=lengths,
    )
    retention = await _put(session, file, kind, until, version=policy.version, now=now)
    await start_clock(
        session,
        tenant=file.tenant,
        case_id=file.case_id,
        keep_until=until,
        warn_days=policy.settings.retention_warn_days,
        policy_version=policy.version,
        now=now,
    )
    await _notify(session, file, persons, until, now)
    return retention


async def start_clock(
    session: AsyncSession,
    *,
    tenant: UUID,
    case_id: UUID,
    keep_until: date,
    warn_days: int,
    policy_version: int,
    now: datetime,
) -> None:
    """Start the clock of a file that is over; under a hold it starts paused.

    If the day has passed, by a new policy or under a hold, there is still the usual time to object.
    """
    calendar = await profiles.calendar(session, tenant=tenant)
    due_at = max(calendar.end_of_day(keep_until), now + timedelta(days=warn_days))
    await clocks.start(
        session,
        kind=RETENTION_CLOCK,
        subject=case_id,
        tenant=tenant,
        # Without a case: an ending case stops its clocks, and this one begins then.
        case=None,
        owner=Role.DPO,
        escalate_to=Role.ADMINISTRATOR,
        now=now,
        limit=TimeLimit(due_at, due_at - timedelta(days=warn_days), policy_version=policy_version),
        workflow_id=retention_workflow_id(tenant),
        paused=UNDER_HOLD if await reads.holds_in_force(session, tenant=tenant, case_id=case_id) else None,
    )


def _lengths(policy: Policy) -> rules.Lengths:
    return rules.Lengths(
        youth_until_age=policy.keep_youth_until_age,
        case_years=policy.keep_case_years,
        plan_without_meeting_years=policy.keep_plan_without_meeting_years,
        referral_years=policy.keep_referral_years,
    )


async def _kind(session: AsyncSession, file: File, lengths: rules.Lengths) -> FileKind:
    if file.case is None:
        return FileKind.REFERRAL
    return rules.kind_of(
        minors=file.case.minors,
        # Also if such a plan was followed up, which is then how the case ended.
        plan_without_meeting=file.case.outcome == Outcome.PLAN_WITHOUT_MEETING
        or await reads.planned_without_meeting(session, case_id=file.case_id),
        lengths=lengths,
    )


async def _persons(session: AsyncSession, vault: Vault, file: File) -> list[Named]:
    """Return the referral's persons that can still be read."""
    rows = await referral_reads.persons(session, tenant=file.tenant, referral_id=file.referral.id)
    fields = await vault.open_readable(session, rows)
    return [(row, person) for row, person in zip(rows, fields, strict=True) if person is not None]


async def _put(
    session: AsyncSession, file: File, kind: FileKind, until: date, *, version: int, now: datetime
) -> Retention:
    values = {"kind": kind, "keep_until": until, "policy_version": version, "computed_at": now}
    statement = insert(Retention).values(case_id=file.case_id, tenant=file.tenant, **values)
    written = statement.on_conflict_do_update(index_elements=["case_id"], set_=values).returning(Retention)
    return (await session.execute(written, execution_options={"populate_existing": True})).scalar_one()


async def _notify(
    session: AsyncSession, file: File, persons: list[Named], until: date, now: datetime
) -> None:
    """Have network tell the central persons; for a child who is told nothing alone, also those who represent it."""
    today = await profiles.today(session, tenant=file.tenant, now=now)
    young = any(
        row.role == "central"
        and fields.birth_date is not None
        and age_on(fields.birth_date, today) < OWN_DECISIONS_FROM
        for row, fields in persons
    )
    told = {"central", "representative"} if young else {"central"}
    people = tuple(row.id for row, _ in persons if row.role in told)
    if not people:
        return
    command = NotifyPeople(
        case_id=file.case_id,
        person_ids=people,
        kind="file-kept",
        link_target="",
        parameters={"keep_until": until.isoformat()},
        even_if_stopped=True,
    )
    await outbox.publish(
        session, command, stream=file.case_id, tenant=file.tenant, case=file.case_id, now=now
    )
