"""Steps of workflows: done once, whoever tries again, and also when two try at once."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pydantic import BaseModel

from shared import effects
from shared.database import Database
from tests.support.platform import rows

MakeDatabase = Callable[[str], Awaitable[Database]]


class Answer(BaseModel):
    number: int


class TestOnce:
    async def test_answers_a_repeated_step_with_the_first_answer(self, database: MakeDatabase) -> None:
        db = await database("platform")
        numbers = iter(range(10))

        async def count() -> Answer:
            return Answer(number=next(numbers))

        async def step() -> Answer:
            async with db.transaction() as session:
                return await effects.once(session, key="assignment/1/offer/1", result=Answer, operation=count)

        assert [answer.number for answer in await asyncio.gather(*(step() for _ in range(5)))] == [0] * 5
        assert next(numbers) == 1

    async def test_forgets_a_step_whose_transaction_failed(self, database: MakeDatabase) -> None:
        db = await database("platform")

        async def fail() -> Answer:
            raise RuntimeError

        with pytest.raises(RuntimeError):
            async with db.transaction() as session:
                await effects.once(session, key="assignment/1/offer/1", result=Answer, operation=fail)
        assert await rows(db, "SELECT 1 FROM effect") == []
