"""Sealed fields."""

from uuid import UUID

from shared.vault import SealedFields


class PlanBWords(SealedFields):
    """What the circle does if things turn out differently."""

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
    # Why the circle changed the previous version.
    change_reason: str | None = None


class WordedText(SealedFields):
    """A text of a plan, and how it is said in another language."""

    in_plan: str
    wording: str


class WordingWords(SealedFields):
    """The texts of a plan in another language, each with the one that the circle agreed on."""

    texts: tuple[WordedText, ...]


class ResourceWords(SealedFields):
    """What the circle asks of somebody outside it, and the answer."""

    what: str
    asked_of: str | None = None
    answer: str | None = None


class AgreementWords(SealedFields):
    """The words of an agreement."""

    what: str
    who_text: str | None = None
    known_done_how: str | None = None
    # For plan B: why it was invoked.
    invoked_reason: str | None = None


class AcceptanceWords(SealedFields):
    """Why a bottom line is, or is not, met."""

    reason: str | None = None


class ReferrerCallWords(SealedFields):
    """Notes of a call to the referrer."""

    note: str | None = None


class CheckInWords(SealedFields):
    """Notes of a check, and why it was moved to another day."""

    note: str | None = None
    moved_reason: str | None = None
