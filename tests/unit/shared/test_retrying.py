"""Connections that close under whoever waits for an answer on them."""

import asyncio

import pytest

from shared.retrying import close_in_time, in_time, told_as_lost, until_stopped


async def closed() -> None:
    """Do as aiormq does for whoever waits on a connection that closes."""
    raise asyncio.CancelledError


class TestToldAsLost:
    async def test_is_a_cancellation_that_nobody_asked_for(self) -> None:
        with pytest.raises(ConnectionError), told_as_lost():
            await closed()

    async def test_is_no_cancellation_of_the_task_itself(self) -> None:
        begun = asyncio.Event()

        async def wait() -> None:
            with told_as_lost():
                begun.set()
                await asyncio.Event().wait()

        waiting = asyncio.create_task(wait())
        await begun.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    async def test_is_tried_again(self) -> None:
        stop, tries = asyncio.Event(), 0

        async def connect() -> None:
            nonlocal tries
            tries += 1
            if tries == 1:
                with told_as_lost():
                    await closed()

        assert await until_stopped(stop, connect, what="a test")
        assert tries == 2


class TestCloseInTime:
    async def test_survives_whatever_closing_raises(self) -> None:
        async def broken() -> None:
            raise RuntimeError

        await close_in_time(closed)
        await close_in_time(broken)

    async def test_leaves_nothing_that_nobody_awaits_when_its_task_is_cancelled_before_it_begins(
        self,
    ) -> None:
        begun = 0

        async def close() -> None:
            nonlocal begun
            begun += 1

        closing = asyncio.create_task(close_in_time(close))
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        # A coroutine made beforehand would be warned of, and a warning fails a test.
        assert begun == 0


class TestInTime:
    async def test_does_not_wait_for_what_ignores_its_cancellation(self) -> None:
        over = asyncio.Event()

        async def stubborn() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await over.wait()

        with pytest.raises(TimeoutError):
            await in_time(stubborn(), 0.01)
        over.set()

    async def test_gives_and_raises_what_it_awaits(self) -> None:
        async def given() -> int:
            return 3

        async def broken() -> None:
            raise KeyError

        assert await in_time(given(), 60) == 3
        with pytest.raises(KeyError):
            await in_time(broken(), 60)
