"""What counts as a part that is away for a moment while a platform is watched."""

import asyncpg
import pytest

from deploy.watch.failures import patiently


class TestPatience:
    @pytest.mark.parametrize(
        "error",
        [
            ConnectionRefusedError(),
            asyncpg.AdminShutdownError("terminating connection due to administrator command"),
            asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
            asyncpg.InterfaceError("connection is closed"),
            # What asyncpg says when the server ends a connection while it is given back to its pool.
            asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"),
        ],
        ids=lambda error: type(error).__name__,
    )
    async def test_asks_again_when_the_database_was_stopped_under_a_question(self, error: Exception) -> None:
        answers: list[Exception | str] = [error, "ready"]

        async def ask() -> str:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        assert await patiently(ask, "a database") == "ready"

    async def test_does_not_hide_a_wrong_query(self) -> None:
        async def ask() -> str:
            raise KeyError("kind")

        with pytest.raises(KeyError):
            await patiently(ask, "a database")
