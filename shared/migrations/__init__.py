"""Database migrations: one Alembic history per service, run in one process; each step waits at most 5 s for a lock."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.migrations.roles import close_ledgers, ensure_role, let_in, protect
from shared.secrets import password_of, role_of

_STEPS = Path(__file__).parent


def create_platform_tables(step: str = "0001") -> None:
    """Take one step of the tables that every service has (used by the migration of each service)."""
    from alembic import op

    for statement in (_STEPS / f"platform_{step}.sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(text(statement.replace(":", r"\:")))


def run(metadata: MetaData) -> None:
    """Run from a service's migrations/env.py, on the connection that the caller opened."""
    from alembic import context

    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, compare_server_default=True)
    context.config.attributes["metadata"] = metadata
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        context.run_migrations()


def _config(directory: Path, connection: Connection) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(directory))
    config.attributes["connection"] = connection
    return config


async def ensure_database(url: str) -> None:
    """Create the database that the URL names, if it is missing."""
    from sqlalchemy.engine import make_url

    target = make_url(url)
    engine = create_async_engine(
        target.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    try:
        async with engine.connect() as connection:
            found = await connection.execute(
                text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": target.database}
            )
            if found.first() is None:
                await connection.execute(text(f'CREATE DATABASE "{target.database}"'))
    finally:
        await engine.dispose()


async def _on_connection(url: str, work: Any) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            # Two installations starting at once: the second waits and finds nothing to do.
            await connection.execute(text("SELECT pg_advisory_xact_lock(746100)"))
            await connection.run_sync(work)
    finally:
        await engine.dispose()


async def upgrade(*, url: str, directory: Path, key: bytes) -> None:
    """Bring a database to the newest step of the history in `directory`, protect its rows, let its service in.

    `key` is the installation's key for databases, of which the password of the service's role is made.
    """
    from alembic import command

    await ensure_database(url)
    role = role_of(directory.parent.name)

    def work(connection: Connection) -> None:
        config = _config(directory, connection)
        command.upgrade(config, "head")
        metadata: MetaData = config.attributes["metadata"]
        protect(connection, metadata)
        ensure_role(connection, role, password=password_of(key, role))
        let_in(connection, [role], tables=list(metadata.tables), verbs="SELECT, INSERT, UPDATE, DELETE")
        close_ledgers(connection, role, metadata)

    await _on_connection(url, work)


async def check(*, url: str, directory: Path) -> None:
    """Raise if the models and the history differ."""
    from alembic import command

    await _on_connection(url, lambda connection: command.check(_config(directory, connection)))


async def revision(*, url: str, directory: Path, message: str) -> None:
    """Write a new step from the difference between the models and the database."""
    from alembic import command

    await ensure_database(url)

    def work(connection: Connection) -> None:
        command.revision(_config(directory, connection), message=message, autogenerate=True)

    await _on_connection(url, work)


async def let_services_in(
    *,
    url: str,
    services: Iterable[str],
    tables: Sequence[str],
    key: bytes,
    verbs: str = "SELECT, INSERT, UPDATE",
) -> None:
    """Let the roles of services use these tables of a database that they share."""
    roles = [role_of(service) for service in services]

    def work(connection: Connection) -> None:
        for role in roles:
            ensure_role(connection, role, password=password_of(key, role))
        let_in(connection, roles, tables=tables, verbs=verbs)

    await _on_connection(url, work)


async def upgrade_all(targets: dict[Path, str], *, key: bytes) -> None:
    """Bring several databases up to date, one after another (Alembic's context is one per process)."""
    for directory, url in targets.items():
        await upgrade(url=url, directory=directory, key=key)
