"""Pure rules about people, invitations, links and the circle."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from shared.ages import OWN_DECISIONS_FROM
from shared.calendar import age_on
from shared.deadlines import clock_kind
from shared.errors import Conflict, Gone, Invalid, NotFound, TooManyRequests
from shared.events.network import AttendanceMode, PersonRole, Side

SERVICE = "network"
INVITATION_CLOCK = clock_kind("invitation", turn="late")
CLOCK_OWNER = "coordinator"
# More than any circle seen, and few enough that a list of everybody is one small read.
MAX_PEOPLE = 200
MAX_OPEN_PROPOSALS = 20
SMALLEST_CIRCLE = 2
# The end reason of a case whose plan was followed up.
FOLLOWED_UP = frozenset({"followed-up", "closed-early"})

# Who is unsure answers later: the invitation stays open.
Answer = Literal["yes", "no", "unsure"]
Via = Literal["link", "coordinator"]
Channel = Literal["visit", "phone", "video", "mail", "message"]
ContactPurpose = Literal["first-contact", "explanation", "safety", "other"]


class PersonState(StrEnum):
    """The state of a person: proposed by somebody of the circle, part of the case, no longer part of it, or erased."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    REMOVED = "removed"
    EXCLUDED = "excluded"
    ERASED = "erased"


# Nothing new is recorded about a person who left or was erased.
BELONGING = (PersonState.ACTIVE, PersonState.PROPOSED)


class InvitationState(StrEnum):
    """The state of an invitation. Silent: its time passed without an answer, though one may still come."""

    SENT = "sent"
    SILENT = "silent"
    ANSWERED = "answered"
    CANCELLED = "cancelled"


OPEN_INVITATIONS = frozenset({InvitationState.SENT, InvitationState.SILENT})


class Purpose(StrEnum):
    """What a person is asked to agree to. Not the basis on which data is kept: see `LegalBasis`."""

    REFERRAL = "referral"
    TAKING_PART = "taking-part"
    MAIL = "mail"
    SHARE_PLAN = "share-plan"
    RESEARCH = "research"
    FILE_ACCESS = "file-access"


