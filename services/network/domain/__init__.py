"""Rules about people, invitations, links and the circle: pure, so that they can be read and tested by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from shared.ages import OWN_DECISIONS_FROM
from shared.calendar import age_on
from shared.errors import Conflict, Gone, Invalid, NotFound, TooManyRequests
from shared.events.network import AttendanceMode, PersonRole

SERVICE = "network"
INVITATION_CLOCK = "invitation"
CLOCK_OWNER = "coordinator"
# More than any circle seen, few enough that a list of everybody is one small read.
MAX_PEOPLE = 200
MAX_OPEN_PROPOSALS = 20
SMALLEST_CIRCLE = 2
# How a case ends of which the plan was followed up.
FOLLOWED_UP = frozenset({"followed-up", "closed-early"})

Answer = Literal["yes", "no"]
Via = Literal["link", "coordinator"]
Channel = Literal["visit", "phone", "video", "mail", "message"]
ContactPurpose = Literal["first-contact", "explanation", "safety", "other"]


class PersonState(StrEnum):
    """Where a person stands: proposed by someone of the circle, of the case, no longer, or no longer known."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    REMOVED = "removed"
    EXCLUDED = "excluded"
    ERASED = "erased"


# Of whoever left, or was erased, nothing new is noted.
BELONGING = (PersonState.ACTIVE, PersonState.PROPOSED)


class InvitationState(StrEnum):
    """Where an invitation stands. Silent: its time passed without an answer, which may still come."""

    SENT = "sent"
    SILENT = "silent"
    ANSWERED = "answered"
    CANCELLED = "cancelled"


OPEN_INVITATIONS = frozenset({InvitationState.SENT, InvitationState.SILENT})


class Purpose(StrEnum):
    """What somebody is asked to agree to. The basis on which data is kept is another thing: see `LegalBasis`."""

    REFERRAL = "referral"
    TAKING_PART = "taking-part"
    MAIL = "mail"
    SHARE_PLAN = "share-plan"
    RESEARCH = "research"
    FILE_ACCESS = "file-access"


