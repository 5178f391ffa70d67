"""Events of training: registrations, payments, sessions."""

from typing import Literal
from uuid import UUID

from shared.events.base import ErasureReason, EventData


class RegistrationReceived(EventData, type="training.registration.received.v1", public=True):
    """Somebody registered for a session. For a free session it is confirmed at once, without any payment."""

    registration_id: UUID
    session_id: UUID
    free: bool
    state: Literal["awaiting-payment", "waitlisted", "confirmed"]


class RegistrationWaitlisted(EventData, type="training.registration.waitlisted.v1", public=True):
    """The session is full; this registration waits for a place."""

    registration_id: UUID
    session_id: UUID


class RegistrationPromoted(EventData, type="training.registration.promoted.v1", public=True):
    """A waitlisted registration got a place; it now awaits payment (or is confirmed if free)."""

    registration_id: UUID
    session_id: UUID


class RegistrationConfirmed(EventData, type="training.registration.confirmed.v1", public=True):
    """The registration is complete."""

    registration_id: UUID
    session_id: UUID


class RegistrationCancelled(EventData, type="training.registration.cancelled.v1", public=True):
    """The registration was cancelled."""

    registration_id: UUID
    session_id: UUID
    by: Literal["participant", "organiser"]


class RegistrationExpired(EventData, type="training.registration.expired.v1", public=True):
    """The payment did not come in time; the place is free again."""

    registration_id: UUID
    session_id: UUID


class RegistrationErased(EventData, type="training.registration.erased.v1"):
    """The identity of who registered and who paid must become unreadable; amounts, dates and states stay."""

    registration_id: UUID
    reason: ErasureReason = "asked"


class PlaceFreed(EventData, type="training.internal.place.freed.v1"):
    """A place in a session came free: the registration that waits longest gets it."""

    session_id: UUID


class PaymentMatched(EventData, type="training.payment.matched.v1"):
    """A payment was matched to this registration."""

    payment_id: UUID
    registration_id: UUID
    how: Literal["structured", "text", "person"]
    settles: bool


class PaymentReversed(EventData, type="training.payment.reversed.v1"):
    """The bank reversed a payment."""

    payment_id: UUID
    registration_id: UUID


class SessionChanged(EventData, type="training.session.changed.v1", public=True):
    """The time, place or number of places of a session changed."""

    session_id: UUID
    version: int


class SessionCancelled(EventData, type="training.session.cancelled.v1", public=True):
    """A session was cancelled, and with it every registration for it."""

    session_id: UUID


class SessionFull(EventData, type="training.session.full.v1", public=True):
    """The last place was taken."""

    session_id: UUID
