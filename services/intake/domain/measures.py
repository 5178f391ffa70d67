"""What is counted of cases: numbers, averages and shares, each with the cases that it is out of."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import get_args

from pydantic import BaseModel, ConfigDict

from services.intake.domain.codes import ReferralReason, WithdrawReason
from shared.events.plans import Decision
from shared.events.scheduling import TURNOUT_GROUPS
from shared.languages import LANGUAGES


class Ended(StrEnum):
    """How far a case came: each has exactly one of these."""

    NOT_STARTED = "not-started"
    NO_MEETING = "no-meeting"
    PLAN_WITHOUT_MEETING = "plan-without-meeting"
    CONFERENCE_WITHOUT_PLAN = "conference-without-plan"
    CONFERENCE_AND_PLAN = "conference-and-plan"


class Measure(StrEnum):
    """Numbers of cases."""

    REFERRALS = "referrals"
    NOT_STARTED = "not_started"
    STARTED = "started"
    CONFERENCE_HELD = "conference_held"
    PLAN_FROM_CONFERENCE = "plan_from_conference"
    PLAN_WITHOUT_MEETING = "plan_without_meeting"
    PLAN = "plan"


MEASURES: dict[Measure, frozenset[Ended]] = {
    Measure.REFERRALS: frozenset(Ended),
    Measure.NOT_STARTED: frozenset({Ended.NOT_STARTED}),
    Measure.STARTED: frozenset(Ended) - {Ended.NOT_STARTED},
    Measure.CONFERENCE_HELD: frozenset({Ended.CONFERENCE_WITHOUT_PLAN, Ended.CONFERENCE_AND_PLAN}),
    Measure.PLAN_FROM_CONFERENCE: frozenset({Ended.CONFERENCE_AND_PLAN}),
    Measure.PLAN_WITHOUT_MEETING: frozenset({Ended.PLAN_WITHOUT_MEETING}),
    Measure.PLAN: frozenset({Ended.PLAN_WITHOUT_MEETING, Ended.CONFERENCE_AND_PLAN}),
}

# Amounts of a case that are averaged, each over the cases of a measure in which it is known.
AVERAGES: dict[str, Measure] = {
    "central_persons": Measure.REFERRALS,
    **dict.fromkeys(("weeks_to_coordinator", "weeks_to_contact"), Measure.STARTED),
    **dict.fromkeys(("weeks_to_conference", "cancelled"), Measure.CONFERENCE_HELD),
    "weeks_to_plan": Measure.PLAN,
    **dict.fromkeys(("private_minutes", "circle", "widened", "invited", "came"), Measure.CONFERENCE_HELD),
    **dict.fromkeys(("children", "remote"), Measure.CONFERENCE_HELD),
    **{f"{did}_{group}": Measure.CONFERENCE_HELD for did in ("invited", "came") for group in TURNOUT_GROUPS},
    **dict.fromkeys(
        (
            *("agreements", "agreements_by_network", "agreements_by_professionals"),
            *("agreements_done", "agreements_lapsed", "check_ins"),
        ),
        Measure.PLAN_FROM_CONFERENCE,
    ),
}


@dataclass(frozen=True)
class Share:
    """How the cases of a measure divide by a code, of which each has one; these are told also where nobody has them."""

    of: Measure
    codes: tuple[str, ...]


# For a case in which nothing was said of it, or not yet.
UNSAID = "none"
_DECISIONS = (*get_args(Decision), UNSAID)
SHARES: dict[str, Share] = {
    "minors": Share(Measure.REFERRALS, ("yes", "no")),
    "language": Share(Measure.REFERRALS, (*LANGUAGES, "several", "other")),
    "not_started_reason": Share(Measure.NOT_STARTED, (*ReferralReason, UNSAID)),
    "late": Share(Measure.STARTED, ("yes", "no")),
    "stop_reason": Share(Measure.STARTED, (*WithdrawReason, UNSAID)),
    "first_meeting": Share(Measure.CONFERENCE_HELD, ("plan", "continued", "no-plan")),
    "meetings": Share(Measure.CONFERENCE_HELD, ("one", "two", "more")),
    # The nearest way in which any of the children and young people took part whom it is about.
    "children_part": Share(
        Measure.CONFERENCE_HELD, ("in-person", "remote", "views", "not", "no-children", UNSAID)
    ),
    "sides": Share(Measure.CONFERENCE_HELD, ("both", "one", "neither", UNSAID)),
    **dict.fromkeys(
        ("with_remote", "with_interpreter", "incident"),
        Share(Measure.CONFERENCE_HELD, ("yes", "no", UNSAID)),
    ),
    "acceptance": Share(Measure.PLAN, ("accepted", "presumed", "partly-accepted", "refused", UNSAID)),
    "referrer_says": Share(
        Measure.PLAN_FROM_CONFERENCE, ("as-agreed", "partly", "not", "not-reached", UNSAID)
    ),
    "after_four_weeks": Share(Measure.PLAN_FROM_CONFERENCE, _DECISIONS),
    "after_three_months": Share(Measure.PLAN_FROM_CONFERENCE, _DECISIONS),
    "after_six_months": Share(Measure.PLAN_FROM_CONFERENCE, _DECISIONS),
    "after_twelve_months": Share(Measure.PLAN_FROM_CONFERENCE, _DECISIONS),
}


class Progress(StrEnum):
    """The last report on an agreement: each reported one has exactly one of these."""

    DONE = "done"
    NEARLY = "nearly"
    NOT_YET = "not_yet"
    CHANGED = "changed"
    HELP = "help"


# The amounts that stand for the last reports.
SAID: dict[Progress, str] = {
    Progress.DONE: "agreements_done",
    **{each: f"said_{each}" for each in Progress if each is not Progress.DONE},
}
# Known of every case: nothing of the kind happened until an event says so.
NONE_YET = ("widened", "cancelled", "agreements_lapsed", "check_ins", *SAID.values())


class CaseSnapshot(BaseModel):
    """The changeable facts of a counted case, as of some time; dates are kept by month only.

    `codes`: each with its rank, where a higher one replaces a lower one.
    """

    model_config = ConfigDict(from_attributes=True, frozen=True)

    region: str | None
    not_started: str | None
    stop_reason: str | None
    started: date | None
    conference_held: date | None
    plan_from_conference: date | None
    plan_without_meeting: date | None
    ended: date | None
    amounts: dict[str, int]
    codes: dict[str, tuple[int, str]]
