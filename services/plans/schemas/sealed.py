"""What is sealed."""

from uuid import UUID

from shared.vault import SealedFields


class PlanBWords(SealedFields):
    """What the circle does when things go otherwise."""

    when: str
    then: str
    who_person_id: UUID | None = None


class PlanWords(SealedFields):
    """The words of one version of a plan."""

    goals: tuple[str, ...]
    plan_b: tuple[PlanBWords, ...] = ()
    decisions_of_circle: tuple[str, ...] = ()
    # The plan told to a child, in the child's words.
    for_children: str | None = None
    # What moved the circle to change the version before.
    why: str | None = None


class ResourceWords(SealedFields):
    """What the circle asks of somebody outside it, and what was answered."""

    what: str
    asked_of: str | None = None
    answer: str | None = None


class AgreementWords(SealedFields):
    """The words of an agreement."""

    what: str
    who_text: str | None = None
    known_done_how: str | None = None
    # Of one that is plan B: why it was called in.
    because: str | None = None


class AcceptanceWords(SealedFields):
    """Why a bottom line is, or is not, met."""

    reason: str | None = None


class ReferrerCallWords(SealedFields):
    """What was noted of a call to the referrer."""

    note: str | None = None


class CheckInWords(SealedFields):
    """What was noted at a check, and why it was asked for on another day."""

    note: str | None = None
    moved_because: str | None = None
