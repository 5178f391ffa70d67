"""Events of intake: referrals, cases, offers to coordinators, assignments, the baseline."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.events.base import CalendarEntry, Code, ErasureReason, EventData, Published, Reference


class OrganisationProfile(EventData):
    """How an organisation that runs conferences presents itself: its name, holidays and time zone.

    `version` grows with each change. `reply_to`: its own mailbox, for answers to mails; it publishes both.
    Colours are #rrggbb; `signature` is what its mails end with.
    """

    organisation_id: UUID
    version: int
    name: Published
    reply_to: Published | None = None
    country: Reference
    subdivision: Published | None = None
    time_zone: Reference
    accent_colour: Published | None = None
    heading_colour: Published | None = None
    background_colour: Published | None = None
    signature: Published | None = None


class OrganisationEntered(OrganisationProfile, type="intake.organisation.entered.v1"):
    """An organisation that runs conferences was entered."""


class OrganisationChanged(OrganisationProfile, type="intake.organisation.changed.v1"):
    """The profile of an organisation that runs conferences changed."""


class ReferralReceived(EventData, type="intake.referral.received.v1", public=True):
    """Somebody asked for a conference, for themselves or (as a professional) for another."""

    referral_id: UUID
    themes: tuple[Code, ...] = ()
    track: Literal["normal", "urgent"] = "normal"
    referrer_kind: Literal["professional", "self", "acquaintance"]
    referring_organisation: UUID | None = None


class ReferralAccepted(EventData, type="intake.referral.accepted.v1", public=True):
    """The regional manager took the referral on; a case opens."""

    referral_id: UUID
    case_id: UUID


class ReferralDeclined(EventData, type="intake.referral.declined.v1", public=True):
    """The referral was declined."""

    referral_id: UUID
    reason: Code


class ReferralWithdrawn(EventData, type="intake.referral.withdrawn.v1", public=True):
    """The referral was withdrawn before a decision."""

    referral_id: UUID
    reason: Code


class CaseOpened(EventData, type="intake.case.opened.v1", public=True):
    """A case opened. `mandated_organisation` is absent when nobody has to accept the plan."""

    case_id: UUID
    referral_id: UUID
    track: Literal["normal", "urgent"] = "normal"
    themes: tuple[Code, ...] = ()
    referring_organisation: UUID | None = None
    mandated_organisation: UUID | None = None
    minors: bool = False
    policy_version: int = 1


class CasePaused(EventData, type="intake.case.paused.v1", public=True):
    """The case is paused for a reason, and its clocks with it."""

    case_id: UUID
    reason: Code


class CaseResumed(EventData, type="intake.case.resumed.v1", public=True):
    """The case is resumed, and its clocks with it."""

    case_id: UUID


class CaseWithdrawn(EventData, type="intake.case.withdrawn.v1", public=True):
    """The case stopped before its end: every clock stops and only those who must know are still mailed."""

    case_id: UUID
    reason: Code
    by: Literal["central-person", "representative", "referrer", "regional-manager"]


class CaseClosed(EventData, type="intake.case.closed.v1", public=True):
    """The case came to its end."""

    case_id: UUID
    outcome: Code


class CaseErased(EventData, type="intake.case.erased.v1"):
    """The case's personal data must become unreadable everywhere."""

    case_id: UUID
    reason: ErasureReason = "asked"


class ContactErased(EventData, type="intake.contact.erased.v1"):
    """A member of staff or a coordinator left an organisation, and their data there must become unreadable.

    `contact_id` identifies them at this organisation alone: others may know them too.
    """

    contact_id: UUID
    kind: Literal["staff", "coordinator"]
    reason: ErasureReason = "asked"


class OfferMade(EventData, type="intake.offer.made.v1"):
    """A coordinator was asked to take the case."""

    case_id: UUID
    assignment_no: int
    offer_id: UUID
    ordinal: int
    coordinator_id: UUID
    expires_at: datetime


class OfferAnswered(EventData, type="intake.offer.answered.v1"):
    """The coordinator said yes or no to an offer."""

    case_id: UUID
    assignment_no: int
    offer_id: UUID
    coordinator_id: UUID
    answer: Literal["accepted", "declined"]


class OfferExpired(EventData, type="intake.offer.expired.v1"):
    """The coordinator did not answer in time; the next one is asked."""

    case_id: UUID
    assignment_no: int
    offer_id: UUID
    coordinator_id: UUID


class CoordinatorAssigned(EventData, type="intake.coordinator.assigned.v1", public=True):
    """From now on this coordinator prepares the case and may read it."""

    case_id: UUID
    assignment_no: int
    coordinator_id: UUID


class CoordinatorReleased(EventData, type="intake.coordinator.released.v1", public=True):
    """From now on this coordinator no longer works on the case and may no longer read it."""

    case_id: UUID
    assignment_no: int
    coordinator_id: UUID
    reason: Literal["conflict-of-interest", "family-wish", "unavailable", "task-done", "case-stopped"]
    # Whether another coordinator must be found.
    replace: bool = False


class BreakGlassOpened(EventData, type="intake.break-glass.opened.v1"):
    """A regional manager opened a case's file by break-glass; until then they may read what its coordinator may."""

    case_id: UUID
    break_glass_id: UUID
    opened_by: UUID
    until: datetime


class BreakGlassClosed(EventData, type="intake.break-glass.closed.v1"):
    """A break-glass access ended before its time."""

    case_id: UUID
    break_glass_id: UUID
    opened_by: UUID
    until: datetime
    closed_at: datetime


class BottomLineRef(EventData):
    """A bottom line by id and version; its text stays in intake."""

    bottom_line_id: UUID
    version: int


BaselinePart = Literal["questions", "bottom-lines", "resources"]


class BaselineRecorded(EventData, type="intake.baseline.recorded.v1"):
    """The questions, bottom lines and resources of the case were recorded."""

    case_id: UUID
    version: int
    bottom_lines: tuple[BottomLineRef, ...] = ()


class BaselineChanged(EventData, type="intake.baseline.changed.v1"):
    """The baseline was changed; a late change may have to move the date. `changed`: which parts of it."""

    case_id: UUID
    version: int
    bottom_lines: tuple[BottomLineRef, ...] = ()
    changed: tuple[BaselinePart, ...] = ("questions", "bottom-lines", "resources")


class BaselineConfirmed(EventData, type="intake.baseline.confirmed.v1"):
    """The coordinator wrote the questions down as they were: talked through with the referrer, they stay."""

    case_id: UUID
    version: int


class HoldSet(EventData, type="intake.hold.set.v1"):
    """A legal hold: nothing of the case may be erased until it is lifted; the reason stays in intake."""

    case_id: UUID
    hold_id: UUID
    until: date | None = None


class HoldLifted(EventData, type="intake.hold.lifted.v1"):
    """A hold ended: by hand, or because its last day passed. Another one can still be in force."""

    case_id: UUID
    hold_id: UUID
    reason: Literal["by-hand", "expired"]


class NotifyCoordinator(EventData, type="intake.notify-coordinator.v1", command_of=("scheduling",)):
    """Command: mail the current or former coordinator of a case that a conference has a date, or no longer has it."""

    case_id: UUID
    coordinator_id: UUID
    kind: Literal["conference-date", "conference-date-off"]
    calendar: CalendarEntry
    # The date was dropped because the case stopped.
    even_if_stopped: bool = False
