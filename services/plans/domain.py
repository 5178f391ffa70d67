"""What a plan, an agreement and a check-in can be, and the rules between them; no input or output, no clock."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, get_args
from uuid import UUID

from shared.errors import Conflict, Forbidden, Invalid, NotFound

CheckInOwner = Literal["coordinator", "monitor", "regional-manager"]
Decision = Literal["continue", "adjust", "new-conference", "close"]
# What the referrer says of the plan after four weeks.
Going = Literal["as-agreed", "partly", "not", "not-reached"]
ResourceState = Literal["asked", "granted", "refused"]
# As what somebody wrote a version down: staff by their function, who came by a link as somebody of the circle.
RecordedAs = Literal["coordinator", "regional-manager", "person"]
# What of a plan can be shared by itself.
Part = Literal["goals", "agreements", "plan-b", "resources", "decisions", "for-children", "stances"]
PARTS: frozenset[Part] = frozenset(get_args(Part))

# An agreement may have been meant for a day before the plan was written down, never for another life.
_AGREEMENT_BACK = timedelta(days=366)
_FURTHEST = timedelta(days=5 * 366)
_CALLED_EARLY = timedelta(days=7)
_REVIEW_FURTHEST = timedelta(days=2 * 366)
# Some twenty-five pages. A line of which little is written takes as much room on paper, and time to print, as this.
_MOST_LETTERS, _LETTERS_OF_A_LINE = 60_000, 60


class PlanAcceptance(StrEnum):
    """What the mandated side says of a plan's current version. `presumed`: nothing in its time."""

    NOT_NEEDED = "not-needed"
    AWAITED = "awaited"
    ACCEPTED = "accepted"
    PRESUMED = "presumed"
    PARTLY_ACCEPTED = "partly-accepted"
    REFUSED = "refused"


class FollowUpState(StrEnum):
    """Whether the plan is still followed up."""

    RUNNING = "running"
    ENDED = "ended"
    STOPPED = "stopped"


class AgreementState(StrEnum):
    """What became of an agreement. `replaced`: no longer in the plan; `resting`: plan B is done in its place."""

    OPEN = "open"
    RESTING = "resting"
    DONE = "done"
    LAPSED = "lapsed"
    REPLACED = "replaced"
    CANCELLED = "cancelled"


class Progress(StrEnum):
    """What was last said of an agreement that is not done. `help`: who does it needs help."""

    NEARLY = "nearly"
    NOT_YET = "not-yet"
    CHANGED = "changed"
    HELP = "help"


class CheckInState(StrEnum):
    """Where a check-in is. `escalated`: nobody asked in time, the regional manager must see to it."""

    PLANNED = "planned"
    DUE = "due"
    ESCALATED = "escalated"
    RECORDED = "recorded"
    CANCELLED = "cancelled"


STANDING = (AgreementState.OPEN, AgreementState.RESTING)
OPEN_CHECK_INS = (CheckInState.PLANNED, CheckInState.DUE, CheckInState.ESCALATED)

# When the coordinator's task ends, and what the year's checks are. In order.
CHECK_INS: dict[str, CheckInOwner] = {
    "four-weeks": "coordinator",
    "three-months": "monitor",
    "six-months": "monitor",
    "twelve-months": "monitor",
}


class PlanNotFound(NotFound):
    """There is no such plan for this caller."""

    code = "plan-not-found"
    title = "There is no such plan here"


class AgreementNotFound(NotFound):
    """There is no such agreement for this caller."""

    code = "agreement-not-found"
    title = "There is no such agreement here"


class ResourceNotFound(NotFound):
    """Nothing like it was asked for, for this caller."""

    code = "resource-not-found"
    title = "Nothing like this was asked for here"


class NotShared(NotFound):
    """The plan is not shared with them."""

    code = "not-shared"
    title = "The plan is not shared with this person or organisation"


class CheckInNotFound(NotFound):
    """There is no such check-in for this caller."""

    code = "check-in-not-found"
    title = "There is no such check-in here"


class NotYours(Forbidden):
    """The caller has to do with the case, but this is for another."""

    code = "not-yours"
    title = "This is for another role in this case"


class GoalsOfCircle(Forbidden):
    """The goals are what the circle wants: whoever writes the plan down does not change them."""

    code = "goals-of-the-circle"
    title = "The goals are the circle's: they change when the circle has met again"


