"""Copies of a service's database, filled up to a thousand and to a hundred thousand of something."""

from typing import Any

from sqlalchemy import TextClause, text

from shared.database import Database
from shared.settings import Settings

FEW, MANY = 1_000, 100_000


async def few_and_many(
    settings: Settings, databases: Any, service: str, fill: TextClause, **values: Any
) -> tuple[Database, Database]:
    """Return two copies of a service's database as their owner sees them, `kring_few` and `kring_many`.

    `fill` adds `:count` of something to what is there: one less than a copy shall have.
    """
    admin = Database.connect(settings.database_of("platform"), application_name="bench", pool_size=1)
    made = []
    for name, count in (("few", FEW), ("many", MANY)):
        async with admin.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text(f'DROP DATABASE IF EXISTS "kring_{name}" WITH (FORCE)'))
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = :copied AND pid <> pg_backend_pid()"
                ),
                {"copied": f"kring_{service}"},
            )
            await connection.execute(text(f'CREATE DATABASE "kring_{name}" TEMPLATE "kring_{service}"'))
        database = Database.connect(settings.database_of(name), application_name="bench", pool_size=4)
        async with database.transaction() as session:
            await session.execute(fill, {**values, "count": count - 1})
        async with database.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("VACUUM ANALYZE"))
        databases.adopt(database)
        made.append(database)
    await admin.close()
    return made[0], made[1]
