"""`kring vault apply-ledger` and `export-ledger`: after a restore, erasures are repeated before anything else.

Keys destroyed since a key store's backup are destroyed again from the ledgers of the services. A restored
service database has lost its own latest erasures: they come from a file that is kept elsewhere.
"""

import json
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from deploy.local.errors import PlatformError
from shared.database import Database
from shared.services import SERVICES
from shared.settings import Settings
from shared.vault import KeyStore, MasterKey

_AT_ONCE = 5000
# Later than any event of a case: the erasure holds, whatever a restored broker still delivers.
_LAST = 2**62


@dataclass(frozen=True)
class Line:
    """One line of a ledger: a key, its owner, and the erasure that destroyed it."""

    service: str
    erased: str
    key_id: str
    subject: str
    kind: str
    reason: str
    at: str
    tenant: str
    case_id: str | None


@dataclass
class Applied:
    """The result of applying the ledgers."""

    keys: int = 0
    destroyed: int = 0
    repeated: int = 0
    # Decisions that give access to a case, of which intake still has the events.
    decided: int = 0


async def apply_ledger(settings: Settings, *, kept: Path | None = None) -> Applied:
    """Destroy every key in a service's ledger, and with `kept` also repeat erasures that the services have lost.

    Intake's decisions on access to cases are repeated too. May be interrupted and repeated at any time. Raises:
    PlatformError if the file is not a ledger.
    """
    applied = Applied()
    lines = read_lines(kept) if kept is not None else []
    async with _key_store(settings) as store:
        for start in range(0, len(lines), _AT_ONCE):
            for service in SERVICES:
                named = [line for line in lines[start : start + _AT_ONCE] if line.service == service]
                applied.destroyed += await _destroy(store, service, named)
        for service in SERVICES:
            async for rows in _rows(settings, service):
                named = [_line(service, row) for row in rows]
                applied.keys += len({line.key_id for line in named})
                applied.destroyed += await _destroy(store, service, named)
        applied.decided = await _decide_again(store, settings)
    for service in SERVICES:
        applied.repeated += await _repeat(
            settings, service, [line for line in lines if line.service == service]
        )
    return applied


async def export_ledger(settings: Settings, file: Path) -> int:
    """Append new entries of all services' ledgers to a file; return how many lines were added.

    A line cut off by a crash is written again. Raises: PlatformError if the file is not a ledger.
    """
    known = _cut_and_read(file)
    added = 0
    with file.open("a", encoding="utf-8") as out:
        for service in SERVICES:
            async for rows in _rows(settings, service):
                fresh = [line for row in rows if _identity(line := _line(service, row)) not in known]
                out.writelines(json.dumps(asdict(line), sort_keys=True) + "\n" for line in fresh)
                added += len(fresh)
        out.flush()
        os.fsync(out.fileno())
    return added


def read_lines(file: Path) -> list[Line]:
    """Return the complete lines of an exported ledger. Raises: PlatformError, naming the first invalid line."""
    try:
        written = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise PlatformError(f"The ledger {file} cannot be read.") from None
    # A last line without its end was not written completely.
    lines = []
    for number, line in enumerate(written.split("\n")[:-1], start=1):
        try:
            lines.append(_parsed(json.loads(line)))
        except (ValueError, TypeError, KeyError):
            raise PlatformError(f"Line {number} of {file} is not a valid ledger line.") from None
    return lines


def _parsed(values: dict[str, Any]) -> Line:
    line = Line(**{field.name: values[field.name] for field in fields(Line)})
    for value in (
        line.erased,
        line.key_id,
        line.subject,
        line.tenant,
        *([line.case_id] if line.case_id else []),
    ):
        UUID(value)
    datetime.fromisoformat(line.at)
    if line.service not in SERVICES:
        raise ValueError(line.service)
    return line


def _identity(line: Line) -> tuple[str, str, str]:
    return line.service, line.erased, line.key_id


def _cut_and_read(file: Path) -> set[tuple[str, str, str]]:
    if not file.exists():
        return set()
    written = file.read_bytes()
    whole = written.rfind(b"\n") + 1
    if whole < len(written):
        os.truncate(file, whole)
    return {_identity(line) for line in read_lines(file)}


def _line(service: str, row: Any) -> Line:
    values = {name: None if value is None else str(value) for name, value in row._mapping.items()}
    return Line(service=service, **{**values, "at": row.at.isoformat()})


@asynccontextmanager
async def _key_store(settings: Settings) -> AsyncIterator[KeyStore]:
    database = Database.connect(settings.database_of("keys"), application_name="kring-ledger", pool_size=1)
    # Nothing is decrypted here: destroying needs no master key.
    store = KeyStore(database, master=MasterKey(bytes(32)))
    try:
        yield store
    finally:
        await store.close()


