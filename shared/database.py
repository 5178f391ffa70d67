"""Transactions: the only place that commits, and that sets the scope of PostgreSQL's row policies.

To avoid deadlocks all transactions take locks in one order: first names (shared.locks) and a case's state, then
the row that an operation is about (a referral before its case), then the rows that depend on it, and last the
streams of events, by their ids. `case_state.lock_row` ensures the second for rows of a case, and the last is
ensured here: events are written after all else, whatever the operation does.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import event, text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

from shared.errors import Operational

# SQLSTATE classes that mean "try again": connection, resources, intervention by the operator, system, and
# rollbacks by serialisation or deadlock, lock timeout.
_OPERATIONAL = ("08", "53", "57", "58", "40001", "40P01", "55P03")
# asyncpg says InternalClientError when the server ended the connection at an unlucky moment.
_CONNECTION_LOST = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
# What the driver raises when SQLAlchemy does not wrap it.
DRIVER_ERRORS = (*_CONNECTION_LOST, asyncpg.PostgresError)
_LOST = (PoolTimeout, InterfaceError, OperationalError, TimeoutError, *_CONNECTION_LOST)


@dataclass(frozen=True)
class Scope:
    """The scope of a transaction: read by PostgreSQL's row policies as app.tenant, app.party and app.subject."""

    tenant: UUID | None = None
    party: UUID | None = None
    subject: UUID | None = None


NO_SCOPE = Scope()
_SCOPE = "scope"
_DRIVER = "driver"
# Rows that a transaction writes at its very end, by statement.
_LAST = "last"
# Connections for statements that are transactions of their own.
_ALONE = 2
BeforeCommit = Callable[[AsyncSession], Awaitable[None]]


def is_operational(error: BaseException) -> bool:
    """Tell whether retrying later can help against an exception from the database."""
    if isinstance(error, _LOST):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return str(getattr(getattr(error, "orig", error), "sqlstate", "") or "").startswith(_OPERATIONAL)


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """Sends a transaction's scope together with its BEGIN: a statement of its own would cost a round trip."""

    opening: str | None = None

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 - asyncpg's
        """Run a statement; a BEGIN also sets the scope chosen for it."""
        if self.opening is not None and query.startswith("BEGIN"):
            query, self.opening = f"{query} {self.opening}", None
        status: str = await super().execute(query, *args, timeout=timeout)
        return status


@asynccontextmanager
async def _opening(session: AsyncSession, scope: Scope) -> AsyncIterator[None]:
    """Begin the session's transaction with its scope."""
    if scope == NO_SCOPE:
        yield
        return
    _, _, driver = await _driver(session)
    driver.opening = f"SELECT {_settings(scope)};"
    try:
        yield
    finally:
        # A transaction that sent nothing began nothing: the next one on this connection is not ours.
        driver.opening = None


async def _driver(session: AsyncSession) -> tuple[Any, Any, Any]:
    """Return the session's connection: SQLAlchemy's, its adapter's and the driver's."""
    found: tuple[Any, Any, Any] | None = session.info.get(_DRIVER)
    if found is None:
        used = await session.connection()
        adapter: Any = (await used.get_raw_connection()).dbapi_connection
        found = session.info[_DRIVER] = used.sync_connection, adapter, adapter.driver_connection
    return found


def _is_lost(session: AsyncSession) -> bool:
    """Tell whether the session's connection was closed by the server."""
    found: tuple[Any, Any, Any] | None = session.info.get(_DRIVER)
    return found is not None and bool(found[2].is_closed())


def _require_no_transaction(connection: Any, *_: object) -> None:
    """Let the pool replace a connection that is in a transaction already. Raises: DisconnectionError."""
    if connection.driver_connection.is_in_transaction():
        raise DisconnectionError("in a transaction of somebody else")


def _commit(session: Session) -> None:
    """Commit, and return the connection."""
    session.commit()
    session.close()


def _settings(scope: Scope) -> str:
    """Return the statement that sets a scope until the transaction ends. Values are ids, so no quoting is needed."""
    values = {"tenant": scope.tenant, "party": scope.party, "subject": scope.subject}
    return ", ".join(f"set_config('app.{name}', '{value or ''}', true)" for name, value in values.items())


