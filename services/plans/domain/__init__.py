"""Pure rules of plans, agreements and check-ins, without I/O or a clock."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, get_args
from uuid import UUID

from shared.errors import Conflict, Forbidden, Invalid, NotFound

CheckInOwner = Literal["coordinator", "monitor", "regional-manager"]
# What decides the review date that is proposed: the usual time of the organisation, or the latest day.
UsualReviewBy = Literal["policy", "latest"]
# The referrer's answers about the plan after four weeks.
Going = Literal["as-agreed", "partly", "not", "not-reached"]
ResourceState = Literal["asked", "granted", "refused"]
# The role in which somebody wrote down the answer to a request for a resource.
AnsweredAs = Literal["coordinator", "mandated", "person"]
# The role in which somebody wrote a version: staff by their function, people with a link as part of the circle.
RecordedAs = Literal["coordinator", "regional-manager", "person"]
# The parts of a plan that can be shared separately.
PlanPart = Literal["goals", "agreements", "plan-b", "resources", "decisions", "for-children", "stances"]
PLAN_PARTS: frozenset[PlanPart] = frozenset(get_args(PlanPart))

_CALLED_EARLY = timedelta(days=7)
# About twenty-five pages. A short line counts as this much, for the room and time that it takes to print.
_MOST_LETTERS, _LETTERS_OF_A_LINE = 60_000, 60


class PlanAcceptance(StrEnum):
    """The mandated side's judgement of a plan's current version. `presumed`: they did not respond in time."""

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
    """The state of an agreement. `replaced`: no longer in the plan; `suspended`: plan B is done in its place."""

    OPEN = "open"
    SUSPENDED = "suspended"
    DONE = "done"
    LAPSED = "lapsed"
    REPLACED = "replaced"
    CANCELLED = "cancelled"


class Progress(StrEnum):
    """The last reported progress of an open agreement. `help`: whoever does it needs help."""

    NEARLY = "nearly"
    NOT_YET = "not-yet"
    CHANGED = "changed"
    HELP = "help"


class CheckInState(StrEnum):
    """The state of a check-in. `escalated`: nobody asked in time, the regional manager must act."""

    PLANNED = "planned"
    DUE = "due"
    ESCALATED = "escalated"
    RECORDED = "recorded"
    CANCELLED = "cancelled"


STANDING = (AgreementState.OPEN, AgreementState.SUSPENDED)
OPEN_CHECK_INS = (CheckInState.PLANNED, CheckInState.DUE, CheckInState.ESCALATED)

# The end of the coordinator's task, and the checks of the year. In order.
CHECK_INS: dict[str, CheckInOwner] = {
    "four-weeks": "coordinator",
    "three-months": "monitor",
    "six-months": "monitor",
    "twelve-months": "monitor",
}


class PlanNotFound(NotFound):
    """The plan does not exist, or the caller may not see it."""

    code = "plan-not-found"
    title = "There is no such plan here"


class AgreementNotFound(NotFound):
    """The agreement does not exist, or the caller may not see it."""

    code = "agreement-not-found"
    title = "There is no such agreement here"


class ResourceNotFound(NotFound):
    """The resource does not exist, or the caller may not see it."""

    code = "resource-not-found"
    title = "There is no such request for a resource here"


class NotShared(NotFound):
    """The plan is not shared with them."""

    code = "not-shared"
    title = "The plan is not shared with this person or organisation"


class CheckInNotFound(NotFound):
    """The check-in does not exist, or the caller may not see it."""

    code = "check-in-not-found"
    title = "There is no such check-in here"


class NotYours(Forbidden):
    """The caller is involved in the case, but this is for another role."""

    code = "not-yours"
    title = "This is for another role in this case"


class GoalsOfCircle(Forbidden):
    """The goals are decided by the circle: recording the plan does not change them."""

    code = "goals-of-the-circle"
    title = "The goals are the circle's: they change when the circle has met again"


class PlanExists(Conflict):
    """The case already has a plan: changes by the circle are a new version of it."""

    code = "plan-exists"
    title = "This case has a plan: record a new version of it"


class ConferenceNotHeld(Conflict):
    """The conference that the plan should come from was not held, as far as is known here."""

    code = "conference-not-held"
    title = "No such conference of this case was held; if it was just reported, try again in a moment"


class FollowUpOver(Conflict):
    """The plan is no longer followed up."""

    code = "follow-up-over"
    title = "The follow-up of this plan has ended"


class NoAcceptanceNeeded(Conflict):
    """Nobody has a mandate in this case: the plan needs no acceptance."""

    code = "no-acceptance-needed"
    title = "This plan needs nobody's acceptance"


class PlanAlreadyAccepted(Conflict):
    """An accepted version stays accepted; a new version is judged again."""

    code = "plan-already-accepted"
    title = "This version of the plan was accepted"


class LinesNotComplete(Invalid):
    """The answers must cover every bottom line once, and no other."""

    code = "bottom-lines-not-complete"
    title = "Say of each bottom line of the case, once, whether it is met"


class ReasonMissing(Invalid):
    """A refusal needs its reason at once."""

    code = "reason-missing"
    title = "Give the reason for each bottom line that is not met"


class PersonNotOfCase(Invalid):
    """A plan refers to people of the case by id; to others in words."""

    code = "person-not-of-case"
    title = "A person named here does not belong to this case"


class MonitorNotOfCircle(Invalid):
    """The monitor must be somebody of the circle."""

    code = "monitor-not-of-circle"
    title = "The monitor must be somebody of the circle"


class ConvenerNotOfCircle(Invalid):
    """Who calls the circle together again must be somebody of the circle."""

    code = "convener-not-of-circle"
    title = "Who calls the circle together again must be somebody of the circle"


class PlanTooLong(Invalid):
    """A plan must be short enough to be printed for a family."""

    code = "plan-too-long"
    title = "The plan is too long to be printed: leave something out, or write it shorter"


class SharingTakenBack(Conflict):
    """A person the plan is about objects to sharing it outside the circle."""

    code = "sharing-taken-back"
    title = "The people this plan is about want it kept within the circle and the mandated side"


class ResourceOfOlderVersion(Conflict):
    """The circle has changed its plan: only requests in the newest version can be answered."""

    code = "resource-of-older-version"
    title = "The plan was changed: answer the requests in its newest version"


class NobodyToShareWith(Invalid):
    """Sharing names at least one person or organisation."""

    code = "nobody-to-share-with"
    title = "Name somebody to share the plan with"


class TooManyOrganisations(Conflict):
    """The plan is shared with the maximum number of organisations."""

    code = "too-many-organisations"
    title = "Take the plan back from an organisation before you share it with another one"


class AgreementSettled(Conflict):
    """The agreement was already done, let go, or replaced."""

    code = "agreement-settled"
    title = "This agreement is no longer open"


class CheckInNotDue(Conflict):
    """It is too early for this check."""

    code = "check-in-not-due"
    title = "It is too early for this check"


class CheckInSettled(Conflict):
    """The check was already recorded or called off."""

    code = "check-in-settled"
    title = "This check was recorded before or called off"


class NoReferrerToCall(Conflict):
    """There is no referrer, or they were already called; the call may be made up to a week early, like the family's."""

    code = "no-referrer-to-call"
    title = "There is no call to the referrer to record now"


