"""How long a file is kept when it is over. Pure: from facts and an organisation's lengths to one date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.calendar import years_after


class FileKind(StrEnum):
    """What a file is, as far as it matters to how long it is kept."""

    YOUTH = "youth"
    ADULT = "adult"
    PLAN_WITHOUT_MEETING = "plan-without-meeting"
    # A referral that never became a case.
    REFERRAL = "referral"


class LiftedBecause(StrEnum):
    """Why a hold ended."""

    BY_HAND = "by-hand"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """What an organisation sets about keeping; `youth_until_age` None: its conferences are no youth help."""

    youth_until_age: int | None
    case_years: int
    plan_without_meeting_years: int
    referral_years: int


def kind_of(*, minors: bool, plan_without_meeting: bool, lengths: Lengths) -> FileKind:
    """Return what the file of a case is: whether a conference is youth help is for each organisation to say."""
    if minors and lengths.youth_until_age is not None:
        return FileKind.YOUTH
    return FileKind.PLAN_WITHOUT_MEETING if plan_without_meeting else FileKind.ADULT


def keep_until(kind: FileKind, *, over_on: date, central_births: Sequence[date], lengths: Lengths) -> date:
    """Return the last day on which a file is kept.

    A youth's file: to the end of the year in which the youngest central person reaches the age, so that the date tells
    no birthday; never shorter than another case's. Where no birth date can be read, as if born on the day it ended.
    """
    case = years_after(over_on, lengths.case_years)
    if kind == FileKind.YOUTH and lengths.youth_until_age is not None:
        youngest = max(central_births, default=over_on)
        return max(case, date(youngest.year + lengths.youth_until_age, 12, 31))
    if kind == FileKind.PLAN_WITHOUT_MEETING:
        return years_after(over_on, lengths.plan_without_meeting_years)
    if kind == FileKind.REFERRAL:
        return years_after(over_on, lengths.referral_years)
    return case


def retention_workflow_id(tenant: object) -> str:
    """Return the id of the workflow that looks after the retention of a tenant's files."""
    return f"retention/{tenant}"
