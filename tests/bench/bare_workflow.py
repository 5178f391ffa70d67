"""The least that a workflow can be which is started, signalled and ended, with an activity after each signal."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow

_LIMIT = timedelta(seconds=30)


@activity.defn(name="bench.nothing")
async def nothing(_number: int) -> int:
    """Do nothing."""
    return 0


@workflow.defn(name="Bare")
class Bare:
    """As many steps as it is told to take."""

    def __init__(self) -> None:
        self._signals = 0

    @workflow.signal(name="look-again")
    def look_again(self) -> None:
        """Count a signal."""
        self._signals += 1

    @workflow.run
    async def run(self, signals: int) -> None:
        """Do nothing, once at the start and once after each signal."""
        for number in range(signals + 1):
            await workflow.wait_condition(lambda expected=number: self._signals >= expected)  # type: ignore[misc]
            await workflow.execute_local_activity(nothing, number, start_to_close_timeout=_LIMIT)


@dataclass(frozen=True)
class Steps:
    """How many steps of each kind a workflow takes."""

    timers: int
    activities: int
    local_activities: int
    signals: int


@workflow.defn(name="Stepping")
class Stepping:
    """Takes so many steps of each kind, and ends."""

    def __init__(self) -> None:
        self._signals = 0

    @workflow.signal(name="look-again")
    def look_again(self) -> None:
        """Count a signal."""
        self._signals += 1

    @workflow.run
    async def run(self, steps: Steps) -> None:
        """Take them, one after the other."""
        for _ in range(steps.timers):
            await workflow.sleep(0.001)
        for number in range(steps.activities):
            await workflow.execute_activity(nothing, number, start_to_close_timeout=_LIMIT)
        for number in range(steps.local_activities):
            await workflow.execute_local_activity(nothing, number, start_to_close_timeout=_LIMIT)
        await workflow.wait_condition(lambda: self._signals >= steps.signals)
