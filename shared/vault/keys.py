"""The store of data keys: one key per subject, wrapped, in a database of its own.

A separate database because its backups must be kept for a shorter time than those of the services: a destroyed
key must not come back with a restore. A service sees only the keys that it made, and can neither change nor
delete one: keys are destroyed by a function of the database, for a decided erasure.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from shared import locks
from shared.database import Database
from shared.errors import NotYet
from shared.events.base import DECIDED_BY, DecisionKind
from shared.ids import uuid7
from shared.secrets import Login, role_of
from shared.vault.wrapping import KEY_BYTES, VaultError, Wrapper

_metadata = MetaData()
data_key = Table(
    "data_key",
    _metadata,
    Column("id", Uuid, primary_key=True),
    # The service that made it.
    Column("owner", Text, nullable=False),
    # Emptied when the key is destroyed; the row stays as proof.
    Column("wrapped", LargeBinary),
    Column("master_key_id", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("destroyed_at", DateTime(timezone=True)),
    CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="ck_data_key_destroyed"),
)
# Decisions, written by the service that decides on their kind (see DECIDED_BY): the id of what is erased, or of an
# access to a case (see shared.case_access.decision_of).
decision = Table(
    "decision",
    _metadata,
    Column("kind", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("decided_at", DateTime(timezone=True), nullable=False),
)
_REWRAPPED_AT_ONCE = 500
_NOT_DECIDED = "the decision of the service that owns it"

# Runs with the rights of the tables' owner, who may destroy the keys of every service, also of one that has no role
# here yet: a ledger is repeated on a new store. A service destroys its own. NULL if one of the erasures has not been
# decided. A key missing from a store restored from an earlier backup is recorded as destroyed all the same.
_FUNCTION = """
CREATE OR REPLACE FUNCTION destroy_keys(of_service text, erasures uuid[], ids uuid[], at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE destroyed bigint;
BEGIN
  IF NOT pg_has_role(session_user, current_user, 'MEMBER') AND NOT EXISTS (
    SELECT FROM pg_roles WHERE rolname = 'kring_' || of_service AND pg_has_role(session_user, oid, 'MEMBER')
  ) THEN
    RAISE insufficient_privilege USING MESSAGE = 'keys of another service';
  END IF;
  IF EXISTS (
    SELECT FROM unnest(erasures) AS e(id) WHERE e.id NOT IN (SELECT id FROM decision WHERE kind <> 'access')
  ) THEN
    RETURN NULL;
  END IF;
  INSERT INTO data_key AS known (id, owner, master_key_id, made_at, destroyed_at)
    SELECT DISTINCT named.id, of_service, '', at, at FROM unnest(ids) AS named(id)
    ON CONFLICT (id) DO UPDATE SET wrapped = NULL, destroyed_at = excluded.destroyed_at
    WHERE known.destroyed_at IS NULL AND known.owner = of_service;
  GET DIAGNOSTICS destroyed = ROW_COUNT;
  RETURN destroyed;
END $$
"""
_SIGNATURE = "destroy_keys(text, uuid[], uuid[], timestamptz)"
_DESTROY = text("SELECT destroy_keys(:owner, :erasures, :ids, :now)").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)), bindparam("erasures", type_=ARRAY(Uuid))
)


# Whether the caller is a service. Policies name no role: a restore onto an empty server comes before all roles.
_IS = "pg_has_role(session_user, ('kring_' || {})::name, 'MEMBER')"
_DECIDES = " ".join(f"WHEN '{kind}' THEN '{service}'" for kind, service in DECIDED_BY.items())
_POLICIES = {
    "data_key": {
        "own": f"FOR SELECT USING ({_IS.format('owner')})",
        "made": f"FOR INSERT WITH CHECK (wrapped IS NOT NULL AND {_IS.format('owner')})",
    },
    "decision": {
        "all": "FOR SELECT USING (true)",
        "decided": f"FOR INSERT WITH CHECK ({_IS.format(f'CASE kind {_DECIDES} END')})",
    },
}


async def prepare_key_store(url: str, logins: Mapping[str, Sequence[Login]]) -> None:
    """Create the missing tables of the store, and give each service access to its own keys."""
    database = Database.connect(url, application_name="kring-keys", pool_size=1)
    try:
        async with database.transaction() as session:
            await locks.hold(session, "key-store")
            connection = await session.connection()
            await connection.run_sync(_prepare, logins)
    finally:
        await database.close()


def _prepare(connection: Connection, logins: Mapping[str, Sequence[Login]]) -> None:
    from shared.migrations.roles import ensure_role, let_in

    _metadata.create_all(connection)
    connection.exec_driver_sql(_FUNCTION)
    connection.exec_driver_sql(f"REVOKE EXECUTE ON FUNCTION {_SIGNATURE} FROM PUBLIC")
    for table, policies in _POLICIES.items():
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        for name, policy in policies.items():
            connection.exec_driver_sql(f'DROP POLICY IF EXISTS "{name}" ON {table}')
            connection.exec_driver_sql(f'CREATE POLICY "{name}" ON {table} {policy}')
    for service, accepted in logins.items():
        role = role_of(service)
        ensure_role(connection, role, logins=accepted)
        let_in(connection, [role], tables=list(_POLICIES), verbs="SELECT, INSERT")
        connection.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION {_SIGNATURE} TO {role}")


class KeyStore:
    """Data keys at rest."""

    def __init__(self, database: Database, *, master: Wrapper, previous: Iterable[Wrapper] = ()) -> None:
        """Take the wrapper for new keys, and others that still open older keys."""
        self._database = database
        self._master = master
        self._masters = {key.id: key for key in (master, *previous)}

    async def make(self, count: int, *, owner: str) -> list[tuple[UUID, bytes]]:
        """Make and store new keys of a service, in one commit."""
        keys = [(uuid7(), os.urandom(KEY_BYTES)) for _ in range(count)]
        # The machine's clock: the age of a key is not a business date.
        made_at = datetime.now(UTC)
        rows = [
            {
                "id": key_id,
                "owner": owner,
                "wrapped": wrapped,
                "master_key_id": self._master.id,
                "made_at": made_at,
            }
            for (key_id, _), wrapped in zip(keys, await self._master.wrap(keys), strict=True)
        ]
        async with self._database.transaction() as session:
            await session.execute(insert(data_key), rows)
        return keys

    async def fetch(self, ids: Sequence[UUID]) -> dict[UUID, bytes | None]:
        """Return the keys that exist; None for a destroyed one."""
        columns = (data_key.c.id, data_key.c.wrapped, data_key.c.master_key_id)
        async with self._database.transaction() as session:
            rows = (await session.execute(select(*columns).where(data_key.c.id.in_(ids)))).all()
        keys: dict[UUID, bytes | None] = {key_id: None for key_id, _, _ in rows}
        keys.update(await self._unwrapped([row for row in rows if row[1] is not None]))
        return keys

    async def _unwrapped(self, rows: Iterable[Any]) -> dict[UUID, bytes]:
        """Open (id, wrapped key, id of its wrapper), with one call per wrapper."""
        by_master: dict[str, list[tuple[UUID, bytes]]] = {}
        for key_id, wrapped, master_id in rows:
            if master_id not in self._masters:
                raise VaultError(f"data key {key_id} is wrapped by master key {master_id}, which is not here")
            by_master.setdefault(master_id, []).append((key_id, wrapped))
        keys: dict[UUID, bytes] = {}
        for master_id, wrapped_keys in by_master.items():
            opened = await self._masters[master_id].unwrap(wrapped_keys)
            keys.update(zip((key_id for key_id, _ in wrapped_keys), opened, strict=True))
        return keys

    async def decide(self, decisions: Iterable[tuple[str, UUID]]) -> None:
        """Record decisions, which allow erasures and the destruction of their keys. Repeatable."""
        # The machine's clock, as for the age of a key.
        now = datetime.now(UTC)
        rows = [{"kind": kind, "id": decided, "decided_at": now} for kind, decided in decisions]
        async with self._database.transaction() as session:
            await session.execute(postgresql.insert(decision).on_conflict_do_nothing(), rows)

    async def require_decided(self, kind: DecisionKind, decided: UUID) -> None:
        """Raise NotYet if the service that decides on this kind has not decided this."""
        query = select(decision.c.id).where(decision.c.kind == kind, decision.c.id == decided)
        async with self._database.transaction() as session:
            if (await session.execute(query)).first() is None:
                raise NotYet(_NOT_DECIDED)

    async def destroy(self, ids: Sequence[UUID], *, owner: str, erasures: Sequence[UUID]) -> int:
        """Destroy keys of a service for good and return how many were not destroyed before.

        Raises: NotYet if one of these erasures has not been decided.
        """
        values = {"owner": owner, "erasures": list(erasures), "ids": list(ids), "now": datetime.now(UTC)}
        async with self._database.transaction() as session:
            destroyed: int | None = (await session.execute(_DESTROY, values)).scalar_one()
        if destroyed is None:
            raise NotYet(_NOT_DECIDED)
        return destroyed

    async def rewrap(self, *, owner: str, batch: int = _REWRAPPED_AT_ONCE) -> int:
        """Rewrap every key of a service under another master key with this store's own; return how many there were.

        Each batch is a commit: an interrupted run is simply repeated. The keys themselves stay the same, so
        services may continue meanwhile, if they know both master keys. Raises: VaultError if a key's master key
        is not among those given; batches before it stay done.
        """
        done, after = 0, UUID(int=0)
        while True:
            query = (
                select(data_key.c.id, data_key.c.wrapped, data_key.c.master_key_id)
                .where(
                    data_key.c.id > after,
                    data_key.c.owner == owner,
                    data_key.c.wrapped.is_not(None),
                    data_key.c.master_key_id != self._master.id,
                )
                .order_by(data_key.c.id)
                .limit(batch)
            )
            async with self._database.transaction() as session:
                rows = (await session.execute(query)).all()
            if not rows:
                return done
            keys = list((await self._unwrapped(rows)).items())
            anew = dict(zip((key_id for key_id, _ in keys), await self._master.wrap(keys), strict=True))
            async with self._database.transaction() as session:
                for key_id, wrapped, _ in rows:
                    # Only if unchanged since it was read: a key destroyed meanwhile is not brought back.
                    same = (data_key.c.id == key_id) & (data_key.c.wrapped == wrapped)
                    values = {"wrapped": anew[key_id], "master_key_id": self._master.id}
                    changed = await session.execute(
                        update(data_key).where(same).values(values).returning(data_key.c.id)
                    )
                    done += len(changed.all())
            after = rows[-1][0]

    async def counts(self, *, owner: str) -> tuple[dict[str, int], int]:
        """Return how many of a service's keys each master key wraps, by its id, and how many were destroyed."""
        living = (
            select(data_key.c.master_key_id, func.count())
            .where(data_key.c.owner == owner, data_key.c.wrapped.is_not(None))
            .group_by(data_key.c.master_key_id)
        )
        destroyed = (
            select(func.count())
            .select_from(data_key)
            .where(data_key.c.owner == owner, data_key.c.wrapped.is_(None))
        )
        async with self._database.transaction() as session:
            by_master: dict[str, int] = dict(list(await session.execute(living)))
            return by_master, (await session.execute(destroyed)).scalar_one()

    async def close(self) -> None:
        """Close the connections to the store and to its wrappers."""
        for master in self._masters.values():
            await master.close()
        await self._database.close()
