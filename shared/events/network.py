"""Events of network about the people of a case, and the command by which other services mail a person."""

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from pydantic import Field

from shared.events.base import CalendarEntry, Code, ErasureReason, EventData, Reference

PersonRole = Literal["central", "circle", "professional", "advocate", "interpreter", "representative"]
Side = Literal["maternal", "paternal", "other"]
AttendanceMode = Literal["in-person", "online", "phone", "letter", "recorded", "spokesperson", "absent"]


class PersonAdded(EventData, type="network.person.added.v1"):
    """A person belongs to the case from now on. `widened`: proposed by somebody other than a central person."""

    case_id: UUID
    person_id: UUID
    role: PersonRole
    side: Side = "other"
    proposed_by: UUID | None = None
    widened: bool = False


class PersonRemoved(EventData, type="network.person.removed.v1"):
    """A person no longer belongs to the case."""

    case_id: UUID
    person_id: UUID


class PersonExcluded(EventData, type="network.person.excluded.v1"):
    """A person may not come to the conference; the reason is stored where few see it."""

    case_id: UUID
    person_id: UUID


class LinkRevoked(EventData, type="network.link.revoked.v1"):
    """Access tokens from before generation `first_link` of a person's link give no access any more."""

    case_id: UUID
    person_id: UUID
    first_link: int


class PersonAddressChanged(EventData, type="network.person.address-changed.v1"):
    """Mails to a person go to another address from now on: pending ones must be sent again."""

    case_id: UUID
    person_id: UUID


class PersonErased(EventData, type="network.person.erased.v1"):
    """A person's data must become unreadable everywhere; the case and its other people stay."""

    case_id: UUID
    person_id: UUID
    reason: ErasureReason = "asked"


class ContactMade(EventData, type="network.contact.made.v1"):
    """The coordinator was in touch with a person; what was said is not included."""

    case_id: UUID
    person_id: UUID
    channel: Literal["visit", "phone", "video", "mail", "message"]
    purpose: Literal["first-contact", "explanation", "safety", "other"]


class InvitationSent(EventData, type="network.invitation.sent.v1"):
    """A person was invited to the circle."""

    case_id: UUID
    person_id: UUID
    invitation_id: UUID


class InvitationAnswered(EventData, type="network.invitation.answered.v1"):
    """A person answered the invitation; `via` says whether by the personal link or through the coordinator."""

    case_id: UUID
    person_id: UUID
    invitation_id: UUID
    answer: Literal["yes", "no"]
    mode: AttendanceMode
    via: Literal["link", "coordinator"]


class InvitationUndecided(EventData, type="network.invitation.undecided.v1"):
    """A person said that they do not know yet whether they take part; an earlier answer no longer stands.

    `takes_part`: whether they count as taking part meanwhile, as the central persons do.
    """

    case_id: UUID
    person_id: UUID
    invitation_id: UUID
    takes_part: bool
    via: Literal["link", "coordinator"]


class InvitationCancelled(EventData, type="network.invitation.cancelled.v1"):
    """The invitation no longer stands: the person left the circle or the case stopped."""

    case_id: UUID
    person_id: UUID
    invitation_id: UUID


class ConsentGiven(EventData, type="network.consent.given.v1"):
    """A person agreed to one purpose, in one version of its text.

    `concerns`: the other person it is about, if any: the child over whom they hold parental authority, or the
    one who may read.
    """

    case_id: UUID
    person_id: UUID
    purpose: Code
    version: int
    concerns: UUID | None = None


class ConsentWithdrawn(EventData, type="network.consent.withdrawn.v1"):
    """A person does not agree, or no longer."""

    case_id: UUID
    person_id: UUID
    purpose: Code
    concerns: UUID | None = None


class PersonCameOfAge(EventData, type="network.person.came-of-age.v1"):
    """A central person recently turned twelve or eighteen: whose consent counts has changed."""

    case_id: UUID
    person_id: UUID
    age: Literal[12, 18]
    # How often they turned out before not to be eighteen yet.
    corrections: int = 0


class PersonNotOfAge(EventData, type="network.person.not-of-age.v1"):
    """The birth date of a central person who had turned eighteen was corrected: they are not eighteen yet.

    `corrections`: how often that happened so far; it comes after every coming of age with a lower number.
    """

    case_id: UUID
    person_id: UUID
    corrections: int


# By age; a person whose birth date is not known is in none.
AgeBracket = Literal["under-seven", "minor"]


