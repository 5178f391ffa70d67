"""Events out and in, emails, stored answers, and rate limits."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.tables.metadata import NO_TENANT_REASON, Timestamp, platform

# One row per ordered stream of events; its lock serialises the events of a stream.
stream = Table(
    "stream",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("last", BigInteger, nullable=False),
    info={NO_TENANT_REASON: "a counter, with no reference to what it counts"},
)

outbox = Table(
    "outbox",
    platform,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("stream", Uuid, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    # Relays divide the streams among themselves by this number.
    Column("shard", SmallInteger, nullable=False),
    Column("exchange", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("time", Timestamp, nullable=False),
    Column("tenant", Uuid, nullable=False),
    Column("case_id", Uuid),
    Column("causation_id", Uuid),
    Column("traceparent", Text),
    Column("data", JSONB, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("retry_at", Timestamp),
    Column("published_at", Timestamp),
    # The relay claims pending rows by position; published rows are in neither index.
    Index("ix_outbox_pending", "position", postgresql_where=text("published_at IS NULL")),
    Index(
        "ix_outbox_held_back",
        "retry_at",
        postgresql_where=text("published_at IS NULL AND retry_at IS NOT NULL"),
    ),
    Index("ix_outbox_case_id", "case_id", "position"),
    Index("ix_outbox_type", "type", "position"),
    Index("ix_outbox_published", "published_at", postgresql_where=text("published_at IS NOT NULL")),
    info={NO_TENANT_REASON: "the relay carries the events of all"},
)

inbox = Table(
    "inbox",
    platform,
    Column("consumer", Text, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    # handled | refused:<code> | case-<status> | dead
    Column("outcome", Text, nullable=False),
    Column("handled_at", Timestamp, nullable=False),
    Index("ix_inbox_handled_at", "handled_at"),
    info={NO_TENANT_REASON: "ids of events, and what came of them"},
)

message = Table(
    "message",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("recipient", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("tenant", Uuid, nullable=False),
    Column("case_id", Uuid),
    Column("stream", Uuid, nullable=False),
    # Ids, codes and dates only.
    Column("parameters", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("even_if_stopped", Boolean, nullable=False, server_default=text("false")),
    # What it asks about, and the place of the question in the order of the case's events; null: it asks nothing.
    Column("about", Uuid),
    Column("asked", BigInteger),
    Column("queued_at", Timestamp, nullable=False),
    Column("settled_at", Timestamp),
    CheckConstraint("state IN ('queued', 'sent', 'refused', 'no-address', 'cancelled')", name="state"),
    Index("ix_message_case_id", "case_id"),
    Index("ix_message_recipient", "recipient"),
    Index(
        "ix_message_settled",
        "tenant",
        "settled_at",
        postgresql_where=text("state <> 'queued' AND settled_at IS NOT NULL"),
    ),
)

# What nobody has to be asked about any more, with the place of what ended it in the order of the case's events.
closed_question = Table(
    "closed_question",
    platform,
    Column("about", Uuid, primary_key=True),
    # Who answered; the id of nobody: it is over for all.
    Column("person", Uuid, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("closed_at", Timestamp, nullable=False),
    Index("ix_closed_question_closed_at", "tenant", "closed_at"),
)

idempotency_key = Table(
    "idempotency_key",
    platform,
    Column("tenant", Uuid, primary_key=True),
    Column("principal", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("status", SmallInteger),
    Column("answer", LargeBinary),
    Column("made_at", Timestamp, nullable=False),
    # Which cases the answer can reveal; null: unknown.
    Column("case_ids", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Index("ix_idempotency_key_made_at", "made_at"),
    info={NO_TENANT_REASON: "the one who asks is part of the key"},
)

# Rate limits. On the machine's clock: they protect machines, and affect no business date.
rate_limit = Table(
    "rate_limit",
    platform,
    # A digest of what is counted and for whom: no address is stored.
    Column("key", LargeBinary, primary_key=True),
    Column("window_at", Timestamp, nullable=False),
    Column("hits", Integer, nullable=False),
    Index("ix_rate_limit_window_at", "window_at"),
    info={NO_TENANT_REASON: "digests, and how often"},
)

# Tenants that may have rows, learned from purged events: housekeeping visits them one by one.
tenant_seen = Table(
    "tenant_seen",
    platform,
    Column("tenant", Uuid, primary_key=True),
    info={NO_TENANT_REASON: "ids of organisations, of which housekeeping must know all"},
)