class CheckInNotMovable(Conflict):
    """Only future checks of the year can be moved to another day."""

    code = "check-in-not-movable"
    title = "Only a check at three, six or twelve months that has not started yet can be moved"


class DayNotBetween(Invalid):
    """The checks of a year keep their order, and come before the end of the follow-up."""

    code = "day-not-between"
    title = "The day lies before the check before it, after the one that follows, or in the past"


class NotAReview(Conflict):
    """Only at a review the whole circle is asked whether to meet again; other checks are made by one person."""

    code = "not-a-review"
    title = "The circle is asked this at a review only"


class ReviewAlreadyRequested(Conflict):
    """A review was already requested and is still to come."""

    code = "review-already-requested"
    title = "A review was already requested and is still to come"


def judge(*, bottom_lines: Iterable[UUID], met: Mapping[UUID, bool], lines: int) -> PlanAcceptance:
    """Return the overall result of the answers per bottom line. Raises: LinesNotComplete."""
    expected = set(bottom_lines)
    if set(met) != expected or lines != len(expected):
        raise LinesNotComplete(expected=len(expected))
    if all(met.values()):
        return PlanAcceptance.ACCEPTED
    return PlanAcceptance.PARTLY_ACCEPTED if any(met.values()) else PlanAcceptance.REFUSED


