"""Steps of workflows: done once, whoever tries again, and also when two try at once."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shared import effects
from shared.database import Database
from tests.support.platform import rows

MakeDatabase = Callable[[str], Awaitable[Database]]
KEY = "follow-up/1/plans.remind-of-agreement/2/2026-03-02T09:00:00+00:00"


class TestOnce:
    async def test_takes_a_step_that_is_tried_again_once(self, database: MakeDatabase) -> None:
        db = await database("platform")
        taken: list[int] = []

        async def count() -> bool:
            taken.append(1)
            return True

        async def step() -> bool:
            async with db.transaction() as session:
                return await effects.once(session, key=KEY, operation=count)

        assert await asyncio.gather(*(step() for _ in range(5))) == [True] * 5
        assert len(taken) == 1

    async def test_takes_a_step_later_that_had_nothing_to_do(self, database: MakeDatabase) -> None:
        db = await database("platform")
        answers = iter([False, True, True])

        async def attempt() -> bool:
            return next(answers)

        for expected in (False, True, True):
            async with db.transaction() as session:
                assert await effects.once(session, key=KEY, operation=attempt) is expected
        assert list(answers) == [True]

    async def test_forgets_a_step_whose_transaction_failed(self, database: MakeDatabase) -> None:
        db = await database("platform")

        async def fail() -> bool:
            raise RuntimeError

        with pytest.raises(RuntimeError):
            async with db.transaction() as session:
                await effects.once(session, key=KEY, operation=fail)
        assert await rows(db, "SELECT 1 FROM effect") == []
