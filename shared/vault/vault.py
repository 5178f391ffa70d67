"""Sealing and opening fields, and the tie between a subject and its key.

A sealed value is: scheme (1 byte), key id (16), schema version (2), nonce (12), ciphertext. The header, the
service and the row are authenticated with it, so a value moved elsewhere does not open.
"""

import asyncio
import hmac
import os
import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from hashlib import sha256
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import ValidationError
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session as SyncSession

from shared.audit import Row, note_rows
from shared.database import Database, fetch
from shared.errors import Gone
from shared.events.base import DECIDED_BY, DecisionKind
from shared.tables import subject_key
from shared.vault.declaring import Fields, Sealed, SealedRow
from shared.vault.index import KEY_VERSION, BlindIndex, bare_digest, index_subject, tenant_key
from shared.vault.keys import KeyStore
from shared.vault.wrapping import VaultError, Wrapper

_SCHEME = 1
_HEADER_BYTES = 1 + 16 + 2
_NONCE_BYTES = 12
_BATCH = 64
_CACHED_KEYS = 4096
# How long another process may still open what this one destroyed.
CACHE_SECONDS = 60.0
_TIES = "vault.ties"

_TIE = (
    "WITH made AS (INSERT INTO subject_key (subject, key_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])"
    " ON CONFLICT (subject) DO NOTHING RETURNING subject, key_id)"
    " SELECT subject, key_id FROM made"
    " UNION ALL SELECT subject, key_id FROM subject_key WHERE subject = ANY($1)"
)


class Erased(Gone):
    """The key was destroyed: nobody can read the sealed value any more."""

    code = "erased"
    title = "This has been erased"


@event.listens_for(SyncSession, "after_soft_rollback")
def _forget_ties(session: SyncSession, _previous: object) -> None:
    # A tie that was rolled back, even to a savepoint, must be made again before its key is used.
    session.info.pop(_TIES, None)


