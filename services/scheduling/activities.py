"""What the workflow of a preparation has done: looking where it stands, and attempting what a moment asks for."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from services.scheduling import operations
from services.scheduling.operations import Facts, Outcome
from shared import effects
from shared.context import Context
from shared.database import Scope


class PreparationRef(BaseModel):
    """One preparation of a case."""

    model_config = ConfigDict(frozen=True)

    tenant: UUID
    case_id: UUID
    preparation_no: int


class Attempt(PreparationRef):
    """A moment that has come; `ordinal` counts the attempts of one workflow."""

    at: datetime
    ordinal: int


class _Operation(Protocol):
    def __call__(
        self, session: AsyncSession, *, tenant: UUID, case_id: UUID, preparation_no: int, now: datetime
    ) -> Awaitable[Outcome]: ...


class Activities:
    """The activities of scheduling."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def all(self) -> list[Callable[..., Any]]:
        """Return every activity."""
        return [self.look, self.warn_of_target, self.breach_target, self.chase_silent, self.close_poll]

    @activity.defn(name="scheduling.look-at-preparation")
    async def look(self, ref: PreparationRef) -> Facts:
        """Return where the preparation stands."""
        async with self._context.database.transaction(Scope(tenant=ref.tenant)) as session:
            return await operations.look(
                session, tenant=ref.tenant, case_id=ref.case_id, preparation_no=ref.preparation_no
            )

    @activity.defn(name="scheduling.warn-of-target")
    async def warn_of_target(self, attempt: Attempt) -> Outcome:
        """Warn that the conference should be held soon."""
        return await self._attempt(attempt, operations.warn_of_target)

    @activity.defn(name="scheduling.breach-target")
    async def breach_target(self, attempt: Attempt) -> Outcome:
        """Tell that the conference was not held in time."""
        return await self._attempt(attempt, operations.breach_target)

    @activity.defn(name="scheduling.chase-silent")
    async def chase_silent(self, attempt: Attempt) -> Outcome:
        """Remind those who have not said which dates suit."""
        return await self._attempt(attempt, operations.chase_silent)

    @activity.defn(name="scheduling.close-poll")
    async def close_poll(self, attempt: Attempt) -> Outcome:
        """Close the poll whose time is over."""
        return await self._attempt(attempt, operations.close_when_due)

    async def _attempt(self, attempt: Attempt, operation: _Operation) -> Outcome:
        # The server's clock said that the moment has come; this machine's may be a little behind.
        now = max(await self._context.clock.now(), attempt.at)
        async with self._context.database.transaction(Scope(tenant=attempt.tenant)) as session:
            return await effects.once(
                session,
                key=f"{activity.info().workflow_id}/attempt/{attempt.ordinal}",
                result=Outcome,
                operation=lambda: operation(
                    session,
                    tenant=attempt.tenant,
                    case_id=attempt.case_id,
                    preparation_no=attempt.preparation_no,
                    now=now,
                ),
            )
