"""Database migrations: one Alembic history for the tables that every service has, and one for each service's own.

The platform's history is applied to each database before the service's. Both run in one transaction, and each
step waits at most 5 s for a lock. Roles, rights and row policies are not in the steps: they are derived from
the models after each run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from shared import locks, tables
from shared.migrations.roles import close_ledgers, ensure_role, let_in, protect
from shared.secrets import Login, role_of

_HERE = Path(__file__).parent
# The name of each history's version table.
VERSIONS_SCHEMA = "alembic"


@dataclass(frozen=True)
class History:
    """The steps in one directory, and the tables that they lead to."""

    name: str
    steps: Path
    metadata: MetaData

    def config(self, connection: Connection) -> Any:
        """Return Alembic's configuration, with what `env.py` needs in its attributes."""
        from alembic.config import Config

        config = Config()
        for option, value in {
            "script_location": _HERE,
            "version_locations": self.steps,
            "path_separator": "os",
            "file_template": "%%(rev)s_%%(slug)s",
        }.items():
            config.set_main_option(option, str(value))
        config.attributes.update(connection=connection, history=self)
        return config


PLATFORM = History("platform", _HERE / "versions", tables.platform)


def history_of(name: str) -> History:
    """Return the history of a service, or the one of `platform`."""
    if name == PLATFORM.name:
        return PLATFORM
    models = import_module(f"services.{name}.models")
    steps = Path(str(import_module(f"services.{name}").__file__)).parent / "migrations" / "versions"
    return History(name, steps, models.Base.metadata)


def _server_of(url: str) -> AsyncEngine:
    maintenance = make_url(url).set(database="postgres")
    return create_async_engine(maintenance, poolclass=NullPool, isolation_level="AUTOCOMMIT")


async def ensure_database(url: str) -> None:
    """Create the database in the URL, if it is missing."""
    name, server = make_url(url).database, _server_of(url)
    try:
        async with server.connect() as connection:
            found = await connection.execute(
                text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}
            )
            if found.first() is None:
                await connection.execute(text(f'CREATE DATABASE "{name}"'))
            # A service may only connect to databases that admit it.
            for shared in ("postgres", "template1"):
                await connection.execute(text(f"REVOKE ALL ON DATABASE {shared} FROM PUBLIC"))
    finally:
        await server.dispose()


async def _drop(url: str) -> None:
    server = _server_of(url)
    try:
        async with server.connect() as connection:
            await connection.execute(text(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)'))
    finally:
        await server.dispose()


async def _on_connection(url: str, work: Any) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            # Two installations starting at once: the second waits and finds nothing to do.
            await locks.hold(connection, "migrations")
            await connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            await connection.run_sync(work)
    finally:
        await engine.dispose()


def _to_newest(connection: Connection, *histories: History) -> None:
    from alembic import command

    connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {VERSIONS_SCHEMA}")
    for history in histories:
        command.upgrade(history.config(connection), "head")


async def upgrade(service: str, *, url: str, logins: Sequence[Login]) -> None:
    """Upgrade a service's database in both histories, protect its rows, and admit its logins."""
    await ensure_database(url)
    role, history = role_of(service), history_of(service)

    def work(connection: Connection) -> None:
        _to_newest(connection, PLATFORM, history)
        protect(connection, history.metadata)
        ensure_role(connection, role, logins=logins)
        let_in(
            connection, [role], tables=list(history.metadata.tables), verbs="SELECT, INSERT, UPDATE, DELETE"
        )
        close_ledgers(connection, role, history.metadata)

    await _on_connection(url, work)


async def check(history: History, *, url: str) -> None:
    """Raise if the models and a database that has every step differ."""
    from alembic import command

    await _on_connection(url, lambda connection: command.check(history.config(connection)))


async def revision(history: History, *, url: str, message: str) -> None:
    """Write a new step from the difference between the models and a database that has every step.

    The database is created for this and dropped again, on the server in the URL. Raises what `check` raises if
    a service's step should be one of the platform's.
    """
    from alembic import command

    scratch = make_url(url).set(database=f"kring_step_{history.name}").render_as_string(hide_password=False)
    number = len(list(history.steps.glob("[0-9]*.py"))) + 1

    def work(connection: Connection) -> None:
        if history is not PLATFORM:
            _to_newest(connection, PLATFORM)
            command.check(PLATFORM.config(connection))
        _to_newest(connection, history)
        command.revision(
            history.config(connection), message=message, autogenerate=True, rev_id=f"{number:04d}"
        )

    await _drop(scratch)
    await ensure_database(scratch)
    try:
        await _on_connection(scratch, work)
    finally:
        await _drop(scratch)


async def upgrade_all(urls: Mapping[str, str], *, logins: Mapping[str, Sequence[Login]]) -> None:
    """Upgrade the databases of these services, one after another (Alembic's context is one per process)."""
    for service, url in urls.items():
        await upgrade(service, url=url, logins=logins[service])
