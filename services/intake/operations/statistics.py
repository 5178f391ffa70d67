"""Cases as numbers: updated by events in whatever order they come, and never reverted by an older one.

A fact begins with the referral, which is stored here: another service's event cannot bring back erased data.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import REFUSED, CaseStatus, ReferralState
from services.intake.domain.statistics import Quarter, Standing
from services.intake.models import Case, CaseFact, Coordinator, LateFact, Referral, SurveyFact
from services.intake.queries import referrals
from shared import profiles
from shared.calendar import age_on
from shared.events.base import BY_ITSELF, OVER_WITH_ITS_TIME, ClockFact
from shared.events.network import GroupScores
from shared.events.plans import Said
from shared.vault import Vault

R = TypeVar("R", Referral, Case)

_SAID = {
    "done": "agreements_done",
    "nearly": "said_nearly",
    "not-yet": "said_not_yet",
    "changed": "said_changed",
    "help": "said_help",
}
_BANDS = ((6, "under-6"), (12, "6-11"), (18, "12-17"), (25, "18-24"), (65, "25-64"))


async def month_of(session: AsyncSession, tenant: UUID, time: datetime) -> date:
    """Return the first day of a time's month, by the organisation's calendar."""
    return (await profiles.today(session, tenant=tenant, now=time)).replace(day=1)


def age_band(births: Sequence[date], day: date) -> str:
    """Return the age band of the youngest of some people on a day."""
    if not births:
        return "unknown"
    youngest = age_on(max(births), day)
    return next((band for below, band in _BANDS if youngest < below), "65-and-over")


async def follow(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    at: datetime,
    to_change: bool = False,
) -> CaseFact | None:
    """Return a case's fact, locked and updated with intake's own data; None if it no longer exists.

    The caller changes it as of the time `at`: its values before that quarter are kept. `to_change`: the caller
    changes the case afterwards, which a shared lock would not allow.
    """
    # Both are held until the commit: an erasure of the case waits, or is noticed.
    referral = await _held(
        session, select(Referral).where(Referral.tenant == tenant, Referral.case_id == case_id)
    )
    case = await _held(
        session, select(Case).where(Case.tenant == tenant, Case.id == case_id), to_change=to_change
    )
    if referral is None or referral.state == ReferralState.ERASED:
        return None
    if case is not None and case.state == CaseStatus.ERASED:
        return None
    fact = await _locked(session, tenant, case_id) or await _begin(session, vault, referral)
    if fact is None:
        return None
    quarter = Quarter.of(await month_of(session, tenant, at)).begins
    if fact.changed < quarter:
        fact.stood, fact.changed = Standing.model_validate(fact).model_dump(mode="json"), quarter
    if referral.state in REFUSED:
        fact.not_started = referral.reason or str(referral.state)
    if case is not None:
        fact.started = fact.started or await month_of(session, tenant, case.created_at)
        fact.stop_reason, fact.outcome = case.stop_reason, case.outcome
        fact.ended = None if case.ended_at is None else await month_of(session, tenant, case.ended_at)
    await session.flush()
    return fact


async def note_region(
    session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, coordinator_id: UUID, at: datetime
) -> None:
    """Record the region of the case: that of its coordinator."""
    fact = await follow(session, vault, tenant=tenant, case_id=case_id, at=at)
    coordinator = await session.get(Coordinator, (tenant, coordinator_id))
    if fact is not None and coordinator is not None:
        fact.region = coordinator.region or fact.region
        await session.flush()


async def note_widened(
    session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, at: datetime
) -> None:
    """Record that a person proposed by somebody other than a central person joined the circle."""
    fact = await follow(session, vault, tenant=tenant, case_id=case_id, at=at)
    if fact is not None:
        fact.widened += 1
        await session.flush()


async def note_circle(
    session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, members: int, at: datetime
) -> None:
    """Record that the circle is ready, and its largest size."""
    fact = await follow(session, vault, tenant=tenant, case_id=case_id, at=at)
    if fact is not None:
        fact.circle = max(fact.circle, members)
        fact.circle_ready = _first(fact.circle_ready, await month_of(session, tenant, at))
        await session.flush()


async def note_conference(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    held_on: date,
    invited: int,
    attended: int,
    at: datetime,
) -> None:
    """Record that a conference was held."""
    fact = await follow(session, vault, tenant=tenant, case_id=case_id, at=at)
    if fact is not None:
        fact.conferences += 1
        fact.conference_held = _first(fact.conference_held, held_on.replace(day=1))
        fact.invited, fact.attended = max(fact.invited, invited), max(fact.attended, attended)
        await session.flush()


async def note_cancelled(
    session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, at: datetime
) -> None:
    """Record that a conference was cancelled or postponed."""
    fact = await follow(session, vault, tenant=tenant, case_id=case_id, at=at)
    if fact is not None:
        fact.cancelled += 1
        await session.flush()


async def note_plan(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    from_conference: bool,
    agreements: int,
    at: datetime,
) -> None:
    """Record a plan, from a conference or without a meeting."""
    fact = await follow(session, vault, tenant=tenant, case_id=case_id, at=at)
    if fact is None:
        return
    if from_conference:
        fact.plan_from_conference = _first(fact.plan_from_conference, await month_of(session, tenant, at))
    else:
        fact.plan_without_meeting = _first(fact.plan_without_meeting, await month_of(session, tenant, at))
    fact.agreements = max(fact.agreements, agreements)
    await session.flush()


async def note_acceptance(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    version: int,
    acceptance: str,
    at: datetime,
) -> None:
    """Record the mandated side's judgement of a plan version; an older version changes nothing."""
    fact = await follow(session, vault, tenant=tenant, case_id=case_id, at=at)
    if fact is not None and version >= fact.acceptance_version:
        fact.acceptance, fact.acceptance_version = acceptance, version
        fact.judged = await month_of(session, tenant, at)
        await session.flush()


