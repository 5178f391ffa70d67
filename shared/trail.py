"""The cause of the current work, carried in context variables: an event, or a workflow step."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_causation: ContextVar[UUID | None] = ContextVar("kring_causation", default=None)
_workflow: ContextVar[str | None] = ContextVar("kring_workflow", default=None)


def causation() -> UUID | None:
    """Return the id of the event being handled, if any."""
    return _causation.get()


def current_workflow() -> str | None:
    """Return the id of the workflow whose step is being taken, if any."""
    return _workflow.get()


@contextmanager
def caused_by(event_id: UUID | None) -> Iterator[None]:
    """Set the event that caused everything inside."""
    token = _causation.set(event_id)
    try:
        yield
    finally:
        _causation.reset(token)


@contextmanager
def taken_by(workflow_id: str) -> Iterator[None]:
    """Set the workflow of which everything inside is a step."""
    token = _workflow.set(workflow_id)
    try:
        yield
    finally:
        _workflow.reset(token)
