"""The statuses and codes of intake. They travel in events: each list is closed, so that no name can get into one."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from shared.deadlines import clock_kind

SERVICE = "intake"
REFERRAL_CLOCK = "referral"
OFFER_CLOCK = "offer"
ALLOCATION_CLOCK = clock_kind("allocation", turn="late")
SEARCH_CLOCK = "coordinator-search"
RETENTION_CLOCK = clock_kind("retention", turn="warned")
HOLD_CLOCK = clock_kind("hold", turn="warned")

WithdrawnBy = Literal["central-person", "representative", "referrer", "regional-manager"]
Gender = Literal["female", "male", "other"]
Side = Literal["maternal", "paternal", "other"]
Track = Literal["normal", "urgent"]
# An acquaintance is a neighbour, a relative, a friend: somebody without an account who refers others.
ReferralKind = Literal["professional", "self", "acquaintance"]
ReferredRole = Literal["central", "representative", "circle"]


class Theme(StrEnum):
    """What a referral is about."""

    SUPPORT = "support"
    HEALTH = "health"
    INDEPENDENT_LIVING = "independent-living"
    PARENTING = "parenting"
    SCHOOL_DROP_OUT = "school-drop-out"
    OUT_OF_HOME_PLACEMENT = "out-of-home-placement"
    LONELINESS = "loneliness"
    EMPLOYMENT = "employment"
    LEGAL_PROBLEMS = "legal-problems"
    REINTEGRATION = "reintegration"


class ReferralState(StrEnum):
    """The state of a referral."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


class CaseStatus(StrEnum):
    """The state of a case."""

    OPEN = "open"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    ERASED = "erased"


LIVE = (CaseStatus.OPEN, CaseStatus.PAUSED)
REFUSED = (ReferralState.DECLINED, ReferralState.WITHDRAWN)
OVER = (CaseStatus.WITHDRAWN, CaseStatus.CLOSED)


class WaitsFor(StrEnum):
    """What a live case without a coordinator waits for.

    A new coordinator, the year after the four-week call or, without a plan, what the regional manager does next.
    """

    COORDINATOR = "coordinator"
    FOLLOW_UP = "follow-up"
    NEXT_STEP = "next-step"


class AssignmentState(StrEnum):
    """The state of the search for a coordinator; the last one of a case counts."""

    SEARCHING = "searching"
    ASSIGNED = "assigned"
    ENDED = "ended"


class OfferState(StrEnum):
    """The state of an offer. Called off: the case stopped before the coordinator answered."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    CALLED_OFF = "called-off"


class ReferralReason(StrEnum):
    """Why a referral was declined, or withdrawn before a decision."""

    NO_CONSENT = "no-consent"
    OTHER_HELP_FITS_BETTER = "other-help-fits-better"
    OUTSIDE_REGION = "outside-region"
    NO_CAPACITY = "no-capacity"
    NO_QUESTION = "no-question"
    UNSAFE = "unsafe"
    REFERRED_TWICE = "referred-twice"
    FAMILY_WITHDREW = "family-withdrew"
    SITUATION_CHANGED = "situation-changed"
    OTHER = "other"


class DeclineReason(StrEnum):
    """Why a coordinator does not take a case."""

    NO_TIME = "no-time"
    TOO_FAR = "too-far"
    LANGUAGE = "language"
    CONFLICT_OF_INTEREST = "conflict-of-interest"
    ILLNESS = "illness"
    HOLIDAY = "holiday"
    OTHER = "other"


class PauseReason(StrEnum):
    """Why a case is paused."""

    FAMILY_NEEDS_TIME = "family-needs-time"
    ILLNESS = "illness"
    BEREAVEMENT = "bereavement"
    HOLIDAY = "holiday"
    COURT_DECISION = "court-decision"
    SAFETY = "safety"
    REFERRER_LEFT = "referrer-left"
    OTHER = "other"


class WithdrawReason(StrEnum):
    """Why a case stopped before its end; none of them blames anybody."""

    FAMILY_WITHDREW = "family-withdrew"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    SITUATION_CHANGED = "situation-changed"
    SOLVED = "solved"
    OTHER_HELP_CHOSEN = "other-help-chosen"
    NO_NETWORK = "no-network"
    NOT_REACHABLE = "not-reachable"
    MOVED = "moved"
    SAFETY = "safety"
    OTHER = "other"


class Outcome(StrEnum):
    """How a case ended."""

    FOLLOWED_UP = "followed-up"
    CLOSED_EARLY = "closed-early"
    PLAN_WITHOUT_MEETING = "plan-without-meeting"
    CONFERENCE_WITHOUT_PLAN = "conference-without-plan"
    NO_CONFERENCE = "no-conference"


class ReleaseReason(StrEnum):
    """Why a coordinator no longer works on a case."""

    CONFLICT_OF_INTEREST = "conflict-of-interest"
    FAMILY_WISH = "family-wish"
    UNAVAILABLE = "unavailable"
    TASK_DONE = "task-done"
    CASE_STOPPED = "case-stopped"


# After a release for one of these, another coordinator must be found.
REPLACED = (ReleaseReason.CONFLICT_OF_INTEREST, ReleaseReason.FAMILY_WISH, ReleaseReason.UNAVAILABLE)
# A coordinator released for one of these is not asked for the same case again.
NOT_AGAIN = (ReleaseReason.CONFLICT_OF_INTEREST, ReleaseReason.FAMILY_WISH)


class PartyRole(StrEnum):
    """The role of an organisation in a case."""

    REFERRING = "referring"
    MANDATED = "mandated"


def assignment_workflow_id(case_id: UUID, number: int) -> str:
    """Return the id of the workflow that finds a coordinator."""
    return f"assignment/{case_id}/{number}"
