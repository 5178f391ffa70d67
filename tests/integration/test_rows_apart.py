"""Row policies: through every table of every service, an organisation reaches its own rows and no others."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, insert, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DBAPIError, ProgrammingError

from deploy.local.postgres import PostgreSQL
from shared.database import Database, Scope
from shared.migrations.roles import TableUnprotected, policies
from shared.services import SERVICES
from shared.settings import Settings
from shared.tables import APPEND_ONLY, NO_TENANT_REASON, SHOWN_TO_ALL, service_metadata
from tests.support.backing import Databases

OURS, THEIRS = uuid4(), uuid4()
_numbers = count(1)

# Every table whose rows are not for their own tenant alone. A new exception is written down here too, or fails.
SHOWN = {
    ("intake", "organisation"),
    ("intake", "staff_member"),
    ("network", "personal_link"),
    *((service, "tenant_profile") for service in SERVICES),
}
OF_NO_TENANT = {
    "stream",
    "outbox",
    "inbox",
    "effect",
    "idempotency_key",
    "subject_key",
    "rate_limit",
    "tenant_seen",
    "erasure_ledger",
    "audit_pending",
    "audit_cut",
    "audit_seal",
}


def metadata_of(service: str) -> MetaData:
    """Return the tables of a service."""
    found: MetaData = import_module(f"services.{service}.models").Base.metadata
    return found


def apart(service: str) -> list[Table]:
    """Return the tables of a service whose rows are of a tenant."""
    return [table for table in metadata_of(service).sorted_tables if table.name not in OF_NO_TENANT]


def value(column: Column[Any]) -> Any:
    """Return something that fits a column, another each time."""
    kind = column.type
    if isinstance(kind, ARRAY):
        return []
    number = next(_numbers)
    made: dict[type, Any] = {
        UUID: uuid4(),
        int: number,
        bool: False,
        datetime: datetime(2026, 1, 1, tzinfo=UTC),
        date: date(2026, 1, 1),
        Decimal: Decimal(number),
        bytes: number.to_bytes(32, "big"),
        str: f"text {number}",
    }
    return {} if isinstance(kind, JSONB) else made[kind.python_type]


class Apart:
    """A service's database with one row of each of two organisations in every table."""

    def __init__(self, database: Database, owner: Database, tables: list[Table]) -> None:
        self.database = database
        self.owner = owner
        self.tables = tables

    def row(self, table: Table, tenant: UUID) -> dict[str, Any]:
        """Return a new row."""
        return {
            column.name: tenant if column.name == "tenant" else value(column)
            for column in table.columns
            if column.identity is None and (not column.nullable or column.name == "tenant")
        }

    async def digest(self, tenant: UUID) -> dict[str, str]:
        """Return what identifies the content of an organisation's rows, table by table."""
        async with self.owner.transaction() as session:
            return {
                table.name: str(
                    (
                        await session.execute(
                            text(
                                f"SELECT string_agg(t::text, '|' ORDER BY t::text) FROM \"{table.name}\" t"
                                " WHERE tenant = :tenant"
                            ),
                            {"tenant": tenant},
                        )
                    ).scalar_one()
                )
                for table in self.tables
            }


@pytest_asyncio.fixture(params=SERVICES, scope="module", loop_scope="session")
async def places(
    request: pytest.FixtureRequest, databases: Databases, settings_for_rows: Settings, postgres: PostgreSQL
) -> AsyncIterator[Apart]:
    """A service's database as the service's own role sees it, without the checks that made-up rows would not pass."""
    service: str = request.param
    await databases.recreate(service)
    owner = databases.owned(service)
    tables = apart(service)
    async with owner.transaction() as session:
        constraints = await session.execute(
            text(
                "SELECT conrelid::regclass::text, conname FROM pg_constraint"
                " WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace"
            )
        )
        for table, name in constraints.all():
            await session.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}" CASCADE'))
    database = Database.connect(
        settings_for_rows.database_for(service), application_name="test-rows", pool_size=2
    )
    found = Apart(database, owner, tables)
    async with owner.transaction() as session:
        for table in tables:
            for tenant in (OURS, THEIRS):
                await session.execute(insert(table), found.row(table, tenant))
    yield found
    await database.close()
    await owner.close()
    # Its checks are gone: the next who wants this database gets a new one.
    admin = await asyncpg.connect(f"{postgres.url}/postgres")
    await admin.execute(f'DROP DATABASE "kring_{service}" WITH (FORCE)')
    await admin.close()


@pytest.fixture(scope="module")
def settings_for_rows(postgres: PostgreSQL, secrets_dir: Any) -> Settings:
    """Settings that name the server and the keys."""
    return Settings.model_validate({"database_url": postgres.url, "secrets_dir": secrets_dir, "local": True})


