"""Transactions: whose they are is known to PostgreSQL and leaves nothing on the connection; losses are told apart."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import inbox
from shared.database import NO_SCOPE, Database, Scope, _Connection, fetch
from shared.errors import Operational
from tests.support.platform import rows

MakeDatabase = Callable[[str], Awaitable[Database]]


async def _scope(session: AsyncSession) -> tuple[str | None, ...]:
    names = ("tenant", "party", "subject")
    settings = ", ".join(f"nullif(current_setting('app.{name}', true), '')" for name in names)
    return tuple((await session.execute(text(f"SELECT {settings}"))).one())


class TestScope:
    async def test_is_known_from_the_first_statement_on(self, database: MakeDatabase) -> None:
        db = await database("platform")
        scope = Scope(tenant=uuid4(), party=uuid4(), subject=uuid4())
        async with db.transaction(scope) as session:
            assert await _scope(session) == (str(scope.tenant), str(scope.party), str(scope.subject))

    async def test_costs_no_statement_of_its_own(self, database: MakeDatabase) -> None:
        db = await database("platform")
        sent = await rows(db, "SELECT 1")
        assert sent
        async with db.transaction(Scope(tenant=uuid4())) as session:
            raw = await (await session.connection()).get_raw_connection()
            assert raw.driver_connection is not None
            assert raw.driver_connection.opening is not None
            await session.execute(text("SELECT 1"))
            assert raw.driver_connection.opening is None

    @pytest.mark.parametrize("fails", [False, True])
    async def test_is_gone_with_its_transaction_on_the_same_connection(
        self, database: MakeDatabase, fails: bool
    ) -> None:
        db = Database.connect(
            (await database("platform")).engine.url.render_as_string(hide_password=False),
            application_name="one connection",
            pool_size=1,
        )
        try:
            async with db.transaction(Scope(tenant=uuid4())) as session:
                assert (await _scope(session))[0] is not None
                if fails:
                    raise LookupError
        except LookupError:
            assert fails
        async with db.transaction() as session:
            assert await _scope(session) == (None, None, None)
        # A transaction that never sent a statement leaves nothing for the next one either.
        async with db.transaction(Scope(tenant=uuid4())):
            pass
        async with db.transaction() as session:
            assert await _scope(session) == (None, None, None)
        await db.close()


class TestTransaction:
    async def test_says_that_trying_again_can_help_when_the_connection_is_lost(
        self, database: MakeDatabase
    ) -> None:
        db = await database("platform")
        with pytest.raises(Operational):
            async with db.transaction() as session:
                await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        assert await rows(db, "SELECT 1")

    async def test_says_so_too_when_the_driver_was_caught_in_the_middle(self, database: MakeDatabase) -> None:
        db = await database("platform")
        with pytest.raises(Operational):
            async with db.transaction():
                raise asyncpg.InternalClientError(
                    "cannot switch to state 11; another operation is in progress"
                )

    @pytest.mark.parametrize("scope", [NO_SCOPE, Scope(tenant=uuid4())])
    async def test_forgets_a_connection_that_was_lost_while_nobody_used_it(
        self, database: MakeDatabase, scope: Scope
    ) -> None:
        watching = await database("platform")
        db = Database.connect(
            watching.engine.url.render_as_string(hide_password=False),
            application_name="lost and found",
            pool_size=1,
        )

        async def works() -> bool:
            """Say whether the first statement of a transaction passes, on the driver's connection."""
            async with db.transaction(scope) as session:
                return bool(await fetch(session, "SELECT 1"))

        async def works_alone() -> bool:
            return bool(await db.fetch_alone("SELECT 1"))

        for attempt in (works, works_alone):
            assert await attempt()
            kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"
            assert await rows(watching, kill, name="lost and found")
            with pytest.raises(Operational):
                await attempt()
            assert await attempt()
        await db.close()

    async def test_runs_a_statement_alone_while_transactions_hold_every_connection(
        self, database: MakeDatabase
    ) -> None:
        url = (await database("platform")).engine.url.render_as_string(hide_password=False)
        db = Database.connect(url, application_name="one connection", pool_size=1)
        async with db.transaction(Scope(tenant=uuid4())), asyncio.timeout(5):
            assert await db.fetch_alone("SELECT 1")
        await db.close()

    async def test_says_so_when_there_is_no_server(self) -> None:
        nowhere = Database.connect("postgresql+asyncpg://a:b@127.0.0.1:1/x", application_name="x")
        with pytest.raises(Operational):
            await nowhere.ping()
        await nowhere.close()


class TestCancelling:
    @pytest.mark.parametrize("statement", ["BEGIN", "COMMIT", "SELECT"])
    async def test_leaves_no_connection_in_a_transaction_of_nobody(
        self, database: MakeDatabase, monkeypatch: pytest.MonkeyPatch, statement: str
    ) -> None:
        outside = await database("platform")
        url = outside.engine.url.render_as_string(hide_password=False)
        db = Database.connect(url, application_name="one connection", pool_size=1)
        await rows(db, "SELECT 1")
        answered, execute, fetch_rows = asyncio.Event(), _Connection.execute, _Connection.fetch

        async def then_wait(said: str) -> None:
            if said.startswith(statement) and not answered.is_set():
                answered.set()
                await asyncio.Event().wait()

        async def slow_execute(driver: Any, query: str, *args: Any, **how: Any) -> str:
            done = await execute(driver, query, *args, **how)
            await then_wait(query)
            return done

        async def slow_fetch(driver: Any, query: str, *args: Any, **how: Any) -> Any:
            found = await fetch_rows(driver, query, *args, **how)
            await then_wait(query)
            return found

        monkeypatch.setattr(_Connection, "execute", slow_execute)
        monkeypatch.setattr(_Connection, "fetch", slow_fetch)

        async def handle() -> None:
            async with db.transaction(Scope(tenant=uuid4())) as session:
                await fetch(session, "SELECT 1")

        handling = asyncio.create_task(handle())
        await asyncio.wait_for(answered.wait(), 30)
        handling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(handling, 30)
        async with db.transaction() as session:
            await inbox.accept(session, consumer=statement, event_id=uuid4())
        assert [row.consumer for row in await rows(outside, "SELECT consumer FROM inbox")] == [statement]
        await db.close()
