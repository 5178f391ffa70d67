"""What a story may expect: the fields of the step `expect`, each a part of the file's format."""

from typing import Literal

from pydantic import Field

from deploy.demo.keys import ActorKey, LabelKey, PersonKey
from deploy.demo.steps.base import Part


class CaseExpected(Part):
    """How the case must stand."""

    state: str | None = None
    coordinator: ActorKey | None = None
    no_coordinator: bool = False


class PersonsExpected(Part):
    """How many people must belong to the case."""

    total: int | None = None
    widened: int | None = None
    invited: int | None = None
    said_yes: int | None = None
    silent: tuple[PersonKey, ...] | None = None


class PollExpected(Part):
    """How the date poll must stand."""

    best: LabelKey | None = None
    silent: tuple[PersonKey, ...] | None = None


class ConferenceExpected(Part):
    """How the latest conference must stand."""

    number: int | None = None
    state: str | None = None


class MailExpected(Part):
    """A kind of letter: who must have received it, how often each, and what it must hold.

    Nobody else of this thread may have received it, unless `others` says so.
    """

    kind: str
    to: tuple[ActorKey, ...] = ()
    times: int = Field(default=1, ge=0)
    others: bool = False
    role: str | None = None
    holds: tuple[str, ...] = ()


class SilenceExpected(Part):
    """Since the case stopped nobody may have heard of it, but these people, once for each time they are named."""

    but: dict[str, tuple[ActorKey, ...]] = Field(default_factory=dict)


class Reading(Part):
    """Somebody who reads something of the case, or must not be able to."""

    who: ActorKey
    reads: Literal["case", "baseline", "persons", "conferences", "plans"]
