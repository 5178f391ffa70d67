"""The tables that every service's database has besides its own: events out and in, clocks, effects, keys, mail.

They have a migration history of their own. Each service copies them into its metadata, so that this describes its
whole database.
"""

from collections.abc import Iterable

from sqlalchemy import MetaData

from shared.tables.cases import (
    case_break_glass,
    case_coordinator,
    case_person,
    case_state,
    clock,
    effect,
    policy,
    tenant_profile,
)
from shared.tables.delivery import (
    closed_question,
    idempotency_key,
    inbox,
    message,
    outbox,
    rate_limit,
    stream,
    tenant_seen,
)
from shared.tables.keys import (
    audit_cut,
    audit_log,
    audit_pending,
    audit_seal,
    erasure,
    erasure_confirmation,
    erasure_ledger,
    subject_key,
)
from shared.tables.metadata import APPEND_ONLY, NAMING, NO_TENANT_REASON, SHOWN_TO_ALL, Timestamp, platform

__all__ = [
    "APPEND_ONLY",
    "NAMING",
    "NO_TENANT_REASON",
    "SHOWN_TO_ALL",
    "Timestamp",
    "audit_cut",
    "audit_log",
    "audit_pending",
    "audit_seal",
    "case_break_glass",
    "case_coordinator",
    "case_person",
    "case_state",
    "clock",
    "closed_question",
    "effect",
    "erasure",
    "erasure_confirmation",
    "erasure_ledger",
    "idempotency_key",
    "inbox",
    "message",
    "one_of",
    "outbox",
    "platform",
    "policy",
    "rate_limit",
    "service_metadata",
    "stream",
    "subject_key",
    "tenant_profile",
    "tenant_seen",
]


def one_of(column: str, codes: Iterable[str]) -> str:
    """Return the check that a column holds one of some codes."""
    return f"{column} IN ({', '.join(repr(str(code)) for code in codes)})"


def service_metadata() -> MetaData:
    """Return fresh metadata with the platform tables in it, for one service's models."""
    metadata = MetaData(naming_convention=NAMING)
    for table in platform.sorted_tables:
        table.to_metadata(metadata)
    return metadata
