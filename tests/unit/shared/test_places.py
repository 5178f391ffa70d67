"""Places for handlers: how many at once, who goes first, and what becomes of the place of one who leaves."""

import asyncio
from contextlib import AsyncExitStack

from shared.places import Places


class Line:
    """Takes places one after the other, and notes who got one."""

    def __init__(self, count: int) -> None:
        self.places = Places(count)
        self.got: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def comes(self, name: str, *, background: bool = False) -> None:
        async def take() -> None:
            async with self.places.take(background=background):
                self.got.append(name)

        self.tasks[name] = asyncio.create_task(take())
        await asyncio.wait([self.tasks[name]], timeout=0)

    async def empties(self) -> list[str]:
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        return self.got


async def _all_taken(line: Line, count: int) -> AsyncExitStack:
    stack = AsyncExitStack()
    for _ in range(count):
        await stack.enter_async_context(line.places.take())
    return stack


class TestPlaces:
    async def test_are_as_many_as_there_are(self) -> None:
        line = Line(2)
        async with await _all_taken(line, 2):
            await line.comes("third")
            assert line.got == []
        assert await line.empties() == ["third"]

    async def test_are_first_for_whoever_is_waited_for(self) -> None:
        line = Line(1)
        async with await _all_taken(line, 1):
            for number in range(3):
                await line.comes(f"behind {number}", background=True)
            for number in range(2):
                await line.comes(f"first {number}")
        assert await line.empties() == ["first 0", "first 1", "behind 0", "behind 1", "behind 2"]

    async def test_go_on_to_the_next_when_one_gives_up(self) -> None:
        line = Line(1)
        stack = await _all_taken(line, 1)
        for name in ("waits no longer", "leaves as it gets it", "next"):
            await line.comes(name)
        line.tasks["waits no longer"].cancel()
        await stack.aclose()
        line.tasks["leaves as it gets it"].cancel()
        assert await line.empties() == ["next"]
        # The place is free again.
        await line.comes("later")
        assert line.got == ["next", "later"]
