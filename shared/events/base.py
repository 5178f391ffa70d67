"""What an event is: data classes, the registry of types, the CloudEvents 1.0 envelope, facts of every service."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from shared.deadlines import Turn
from shared.services import SERVICES, SERVICES_WITH_MAIL

EVENTS = "kring.events"
COMMANDS = "kring.commands"

REGISTRY: dict[str, type["EventData"]] = {}

# The only types of text in an event, so that no name and no sentence reaches the broker.
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:[-_.][a-z0-9]+)*$", max_length=80)]
"""From a closed list in the service's domain, or the name of a kind of clock, mail or step."""
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:+/-]*$", max_length=200)]
"""An id, an address within the platform, a date, a time, or a code of a standard: never with a blank in it."""
Published = Annotated[str, Field(max_length=300, json_schema_extra={"x-published": True})]
"""What an organisation publishes of itself."""


class EventData(BaseModel):
    """The data of an event: frozen; unknown fields are ignored, new fields must have defaults."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    TYPE: ClassVar[str] = ""
    EXCHANGE: ClassVar[str] = EVENTS
    # May leave the installation (webhooks).
    PUBLIC: ClassVar[bool] = False
    # Its publishers: of an event the service that it is named after, of a command those that are named.
    SOURCES: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __pydantic_init_subclass__(
        cls,
        *,
        type: str = "",  # noqa: A002 - reads as `class OfferMade(EventData, type="...")`
        public: bool = False,
        command_of: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not type:
            return
        if type in REGISTRY:
            raise ValueError(f"two events of type {type}")
        cls.TYPE, cls.PUBLIC = type, public
        cls.EXCHANGE = COMMANDS if command_of else EVENTS
        cls.SOURCES = frozenset(command_of or [type.partition(".")[0]])
        REGISTRY[type] = cls

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__()


D = TypeVar("D", bound=EventData)
_SOURCE = "urn:kring:"


def source_of(service: str) -> str:
    """Return what a service calls itself as the source of an event."""
    return f"{_SOURCE}{service}"


class Received(BaseModel, Generic[D]):
    """An event as it travels: CloudEvents 1.0, structured mode, with the extensions this platform uses."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, populate_by_name=True)

    specversion: str = "1.0"
    id: UUID
    source: str
    type: str
    time: datetime
    datacontenttype: str = "application/json"
    tenant: UUID
    case: UUID | None = Field(default=None, alias="caseid")
    # CloudEvents types it as a string; it counts within (source, stream).
    sequence: int
    causation: UUID | None = Field(default=None, alias="causationid")
    traceparent: str | None = None
    data: D

    @property
    def publisher(self) -> str:
        """Return the service that published it: the one that signed it, if it came by the broker."""
        return self.source.removeprefix(_SOURCE)


class ClockFact(EventData):
    """Something happened to a clock: what it times, who owns it, and when it warns and breaches.

    `owner_id`: the account or the organisation that must act; absent: whoever has the role `owner`, or
    coordinates the case. `turn`: from when on it is their turn. `wakes`: the workflow of the same service that must
    reload what it waits for because of this, if any. `breached_at`, `late_reason`, `stopped_at`: when it was
    breached, why (a `LateReason`) and when it stopped, as far as that is so.
    """

    clock_id: UUID
    kind: Code
    subject: UUID
    case_id: UUID | None = None
    owner: Code
    owner_id: UUID | None = None
    escalate_to: Code | None = None
    due_at: datetime
    warn_at: datetime | None = None
    policy_version: int
    reason: Code | None = None
    wakes: Reference | None = None
    breached_at: datetime | None = None
    late_reason: Code | None = None
    stopped_at: datetime | None = None
    turn: Turn = "now"


class LateReason(StrEnum):
    """Why a deadline was missed: nothing about a person, so no illness, and nobody's words."""

    FAMILY_NEEDS_TIME = "family-needs-time"
    KEY_PERSON_UNAVAILABLE = "key-person-unavailable"
    UNREACHABLE = "unreachable"
    WAITED_FOR_OTHERS = "waited-for-others"
    HOLIDAYS = "holidays"
    AWAY = "away"
    TOO_MUCH_WORK = "too-much-work"
    NOT_RECORDED = "not-recorded"
    OTHER = "other"


class MessageQueuedFact(EventData):
    """A mail waits to be sent by the service that queued it."""

    message_id: UUID
    kind: Code


CLOCK_CHANGES = ("started", "paused", "resumed", "warned", "breached", "stopped", "explained")

# Changes that a workflow waiting for the clock does not cause itself; the others come from its own steps.
WAKING = ("started", "paused", "resumed", "stopped")

CLOCK_EVENTS: dict[tuple[str, str], type[ClockFact]] = {
    (service, what): create_model(
        f"{service.title()}Clock{what.title()}",
        __base__=ClockFact,
        __doc__=f"A clock of {service} {what}.",
        __cls_kwargs__={"type": f"{service}.clock.{what}.v1", "public": True},
    )
    for service in SERVICES
    for what in CLOCK_CHANGES
}

MESSAGE_QUEUED: dict[str, type[MessageQueuedFact]] = {
    service: create_model(
        f"{service.title()}MessageQueued",
        __base__=MessageQueuedFact,
        __doc__=f"A mail of {service} waits to be sent.",
        __cls_kwargs__={"type": f"{service}.internal.message.queued.v1"},
    )
    for service in SERVICES_WITH_MAIL
}


# What is erased: everything of a case, one person of it, somebody with an account, or a registration for a course.
ErasureKind = Literal["case", "person", "staff", "coordinator", "registration"]
# What one service decides and the others do only once they find its decision in the key store: erasures, and who gets
# access to a case ("access").
DecisionKind = ErasureKind | Literal["access"]
DECIDED_BY: dict[DecisionKind, str] = {
    "access": "intake",
    "case": "intake",
    "person": "network",
    "staff": "intake",
    "coordinator": "intake",
    "registration": "training",
}
ErasureReason = Literal["asked", "retention", "entered-by-mistake"]


class ErasureWrittenFact(EventData):
    """Rows are deleted and the ledger names the keys, which must be destroyed now. Sent from a service to itself."""

    kind: ErasureKind
    subject: UUID


class ErasureConfirmedFact(EventData):
    """A service holds nothing readable of what was erased: its rows are deleted and its keys destroyed."""

    kind: ErasureKind
    subject: UUID


ERASURE_WRITTEN: dict[str, type[ErasureWrittenFact]] = {
    service: create_model(
        f"{service.title()}ErasureWritten",
        __base__=ErasureWrittenFact,
        __doc__=f"What {service} holds of a subject is gone but for its keys, which are to be destroyed now.",
        __cls_kwargs__={"type": f"{service}.internal.erasure.written.v1"},
    )
    for service in SERVICES
}

ERASURE_CONFIRMED: dict[str, type[ErasureConfirmedFact]] = {
    service: create_model(
        f"{service.title()}ErasureConfirmed",
        __base__=ErasureConfirmedFact,
        __doc__=f"Nothing readable is left in {service} of what was erased.",
        __cls_kwargs__={"type": f"{service}.erasure.confirmed.v1"},
    )
    for service in SERVICES
}


class CalendarEntry(EventData):
    """What a calendar file needs: a fixed uid, a growing revision, the times."""

    uid: UUID
    revision: int
    method: Literal["REQUEST", "CANCEL"] = "REQUEST"
    starts_at: datetime
    ends_at: datetime
