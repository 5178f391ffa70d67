"""Keys of people and cases, erasures, and the audit log."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY

from shared.tables.metadata import APPEND_ONLY, NO_TENANT_REASON, Timestamp, platform

# Ties a subject (case, person, coordinator, registration) to the key that its fields are sealed with.
subject_key = Table(
    "subject_key",
    platform,
    Column("subject", Uuid, primary_key=True),
    Column("key_id", Uuid, nullable=False),
    info={NO_TENANT_REASON: "ids of subjects and keys"},
)

# The keys that an erasure destroys, written before it does: repeated after a restore of the key store.
erasure_ledger = Table(
    "erasure_ledger",
    platform,
    # What was erased: a case, a person, ...
    Column("erased", Uuid, primary_key=True),
    Column("key_id", Uuid, primary_key=True),
    # The key's subject.
    Column("subject", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Timestamp, nullable=False),
    Column("tenant", Uuid, nullable=False),
    Column("case_id", Uuid),
    Index("ix_erasure_ledger_key_id", "key_id"),
    info={NO_TENANT_REASON: "ids, also of what a restored database forgot", APPEND_ONLY: True},
)

# Erasures that this service began, and the services that must confirm them.
erasure = Table(
    "erasure",
    platform,
    Column("subject", Uuid, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("waits_for", ARRAY(Text), nullable=False),
    Column("began_at", Timestamp, nullable=False),
    Column("done_at", Timestamp),
    Index("ix_erasure_list", "tenant", "began_at", "subject"),
)

erasure_confirmation = Table(
    "erasure_confirmation",
    platform,
    Column("subject", Uuid, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("at", Timestamp, nullable=False),
)

# Who read or changed what: see shared.audit. Ids, codes and dates only; it outlives its subjects.
audit_log = Table(
    "audit_log",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("at", Timestamp, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor", Uuid),
    Column("roles", ARRAY(Text), nullable=False),
    Column("organisation", Uuid),
    Column("case_id", Uuid),
    # The person concerned, where rows belong to one person.
    Column("persons", ARRAY(Uuid), nullable=False),
    Column("action", Text, nullable=False),
    # Kinds of rows and codes of changes.
    Column("what", ARRAY(Text), nullable=False),
    # The route's template, the event's type or the workflow's step.
    Column("operation", Text, nullable=False),
    Column("request", Text),
    Column("purpose", Text),
    Column("break_glass_id", Uuid),
    CheckConstraint("action IN ('read', 'changed')", name="action"),
    Index("ix_audit_log_case", "tenant", "case_id", "at", "id"),
    Index("ix_audit_log_actor", "tenant", "actor", "at", "id"),
    Index("ix_audit_log_persons", "persons", postgresql_using="gin"),
    info={APPEND_ONLY: True},
)

# Entries not covered by a seal yet, each since the transaction that wrote it.
audit_pending = Table(
    "audit_pending",
    platform,
    Column("entry_id", Uuid, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    info={NO_TENANT_REASON: "ids and digests; one chain covers the entries of all"},
)

audit_seal = Table(
    "audit_seal",
    platform,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed_at", Timestamp, nullable=False),
    Column("entries", ARRAY(Uuid), nullable=False),
    # The tenants of these entries, to find them again tenant by tenant.
    Column("tenants", ARRAY(Uuid), nullable=False),
    # The entries' MACs, one after another: they distinguish a removed entry from a changed one.
    Column("macs", LargeBinary, nullable=False),
    # The digest of the seal before it: so each row shows by itself whether it was made with the key.
    Column("previous", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    info={NO_TENANT_REASON: "ids and digests; one chain covers the entries of all", APPEND_ONLY: True},
)

# Where the chain begins since its oldest seals were removed; written by the owner of the tables alone.
audit_cut = Table(
    "audit_cut",
    platform,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False),
    Column("cut_at", Timestamp, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    info={NO_TENANT_REASON: "ids and digests; one chain covers the entries of all", APPEND_ONLY: True},
)
