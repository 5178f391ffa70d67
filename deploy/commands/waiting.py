"""`kring deadlines` and `kring outbox`: what is due or late and whose turn it is; unpublished events, and why.

Both read the databases of the services as the owner of the tables, and show ids, codes and times only.
"""

import argparse
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from deploy.commands.databases import with_database
from shared.database import Database
from shared.settings import Settings

# A clock past its deadline is late, whether or not its workflow has recorded that yet.
_DEADLINES = text(
    """
    SELECT kind, owner, escalate_to, subject, case_id, tenant, workflow_id, due_at,
           CASE WHEN state <> 'paused' AND due_at < :now THEN 'late' ELSE state END AS state
    FROM clock
    WHERE state IN ('running', 'paused', 'breached') AND (CAST(:kind AS text) IS NULL OR kind = :kind)
      AND (NOT :late OR (state <> 'paused' AND due_at < :now))
    ORDER BY due_at, id LIMIT :most
    """
)
# The first unpublished event of a stream holds back the others.
_OUTBOX = text(
    """
    SELECT DISTINCT ON (stream) stream, type, id, case_id, time, attempts, retry_at,
           count(*) OVER (PARTITION BY stream) AS waiting
    FROM outbox WHERE published_at IS NULL ORDER BY stream, position
    """
)


async def deadlines(options: argparse.Namespace) -> int:
    """Print the deadlines, the earliest first; return 1 if only late ones were requested, and there are some."""
    now = datetime.now(UTC)
    values = {"now": now, "kind": options.kind, "late": options.late, "most": options.most}
    found = await _read(options, _DEADLINES, values)
    if options.json:
        print(json.dumps(found, indent=1, default=_plain))
    else:
        for service, rows in found.items():
            for row in rows:
                away = _length(abs(now - row["due_at"]))
                when = {"late": f"late by {away}", "paused": "paused"}.get(row["state"], f"due in {away}")
                turn = row["owner"] + (f", then {row['escalate_to']}" if row["escalate_to"] else "")
                print(
                    f"{service:<10}  {row['kind']}  {when}; turn of: {turn}; of {row['subject']}"
                    + (f", case {row['case_id']}" if row["case_id"] else "")
                )
        count = sum(map(len, found.values()))
        print(f"{count} {'late ' if options.late else ''}deadlines." if count else "None.")
    return 1 if options.late and any(found.values()) else 0


async def outbox(options: argparse.Namespace) -> int:
    """Print each stream with unpublished events: the first of them, since when it waits, how often it failed.

    Returns 1 if one has failed.
    """
    now = datetime.now(UTC)
    found = await _read(options, _OUTBOX, {})
    found = {service: sorted(rows, key=lambda row: row["time"]) for service, rows in found.items()}
    if options.json:
        print(json.dumps(found, indent=1, default=_plain))
    else:
        for service, rows in found.items():
            for row in rows[: options.most]:
                failed = f"failed {row['attempts']} times" if row["attempts"] else "not tried yet"
                again = f", again at {row['retry_at']:%Y-%m-%dT%H:%M:%SZ}" if row["retry_at"] else ""
                print(
                    f"{service:<10}  {row['type']} {row['id']} for {_length(now - row['time'])}: {failed}{again};"
                    f" {row['waiting'] - 1} events wait behind it in stream {row['stream']}"
                )
        count = sum(row["waiting"] for rows in found.values() for row in rows)
        print(f"{count} events are unpublished." if count else "Everything is published.")
    return 1 if any(row["attempts"] for rows in found.values() for row in rows) else 0


async def _read(
    options: argparse.Namespace, statement: Any, values: Mapping[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each requested service. Raises: Operational."""
    settings = Settings()
    found = {}
    for service in await with_database(settings, options.service):
        database = Database.connect(
            settings.database_of(service), application_name="kring-waiting", pool_size=1
        )
        try:
            async with database.transaction() as session:
                rows = await session.execute(statement, values)
                found[service] = [dict(row._mapping) for row in rows]
        finally:
            await database.close()
    return found


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)


def _length(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"
