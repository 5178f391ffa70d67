"""The states of conferences and polls, the reasons that may be given, and what is seen to beforehand."""

from enum import StrEnum


class ConferenceState(StrEnum):
    """Where a conference stands."""

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


class BegunBecause(StrEnum):
    """Why a conference is prepared: for the first time, or in a new round of the case."""

    REFERRAL = "referral"
    NO_PLAN = "no-plan"
    CALLED_OFF = "called-off"
    REVIEW = "review"
    FAMILY_WISH = "family-wish"


class ExtendedBecause(StrEnum):
    """Why a preparation gets more time."""

    FAMILY_NEEDS_TIME = "family-needs-time"
    CIRCLE_GROWS = "circle-grows"
    KEY_PERSON_UNAVAILABLE = "key-person-unavailable"
    HOLIDAYS = "holidays"
    OTHER = "other"


class GivenHow(StrEnum):
    """How somebody gives their information: they tell it, or it is read to the circle."""

    PRESENT = "present"
    IN_WRITING = "in-writing"


class PollState(StrEnum):
    """Whether answers are taken."""

    OPEN = "open"
    CLOSED = "closed"


class ClosedBecause(StrEnum):
    """Why a poll takes no more answers; `carried`: it came along from a postponed conference and was not opened yet."""

    ALL_ANSWERED = "all-answered"
    DUE = "due"
    COORDINATOR = "coordinator"
    CANCELLED = "cancelled"
    CARRIED = "carried"


class Availability(StrEnum):
    """What somebody says to a date."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


class PostponedBecause(StrEnum):
    """Why a conference is put off."""

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


class CancelledBecause(StrEnum):
    """Why a conference will not be held."""

    PLAN_WITHOUT_MEETING = "plan-without-meeting"
    FAMILY_WISH = "family-wish"
    SITUATION_CHANGED = "situation-changed"
    NETWORK_TOO_SMALL = "network-too-small"
    SAFETY = "safety"
    OTHER = "other"


class MeetingOutcome(StrEnum):
    """What came of a meeting; `continued`: the circle goes on another day."""

    PLAN = "plan"
    NO_PLAN = "no-plan"
    CONTINUED = "continued"


# The reason of what is cancelled because its case stopped: nobody gives it by hand.
CASE_STOPPED = "case-stopped"


class ChecklistItem(StrEnum):
    """What a coordinator sees to before the conference."""

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
    """What becomes of something that changed after the circle was told.

    `open`: nobody decided yet; `informing`: the circle is told again; `told`: it was; `on-the-day`: it was not, before
    the conference was held.
    """

    OPEN = "open"
    INFORMING = "informing"
    TOLD = "told"
    ON_THE_DAY = "on-the-day"


UNTOLD = frozenset({NewsState.OPEN, NewsState.INFORMING})


class NeedKind(StrEnum):
    """What is seen to for somebody; `access`: all that a place has to have for them; `other`: what they told."""

    TRANSPORT = "transport"
    CHILDCARE = "childcare"
    FOOD = "food"
    INTERPRETER = "interpreter"
    ACCESS = "access"
    OTHER = "other"
