"""Identifiers: UUIDv7, so that ids sort by creation time and indexes stay compact."""

from uuid import UUID, uuid5

from uuid_utils.compat import uuid7 as _uuid7

_NAMESPACE = UUID("6f1a2a8e-3f0c-5f4e-9a55-6b72696e6721")


def uuid7() -> UUID:
    """Return a new time-ordered id."""
    return _uuid7()


def derived(*parts: object) -> UUID:
    """Return the same id for the same parts: for effects that need one id however often they are retried."""
    return uuid5(_NAMESPACE, "/".join(str(part) for part in parts))


def contact_id(tenant: UUID, person_id: UUID) -> UUID:
    """Return the id by which `intake.contact.erased.v1` names somebody with an account, at one organisation alone."""
    return derived("contact", tenant, person_id)
