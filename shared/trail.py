"""Which event caused what is being done now, carried along in a context variable."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_causation: ContextVar[UUID | None] = ContextVar("kring_causation", default=None)


def causation() -> UUID | None:
    """Return the id of the event being handled, if any."""
    return _causation.get()


@contextmanager
def caused_by(event_id: UUID | None) -> Iterator[None]:
    """Name the event that everything inside is a consequence of."""
    token = _causation.set(event_id)
    try:
        yield
    finally:
        _causation.reset(token)
