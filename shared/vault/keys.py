"""The store of data keys: one key per subject, wrapped, in a database of its own.

Its own database because its backups must be kept for a shorter time than those of the services: a key that
was destroyed must not come back with a restore.
"""

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
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

from shared import locks
from shared.database import Database
from shared.ids import uuid7
from shared.vault.wrapping import KEY_BYTES, VaultError, Wrapper

_metadata = MetaData()
data_key = Table(
    "data_key",
    _metadata,
    Column("id", Uuid, primary_key=True),
    # Emptied when the key is destroyed; the row stays, as the proof that it was.
    Column("wrapped", LargeBinary),
    Column("master_key_id", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("destroyed_at", DateTime(timezone=True)),
)
KEY_STORE_TABLES = tuple(_metadata.tables)
# Serialises services that prepare the same store at the same moment.
_REWRAPPED_AT_ONCE = 500


_DESTROY = text(
    "INSERT INTO data_key (id, master_key_id, made_at, destroyed_at)"
    " SELECT id, '', :now, :now FROM unnest(:ids) AS id ON CONFLICT (id) DO UPDATE"
    " SET wrapped = NULL, destroyed_at = excluded.destroyed_at WHERE data_key.destroyed_at IS NULL RETURNING id"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


async def prepare_key_store(url: str) -> None:
    """Create the key store's table if it is not there yet."""
    database = Database.connect(url, application_name="kring-keys", pool_size=1)
    try:
        async with database.transaction() as session:
            await locks.hold(session, "key-store")
            connection = await session.connection()
            await connection.run_sync(_metadata.create_all)
    finally:
        await database.close()


class KeyStore:
    """Data keys at rest."""

    def __init__(self, database: Database, *, master: Wrapper, previous: Iterable[Wrapper] = ()) -> None:
        """Take what wraps new keys, and what else opens those that were wrapped before."""
        self._database = database
        self._master = master
        self._masters = {key.id: key for key in (master, *previous)}

    async def make(self, count: int) -> list[tuple[UUID, bytes]]:
        """Make and store new keys, in one commit."""
        keys = [(uuid7(), os.urandom(KEY_BYTES)) for _ in range(count)]
        # The machine's clock: the age of a key is not a business date.
        made_at = datetime.now(UTC)
        rows = [
            {"id": key_id, "wrapped": wrapped, "master_key_id": self._master.id, "made_at": made_at}
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
        """Open (id, wrapped key, id of what wrapped it), all that one wrapped at once."""
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

    async def destroy(self, ids: Sequence[UUID]) -> int:
        """Destroy keys for good and return how many were not destroyed before.

        One that is not here (in a store restored from before it was made) is noted as destroyed all the same.
        """
        async with self._database.transaction() as session:
            return len((await session.execute(_DESTROY, {"ids": list(ids), "now": datetime.now(UTC)})).all())

    async def rewrap(self, *, batch: int = _REWRAPPED_AT_ONCE) -> int:
        """Wrap every key that another master key wraps with this store's own; return how many there were.

        Each batch is a commit: what was interrupted is simply begun again. Keys stay the same inside, so
        services may go on meanwhile, if they know both master keys.
        Raises: VaultError if a key's master key is not among those given; batches before it stay done.
        """
        done, after = 0, UUID(int=0)
        while True:
            query = (
                select(data_key.c.id, data_key.c.wrapped, data_key.c.master_key_id)
                .where(
                    data_key.c.id > after,
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
                    # As it was when it was read: what was destroyed meanwhile is not brought back.
                    same = (data_key.c.id == key_id) & (data_key.c.wrapped == wrapped)
                    values = {"wrapped": anew[key_id], "master_key_id": self._master.id}
                    changed = await session.execute(
                        update(data_key).where(same).values(values).returning(data_key.c.id)
                    )
                    done += len(changed.all())
            after = rows[-1][0]

    async def counts(self) -> tuple[dict[str, int], int]:
        """Return how many keys each master key wraps, by its id, and how many keys were destroyed."""
        living = (
            select(data_key.c.master_key_id, func.count())
            .where(data_key.c.wrapped.is_not(None))
            .group_by(data_key.c.master_key_id)
        )
        destroyed = select(func.count()).select_from(data_key).where(data_key.c.wrapped.is_(None))
        async with self._database.transaction() as session:
            by_master: dict[str, int] = dict(list(await session.execute(living)))
            return by_master, (await session.execute(destroyed)).scalar_one()

    async def close(self) -> None:
        """Close the connections to the store and to what wraps its keys."""
        for master in self._masters.values():
            await master.close()
        await self._database.close()
