"""A service's dead letters, for ops: which events it could not handle and why, with replay and discard.

Only ids, types, causes and times, and no content of events.
"""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from shared.context import Context
from shared.http.gates import Operator
from shared.http.models import RequestModel, ResponseModel
from shared.http.routing import Deps, Router

router = Router(tags=["operations"])
_MOST = 200
# Something that is no event has no id of ours.
_Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class DeadLetterEntry(ResponseModel):
    """An event that could not be handled: why, when it was given up, and after how many attempts."""

    letter_id: str = Field(description="The id of the event; if it is no event, a substitute.")
    event_type: str
    kind: str = Field(description="What kind of failure: bug, malformed, forged, not-yet or delivery-limit.")
    cause: str = Field(description="The type of the exception and where it was raised, and no value.")
    attempts: int
    died_at: datetime | None = Field(description="When it was given up; null if the broker did so itself.")


class DeadLetters(ResponseModel):
    """The oldest dead letters of a service, at most 200; `more`: there are others."""

    items: list[DeadLetterEntry] = Field(max_length=_MOST)
    more: bool = Field(description="Whether there are more than these.")


class ChosenLetters(RequestModel):
    """The dead letters to act on."""

    letter_ids: list[_Id] = Field(
        min_length=1,
        max_length=_MOST,
        description="The ids of the dead letters.",
        examples=[["00000000-0000-7000-8000-000000000001"]],
    )


class LettersSettled(ResponseModel):
    """How many of them existed, and are no longer dead letters."""

    settled: int = Field(description="How many existed.")


@router.get("/v1/dead-letters")
async def list_dead_letters(_principal: Operator, context: Deps) -> DeadLetters:
    """List the events that this service could not handle, the oldest first."""
    return await dead_letters_of(context)


@router.post("/v1/dead-letters/replay")
async def replay_dead_letters(chosen: ChosenLetters, _principal: Operator, context: Deps) -> LettersSettled:
    """Let the service handle events again, as if new; one that fails again becomes a dead letter again."""
    return await settle(context, chosen, again=True)


@router.post("/v1/dead-letters/discard")
async def discard_dead_letters(chosen: ChosenLetters, _principal: Operator, context: Deps) -> LettersSettled:
    """Discard events: the service will never learn what they said."""
    return await settle(context, chosen, again=False)


async def dead_letters_of(context: Context) -> DeadLetters:
    """Return what this service could not handle. Raises: Operational."""
    from shared import dead_letters

    found = await dead_letters.listed(context, services=[context.service], most=_MOST + 1)
    items = [
        DeadLetterEntry(
            letter_id=each.id,
            event_type=each.type,
            kind=each.kind,
            cause=each.cause,
            attempts=each.attempts,
            died_at=datetime.fromisoformat(each.died_at) if each.died_at else None,
        )
        for each in found
    ]
    return DeadLetters(items=items[:_MOST], more=len(items) > _MOST)


async def settle(context: Context, chosen: ChosenLetters, *, again: bool) -> LettersSettled:
    """Replay or discard some of this service's dead letters. Raises: Operational."""
    from shared import dead_letters

    wanted, act = frozenset(chosen.letter_ids), dead_letters.replayed if again else dead_letters.discarded
    count = await act(context, services=[context.service], wanted=lambda letter: letter.id in wanted)
    return LettersSettled(settled=count)
