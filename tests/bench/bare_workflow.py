"""The least that a workflow can be which is started, signalled and ended, with an activity after each signal."""

from temporalio import activity, workflow


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
        from datetime import timedelta

        for number in range(signals + 1):
            await workflow.wait_condition(lambda expected=number: self._signals >= expected)  # type: ignore[misc]
            await workflow.execute_local_activity(
                nothing, number, start_to_close_timeout=timedelta(seconds=30)
            )