def check_settling(state: AgreementState, *, to: AgreementState) -> None:
    """Check that an agreement can be settled: it is open, or lapsed and done after all. Raises: AgreementSettled."""
    if state in STANDING or (state is AgreementState.LAPSED and to is AgreementState.DONE):
        return
    raise AgreementSettled(state=state.value)


def check_changing(state: AgreementState, *, in_plan: bool) -> None:
    """Check that an agreement of the current version can be changed: it is open, or lapsed and tried again.

    Raises: AgreementSettled.
    """
    if not in_plan or state not in (*STANDING, AgreementState.LAPSED):
        raise AgreementSettled(state=state.value)


def check_recording(
    kind: str, state: CheckInState, *, closes: bool = False, asked_at: datetime | None, now: datetime
) -> None:
    """Check that a check is due; the coordinator's call may come a week early, at the end of their task.

    With `closes` no day is waited for: the case ends with it.

    Raises: CheckInSettled, CheckInNotDue.
    """
    if state in (CheckInState.RECORDED, CheckInState.CANCELLED):
        raise CheckInSettled(state=state.value)
    near = closes or may_call(asked_at, now=now)
    early = kind == "four-weeks" and near
    if state is CheckInState.PLANNED and not early:
        raise CheckInNotDue(kind=kind)


def check_moving(kind: str, state: CheckInState) -> None:
    """Check that a check of the monitor has not started, so that it can be moved. Raises: CheckInNotMovable."""
    if CHECK_INS.get(kind) != "monitor" or state is not CheckInState.PLANNED:
        raise CheckInNotMovable(kind=kind, state=state.value)


def check_day(at: datetime, *, after: datetime, before: datetime) -> None:
    """Check that a new day lies between the neighbouring checks. Raises: DayNotBetween."""
    if not after < at < before:
        raise DayNotBetween(after=after.isoformat(), before=before.isoformat())


def may_call(asked_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether the call after four weeks may be recorded: from a week before on."""
    return asked_at is not None and now >= asked_at - _CALLED_EARLY


def ends_follow_up(kind: str, decision: str) -> Literal["followed-up", "closed-early"] | None:
    """Return how a recorded decision ends the follow-up; None if it continues, as when the plan is yet to change."""
    if decision in ("adjust", "own-meeting", "new-conference"):
        return None
    if kind == "twelve-months":
        return "followed-up"
    return "closed-early" if decision == "close" else None


def owner_now(planned: CheckInOwner, *, coordinator: bool, monitor: bool) -> CheckInOwner:
    """Return who must ask: the planned person if they are still there, else the regional manager."""
    there = {"coordinator": coordinator, "monitor": monitor, "regional-manager": True}
    return planned if there[planned] else "regional-manager"


def follow_up_workflow_id(case_id: UUID) -> str:
    """Return the id of the workflow that follows up a case."""
    return f"follow-up/{case_id}"


def check_length(texts: Iterable[str]) -> None:
    """Check that all texts together can be printed. Raises: PlanTooLong."""
    lines = (line for text in texts for line in text.splitlines())
    if sum(max(len(line), _LETTERS_OF_A_LINE) for line in lines) > _MOST_LETTERS:
        raise PlanTooLong