class TestEveryTable:
    async def test_has_rows_of_both_to_begin_with(self, places: Apart) -> None:
        for tenant in (OURS, THEIRS):
            assert "None" not in (await places.digest(tenant)).values()

    @pytest.mark.parametrize("scope", [Scope(tenant=OURS), Scope(), Scope(tenant=uuid4())])
    async def test_shows_the_rows_of_the_tenant_that_is_named_and_no_others(
        self, places: Apart, scope: Scope
    ) -> None:
        for table in places.tables:
            if SHOWN_TO_ALL in table.info:
                continue
            async with places.database.transaction(scope) as session:
                seen = (await session.execute(text(f'SELECT tenant FROM "{table.name}"'))).scalars().all()
            assert seen == ([OURS] if scope.tenant == OURS else []), table.name

    async def attempt(self, places: Apart, statement: Any, values: dict[str, Any], scope: Scope) -> int:
        """Return how many rows a statement changed: none if a row policy refused it."""
        try:
            async with places.database.transaction(scope) as session:
                result: Any = await session.execute(statement, values)
                return int(result.rowcount)
        except DBAPIError as error:
            closed = "|".join(table.name for table in places.tables if APPEND_ONLY in table.info)
            if not re.search(f"row-level security|permission denied for table ({closed})", str(error.orig)):
                raise
            return 0

    @pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "INSERT", "GIVE", "TAKE"])
    @settings(
        max_examples=8,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(party=st.sampled_from([OURS, THEIRS, None]), named=st.sampled_from([OURS, None]))
    async def test_keeps_the_rows_of_others_from_change(
        self, places: Apart, verb: str, party: UUID | None, named: UUID | None
    ) -> None:
        before = await places.digest(THEIRS)
        for table in places.tables:
            key = next(iter(table.primary_key.columns)).name
            statement: Any = {
                "UPDATE": text(f'UPDATE "{table.name}" SET {key} = {key} WHERE tenant <> :ours'),
                "DELETE": text(f'DELETE FROM "{table.name}" WHERE tenant <> :ours'),
                "TAKE": text(f'UPDATE "{table.name}" SET tenant = :ours WHERE tenant <> :ours'),
                "GIVE": text(f'UPDATE "{table.name}" SET tenant = :theirs WHERE tenant = :ours'),
                "INSERT": insert(table),
            }[verb]
            values = {"ours": OURS, "theirs": THEIRS}
            if verb == "INSERT":
                values = places.row(table, THEIRS)
            elif verb != "GIVE":
                del values["theirs"]
            changed = await self.attempt(places, statement, values, Scope(tenant=named, party=party))
            assert changed == 0, f"{verb} changed rows of another organisation in {table.name}"
        assert await places.digest(THEIRS) == before

    async def test_gives_back_a_connection_that_remembers_nobody(self, places: Apart) -> None:
        table = next(table for table in places.tables if SHOWN_TO_ALL not in table.info)
        for _ in range(5):
            async with places.database.transaction(Scope(tenant=THEIRS)) as session:
                await session.execute(text(f'SELECT 1 FROM "{table.name}"'))
            async with places.database.transaction() as session:
                found = await session.execute(text(f'SELECT count(*) FROM "{table.name}"'))
                assert found.scalar_one() == 0


class TestRole:
    async def test_owns_nothing_and_is_above_no_policy(self, places: Apart) -> None:
        async with places.database.transaction() as session:
            role = (
                await session.execute(
                    text(
                        "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole FROM pg_roles"
                        " WHERE rolname = current_user"
                    )
                )
            ).scalar_one()
            owned = await session.execute(
                text("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
            )
            forced = await session.execute(
                text(
                    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                    " AND NOT (relrowsecurity AND relforcerowsecurity)"
                )
            )
        assert role is False
        assert owned.scalar_one() == 0
        assert set(forced.scalars()) == OF_NO_TENANT

    @pytest.mark.parametrize(
        "statement",
        [
            "SET ROLE postgres",
            'ALTER TABLE "clock" DISABLE ROW LEVEL SECURITY',
            'TRUNCATE "clock"',
            "CREATE TABLE mine (id int)",
            "SELECT pg_read_file('/etc/passwd')",
            "COPY clock TO PROGRAM 'cat'",
        ],
    )
    async def test_cannot_put_them_aside(self, places: Apart, statement: str) -> None:
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            async with places.database.transaction(Scope(tenant=OURS)) as session:
                await session.execute(text(statement))

    async def test_enters_no_other_services_database(
        self, settings_for_rows: Settings, databases: Databases
    ) -> None:
        await databases.recreate("network")
        await databases.recreate("plans")
        # The one that migrations made: a copy is made without the word on who may connect.
        url = settings_for_rows.database_for("network", name="plans").replace("+asyncpg", "")
        url = url.replace("kring_plans", "template_plans")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="CONNECT"):
            await asyncpg.connect(url)


class TestExceptions:
    def test_are_these_and_no_others(self) -> None:
        every = [(service, table) for service in SERVICES for table in metadata_of(service).sorted_tables]
        assert {(service, table.name) for service, table in every if SHOWN_TO_ALL in table.info} == SHOWN
        assert {table.name for _, table in every if NO_TENANT_REASON in table.info} == OF_NO_TENANT

    def test_have_to_be_said(self) -> None:
        metadata = service_metadata()
        with pytest.raises(TableUnprotected, match="nameless"):
            policies(Table("nameless", metadata, Column("id", metadata.tables["stream"].c.id.type)))
