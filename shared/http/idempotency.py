"""`Idempotency-Key`: a write that is sent twice is done once, and answered the same both times.

The key's row is written in the transaction of the write itself, so neither exists without the other. The answer
is stored sealed, as it can hold personal data, and housekeeping deletes it after a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
from fastapi import Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import NO_TENANT, Principal
from shared.database import fetch
from shared.errors import Conflict, Gone, Invalid
from shared.http.after import HEADER as AFTER
from shared.http.principals import TENANT_HEADER
from shared.outbox import CASES
from shared.tables import idempotency_key
from shared.vault import Vault

HEADER = "idempotency-key"
_KEPT_HEADERS = ("location", AFTER)
_MAX_KEY = 200
_LOCK_CLASS = 746_102

# The lock is only tried: a second sender is told to come back, and holds no connection while it waits.
_CLAIM = (
    "WITH room AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($6::int, hashtext($7::text)) AS free),"
    " made AS (INSERT INTO idempotency_key (tenant, principal, key, request, made_at)"
    " SELECT $1::uuid, $2::text, $3::text, $4::bytea, $5::timestamptz FROM room WHERE free"
    " ON CONFLICT DO NOTHING RETURNING 1)"
    " SELECT free, EXISTS (SELECT FROM made) AS made FROM room"
)
_REMEMBER = (
    "UPDATE idempotency_key SET status = $4, answer = $5, case_ids = $6"
    " WHERE tenant = $1 AND principal = $2 AND key = $3"
)


class KeyNotUsable(Invalid):
    """The key is empty, too long, or not plain characters."""

    code = "idempotency-key-not-usable"
    title = f"An Idempotency-Key has 1 to {_MAX_KEY} visible ASCII characters"


class KeyUsedForAnother(Invalid):
    """The same key was used before with another request."""

    code = "idempotency-key-used-for-another-request"
    title = "This Idempotency-Key came with another request before: use a new key for a new request"


class StillInHand(Conflict):
    """The first request with this key is still in progress."""

    code = "request-in-hand"
    title = "The same request is being done right now: send it again in a moment"


class AnswerErased(Gone):
    """The first request was done; its answer might reveal a case that was erased since."""

    code = "answer-erased"
    title = "This was done before; its answer is no longer kept. Read what became of it"


class Repeated(Exception):
    """The request was done before; this is its answer. Raised out of a route before anything is done again."""

    def __init__(self, response: Response) -> None:
        super().__init__("answered before")
        self.response = response


@dataclass(frozen=True)
class Attempt:
    """One request that carries a key."""

    key: str
    digest: bytes

    @classmethod
    async def of(cls, request: Request, key: str) -> "Attempt":
        """Read enough of the request to recognise it. Raises: KeyNotUsable."""
        if not 0 < len(key) <= _MAX_KEY or not key.isascii() or not key.isprintable():
            raise KeyNotUsable
        digest = sha256()
        # Anonymous callers are told apart only by the tenant they name.
        tenant = request.headers.get(TENANT_HEADER, "")
        for part in (request.method, request.url.path, request.url.query, tenant):
            digest.update(part.encode() + b"\0")
        digest.update(await request.body())
        return cls(key, digest.digest())


def _row(attempt: Attempt, principal: Principal | None) -> dict[str, Any]:
    return {
        "tenant": principal.tenant if principal else NO_TENANT,
        "principal": principal.label if principal else "anonymous",
        "key": attempt.key,
    }


def _label(row: Mapping[str, Any]) -> str:
    return f"{row['tenant']}|{row['principal']}|{row['key']}"


async def claim(session: AsyncSession, attempt: Attempt, principal: Principal | None, vault: Vault) -> None:
    """Take the key for this transaction.

    Raises: Repeated with the answer if it was done before; KeyUsedForAnother; StillInHand; AnswerErased.
    """
    row = _row(attempt, principal)
    # The machine's clock: how long an answer is kept is no business date.
    values = (*row.values(), attempt.digest, datetime.now(UTC))
    (claimed,) = await fetch(session, _CLAIM, *values, _LOCK_CLASS, _label(row))
    if not claimed["free"]:
        raise StillInHand(retry_after=1)
    if not claimed["made"]:
        raise Repeated(await _answer(session, attempt, row, vault))


async def _answer(session: AsyncSession, attempt: Attempt, row: Mapping[str, Any], vault: Vault) -> Response:
    table = idempotency_key.c
    same = [idempotency_key.c[name] == value for name, value in row.items()]
    query = select(table.request, table.status, table.answer).where(*same)
    kept = (await session.execute(query)).one_or_none()
    if kept is None or kept.status is None:
        raise StillInHand(retry_after=1)
    if kept.request != attempt.digest:
        raise KeyUsedForAnother
    if kept.answer is None:
        raise AnswerErased
    media_type, headers, body = orjson.loads(vault.open_answer(kept.answer, bound_to=_label(row)))
    headers["idempotency-replayed"] = "true"
    return Response(body.encode("latin-1"), kept.status, headers, media_type)


async def remember(
    session: AsyncSession, attempt: Attempt, principal: Principal | None, response: Response, vault: Vault
) -> None:
    """Store the answer, in the transaction of the write that it answers, with the cases that the write was about."""
    row = _row(attempt, principal)
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    kept = [response.headers.get("content-type"), headers, bytes(response.body).decode("latin-1")]
    answer = vault.seal_answer(orjson.dumps(kept), bound_to=_label(row))
    about = {*session.info.get(CASES, ()), *([principal.case] if principal and principal.case else ())}
    await fetch(session, _REMEMBER, *row.values(), response.status_code, answer, sorted(about))
