"""Rules for requests about personal data: who may ask for whom, what can be decided, and in which state."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from shared.deadlines import clock_kind
from shared.errors import Conflict, Forbidden, Gone, Invalid, NotFound

DATA_REQUEST_CLOCK = "data-request"
# How long an approved erasure waits before it is carried out; how long a copy can be read.
ERASE_CLOCK = clock_kind("data-request-erasure", turn="never")
COPY_CLOCK = clock_kind("data-request-copy", turn="never")
HANDLER = "dpo"
ESCALATED_TO = "regional-manager"
# More than anybody needs, and few enough that repeated asking and withdrawing does not keep a colleague busy.
MAX_LATELY = 10
LATELY_DAYS = 30
# How far back the date of a received letter may lie: it is recorded within the month allowed for answering it.
MAX_DAYS_BACK = 90


class RequestKind(StrEnum):
    """What is asked: a copy, erasure, or correction."""

    COPY = "copy"
    ERASURE = "erasure"
    CORRECTION = "correction"


class RequestState(StrEnum):
    """Where a request stands."""

    RECEIVED = "received"
    APPROVED = "approved"
    REFUSED = "refused"
    DONE = "done"
    WITHDRAWN = "withdrawn"


OPEN_STATES = frozenset({RequestState.RECEIVED, RequestState.APPROVED})

Decision = Literal["approved", "refused"]
Ended = Literal["done", "withdrawn"]
Via = Literal["link", "staff"]


class UnknownDataRequest(NotFound):
    """The request does not exist, or the caller may not see it."""

    code = "data-request-not-found"
    title = "There is no such request here"


class AlreadyAsked(Conflict):
    """Only one request of each kind can be open at a time."""

    code = "data-request-open"
    title = "This was asked already, and is still being looked at or ready"


class AskedTooOften(Conflict):
    """Too many requests lately."""

    code = "data-request-too-often"
    title = "There were many requests lately; wait for the answers first, or call us"


class RequestDecided(Conflict):
    """The request was already decided or withdrawn."""

    code = "data-request-decided"
    title = "This request is no longer in a state in which that can be done"


class AlreadyExtended(Conflict):
    """The time for an answer can be extended only once."""

    code = "data-request-already-extended"
    title = "The time for this answer was lengthened once, and cannot be again"


class NotAnsweredByDoing(Conflict):
    """Only a correction is reported as done: copies and erasures end by themselves."""

    code = "data-request-ends-by-itself"
    title = "Only an approved correction is reported as done; the others end by themselves"


class NotAskedForThisPerson(Forbidden):
    """From the age of twelve a young person decides who may read their data; only adults themselves ask for theirs."""

    code = "data-request-not-for-them"
    title = (
        "You may ask this for yourself or for a child under twelve in your care;"
        " a copy also for a young person who lets you read"
    )


class NoLongerTheirs(Conflict):
    """The requester may no longer ask for this person: from the age of twelve a young person asks themselves."""

    code = "data-request-no-longer-theirs"
    title = (
        "The person who asked may not ask this for the other any more: refuse it, and ask the young person"
    )


class ReceivedOnNotPossible(Invalid):
    """The date on which a letter was received lies in the future, or too far back."""

    code = "received-on-not-possible"
    title = f"received_on lies between {MAX_DAYS_BACK} days ago and today"


class CopyNotReady(Conflict):
    """The request for a copy was not approved (yet)."""

    code = "copy-not-ready"
    title = "There is no copy to read yet"


class CopyNoLongerReady(Gone):
    """The time in which the copy could be read is over; a new one can be requested."""

    code = "copy-no-longer-ready"
    title = "The time in which you could read this copy is over; you may ask for it again"


def data_request_workflow_id(request_id: UUID) -> str:
    """Return the id of the workflow of a request."""
    return f"data-request/{request_id}"


def check_copy_readable(*, kind: str, state: str, ready_until: datetime | None, now: datetime) -> None:
    """Check that a copy may be read now. Raises: CopyNotReady, CopyNoLongerReady."""
    was_ready = kind == RequestKind.COPY and ready_until is not None
    if not was_ready or state in (RequestState.RECEIVED, RequestState.REFUSED, RequestState.WITHDRAWN):
        raise CopyNotReady
    if state == RequestState.DONE or ready_until is None or now >= ready_until:
        raise CopyNoLongerReady
