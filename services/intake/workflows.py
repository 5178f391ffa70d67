"""What waits and decides when in intake: the search for a coordinator, and how long files are kept."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from services.intake.activities import (
        Activities,
        Done,
        Files,
        RetentionActivities,
        Search,
        Standing,
        Step,
    )
    from services.intake.queries.search import Phase, Todo

from shared.workflow import ACTIVITY, LookAgain


class SearchRun(Search):
    """A search, and what an earlier run of it saw and did."""

    seen: tuple[str, ...] = ()
    steps: int = 0


@workflow.defn(name="CoordinatorAssignment")
class CoordinatorAssignment(LookAgain):
    """Ask one coordinator at a time, in order of fit, until one accepts or the case stops."""

    @workflow.init
    def __init__(self, search: SearchRun) -> None:
        super().__init__(search.seen)
        self._search = Search(tenant=search.tenant, case_id=search.case_id, number=search.number)
        self._steps = search.steps

    @workflow.run
    async def run(self, search: SearchRun) -> None:
        """Look, act or wait, and look again."""
        while True:
            standing = await self._look()
            self.show(standing.phase, standing.next_at)
            if standing.phase == Phase.ENDED:
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(
                    search.model_copy(update={"seen": self.seen, "steps": self._steps}),
                )
            if standing.phase == Phase.TO_OFFER:
                await self._step(Activities.offer_to_next, standing)
            elif not await self.wait(standing.next_at):
                await self._when_nothing_happened(standing)

    async def _look(self) -> Standing:
        return await workflow.execute_activity_method(Activities.look_at_search, self._search, **ACTIVITY)

    async def _when_nothing_happened(self, standing: Standing) -> None:
        if standing.todo == Todo.REMIND:
            await self._step(Activities.remind_of_offer, standing)
        elif standing.todo == Todo.EXPIRE:
            await self._step(Activities.expire_offer, standing)
        elif standing.todo == Todo.BREACH:
            await self._step(Activities.breach_allocation, standing)
        elif standing.todo == Todo.SEARCH:
            await self._step(Activities.search_again, standing)

    async def _step(self, method: Callable[[Activities, Step], Awaitable[Done]], standing: Standing) -> None:
        self._steps += 1
        step = Step(**self._search.model_dump(), ordinal=self._steps, offer_id=standing.offer_id)
        await workflow.execute_activity_method(method, step, **ACTIVITY)


# Also: the server that skips time ends whatever runs for ten years.
_RUN_AT_MOST = timedelta(days=365)


@workflow.defn(name="Retention")
class Retention(LookAgain):
    """Look after how long a tenant's files are kept: it sleeps to the next moment of any of them, for decades.

    It ends when nothing is kept for a time, and is started again by the next clock that starts.
    """

    @workflow.run
    async def run(self, files: Files) -> None:
        """Look, sweep or wait, and look again."""
        while True:
            moments = await workflow.execute_activity_method(
                RetentionActivities.look_at_files, files, **ACTIVITY
            )
            self.show("sweeping" if moments.is_now else "waiting", moments.next_at)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(files)
            if moments.is_now:
                await workflow.execute_activity_method(RetentionActivities.sweep_files, files, **ACTIVITY)
            elif moments.next_at is None and not self.has_news:
                return
            else:
                await self._sleep(files, moments.next_at)

    async def _sleep(self, files: Files, next_at: datetime | None) -> None:
        """Sleep to the moment or to news, but a year at most: no run is older than code must be able to replay."""
        year = workflow.now() + _RUN_AT_MOST
        if next_at is None or next_at <= year:
            await self.wait(next_at)
        elif not await self.wait(year):
            workflow.continue_as_new(files)
