"""What workflows are built on, safe to import in their sandbox: waiting for news or a moment, running activities."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey

# Facts are reloaded and effects are done once, so trying again is always right; the pauses grow to a minute.
ACTIVITY: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=30),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(minutes=1),
    ),
}

PHASE = SearchAttributeKey.for_keyword("KringPhase")
NEXT_DUE = SearchAttributeKey.for_datetime("KringNextDue")


class LookAgain:
    """A workflow that is told only that something happened, and then looks for itself.

    The signal carries the id of the event; ids already seen (a redelivery, or before continuing as new) are ignored.
    """

    def __init__(self, seen: Sequence[str] = ()) -> None:
        self._seen = dict.fromkeys(seen)
        self._news = False

    @workflow.signal(name="look-again")
    def look_again(self, event_id: str) -> None:
        """Something happened to what this workflow watches."""
        if event_id not in self._seen:
            self._seen[event_id] = None
            self._news = True

    @property
    def has_news(self) -> bool:
        """Say whether something happened since the last wait."""
        return self._news

    @property
    def seen(self) -> tuple[str, ...]:
        """Return the ids of the events seen, to hand to a continued run."""
        return tuple(self._seen)

    async def wait(self, until: datetime | None) -> bool:
        """Wait for news or for the moment (None: only for news); True if there is news."""
        timeout = None if until is None else max(until - workflow.now(), timedelta(0))
        try:
            await workflow.wait_condition(lambda: self._news, timeout=timeout)
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK raises
            return False
        self._news = False
        return True

    @staticmethod
    def show(phase: str, next_due: datetime | None) -> None:
        """Show ops where the workflow is (search attributes)."""
        updates = [PHASE.value_set(phase)]
        updates.append(NEXT_DUE.value_unset() if next_due is None else NEXT_DUE.value_set(next_due))  # type: ignore[arg-type]
        workflow.upsert_search_attributes(updates)