class PlanExists(Conflict):
    """The case has a plan: what the circle changes is a new version of it."""

    code = "plan-exists"
    title = "This case has a plan: record a new version of it"


class ConferenceNotHeld(Conflict):
    """The conference that the plan is said to come from was not held, as far as is known here."""

    code = "conference-not-held"
    title = "No such conference of this case was held; if it was just reported, try again in a moment"


class FollowUpOver(Conflict):
    """The plan is no longer followed up."""

    code = "follow-up-over"
    title = "The follow-up of this plan has ended"


class NoAcceptanceNeeded(Conflict):
    """Nobody has a mandate in this case: the plan is the circle's and needs no acceptance."""

    code = "no-acceptance-needed"
    title = "This plan needs nobody's acceptance"


class PlanAlreadyAccepted(Conflict):
    """What was accepted stays accepted; a new version is judged anew."""

    code = "plan-already-accepted"
    title = "This version of the plan was accepted"


class LinesNotComplete(Invalid):
    """Acceptance says something of every bottom line, once, and of no other."""

    code = "bottom-lines-not-complete"
    title = "Say of each bottom line of the case, once, whether it is met"


class ReasonMissing(Invalid):
    """Who refuses says why, at once."""

    code = "reason-missing"
    title = "Give the reason for each bottom line that is not met"


class PersonNotOfCase(Invalid):
    """A plan speaks of people of the case by id; of others in words."""

    code = "person-not-of-case"
    title = "A person named here does not belong to this case"


class MonitorNotOfCircle(Invalid):
    """The monitor is somebody of the circle."""

    code = "monitor-not-of-circle"
    title = "The monitor must be somebody of the circle"


class DateOutOfRange(Invalid):
    """A date lies too far back or too far ahead."""

    code = "date-out-of-range"
    title = "A date lies too far back or too far ahead"


class PlanTooLong(Invalid):
    """A plan has more words than can be printed for a family."""

    code = "plan-too-long"
    title = "The plan is too long to be printed: leave something out, or write it shorter"


class SharingTakenBack(Conflict):
    """Somebody whom the plan is about does not want it shared outside the circle."""

    code = "sharing-taken-back"
    title = "Those whom the plan is about want it kept within the circle, and with the mandated side"


class ResourceOfOlderVersion(Conflict):
    """The circle has changed its plan: what it asks for now stands in the newest version."""

    code = "resource-of-older-version"
    title = "The plan was changed: answer what its newest version asks for"


class NobodyToShareWith(Invalid):
    """Sharing names at least one person or organisation."""

    code = "nobody-to-share-with"
    title = "Name somebody to share the plan with"


class TooManyOrganisations(Conflict):
    """The circle shares its plan with more organisations than any circle has around it."""

    code = "too-many-organisations"
    title = "Take the plan back from an organisation before you share it with another one"


class AgreementSettled(Conflict):
    """The agreement was done, let go, or replaced."""

    code = "agreement-settled"
    title = "This agreement is no longer open"


class CheckInNotDue(Conflict):
    """It is too early for this check."""

    code = "check-in-not-due"
    title = "It is too early for this check"


class CheckInSettled(Conflict):
    """The check was recorded or called off."""

    code = "check-in-settled"
    title = "This check was recorded before or called off"


class NoReferrerToCall(Conflict):
    """Nobody referred the case for others, or they were called; their call may come a week early, like the family's."""

    code = "no-referrer-to-call"
    title = "There is no call to the referrer to write down now"


class CheckInNotMovable(Conflict):
    """Only what is still to be asked in the year can be asked on another day."""

    code = "check-in-not-movable"
    title = "Only a check at three, six or twelve months that was not asked for yet gets another day"


class DayNotBetween(Invalid):
    """The checks of a year keep their order, and end before the follow-up does."""

    code = "day-not-between"
    title = "The day lies before the check before it, after the one that follows, or in the past"


class NotAReview(Conflict):
    """Whether to meet again is asked of the whole circle at a review; other checks are made by one of them."""

    code = "not-a-review"
    title = "The circle is asked this at a review only"


class ReviewAlreadyRequested(Conflict):
    """A review was asked for and is still to come."""

    code = "review-already-requested"
    title = "A review was asked for already and is still to come"