async def note_said(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    said: Said | Literal["done"],
    before: Said | None,
    at: datetime,
) -> None:
    """Record the last report on an agreement, replacing the previous one."""
    fact = await follow(session, vault, tenant=tenant, case_id=case_id, at=at)
    if fact is not None:
        for answer, more in ((said, 1), (before, -1)):
            if answer is not None:
                column = _SAID[answer]
                setattr(fact, column, getattr(fact, column) + more)
        await session.flush()


async def note_agreement_lapsed(
    session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, at: datetime
) -> None:
    """Record that an agreement was let go, or lapsed."""
    fact = await follow(session, vault, tenant=tenant, case_id=case_id, at=at)
    if fact is not None:
        fact.agreements_lapsed += 1
        await session.flush()


async def note_survey(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    groups: Sequence[GroupScores],
    at: datetime,
) -> None:
    """Record each group's answers to a survey that closed."""
    fact = await follow(session, vault, tenant=tenant, case_id=case_id, at=at)
    if fact is None:
        return
    closed = await month_of(session, tenant, at)
    for each in groups:
        sums = {"meeting": each.meeting, "plan": each.plan, "coordinator": each.coordinator}
        session.add(
            SurveyFact(
                tenant=tenant,
                fact_id=fact.id,
                voice_group=each.group,
                closed=closed,
                asked=each.asked,
                answered=each.answered,
                **{f"{question}_answers": given.answers for question, given in sums.items()},
                **{f"{question}_total": given.total for question, given in sums.items()},
            )
        )
    await session.flush()


async def note_late(
    session: AsyncSession, vault: Vault, *, tenant: UUID, clock: ClockFact, version: int, at: datetime
) -> None:
    """Record a missed deadline of a case, and its reason if that was given in the same quarter.

    What ends by itself is missed by nobody. `version`: the event's number in the clock's stream.
    """
    if clock.case_id is None or clock.breached_at is None or clock.kind in OVER_WITH_ITS_TIME | BY_ITSELF:
        return
    missed = await month_of(session, tenant, clock.breached_at)
    if Quarter.of(await month_of(session, tenant, at)) != Quarter.of(missed):
        return
    fact = await follow(session, vault, tenant=tenant, case_id=clock.case_id, at=at)
    if fact is None:
        return
    row = insert(LateFact).values(
        id=uuid4(),
        tenant=tenant,
        fact_id=fact.id,
        clock_id=clock.clock_id,
        kind=clock.kind,
        because=clock.late_because,
        missed=missed,
        version=version,
    )
    newer = {name: row.excluded[name] for name in ("because", "version")}
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[LateFact.clock_id], set_=newer, where=LateFact.version < row.excluded.version
        )
    )


async def note_check_in(
    session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, at: datetime
) -> None:
    """Record a check-in; its decision affects the case afterwards."""
    fact = await follow(session, vault, tenant=tenant, case_id=case_id, at=at, to_change=True)
    if fact is not None:
        fact.check_ins += 1
        await session.flush()


async def cut_loose(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> None:
    """Detach the facts from a case that is erased: from now on nothing leads from one to the other."""
    of_case = select(CaseFact.id).where(CaseFact.tenant == tenant, CaseFact.case_id == case_id)
    await session.execute(update(LateFact).where(LateFact.fact_id.in_(of_case)).values(clock_id=None))
    loose = update(CaseFact).where(CaseFact.tenant == tenant, CaseFact.case_id == case_id)
    await session.execute(loose.values(case_id=None))


async def _held(session: AsyncSession, query: Select[R], *, to_change: bool = False) -> R | None:
    query = query.with_for_update(read=not to_change).execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()


async def _locked(session: AsyncSession, tenant: UUID, case_id: UUID) -> CaseFact | None:
    query = select(CaseFact).where(CaseFact.tenant == tenant, CaseFact.case_id == case_id)
    query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()


async def _begin(session: AsyncSession, vault: Vault, referral: Referral) -> CaseFact | None:
    named = await referrals.persons(session, tenant=referral.tenant, referral_id=referral.id)
    central = [row for row in named if row.role == "central"]
    opened = await vault.open_readable(session, central)
    births = [fields.birth_date for fields in opened if fields is not None and fields.birth_date is not None]
    day = await profiles.today(session, tenant=referral.tenant, now=referral.created_at)
    values = {
        "id": uuid4(),
        "tenant": referral.tenant,
        "case_id": referral.case_id,
        "referrer_kind": referral.kind,
        "track": referral.track,
        "themes": sorted(set(referral.themes)),
        "minors": referral.minors,
        "age_band": age_band(births, day),
        "referred": day.replace(day=1),
        "changed": Quarter.of(day).begins,
        **dict.fromkeys(("acceptance_version", "circle", "widened", "conferences", "cancelled"), 0),
        **dict.fromkeys(
            ("invited", "attended", "agreements", "agreements_lapsed", "check_ins", *_SAID.values()), 0
        ),
    }
    # A second event at the same moment waits here for the first, and then finds its row.
    await session.execute(insert(CaseFact).values(values).on_conflict_do_nothing())
    return await _locked(session, referral.tenant, referral.case_id)


def _first(known: date | None, month: date) -> date:
    return month if known is None else min(known, month)