async def _destroy(store: KeyStore, service: str, lines: Sequence[Line]) -> int:
    """Destroy the keys in a service's ledger, and repeat the decisions to do so: a restored store has lost them."""
    if not lines:
        return 0
    erasures = {(line.kind, UUID(line.erased)) for line in lines}
    await store.decide(erasures)
    ids = sorted({UUID(line.key_id) for line in lines})
    return await store.destroy(ids, owner=service, erasures=[erased for _, erased in erasures])


async def _decide_again(store: KeyStore, settings: Settings) -> int:
    """Repeat intake's decisions on access to cases: a restored store has lost the latest ones.

    Key backups are younger than the events that intake has deleted, so none is missing.
    """
    from shared import case_access

    if not await _has_ledger(settings, "intake"):
        return 0
    query = text("SELECT type, tenant, data FROM outbox WHERE type = ANY(:types)")
    kinds = {kind.TYPE: kind for kind in case_access.OPENS}
    async with _engine(settings.database_of("intake")) as engine, engine.connect() as connection:
        found = (await connection.execute(query, {"types": list(kinds)})).all()
    facts = [(kinds[row.type].model_validate(row.data), row.tenant) for row in found]
    decided = {case_access.decision_of(fact, tenant=tenant) for fact, tenant in facts}
    known = [("access", decision) for decision in decided if decision is not None]
    for start in range(0, len(known), _AT_ONCE):
        await store.decide(known[start : start + _AT_ONCE])
    return len(known)


async def _rows(settings: Settings, service: str) -> AsyncIterator[Sequence[Any]]:
    """Yield a service's ledger in parts; nothing if the service has no database or ledger here yet."""
    if not await _has_ledger(settings, service):
        return
    query = text(
        "SELECT erased, key_id, subject, kind, reason, at, tenant, case_id FROM erasure_ledger"
        " WHERE (erased, key_id) > (:erased, :key) ORDER BY erased, key_id LIMIT :many"
    )
    async with _engine(settings.database_of(service)) as engine:
        erased = key = UUID(int=0)
        while True:
            async with engine.connect() as connection:
                values = {"erased": erased, "key": key, "many": _AT_ONCE}
                rows = (await connection.execute(query, values)).all()
            if not rows:
                return
            yield rows
            erased, key = rows[-1].erased, rows[-1].key_id


async def _has_ledger(settings: Settings, service: str) -> bool:
    from sqlalchemy.engine import make_url

    url = make_url(settings.database_of(service))
    server = url.set(database="postgres").render_as_string(hide_password=False)
    async with _engine(server) as engine, engine.connect() as connection:
        found = await connection.execute(
            text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": url.database}
        )
        if found.first() is None:
            return False
    async with _engine(settings.database_of(service)) as engine, engine.connect() as connection:
        columns = await connection.execute(
            text(
                "SELECT 1 FROM information_schema.columns WHERE table_name = 'erasure_ledger'"
                " AND column_name = 'tenant'"
            )
        )
        return columns.first() is not None


@asynccontextmanager
async def _engine(url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        yield engine
    finally:
        await engine.dispose()


async def _repeat(settings: Settings, service: str, lines: Iterable[Line]) -> int:
    """Send a service every erasure that its ledger has lost; return how many there were."""
    by_erasure: dict[str, list[Line]] = {}
    for line in lines:
        by_erasure.setdefault(line.erased, []).append(line)
    if not by_erasure or not await _has_ledger(settings, service):
        return 0
    known: set[tuple[str, str]] = set()
    async for rows in _rows(settings, service):
        known |= {(str(row.erased), str(row.key_id)) for row in rows}
    forgotten = [
        of[0] for erased, of in by_erasure.items() if any((erased, line.key_id) not in known for line in of)
    ]
    if forgotten:
        await _apply_again(settings, service, forgotten)
    return len(forgotten)


async def _apply_again(settings: Settings, service: str, erasures: Sequence[Line]) -> None:
    from shared.runtime import connected

    subscriptions = import_module(f"services.{service}.consumer").subscriptions
    async with connected(service, settings) as context:
        for line in erasures:
            event_type, data = _event(line)
            await subscriptions.deliver(_envelope(line, event_type, data), event_type, context)


def _event(line: Line) -> tuple[str, dict[str, Any]]:
    from shared.events import intake, network, training

    case = {"case_id": line.case_id, "reason": line.reason}
    if line.kind == "case":
        return intake.CaseErased.TYPE, case
    if line.kind in ("staff", "coordinator"):
        contact = {"contact_id": line.erased, "kind": line.kind, "reason": line.reason}
        return intake.ContactErased.TYPE, contact
    if line.kind == "registration":
        return training.RegistrationErased.TYPE, {"registration_id": line.erased, "reason": line.reason}
    return network.PersonErased.TYPE, {**case, "person_id": line.erased}


def _envelope(line: Line, event_type: str, data: dict[str, Any]) -> bytes:
    from shared.ids import uuid7

    return json.dumps(
        {
            "id": str(uuid7()),
            "source": "urn:kring:ledger",
            "type": event_type,
            "time": line.at,
            "tenant": line.tenant,
            "caseid": line.case_id,
            "sequence": str(_LAST),
            "data": data,
        }
    ).encode()