class YoungestChanged(EventData, type="network.youngest.changed.v1"):
    """The youngest central person of a case is in another age bracket; null: none is known to be under eighteen.

    Published whenever that may have changed, also without a change: the newest one counts.
    """

    case_id: UUID
    bracket: AgeBracket | None


class AuthorityEnded(EventData, type="network.authority.ended.v1"):
    """A person no longer holds parental authority over a child of the case: their answers no longer count for it."""

    case_id: UUID
    person_id: UUID
    concerns: UUID


# What people may need to take part; a place states which of these it has.
AccessNeed = Literal["step-free", "accessible-toilet", "hearing", "sight", "quiet-room"]
Need = Literal["transport", "childcare", "food", "interpreter", AccessNeed]


class CircleMember(EventData):
    """A person who takes part, by id; `required`: the conference needs them there.

    `serves`: the person whose interpreter or advocate they are; `not_with`: members they must not be brought in
    contact with; `child`: a central person known to be under eighteen when this was published.
    """

    person_id: UUID
    role: PersonRole
    required: bool = False
    mode: AttendanceMode = "in-person"
    serves: UUID | None = None
    not_with: tuple[UUID, ...] = ()
    side: Side = "other"
    child: bool = False


class CircleReady(EventData, type="network.circle.ready.v1"):
    """The circle is ready: these people take part. Published again whenever that changes: the newest one counts."""

    case_id: UUID
    members: tuple[CircleMember, ...]


class MessageFailed(EventData, type="network.message.failed.v1"):
    """A mail to a person will not arrive; somebody must reach them another way.

    `reason`: their mail server refused it, or there is no address it may go to; `link_target`: the page it was
    about.
    """

    case_id: UUID
    person_id: UUID
    message_id: UUID
    kind: Code
    reason: Literal["refused", "no-address"] = "refused"
    link_target: Reference = ""


class DataRequestReceived(EventData, type="network.data-request.received.v1"):
    """Somebody made a request about personal data; it must be answered within a month."""

    request_id: UUID
    case_id: UUID
    person_id: UUID
    kind: Literal["copy", "erasure", "correction"]
    via: Literal["link", "staff"]


class DataRequestDecided(EventData, type="network.data-request.decided.v1"):
    """The request was approved or refused; the reason of a refusal is for the requester alone."""

    request_id: UUID
    case_id: UUID
    person_id: UUID
    kind: Literal["copy", "erasure", "correction"]
    decision: Literal["approved", "refused"]


class DataRequestExtended(EventData, type="network.data-request.extended.v1"):
    """The time for an answer was extended, and the requester was told why."""

    request_id: UUID
    case_id: UUID
    person_id: UUID
    due_at: datetime


class DataRequestEnded(EventData, type="network.data-request.ended.v1"):
    """The request was carried out or withdrawn."""

    request_id: UUID
    case_id: UUID
    person_id: UUID
    kind: Literal["copy", "erasure", "correction"]
    how: Literal["done", "withdrawn"]


# The group a person answers a survey in; a person known to be under eighteen is a child.
SurveyGroup = Literal["central", "child", "circle", "professional"]
SURVEY_GROUPS: tuple[SurveyGroup, ...] = get_args(SurveyGroup)


class SurveyOpened(EventData, type="network.survey.opened.v1"):
    """The circle, and the referrer of the case, are asked about the conference with the same id."""

    case_id: UUID
    survey_id: UUID
    closes_at: datetime


class ScoreSum(EventData):
    """How many scores from one to ten were given, and their sum."""

    answers: int
    total: int


class GroupScores(EventData):
    """The answers of a group added up: never those of one person."""

    group: SurveyGroup
    asked: int
    answered: int
    meeting: ScoreSum
    plan: ScoreSum
    coordinator: ScoreSum


class SurveyClosed(EventData, type="network.survey.closed.v1"):
    """A survey closed: its answers were added up by group, and deleted."""

    case_id: UUID
    survey_id: UUID
    groups: tuple[GroupScores, ...]


class NotifyPeople(EventData, type="network.notify-people.v1", command_of=("intake", "scheduling", "plans")):
    """Command: send people of a case the same mail. `link_target` names the page behind their personal links."""

    case_id: UUID
    person_ids: tuple[UUID, ...]
    kind: Code
    link_target: Reference
    parameters: dict[Code, Reference] = Field(default_factory=dict)
    calendar: CalendarEntry | None = None
    # Only for announcing that the case stopped.
    even_if_stopped: bool = False