def check_dates(*, today: date, due: Iterable[date], review_on: date) -> None:
    """Refuse days that cannot be meant. Raises: DateOutOfRange."""
    for day in due:
        check_due(day, today=today)
    if not today <= review_on <= today + _REVIEW_FURTHEST:
        raise DateOutOfRange("The review must come, and within two years", review_on=review_on.isoformat())


def check_due(day: date, *, today: date) -> None:
    """Refuse a day of an agreement that cannot be meant. Raises: DateOutOfRange."""
    if not today - _AGREEMENT_BACK <= day <= today + _FURTHEST:
        raise DateOutOfRange("An agreement's day lies too far back or too far ahead", due_on=day.isoformat())


def judge(*, bottom_lines: Iterable[UUID], met: Mapping[UUID, bool], lines: int) -> PlanAcceptance:
    """Return what comes of the answers per bottom line. Raises: LinesNotComplete."""
    expected = set(bottom_lines)
    if set(met) != expected or lines != len(expected):
        raise LinesNotComplete(expected=len(expected))
    if all(met.values()):
        return PlanAcceptance.ACCEPTED
    return PlanAcceptance.PARTLY_ACCEPTED if any(met.values()) else PlanAcceptance.REFUSED


def check_settling(state: AgreementState, *, to: AgreementState) -> None:
    """Let what stands be settled, and what lapsed be done after all. Raises: AgreementSettled."""
    if state in STANDING or (state is AgreementState.LAPSED and to is AgreementState.DONE):
        return
    raise AgreementSettled(state=state.value)


def check_changing(state: AgreementState, *, in_plan: bool) -> None:
    """Let an agreement of the current version be changed while it stands, or lapsed and is tried again.

    Raises: AgreementSettled.
    """
    if not in_plan or state not in (*STANDING, AgreementState.LAPSED):
        raise AgreementSettled(state=state.value)


def check_recording(
    kind: str, state: CheckInState, *, closes: bool = False, asked_at: datetime | None, now: datetime
) -> None:
    """Let a check be recorded once it is due; the coordinator's call may come a week early, when their task ends.

    A circle that closes (`closes`) waits for no day: the case ends with it.

    Raises: CheckInSettled, CheckInNotDue.
    """
    if state in (CheckInState.RECORDED, CheckInState.CANCELLED):
        raise CheckInSettled(state=state.value)
    near = closes or may_call(asked_at, now=now)
    early = kind == "four-weeks" and near
    if state is CheckInState.PLANNED and not early:
        raise CheckInNotDue(kind=kind)


def check_moving(kind: str, state: CheckInState) -> None:
    """Let a check of the monitor be moved before it is asked for. Raises: CheckInNotMovable."""
    if CHECK_INS.get(kind) != "monitor" or state is not CheckInState.PLANNED:
        raise CheckInNotMovable(kind=kind, state=state.value)


def check_day(at: datetime, *, after: datetime, before: datetime) -> None:
    """Let a check be asked for between those beside it. Raises: DayNotBetween."""
    if not after < at < before:
        raise DayNotBetween(after=after.isoformat(), before=before.isoformat())


def may_call(asked_at: datetime | None, *, now: datetime) -> bool:
    """Say whether a call after four weeks may be written down: from a week before on."""
    return asked_at is not None and now >= asked_at - _CALLED_EARLY


def ends_follow_up(kind: str, decision: str) -> Literal["followed-up", "closed-early"] | None:
    """Return how the follow-up ends by what was recorded, None if it goes on: as when the circle meets again."""
    if decision == "new-conference":
        return None
    if kind == "twelve-months":
        return "followed-up"
    return "closed-early" if decision == "close" else None


def owner_now(planned: CheckInOwner, *, coordinator: bool, monitor: bool) -> CheckInOwner:
    """Return who is to ask: the one planned if they are still there, else the regional manager."""
    there = {"coordinator": coordinator, "monitor": monitor, "regional-manager": True}
    return planned if there[planned] else "regional-manager"


def follow_up_workflow_id(case_id: UUID) -> str:
    """Return the id of the workflow that follows up a case."""
    return f"follow-up/{case_id}"


def check_length(texts: Iterable[str]) -> None:
    """Let pass what can be printed, in all its texts together. Raises: PlanTooLong."""
    lines = (line for text in texts for line in text.splitlines())
    if sum(max(len(line), _LETTERS_OF_A_LINE) for line in lines) > _MOST_LETTERS:
        raise PlanTooLong
