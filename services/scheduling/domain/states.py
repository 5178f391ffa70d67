"""The states of conferences and polls, the accepted reasons, and the checklist."""

from enum import StrEnum


class ConferenceState(StrEnum):
    """The state of a conference."""

    PREPARING = "preparing"
    POLLING = "polling"
    READY_TO_SCHEDULE = "ready-to-schedule"
    SCHEDULED = "scheduled"
    POSTPONED = "postponed"
    HELD = "held"
    CANCELLED = "cancelled"


UNDATED = frozenset({ConferenceState.PREPARING, ConferenceState.POLLING, ConferenceState.READY_TO_SCHEDULE})
LIVE = UNDATED | {ConferenceState.SCHEDULED}


class PreparationState(StrEnum):
    """Whether a conference is being prepared."""

    RUNNING = "running"
    ENDED = "ended"


class PreparationReason(StrEnum):
    """Why a conference is prepared: for the first time, or in a new round of the case."""

    REFERRAL = "referral"
    NO_PLAN = "no-plan"
    CALLED_OFF = "called-off"
    REVIEW = "review"
    FAMILY_WISH = "family-wish"


class ExtensionReason(StrEnum):
    """Why a preparation gets more time."""

    FAMILY_NEEDS_TIME = "family-needs-time"
    CIRCLE_GROWS = "circle-grows"
    KEY_PERSON_UNAVAILABLE = "key-person-unavailable"
    HOLIDAYS = "holidays"
    OTHER = "other"


class GivenHow(StrEnum):
    """How a person gives their information: they tell it, or it is read to the circle."""

    PRESENT = "present"
    IN_WRITING = "in-writing"


class PollState(StrEnum):
    """Whether a poll takes answers."""

    OPEN = "open"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why a poll takes no more answers; `carried`: its dates came from a postponed conference; not opened yet."""

    ALL_ANSWERED = "all-answered"
    DUE = "due"
    COORDINATOR = "coordinator"
    CANCELLED = "cancelled"
    CARRIED = "carried"


class Availability(StrEnum):
    """A person's answer to a date."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


class PostponeReason(StrEnum):
    """Why a conference is postponed."""

    KEY_PERSON_ILL = "key-person-ill"
    KEY_PERSON_UNAVAILABLE = "key-person-unavailable"
    NO_SHOW = "no-show"
    BOTTOM_LINE_LATE = "bottom-line-late"
    INFORMATION_LATE = "information-late"
    SAFETY = "safety"
    BEREAVEMENT = "bereavement"
    VENUE = "venue"
    WEATHER = "weather"
    FAMILY_WISH = "family-wish"
    COORDINATOR_UNAVAILABLE = "coordinator-unavailable"
    OTHER = "other"


class CancelReason(StrEnum):
    """Why a conference is cancelled."""

    PLAN_WITHOUT_MEETING = "plan-without-meeting"
    FAMILY_WISH = "family-wish"
    SITUATION_CHANGED = "situation-changed"
    NETWORK_TOO_SMALL = "network-too-small"
    SAFETY = "safety"
    OTHER = "other"


class MeetingOutcome(StrEnum):
    """The outcome of a meeting; `continued`: the circle continues on another day."""

    PLAN = "plan"
    NO_PLAN = "no-plan"
    CONTINUED = "continued"


# The reason when a case stopped: not for use by callers.
CASE_STOPPED = "case-stopped"


class ChecklistItem(StrEnum):
    """A task of the coordinator before the conference."""

    VENUE = "venue"
    FOOD = "food"
    CHILDCARE = "childcare"
    TRANSPORT = "transport"
    INTERPRETER = "interpreter"
    ADVOCATE = "advocate"
    SAFETY_PLAN = "safety-plan"
    INFORMATION_GIVERS = "information-givers"
    CHILD_PARTICIPATION = "child-participation"
    QUESTIONS_SHARED = "questions-shared"
    BOTTOM_LINES_SHARED = "bottom-lines-shared"


class NewsState(StrEnum):
    """The state of something that changed after the circle was told.

    `open`: nobody decided yet; `informing`: the circle will be told again; `told`: it was; `on-the-day`: it was
    not, before the conference was held.
    """

    OPEN = "open"
    INFORMING = "informing"
    TOLD = "told"
    ON_THE_DAY = "on-the-day"


UNTOLD = frozenset({NewsState.OPEN, NewsState.INFORMING})


class NeedKind(StrEnum):
    """A kind of need to arrange for; `access`: everything the place must have; `other`: their own words."""

    TRANSPORT = "transport"
    CHILDCARE = "childcare"
    FOOD = "food"
    INTERPRETER = "interpreter"
    ACCESS = "access"
    OTHER = "other"