class Basis(StrEnum):
    """On what basis data about somebody is kept: not the same as their yes to taking part, nor undone by their no."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal-obligation"
    VITAL_INTERESTS = "vital-interests"
    PUBLIC_TASK = "public-task"
    LEGITIMATE_INTEREST = "legitimate-interest"


class ConsentTakenBack(Conflict):
    """The person said no to taking part, or took back their yes."""

    code = "consent-taken-back"
    title = (
        "This person does not want to take part; they can change that themselves, or through the coordinator"
    )


class UnknownPerson(NotFound):
    """There is no such person, or not for this caller."""

    code = "person-not-found"
    title = "There is no such person here"


class UnknownInvitation(NotFound):
    """There is no such invitation, or not for this caller."""

    code = "invitation-not-found"
    title = "There is no such invitation here"


class NotInCircle(Conflict):
    """The person was removed or excluded, or not yet confirmed."""

    code = "person-not-active"
    title = "This person is not part of the circle"


class AlreadyConfirmed(Conflict):
    """Only a proposal can be confirmed."""

    code = "person-already-confirmed"
    title = "This person is already part of the circle"


class LastCentralPerson(Conflict):
    """A case is about somebody: withdraw the case instead."""

    code = "last-central-person"
    title = "The last central person cannot leave the circle; withdraw the case instead"


class LastCentralPersonErased(Conflict):
    """A case is about somebody: erase the case instead."""

    code = "last-central-person"
    title = "The last central person cannot be erased without the case; erase the case instead"


class AlreadyErased(Gone):
    """What was known of the person is gone already."""

    code = "person-erased"
    title = "This person was erased"


class NoErasure(NotFound):
    """Nothing of this person was erased."""

    code = "erasure-not-found"
    title = "The erasure of this person was not asked for"


class TooManyPeople(Conflict):
    """The circle has grown past what a circle can be."""

    code = "too-many-people"
    title = "No more people can be added to this case"


class TooManyProposals(Conflict):
    """One person proposed many people who are not confirmed yet."""

    code = "too-many-proposals"
    title = "The coordinator first looks at the people you already proposed"


class ProposerNotInCase(Invalid):
    """`proposed_by` must be someone of the same case."""

    code = "proposer-not-in-case"
    title = "proposed_by must be the id of a person of this case"


class UnknownNoContact(NotFound):
    """There is no such pair, or not for this caller."""

    code = "no-contact-not-found"
    title = "There is no such pair here"


class OnePersonTwice(Invalid):
    """A pair is two people."""

    code = "one-person-twice"
    title = "Name two people"


class PersonNotOfCase(Invalid):
    """Both people of a pair are of the case."""

    code = "person-not-of-case"
    title = "Both must be people of this case"


class AlreadyKeptApart(Conflict):
    """The two are a pair already."""

    code = "already-kept-apart"
    title = "It was noted already that these two are not to be brought in contact"


class AlreadyInvited(Conflict):
    """A person has one invitation at a time."""

    code = "already-invited"
    title = "This person was already invited"


class InvitationCancelled(Conflict):
    """The invitation was taken back."""

    code = "invitation-cancelled"
    title = "This invitation no longer stands"


class ModeNeeded(Invalid):
    """Who says yes takes part in some way."""

    code = "mode-does-not-fit"
    title = (
        "Who takes part does so in person, online, by phone, by letter, recorded or through a spokesperson"
    )


class DateInFuture(Invalid):
    """A contact is written down after it was made."""

    code = "date-in-future"
    title = "A contact cannot have been made in the future"


class CircleTooSmall(Invalid):
    """A circle is at least two people."""

    code = "circle-too-small"
    title = "A circle is at least two people who take part"


class RequiredNotInCircle(Invalid):
    """Only those who take part can be required."""

    code = "required-not-in-circle"
    title = "Everyone in `required` must be taking part"


class UnknownLink(NotFound):
    """The token opens nothing: made up, mangled or cut off."""

    code = "link-not-found"
    title = "This link does not work; ask the coordinator for a new one"


class LinkExpired(Gone):
    """The link is over its time."""

    code = "link-expired"
    title = "This link has expired; ask the coordinator for a new one"


class LinkRevoked(Gone):
    """The link was withdrawn."""

    code = "link-revoked"
    title = "This link was withdrawn; ask the coordinator for a new one"


class LinkReplaced(Gone):
    """A newer link was sent."""

    code = "link-replaced"
    title = "A newer link was sent to you; use that one"


class NotReachable(Conflict):
    """A new link goes by mail only: who cannot be mailed would be left without any."""

    code = "not-reachable"
    title = "We cannot mail you: ask the coordinator for a new link"


class LinkAskedOften(TooManyRequests):
    """Several new links were sent lately."""

    code = "link-asked-often"
    title = "We sent you several links lately; use the last one, or ask again later"


def invitation_workflow_id(invitation_id: UUID) -> str:
    """Return the id of the workflow that looks after an invitation."""
    return f"invitation/{invitation_id}"


def is_under_twelve(birth_date: date | None, day: date) -> bool:
    """Say whether somebody is a child under twelve on a day: not if nobody knows when they were born."""
    return birth_date is not None and age_on(birth_date, day) < OWN_DECISIONS_FROM


def is_widening(proposer_role: str | None) -> bool:
    """Say whether a person widens the circle: proposed by another than a central person."""
    return proposer_role is not None and proposer_role != "central"


def mode_of(answer: Answer, mode: AttendanceMode | None) -> AttendanceMode:
    """Return how somebody who answers takes part. Raises: ModeNeeded."""
    if answer == "no":
        return "absent"
    if mode == "absent":
        raise ModeNeeded
    return mode or "in-person"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Someone of the case, as far as the circle's readiness depends on it."""

    person_id: UUID
    role: PersonRole
    required: bool
    answer: str | None
    mode: AttendanceMode | None
    serves: UUID | None = None
    # They, or who decides for them, said no to taking part as such.
    unwilling: bool = False


@dataclass(frozen=True, kw_only=True)
class Member:
    """Someone who takes part."""

    person_id: UUID
    role: PersonRole
    required: bool
    mode: AttendanceMode
    serves: UUID | None


def ready_circle(candidates: Sequence[Candidate], *, required: Sequence[UUID] | None) -> list[Member]:
    """Return who takes part, for a circle that can be declared ready. Raises: CircleTooSmall, RequiredNotInCircle."""
    members = taking_part(candidates, required=required)
    if required is not None and not {member.person_id for member in members}.issuperset(required):
        raise RequiredNotInCircle
    if len(members) < SMALLEST_CIRCLE:
        raise CircleTooSmall(members=len(members))
    return members


def taking_part(candidates: Sequence[Candidate], *, required: Sequence[UUID] | None) -> list[Member]:
    """Return who takes part: the central persons, and everyone who said yes.

    `required`: whom the conference needs there; None: the central persons and those marked so before.
    """
    return [
        Member(
            person_id=candidate.person_id,
            role=candidate.role,
            required=(candidate.required or candidate.role == "central")
            if required is None
            else candidate.person_id in required,
            mode=candidate.mode or "in-person",
            serves=candidate.serves,
        )
        for candidate in candidates
        if candidate.answer == "yes" or _central_without_answer(candidate)
    ]


def _central_without_answer(candidate: Candidate) -> bool:
    # A central person need not be invited to their own conference, but may say no like anyone.
    return candidate.role == "central" and candidate.answer is None and not candidate.unwilling


def check_link(
    *, now: datetime, expires_at: datetime, revoked_at: datetime | None, proves: bool, proves_older: bool
) -> None:
    """Return if a link lets its bearer in. Raises: UnknownLink, LinkReplaced, LinkRevoked, LinkExpired."""
    if not proves:
        if proves_older:
            raise LinkReplaced
        raise UnknownLink
    if revoked_at is not None:
        raise LinkRevoked
    if now >= expires_at:
        raise LinkExpired
