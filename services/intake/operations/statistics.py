"""Cases as numbers: updated by events in whatever order they come, and never reverted by an older one.

A fact begins with the referral, which is stored here: another service's event cannot bring back erased data.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import REFUSED, CaseStatus, ReferralState
from services.intake.domain.measures import NONE_YET, CaseSnapshot
from services.intake.domain.statistics import Quarter
from services.intake.models import Case, CaseFact, Coordinator, LateFact, Referral, SurveyFact
from services.intake.operations.counted import CHANGES, When
from services.intake.queries import referrals
from shared import profiles
from shared.calendar import age_on
from shared.events.base import ClockFact, Received
from shared.events.intake import CoordinatorAssigned
from shared.events.network import SurveyClosed
from shared.languages import LANGUAGES
from shared.vault import Vault

R = TypeVar("R", Referral, Case)

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


def language_code(spoken: Collection[str]) -> str:
    """Return the language of the people whom a case is about, as it is counted."""
    if len(spoken) > 1:
        return "several"
    return next((each for each in spoken if each in LANGUAGES), "other")


async def follow(
    session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, at: datetime
) -> CaseFact | None:
    """Return a case's fact, locked and updated with intake's own data; None if it no longer exists.

    The caller changes it as of the time `at`: its values before that quarter are kept.
    """
    found = await _follow(session, vault, tenant=tenant, case_id=case_id, at=at)
    return None if found is None else found[0]


async def _follow(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    at: datetime,
    to_change: bool = False,
) -> tuple[CaseFact, Referral] | None:
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
        fact.stood, fact.changed = CaseSnapshot.model_validate(fact).model_dump(mode="json"), quarter
    if referral.state in REFUSED:
        fact.not_started = referral.reason or str(referral.state)
    if case is not None:
        fact.started = fact.started or await month_of(session, tenant, case.created_at)
        fact.stop_reason, fact.outcome = case.stop_reason, case.outcome
        fact.ended = None if case.ended_at is None else await month_of(session, tenant, case.ended_at)
    await session.flush()
    return fact, referral


async def count(
    session: AsyncSession, vault: Vault, event: Received[Any], *, to_change: bool = False
) -> None:
    """Change the fact of an event's case as `CHANGES` says.

    `to_change`: the caller changes the case afterwards, which a shared lock would not allow.
    """
    tenant, case_id, at = event.tenant, event.data.case_id, event.time
    found = await _follow(session, vault, tenant=tenant, case_id=case_id, at=at, to_change=to_change)
    if found is None:
        return
    fact, referral = found
    calendar = await profiles.calendar(session, tenant=tenant)
    when = When(calendar.day_of(referral.created_at), calendar.day_of(at), event.sequence)
    CHANGES[type(event.data)](fact, event.data, when)
    if isinstance(event.data, CoordinatorAssigned):
        coordinator = await session.get(Coordinator, (tenant, event.data.coordinator_id))
        fact.region = (coordinator and coordinator.region) or fact.region
    await session.flush()


async def note_survey(session: AsyncSession, vault: Vault, event: Received[SurveyClosed]) -> None:
    """Record each group's answers to a survey that closed."""
    tenant, at = event.tenant, event.time
    fact = await follow(session, vault, tenant=tenant, case_id=event.data.case_id, at=at)
    if fact is None:
        return
    closed = await month_of(session, tenant, at)
    for each in event.data.groups:
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


async def note_late(session: AsyncSession, vault: Vault, event: Received[ClockFact]) -> None:
    """Record a missed deadline of a case, and its reason if that was given in the same quarter.

    What is nobody's turn is missed by nobody.
    """
    tenant, clock, at = event.tenant, event.data, event.time
    if clock.case_id is None or clock.breached_at is None or clock.turn == "never":
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
        reason=clock.late_reason,
        missed=missed,
        version=event.sequence,
    )
    newer = {name: row.excluded[name] for name in ("reason", "version")}
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[LateFact.clock_id], set_=newer, where=LateFact.version < row.excluded.version
        )
    )


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
    spoken = {fields.language for fields in opened if fields is not None}
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
        "codes": {"language": [0, language_code(spoken)]},
        "amounts": {"central_persons": len(central), **dict.fromkeys(NONE_YET, 0)},
    }
    # A second event at the same moment waits here for the first, and then finds its row.
    await session.execute(insert(CaseFact).values(values).on_conflict_do_nothing())
    return await _locked(session, referral.tenant, referral.case_id)