class Database:
    """One service's database, through a pool of connections for transactions, and a few for statements of their own."""

    def __init__(self, engine: AsyncEngine, *, alone: AsyncEngine) -> None:
        self.engine = engine
        self._alone = alone
        self._sessions = async_sessionmaker(engine, expire_on_commit=False, autoflush=False)
        self._listeners: list[Callable[[], None]] = []
        self._before_commit: list[BeforeCommit] = []

    @classmethod
    def connect(cls, url: str, *, application_name: str, pool_size: int = 10) -> "Database":
        """Return a database whose connections are made when first needed."""

        def pool(size: int) -> AsyncEngine:
            engine = create_async_engine(
                url,
                pool_size=size,
                max_overflow=0,
                pool_timeout=10,
                pool_pre_ping=False,
                hide_parameters=True,
                json_serializer=lambda value: orjson.dumps(value).decode(),
                json_deserializer=orjson.loads,
                connect_args={
                    "timeout": 5,
                    "connection_class": _Connection,
                    "server_settings": {
                        "application_name": application_name,
                        "timezone": "UTC",
                        "jit": "off",
                    },
                },
            )
            event.listen(engine.sync_engine, "checkout", _require_no_transaction)
            return engine

        return cls(pool(pool_size), alone=pool(_ALONE))

    def after_events(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each commit that wrote to the outbox."""
        self._listeners.append(listener)

    def before_commit(self, step: BeforeCommit) -> None:
        """Run this step at the end of each transaction, within it."""
        self._before_commit.append(step)

    @asynccontextmanager
    async def transaction(self, scope: Scope = NO_SCOPE) -> AsyncIterator[AsyncSession]:
        """Yield a session and commit it at the end; roll back on any exception.

        Raises: Operational if the database cannot be reached or asks to try again.
        """
        session = self._sessions()
        session.info[_SCOPE] = scope
        try:
            try:
                async with _opening(session, scope):
                    yield session
                    for step in self._before_commit:
                        await step(session)
                    await _write_last(session)
                # In one go: each switch into the session from a coroutine costs as much as a small statement.
                await session.run_sync(_commit)
            except BaseException as error:
                # Rolls back, also when this task is cancelled. A lost connection must not return to the pool:
                # SQLAlchemy does not notice errors on the driver's own connection. Nor may one on which a BEGIN was
                # cancelled: it is in a transaction of which nobody knows, and nothing on it would ever be committed.
                broken = isinstance(error, asyncio.CancelledError) or _is_lost(session)
                ending = session.invalidate() if broken else session.close()
                await asyncio.shield(asyncio.ensure_future(ending))
                raise
        except (DBAPIError, asyncpg.PostgresError, *_LOST) as error:
            if is_operational(error):
                raise Operational(f"database: {type(error).__name__}") from None
            raise
        if session.info.get(_LAST):
            for listener in self._listeners:
                listener()

    async def fetch_alone(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """Run one statement as a transaction of its own that touches no row of a tenant; return its rows.

        One round trip instead of three, and never on a connection that transactions wait for: who runs it may hold one.
        Raises: Operational, as `transaction`.
        """
        try:
            async with self._alone.connect() as connection:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                try:
                    rows: list[asyncpg.Record] = await driver.fetch(query, *values)
                finally:
                    if driver.is_closed():
                        await connection.invalidate()
                return rows
        except (DBAPIError, asyncpg.PostgresError, *_LOST) as error:
            if is_operational(error):
                raise Operational(f"database: {type(error).__name__}") from None
            raise

    async def ping(self) -> None:
        """Raise Operational if the database does not answer."""
        async with self.transaction() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()
        await self._alone.dispose()


async def fetch(session: AsyncSession, query: str, *values: Any) -> list[asyncpg.Record]:
    """Run a statement with `$1` placeholders on the driver's connection, in the session's transaction; return its rows.

    For the statements of every write: on the session they cost twice the processor time. Errors are the
    driver's (`asyncpg.PostgresError`).
    """
    connection, adapter, driver = await _driver(session)
    for listener in connection.dispatch.before_cursor_execute:
        listener(connection, None, query, values, None, False)
    async with adapter._execute_mutex:
        if adapter._transaction is None:
            try:
                await adapter._start_transaction()
            except AsyncAdapt_asyncpg_dbapi.Error as error:
                raise error.__cause__ or error from None
        rows: list[asyncpg.Record] = await driver.fetch(query, *values)
        return rows


def write_last(session: AsyncSession, query: str, row: Mapping[str, Any]) -> None:
    """Write a row at the end of the session's transaction.

    The statement runs once: `$1` holds all rows that were passed for it, in order, as a JSON array.
    """
    session.info.setdefault(_LAST, {}).setdefault(query, []).append(row)


async def _write_last(session: AsyncSession) -> None:
    last: dict[str, list[Mapping[str, Any]]] = session.info.get(_LAST, {})
    if last and (session.new or session.dirty or session.deleted):
        await session.flush()
    for query, rows in last.items():
        # asyncpg has a UUID type of its own: hence str.
        await fetch(session, query, orjson.dumps(rows, default=str).decode())


async def set_scope(session: AsyncSession, scope: Scope) -> None:
    """Set the transaction's scope when it is only known within it; reset at its end, also on pooled connections."""
    await session.execute(text(f"SELECT {_settings(scope)}"))
    session.info[_SCOPE] = scope


def scope_in(session: AsyncSession) -> Scope:
    """Return the transaction's scope."""
    found: Scope = session.info.get(_SCOPE, NO_SCOPE)
    return found
