"""Rules about what people may ask of their data: who may ask for whom, what can be decided, and in which state."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from shared.errors import Conflict, Forbidden, Gone, Invalid, NotFound

DATA_REQUEST_CLOCK = "data-request"
# An approved erasure waits a little before it is carried out; a copy can be read for a time.
ERASE_CLOCK = "data-request-erasure"
COPY_CLOCK = "data-request-copy"
HANDLER = "dpo"
ESCALATED_TO = "regional-manager"
# More than anybody needs, few enough that asking and taking back is no way to keep somebody busy.
MAX_LATELY = 10
LATELY_DAYS = 30
# How far back the day may lie on which a letter came: it is noted within the month that there is to answer it.
MAX_DAYS_BACK = 90


class RequestKind(StrEnum):
    """What is asked: to get everything, to be forgotten, or to have something put right."""

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
    """There is no such request, or not for this caller."""

    code = "data-request-not-found"
    title = "There is no such request here"


class AlreadyAsked(Conflict):
    """One request of a kind at a time: the first one is still open."""

    code = "data-request-open"
    title = "This was asked already, and is still being looked at or ready"


class AskedTooOften(Conflict):
    """Many requests lately."""

    code = "data-request-too-often"
    title = "Much was asked lately; first wait for the answers, or call us"


class RequestDecided(Conflict):
    """It was decided, or taken back."""

    code = "data-request-decided"
    title = "This request is no longer in a state in which that can be done"


class AlreadyExtended(Conflict):
    """The time for an answer can be lengthened once."""

    code = "data-request-already-extended"
    title = "The time for this answer was lengthened once, and cannot be again"


class NotAnsweredByDoing(Conflict):
    """Only a correction is done by hand: a copy and an erasure end by themselves."""

    code = "data-request-ends-by-itself"
    title = "Only an approved correction is reported as done; the others end by themselves"


class NotAskedForThisPerson(Forbidden):
    """From twelve on a young person says themselves who may read about them; of age, only they ask."""

    code = "data-request-not-for-them"
    title = (
        "You may ask this for yourself or for a child under twelve in your care;"
        " a copy also for a young person who lets you read"
    )


class NoLongerTheirs(Conflict):
    """Who asked for another may not any more: from twelve on a young person asks it themselves."""

    code = "data-request-no-longer-theirs"
    title = "Who asked this for another may not ask it any more: refuse it, and ask the young person"


class ReceivedOnNotPossible(Invalid):
    """The day on which a letter came lies in the future, or too far back."""

    code = "received-on-not-possible"
    title = f"received_on lies between {MAX_DAYS_BACK} days ago and today"


class CopyNotReady(Conflict):
    """The request for a copy was not approved (yet)."""

    code = "copy-not-ready"
    title = "There is no copy to read yet"


class CopyNoLongerReady(Gone):
    """The time in which the copy could be read is over; it can be asked again."""

    code = "copy-no-longer-ready"
    title = "The time in which you could read this copy is over; you may ask for it again"


def data_request_workflow_id(request_id: UUID) -> str:
    """Return the id of the workflow that looks after a request."""
    return f"data-request/{request_id}"


def check_copy_readable(*, kind: str, state: str, ready_until: datetime | None, now: datetime) -> None:
    """Return if a copy may be read now. Raises: CopyNotReady, CopyNoLongerReady."""
    was_ready = kind == RequestKind.COPY and ready_until is not None
    if not was_ready or state in (RequestState.RECEIVED, RequestState.REFUSED, RequestState.WITHDRAWN):
        raise CopyNotReady
    if state == RequestState.DONE or ready_until is None or now >= ready_until:
        raise CopyNoLongerReady
