"""The real parts that tests run on, started once per session when first needed, and what is fresh for each test."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import asyncpg

from deploy.local.part import Part
from deploy.local.ports import free_port
from deploy.local.postgres import PostgreSQL
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.temporal import TemporalServer, TimeSkippingServer
from shared import migrations, tables
from shared.database import Database
from shared.secrets import Login, secrets_of
from shared.services import PROCESSES
from shared.settings import database_url
from shared.vault.keys import prepare_key_store
from tests.support.html_checker import HtmlChecker

ROOT = Path(__file__).parents[2]
# Databases that are not a service's: the tables that all have, and the store of keys.
PLATFORM, KEYS = "platform", "keys"

_TABLES = "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'"
# Empties all tables and lets their numbers begin anew. Rows are deleted, which is faster than truncating by so much
# that it is felt, unless there are very many. No trigger and no foreign key looks on.
EMPTY = f"""DO $$ DECLARE one text; BEGIN
SET LOCAL session_replication_role = replica;
FOR one IN {_TABLES} LOOP
  IF pg_relation_size(one::regclass) > 1000000 THEN
    EXECUTE 'TRUNCATE ' || one || ' CASCADE';
  ELSE
    EXECUTE 'DELETE FROM ' || one;
  END IF;
END LOOP;
PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
  FROM pg_sequences WHERE last_value IS NOT NULL;
END $$"""

P = TypeVar("P", bound=Part)


class Backing:
    """Starts parts when they are first asked for, and stops all of them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._started: dict[str, asyncio.Task[Part]] = {}

    def start(self, names: Iterable[str]) -> None:
        """Begin to start parts, all at once, without waiting for them."""
        for name in names:
            if name not in self._started:
                self._started[name] = asyncio.create_task(
                    self._bring_up(self._make(name)), name=f"start {name}"
                )

    async def get(self, name: str, kind: type[P]) -> P:
        """Return a part that is ready. Raises: PartFailed, PlatformError."""
        self.start([name])
        part = await self._started[name]
        assert isinstance(part, kind)
        return part

    async def stop(self) -> None:
        """End everything; nothing of it is kept, so nothing waits for a clean end."""
        parts = await asyncio.gather(*self._started.values(), return_exceptions=True)
        await asyncio.gather(*(part.kill() for part in parts if isinstance(part, Part)))

    @staticmethod
    async def _bring_up(part: Part) -> Part:
        try:
            await part.start()
            await part.ready()
        except BaseException:
            await part.kill()
            raise
        return part

    def _make(self, name: str) -> Part:
        directory, log = self._directory / name, self._directory / f"{name}.log"
        if name == "postgres":
            return PostgreSQL(directory=directory, log=log, port=free_port(), fast=True)
        if name == "rabbitmq":
            return RabbitMQ(
                directory=directory,
                log=log,
                port=free_port(),
                distribution_port=free_port(),
                management_port=free_port(),
            )
        if name == "temporal_dev":
            return TemporalServer(directory=directory, log=log, port=free_port())
        if name == "html_checker":
            return HtmlChecker(directory=directory, log=log, port=free_port())
        return TimeSkippingServer(directory=directory, log=log, port=free_port())


class Databases:
    """Databases for tests: each made once with all its tables, then copied for every test that wants it."""

    def __init__(self, server: PostgreSQL, secrets_dir: Path) -> None:
        """Take the server, and the secrets of the installation with the logins of services."""
        self._server = server
        self._logins = {
            service: [Login.read(secrets_of(secrets_dir, service) / "database_login")]
            for service in PROCESSES
        }
        self._templates: dict[str, list[str]] = {}
        self._open: list[Database] = []

    @property
    def url(self) -> str:
        """The server, for settings."""
        return self._server.url

    async def fresh(self, name: str) -> Database:
        """Return the database of a service (or PLATFORM, or KEYS) with all tables and no rows, as `kring_<name>`.

        Reached as its owner, who is above all row policies: services reach theirs by `Settings.database_for`.
        """
        await self.recreate(name)
        return self.owned(name)

    def owned(self, name: str) -> Database:
        """Return `kring_<name>` as its owner sees it: all rows of all tenants."""
        database = Database.connect(
            database_url(self._server.url, f"kring_{name}"), application_name=f"test-{name}", pool_size=10
        )
        self._open.append(database)
        return database

    async def recreate(self, name: str) -> None:
        """Make `kring_<name>` anew, all tables empty; who is still connected to the old one is thrown out."""
        if name not in self._templates:
            template = database_url(self._server.url, f"template_{name}")
            await self._build(name, template)
            connection = await asyncpg.connect(template.replace("+asyncpg", ""))
            self._templates[name] = await _tables(connection)
            await connection.close()
        elif await self._emptied(name):
            return
        admin = await asyncpg.connect(f"{self._server.url}/postgres")
        try:
            await admin.execute(f'DROP DATABASE IF EXISTS "kring_{name}" WITH (FORCE)')
            await admin.execute(
                f'CREATE DATABASE "kring_{name}" TEMPLATE "template_{name}" STRATEGY file_copy'
            )
        finally:
            await admin.close()

    async def _emptied(self, name: str) -> bool:
        """Empty the tables that a test has filled, which is faster than a new database; False if it must be made."""
        try:
            connection = await asyncpg.connect(f"{self._server.url}/kring_{name}")
        except asyncpg.InvalidCatalogNameError:
            return False
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            # A test that prepares a database as an installation does may let in fewer services than there are.
            closed = "SELECT datacl IS NOT NULL FROM pg_database WHERE datname = current_database()"
            if await connection.fetchval(closed) or await _tables(connection) != self._templates[name]:
                return False
            await connection.execute(EMPTY)
        finally:
            await connection.close()
        return True

    async def _build(self, name: str, url: str) -> None:
        if name.startswith(PLATFORM):
            await migrations.ensure_database(url)
            database = Database.connect(url, application_name="test-template", pool_size=1)
            async with database.engine.begin() as connection:
                await connection.run_sync(tables.platform.create_all)
            await database.close()
        elif name == KEYS:
            await migrations.ensure_database(url)
            await prepare_key_store(url, self._logins)
        else:
            await migrations.upgrade(name, url=url, logins=self._logins[name])

    def adopt(self, database: Database) -> None:
        """Close this database too at the end."""
        self._open.append(database)

    async def close(self) -> None:
        """Close the connections of all that were given out."""
        opened, self._open = self._open, []
        await asyncio.gather(*(database.close() for database in opened))


async def _tables(connection: asyncpg.Connection) -> list[str]:
    return [row["name"] for row in await connection.fetch(f"{_TABLES} ORDER BY 1")]