class Vault:
    """Seals and opens one service's fields."""

    def __init__(self, *, service: str, store: KeyStore, index_key: bytes) -> None:
        self._service = service
        self._store = store
        self._spare: deque[tuple[UUID, bytes]] = deque()
        self._making = asyncio.Lock()
        self._open_keys: OrderedDict[UUID, tuple[AESGCM, float]] = OrderedDict()
        self._answers = AESGCM(hmac.digest(index_key, f"answers|{service}".encode(), sha256))
        self._index_secret = index_key
        self._index_keys: dict[UUID, tuple[bytes, float]] = {}

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        service: str,
        master: Wrapper,
        previous: Iterable[Wrapper] = (),
        index_key: bytes,
    ) -> "Vault":
        """Return a vault on the key store's database; `previous` wrappers still open older keys."""
        database = Database.connect(url, application_name=f"kring-{service}-keys", pool_size=2)
        store = KeyStore(database, master=master, previous=previous)
        return cls(service=service, store=store, index_key=index_key)

    async def close(self) -> None:
        """Forget all keys and close the connections to their store."""
        self._open_keys.clear()
        self._index_keys.clear()
        self._spare.clear()
        await self._store.close()

    async def seal(
        self, session: AsyncSession, row: SealedRow[Fields], fields: Fields, *, subject: UUID | None = None
    ) -> None:
        """Seal the fields into the row, as its model declares; the audit log records the change.

        `subject`: whose key, for a row that does not name it yet. Raises: Erased if the subject's key was
        destroyed.
        """
        declared = row.__sealed__
        subject = declared.subject_of(row) if subject is None else subject
        ties = await self.prepare(session, subjects=[subject])
        key_id = ties[subject]
        key = (await self._keys([key_id]))[key_id]
        header = bytes([_SCHEME]) + key_id.bytes + fields.SCHEMA.to_bytes(2, "big")
        nonce, place = os.urandom(_NONCE_BYTES), declared.place(row)
        note_rows(session, "changed", [place])
        sealed = key.encrypt(nonce, fields.model_dump_json().encode(), self._bound(header, place))
        declared.write(row, header + nonce + sealed)

    async def prepare(self, session: AsyncSession, *, subjects: Sequence[UUID]) -> dict[UUID, UUID]:
        """Give each subject without a key one, in this transaction; saves round trips before many seals."""
        ties: dict[UUID, UUID] = session.info.setdefault(_TIES, {})
        # In one order everywhere: two transactions that tie the same subjects must not deadlock.
        missing = sorted({subject for subject in subjects if subject not in ties})
        if missing:
            ties.update(await self._tie(session, missing))
        return ties

    async def open(self, session: AsyncSession, row: SealedRow[Fields]) -> Fields:
        """Return the sealed fields of a row.

        Raises: Erased if the key was destroyed; VaultError if the value is not this row's.
        """
        return (await self.open_many(session, [row]))[0]

    async def open_many(self, session: AsyncSession, rows: Sequence[SealedRow[Fields]]) -> list[Fields]:
        """Return the sealed fields of several rows, reading the key store once for all of them.

        Raises: Erased if one of the keys was destroyed; use `open_readable` where that is no error.
        """
        opened = await self.open_readable(session, rows)
        if any(fields is None for fields in opened):
            raise Erased
        return [fields for fields in opened if fields is not None]

    async def open_readable(
        self, session: AsyncSession, rows: Sequence[SealedRow[Fields]]
    ) -> list[Fields | None]:
        """Return the sealed fields of several rows, None where the key was destroyed; the read is audited."""
        values = [(row.__sealed__, row.__sealed__.read(row), row.__sealed__.place(row)) for row in rows]
        ids = [_key_id(sealed) for _, sealed, _ in values]
        keys = await self._keys(list(dict.fromkeys(ids)), erased_is_error=False)
        note_rows(
            session, "read", (place for id_, (_, _, place) in zip(ids, values, strict=True) if id_ in keys)
        )
        return [
            self._opened(declared, keys[key_id], sealed, place) if key_id in keys else None
            for key_id, (declared, sealed, place) in zip(ids, values, strict=True)
        ]

    async def confirm_decision(self, decided: UUID, *, kind: DecisionKind) -> None:
        """Record a decision if this service decides on its kind, else check that the deciding service has made it.

        Not undone by a rollback. Raises: NotYet if it has not.
        """
        if DECIDED_BY[kind] == self._service:
            await self._store.decide([(kind, decided)])
        else:
            await self._store.require_decided(kind, decided)

    async def destroy_keys(self, key_ids: Sequence[UUID], *, erased: UUID) -> None:
        """Destroy keys for good, at once here and within CACHE_SECONDS elsewhere; destroying twice changes nothing.

        Not undone by a rollback: call it when the erasure has been committed. Raises: NotYet if it was not decided.
        """
        await self._store.destroy(key_ids, owner=self._service, erasures=[erased])
        for key_id in key_ids:
            self._open_keys.pop(key_id, None)
            self._index_keys.pop(key_id, None)

    async def blind_index(self, session: AsyncSession, *, tenant: UUID) -> BlindIndex:
        """Return a tenant's blind index here; its key is made on first use.

        Raises: Erased if the key was destroyed.
        """
        subjects = {index_subject(tenant, version): version for version in range(1, KEY_VERSION + 1)}
        ties = await self.prepare(session, subjects=list(subjects))
        keys = {version: await self._index_key(ties[subject]) for subject, version in subjects.items()}
        return BlindIndex(keys=keys, before=tenant_key(self._index_secret, tenant))

    async def _index_key(self, key_id: UUID) -> bytes:
        kept = self._index_keys.get(key_id)
        if kept is not None and kept[1] > time.monotonic():
            return kept[0]
        found = await self._store.fetch([key_id])
        if key_id not in found:
            raise VaultError(f"data key {key_id} is not in the key store")
        key = found[key_id]
        if key is None:
            raise Erased
        if len(self._index_keys) >= _CACHED_KEYS:
            self._index_keys.clear()
        self._index_keys[key_id] = (key, time.monotonic() + CACHE_SECONDS)
        return key

    def count_as(self, what: str, *, field: str) -> bytes:
        """Return the key of a short-lived counter: a digest, without a tenant."""
        return bare_digest(self._index_secret, what, field=field)

    def seal_answer(self, answer: bytes, *, bound_to: str) -> bytes:
        """Seal an answer that is stored briefly for repetition, with a key of the service."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._answers.encrypt(nonce, answer, bound_to.encode())

    def open_answer(self, sealed: bytes, *, bound_to: str) -> bytes:
        """Return an answer sealed by `seal_answer`. Raises: VaultError if it is not this one."""
        try:
            return self._answers.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to.encode())
        except InvalidTag:
            raise VaultError("a kept answer does not open") from None

    def _bound(self, header: bytes, place: Row) -> bytes:
        return header + f"{self._service}|{place.name}".encode()

    def _opened(self, declared: Sealed[Fields], key: AESGCM, sealed: bytes, place: Row) -> Fields:
        model = declared.fields
        header, rest = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]
        try:
            plain = key.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], self._bound(header, place))
            schema = int.from_bytes(header[17:19], "big")
            if schema == model.SCHEMA:
                return model.model_validate_json(plain)
            return model.model_validate(model.upgrade(schema, orjson.loads(plain)))
        except InvalidTag:
            raise VaultError(f"what is sealed in {place} was not sealed for it") from None
        except ValidationError as error:
            raise VaultError(
                f"{model.__name__} of {place}: {error.error_count()} fields do not fit"
            ) from None

    async def _tie(self, session: AsyncSession, subjects: list[UUID]) -> dict[UUID, UUID]:
        spare = await self._take(len(subjects))
        try:
            rows = await fetch(session, _TIE, subjects, [key_id for key_id, _ in spare])
            ties: dict[UUID, UUID] = {row["subject"]: row["key_id"] for row in rows}
            if len(ties) < len(subjects):
                # Another transaction tied them while this statement waited for it: look again.
                query = select(subject_key.c.subject, subject_key.c.key_id)
                found = await session.execute(query.where(subject_key.c.subject.in_(subjects)))
                ties.update(list(found))
        except BaseException:
            self._spare.extend(spare)
            raise
        used = set(ties.values())
        for key_id, key in spare:
            if key_id in used:
                self._remember(key_id, key)
            else:
                self._spare.append((key_id, key))
        return ties

    async def _take(self, count: int) -> list[tuple[UUID, bytes]]:
        # Made ahead: a key costs a commit of its own, which requests should not wait for one by one.
        if len(self._spare) < count:
            async with self._making:
                if len(self._spare) < count:
                    self._spare.extend(await self._store.make(max(_BATCH, count), owner=self._service))
        return [self._spare.popleft() for _ in range(count)]

    def _remember(self, key_id: UUID, key: bytes) -> AESGCM:
        aead = AESGCM(key)
        self._open_keys[key_id] = (aead, time.monotonic() + CACHE_SECONDS)
        if len(self._open_keys) > _CACHED_KEYS:
            self._open_keys.popitem(last=False)
        return aead

    async def _keys(self, ids: Sequence[UUID], *, erased_is_error: bool = True) -> dict[UUID, AESGCM]:
        found: dict[UUID, AESGCM] = {}
        now = time.monotonic()
        for key_id in ids:
            cached = self._open_keys.get(key_id)
            if cached is not None and cached[1] > now:
                found[key_id] = cached[0]
        missing = [key_id for key_id in ids if key_id not in found]
        if missing:
            fetched = await self._store.fetch(missing)
            for key_id in missing:
                if key_id not in fetched:
                    raise VaultError(f"data key {key_id} is not in the key store")
                key = fetched[key_id]
                if key is not None:
                    found[key_id] = self._remember(key_id, key)
                elif erased_is_error:
                    raise Erased
        return found


def _key_id(sealed: bytes) -> UUID:
    if len(sealed) <= _HEADER_BYTES + _NONCE_BYTES or sealed[0] != _SCHEME:
        raise VaultError("a sealed value has an unknown form")
    return UUID(bytes=sealed[1:17])
