"""Who may connect to a service's database, and the row policies of every table.

Applied after each migration to every table of the models, so that new tables are protected automatically. A
table that is an exception declares it in its `info`; one with neither a tenant nor such a declaration is an
error.
"""

import hmac
import os
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import pbkdf2_hmac, sha256

from sqlalchemy import MetaData, Table, text
from sqlalchemy.engine import Connection

from shared.secrets import Login
from shared.tables import APPEND_ONLY, NO_TENANT_REASON, SHOWN_TO_ALL

# The subquery is evaluated once per statement and not once per row. A pooled connection holds '' after a transaction
# that set a tenant, which is no id: hence nullif.
_OWN = "tenant = (SELECT nullif(current_setting('app.tenant', true), '')::uuid)"
# Raised when a policy's text changes: policies of a lower number are dropped.
_VERSION = 1
_ITERATIONS = 4096
_LARGE_OBJECTS = ("lo_creat(integer)", "lo_create(oid)", "lo_from_bytea(oid, bytea)", "lo_open(oid, integer)")


class TableUnprotected(Exception):
    """A table has no tenant and does not say why."""


def _verifier(password: str) -> str:
    """Return PostgreSQL's verifier of a password (SCRAM-SHA-256), so that the password reaches no server log."""
    salt = os.urandom(16)
    salted = pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    stored = sha256(hmac.digest(salted, b"Client Key", sha256)).digest()
    server = hmac.digest(salted, b"Server Key", sha256)
    proof = ":".join(b64encode(part).decode() for part in (stored, server))
    return f"SCRAM-SHA-256${_ITERATIONS}:{b64encode(salt).decode()}${proof}"


def ensure_role(connection: Connection, role: str, *, logins: Sequence[Login]) -> None:
    """Create a role that holds rights and cannot log in, with exactly these logins as members.

    During rotation both the old and the new login are accepted.
    """
    if not _exists(connection, role):
        connection.exec_driver_sql(f'CREATE ROLE "{role}" NOLOGIN NOCREATEDB NOCREATEROLE')
    members = connection.execute(
        text("SELECT member::regrole::text FROM pg_auth_members WHERE roleid = CAST(:role AS regrole)"),
        {"role": role},
    )
    for member in set(members.scalars()) - {login.user for login in logins}:
        connection.exec_driver_sql(f"ALTER ROLE {member} NOLOGIN")
        connection.exec_driver_sql(f'REVOKE "{role}" FROM {member}')
    for login in logins:
        verb = "ALTER" if _exists(connection, login.user) else "CREATE"
        connection.exec_driver_sql(
            f"{verb} ROLE \"{login.user}\" LOGIN INHERIT NOCREATEDB NOCREATEROLE PASSWORD '{_verifier(login.password)}'"
        )
        connection.exec_driver_sql(f'GRANT "{role}" TO "{login.user}"')


def _exists(connection: Connection, role: str) -> bool:
    query = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
    return connection.execute(query, {"role": role}).first() is not None


def let_in(connection: Connection, roles: Iterable[str], *, tables: Sequence[str], verbs: str) -> None:
    """Give roles access to these tables of this database; other roles cannot even connect."""
    database = connection.exec_driver_sql("SELECT current_database()").scalar_one()
    connection.exec_driver_sql(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    # Row policies do not cover large objects, and nobody here has any.
    for function in _LARGE_OBJECTS:
        connection.exec_driver_sql(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    names = ", ".join(f'"{table}"' for table in tables)
    for role in roles:
        connection.exec_driver_sql(f'GRANT CONNECT ON DATABASE "{database}" TO "{role}"')
        connection.exec_driver_sql(f'GRANT USAGE ON SCHEMA public TO "{role}"')
        connection.exec_driver_sql(f'GRANT {verbs} ON {names} TO "{role}"')
        connection.exec_driver_sql(f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO "{role}"')


def close_ledgers(connection: Connection, role: str, metadata: MetaData) -> None:
    """Revoke a role's right to change or delete rows of append-only tables."""
    for table in metadata.sorted_tables:
        if table.info.get(APPEND_ONLY):
            connection.exec_driver_sql(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table.name}" FROM "{role}"')


def policies(table: Table) -> dict[str, str]:
    """Return a table's row policies by name: empty for one that is of no tenant. Raises: TableUnprotected."""
    if table.info.get(NO_TENANT_REASON):
        return {}
    if "tenant" not in table.c:
        raise TableUnprotected(f"the table {table.name} has no column `tenant` and does not say why")
    everyone = {f"everyone_v{_VERSION}": "AS PERMISSIVE USING (true) WITH CHECK (true)"}
    shown = table.info.get(SHOWN_TO_ALL)
    if shown is None:
        return everyone | {f"own_tenant_v{_VERSION}": f"AS RESTRICTIVE USING ({_OWN}) WITH CHECK ({_OWN})"}
    return everyone | {
        f"shown_v{_VERSION}": f"AS RESTRICTIVE FOR SELECT USING ({_OWN} OR {shown})",
        f"own_tenant_insert_v{_VERSION}": f"AS RESTRICTIVE FOR INSERT WITH CHECK ({_OWN})",
        f"own_tenant_update_v{_VERSION}": f"AS RESTRICTIVE FOR UPDATE USING ({_OWN}) WITH CHECK ({_OWN})",
        f"own_tenant_delete_v{_VERSION}": f"AS RESTRICTIVE FOR DELETE USING ({_OWN})",
    }


def protect(connection: Connection, metadata: MetaData) -> None:
    """Apply the row policies of all tables, also to their owner; existing ones stay."""
    known = connection.exec_driver_sql(
        "SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'"
    ).all()
    for table in metadata.sorted_tables:
        wanted = policies(table)
        there = {name for of, name in known if of == table.name}
        if there == set(wanted):
            continue
        for name in there - set(wanted):
            connection.exec_driver_sql(f'DROP POLICY "{name}" ON "{table.name}"')
        for name in wanted.keys() - there:
            connection.exec_driver_sql(f'CREATE POLICY "{name}" ON "{table.name}" {wanted[name]}')
        connection.exec_driver_sql(f'ALTER TABLE "{table.name}" ENABLE ROW LEVEL SECURITY')
        connection.exec_driver_sql(f'ALTER TABLE "{table.name}" FORCE ROW LEVEL SECURITY')
