"""How long a file is kept after its end: a pure function of facts and an organisation's settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.calendar import years_after


class FileKind(StrEnum):
    """The kind of a file, as far as it determines how long it is kept."""

    YOUTH = "youth"
    ADULT = "adult"
    PLAN_WITHOUT_MEETING = "plan-without-meeting"
    # A referral that never became a case.
    REFERRAL = "referral"


class LiftReason(StrEnum):
    """Why a hold ended."""

    BY_HAND = "by-hand"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """An organisation's retention settings; `youth_until_age` None: its conferences are not youth care."""

    youth_until_age: int | None
    case_years: int
    plan_without_meeting_years: int
    referral_years: int


def kind_of(*, minors: bool, plan_without_meeting: bool, lengths: Lengths) -> FileKind:
    """Return the kind of a case's file: each organisation says whether its conferences are youth care."""
    if minors and lengths.youth_until_age is not None:
        return FileKind.YOUTH
    return FileKind.PLAN_WITHOUT_MEETING if plan_without_meeting else FileKind.ADULT


def keep_until(kind: FileKind, *, over_on: date, central_births: Sequence[date], lengths: Lengths) -> date:
    """Return the last day on which a file is kept.

    A youth's file: until the end of the year in which the youngest central person reaches the age, so that the
    date reveals no birthday; never shorter than another case's. If no birth date can be read, as if born on the
    day it ended.
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
    """Return the id of the workflow for the retention of a tenant's files."""
    return f"retention/{tenant}"
