"""Events of scheduling: preparations, date polls, conferences."""

from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID

from shared.events.base import Code, EventData


class PreparationStarted(EventData, type="scheduling.preparation.started.v1", public=True):
    """A coordinator began to prepare a conference, to be held by `target_at`."""

    case_id: UUID
    preparation_no: int
    # `referral`: the first of the case; all others begin a new round.
    reason: Literal["referral", "no-plan", "called-off", "review", "family-wish"]
    conference_id: UUID
    target_at: datetime


class PreparationExtended(EventData, type="scheduling.preparation.extended.v1", public=True):
    """The preparation got more time, for a reason: the conference is to be held by `target_at`."""

    case_id: UUID
    preparation_no: int
    reason: Code
    target_at: datetime


class PollOpened(EventData, type="scheduling.poll.opened.v1"):
    """The people of the circle are asked which dates suit them."""

    case_id: UUID
    conference_id: UUID
    poll_id: UUID
    person_ids: tuple[UUID, ...]
    closes_at: datetime


class PollAnswered(EventData, type="scheduling.poll.answered.v1"):
    """A person said which dates suit them. `complete`: no answer of theirs is missing any more."""

    case_id: UUID
    poll_id: UUID
    person_id: UUID
    via: Literal["link", "coordinator"]
    complete: bool = True


class PollClosed(EventData, type="scheduling.poll.closed.v1"):
    """The poll ended; `best_option_id` is the best date on which everyone required can come, if there is one."""

    case_id: UUID
    conference_id: UUID
    poll_id: UUID
    reason: Literal["all-answered", "due", "coordinator", "cancelled"]
    best_option_id: UUID | None = None


class ConferenceScheduled(EventData, type="scheduling.conference.scheduled.v1", public=True):
    """The conference has a date. `revision` grows each time the date of the same conference changes."""

    case_id: UUID
    conference_id: UUID
    conference_no: int
    starts_at: datetime
    ends_at: datetime
    revision: int
    person_ids: tuple[UUID, ...] = ()


class ConferencePostponed(EventData, type="scheduling.conference.postponed.v1", public=True):
    """The conference will not be held then; the next meeting of the case has the next number."""

    case_id: UUID
    conference_id: UUID
    conference_no: int
    reason: Code
    next_conference_id: UUID
    next_conference_no: int


class ConferenceCancelled(EventData, type="scheduling.conference.cancelled.v1", public=True):
    """The conference will not be held."""

    case_id: UUID
    conference_id: UUID
    conference_no: int
    preparation_no: int
    reason: Code


# Where people in the circle belong: with the central persons, on a side of the family, or by their role.
TurnoutGroup = Literal["central", "maternal", "paternal", "other", "professional", "advocate", "interpreter"]
TURNOUT_GROUPS: tuple[TurnoutGroup, ...] = get_args(TurnoutGroup)


class Turnout(EventData):
    """How many people of a group were invited, and how many came; without those who left the circle before."""

    group: TurnoutGroup
    invited: int
    attended: int


class ConferenceHeld(EventData, type="scheduling.conference.held.v1", public=True):
    """The conference was held; of its private part only the begin and end are known.

    `continued`: the circle meets again on another day, at the conference with the next number of the same
    preparation. `children`: central persons under eighteen who came, `children_remote` of these online or by phone, and
    `children_views` who did not come but whose views were given beforehand; `remote`: who took part online or by phone;
    `incident`: whether something serious happened. None: an event from before these were told.
    """

    case_id: UUID
    conference_id: UUID
    conference_no: int
    preparation_no: int
    held_on: date
    outcome: Literal["plan", "no-plan", "continued"]
    invited: int
    attended: int
    next_conference_id: UUID | None = None
    next_conference_no: int | None = None
    by_group: tuple[Turnout, ...] = ()
    children: int | None = None
    children_remote: int | None = None
    children_views: int | None = None
    remote: int | None = None
    private_minutes: int | None = None
    incident: bool | None = None