class Basis(StrEnum):
    """The legal basis on which data about a person is kept; separate from their consent, and not undone by their no."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal-obligation"
    VITAL_INTERESTS = "vital-interests"
    PUBLIC_TASK = "public-task"
    LEGITIMATE_INTEREST = "legitimate-interest"


class ConsentTakenBack(Conflict):
    """The person said no to taking part, or withdrew their consent."""

    code = "consent-taken-back"
    title = (
        "This person does not want to take part; they can change that themselves, or through the coordinator"
    )


class UnknownPerson(NotFound):
    """The person does not exist, or the caller may not see them."""

    code = "person-not-found"
    title = "There is no such person here"


class UnknownInvitation(NotFound):
    """The invitation does not exist, or the caller may not see it."""

    code = "invitation-not-found"
    title = "There is no such invitation here"


class NotInCircle(Conflict):
    """The person was removed or excluded, or is not confirmed yet."""

    code = "person-not-active"
    title = "This person is not part of the circle"


class AlreadyConfirmed(Conflict):
    """Only a proposal can be confirmed."""

    code = "person-already-confirmed"
    title = "This person is already part of the circle"


class LastCentralPerson(Conflict):
    """A case needs a central person: withdraw the case instead."""

    code = "last-central-person"
    title = "The last central person cannot leave the circle; withdraw the case instead"


class LastCentralPersonErased(Conflict):
    """A case needs a central person: erase the case instead."""

    code = "last-central-person"
    title = "The last central person cannot be erased without the case; erase the case instead"


class AlreadyErased(Gone):
    """The person was already erased."""

    code = "person-erased"
    title = "This person was erased"


class NoErasure(NotFound):
    """No erasure of this person was requested."""

    code = "erasure-not-found"
    title = "The erasure of this person was not asked for"


class TooManyPeople(Conflict):
    """The circle has reached its maximum size."""

    code = "too-many-people"
    title = "No more people can be added to this case"


class TooManyProposals(Conflict):
    """One person has proposed too many people who are not confirmed yet."""

    code = "too-many-proposals"
    title = "The coordinator first looks at the people you already proposed"


class ProposerNotInCase(Invalid):
    """`proposed_by` must be a person of the same case."""

    code = "proposer-not-in-case"
    title = "proposed_by must be the id of a person of this case"


class UnknownNoContact(NotFound):
    """The pair does not exist, or the caller may not see it."""

    code = "no-contact-not-found"
    title = "There is no such pair of people here"


class OnePersonTwice(Invalid):
    """A pair must be two different people."""

    code = "one-person-twice"
    title = "Name two different people"


class PersonNotOfCase(Invalid):
    """Both people of a pair must belong to the case."""

    code = "person-not-of-case"
    title = "Both must be people of this case"


class AlreadyKeptApart(Conflict):
    """This pair was already recorded."""

    code = "already-kept-apart"
    title = "It was noted already that these two are not to be brought in contact"


class AlreadyInvited(Conflict):
    """A person has one invitation at a time."""

    code = "already-invited"
    title = "This person was already invited"


class InvitationCancelled(Conflict):
    """The invitation was cancelled."""

    code = "invitation-cancelled"
    title = "This invitation no longer stands"


class ModeNeeded(Invalid):
    """A yes needs a mode of taking part."""

    code = "mode-does-not-fit"
    title = "Someone who takes part does so in person, online, by phone, by letter, recorded or through a spokesperson"


class DateInFuture(Invalid):
    """A contact is recorded after it was made."""

    code = "date-in-future"
    title = "A contact cannot have been made in the future"


class CircleTooSmall(Invalid):
    """A circle has at least two people."""

    code = "circle-too-small"
    title = "A circle is at least two people who take part"


class RequiredNotInCircle(Invalid):
    """Only people who take part can be required."""

    code = "required-not-in-circle"
    title = "Everyone in `required` must be taking part"


class UnknownLink(NotFound):
    """The token is unknown: invented, damaged or cut off."""

    code = "link-not-found"
    title = "This link does not work; ask the coordinator for a new one"


class LinkExpired(Gone):
    """The link has expired."""

    code = "link-expired"
    title = "This link has expired; ask the coordinator for a new one"


class LinkRevoked(Gone):
    """The link was revoked."""

    code = "link-revoked"
    title = "This link was withdrawn; ask the coordinator for a new one"


class LinkReplaced(Gone):
    """The link was replaced by a newer one."""

    code = "link-replaced"
    title = "A newer link was sent to you; use that one"


class NotReachable(Conflict):
    """New links go by mail only, so a person who cannot be mailed would be left without one."""

    code = "not-reachable"
    title = "We cannot mail you: ask the coordinator for a new link"


class AnsweredOften(TooManyRequests):
    """A person changed their answer through their link more often than anybody has to; a no is never counted."""

    code = "answered-often"
    title = "You changed your answers very often lately; you can say no at any time, and yes again tomorrow"


class LinkAskedOften(TooManyRequests):
    """Several new links were sent recently."""

    code = "link-asked-often"
    title = "We sent you several links lately; use the last one, or ask again later"


def invitation_workflow_id(invitation_id: UUID) -> str:
    """Return the id of the workflow of an invitation."""
    return f"invitation/{invitation_id}"


def is_under_twelve(birth_date: date | None, day: date) -> bool:
    """Tell whether a person is a child under twelve on a day; false if their birth date is unknown."""
    return birth_date is not None and age_on(birth_date, day) < OWN_DECISIONS_FROM


def is_widening(proposer_role: str | None) -> bool:
    """Tell whether a person widens the circle: they were proposed by somebody other than a central person."""
    return proposer_role is not None and proposer_role != "central"


def mode_of(answer: Literal["yes", "no"], mode: AttendanceMode | None) -> AttendanceMode:
    """Return how a person who answers takes part. Raises: ModeNeeded."""
    if answer == "no":
        return "absent"
    if mode == "absent":
        raise ModeNeeded
    return mode or "in-person"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A person of the case, with what the circle's readiness depends on."""

    person_id: UUID
    role: PersonRole
    required: bool
    answer: str | None
    mode: AttendanceMode | None
    serves: UUID | None = None
    side: Side = "other"
    child: bool = False
    # They, or the person who decides for them, said no to taking part.
    unwilling: bool = False


@dataclass(frozen=True, kw_only=True)
class Member:
    """A person who takes part."""

    person_id: UUID
    role: PersonRole
    required: bool
    mode: AttendanceMode
    serves: UUID | None
    side: Side
    child: bool


def ready_circle(candidates: Sequence[Candidate], *, required: Sequence[UUID] | None) -> list[Member]:
    """Return who takes part in a circle that can be declared ready. Raises: CircleTooSmall, RequiredNotInCircle."""
    members = taking_part(candidates, required=required)
    if required is not None and not {member.person_id for member in members}.issuperset(required):
        raise RequiredNotInCircle
    if len(members) < SMALLEST_CIRCLE:
        raise CircleTooSmall(members=len(members))
    return members


def taking_part(candidates: Sequence[Candidate], *, required: Sequence[UUID] | None) -> list[Member]:
    """Return who takes part: the central persons, and everyone who said yes.

    `required`: the people the conference needs; None means the central persons and those already marked as
    required.
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
            side=candidate.side,
            child=candidate.child,
        )
        for candidate in candidates
        if candidate.answer == "yes" or _central_without_answer(candidate)
    ]


def _central_without_answer(candidate: Candidate) -> bool:
    # Central persons need no invitation to their own conference, but may say no like anyone.
    return candidate.role == "central" and candidate.answer is None and not candidate.unwilling


def check_link(
    *, now: datetime, expires_at: datetime, revoked_at: datetime | None, proves: bool, proves_older: bool
) -> None:
    """Check that a link gives access. Raises: UnknownLink, LinkReplaced, LinkRevoked, LinkExpired."""
    if not proves:
        if proves_older:
            raise LinkReplaced
        raise UnknownLink
    if revoked_at is not None:
        raise LinkRevoked
    if now >= expires_at:
        raise LinkExpired
