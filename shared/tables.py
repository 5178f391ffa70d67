"""The tables that every service's database has besides its own: events out and in, clocks, effects, keys, mail.

They have a migration history of their own. Each service copies them into its metadata, so that this describes its
whole database.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

platform = MetaData(naming_convention=NAMING)

# What a table says in its `info` if its rows are not for their own tenant alone (see shared.migrations.roles): why
# they are of no tenant, or an SQL condition on rows that all may read, and only their own tenant may write.
NO_TENANT_BECAUSE = "no tenant because"
SHOWN_TO_ALL = "shown to all"
# What a table says in its `info` if its rows are only ever added: services have no right to change or delete them.
APPEND_ONLY = "append only"

Moment = DateTime(timezone=True)

# One row per ordered stream of events; its lock is what puts the events of a stream in order.
stream = Table(
    "stream",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("last", BigInteger, nullable=False),
    info={NO_TENANT_BECAUSE: "a counter, with no reference to what it counts"},
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
    Column("time", Moment, nullable=False),
    Column("tenant", Uuid),
    Column("case_id", Uuid),
    Column("causation_id", Uuid),
    Column("traceparent", Text),
    Column("data", JSONB, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("retry_at", Moment),
    Column("published_at", Moment),
    # The relay claims pending rows in order of position; published rows are in neither index.
    Index("ix_outbox_pending", "position", postgresql_where=text("published_at IS NULL")),
    Index(
        "ix_outbox_held_back",
        "retry_at",
        postgresql_where=text("published_at IS NULL AND retry_at IS NOT NULL"),
    ),
    Index("ix_outbox_case_id", "case_id", "position"),
    Index("ix_outbox_type", "type", "position"),
    Index("ix_outbox_published", "published_at", postgresql_where=text("published_at IS NOT NULL")),
    info={NO_TENANT_BECAUSE: "the relay carries the events of all"},
)

inbox = Table(
    "inbox",
    platform,
    Column("consumer", Text, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    # handled | refused:<code> | case-<status> | dead
    Column("outcome", Text, nullable=False),
    Column("handled_at", Moment, nullable=False),
    Index("ix_inbox_handled_at", "handled_at"),
    info={NO_TENANT_BECAUSE: "ids of events, and what came of them"},
)

case_state = Table(
    "case_state",
    platform,
    Column("case_id", Uuid, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    # None: only later events of the case have arrived yet.
    Column("opened_at", Moment),
    CheckConstraint("status IN ('open', 'paused', 'stopped', 'ended', 'erased')", name="status"),
)

# By which holidays and clock each organisation works: see shared.calendars. Who is not in it works by Belgium's.
tenant_calendar = Table(
    "tenant_calendar",
    platform,
    Column("tenant", Uuid, primary_key=True),
    Column("country", Text, nullable=False),
    Column("subdivision", Text),
    Column("time_zone", Text, nullable=False),
    info={APPEND_ONLY: True},
)

# What organisations set for this service, every version of it: see shared.policies.
policy = Table(
    "policy",
    platform,
    Column("tenant", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("settings", JSONB, nullable=False),
    Column("set_at", Moment, nullable=False),
    Column("set_by", Uuid, nullable=False),
    info={APPEND_ONLY: True},
)

# Who coordinates a case, one row per assignment; the newest one counts. See shared.case_access.
case_coordinator = Table(
    "case_coordinator",
    platform,
    Column("case_id", Uuid, primary_key=True),
    Column("assignment_no", Integer, primary_key=True, autoincrement=False),
    Column("tenant", Uuid, nullable=False),
    Column("coordinator_id", Uuid, nullable=False),
    Column("released", Boolean, nullable=False),
    Index("ix_case_coordinator_coordinator", "tenant", "coordinator_id", "case_id"),
)

# Who belongs or belonged to a case. `role` is unknown while only something else was heard of somebody.
case_person = Table(
    "case_person",
    platform,
    Column("case_id", Uuid, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("role", Text),
    Column("membership", Text, nullable=False),
    # Turned eighteen: nobody else has a say about them any more.
    Column("adult", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("membership IN ('active', 'removed', 'excluded', 'erased')", name="membership"),
)

clock = Table(
    "clock",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("stream", Uuid, nullable=False),
    Column("tenant", Uuid, nullable=False),
    Column("case_id", Uuid),
    Column("owner", Text, nullable=False),
    Column("escalate_to", Text),
    # The workflow that waits for its deadlines.
    Column("workflow_id", Text, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("warn_at", Moment),
    Column("due_at", Moment, nullable=False),
    Column("warned_at", Moment),
    Column("breached_at", Moment),
    Column("paused_at", Moment),
    Column("pause_reason", Text),
    Column("stopped_at", Moment),
    CheckConstraint("state IN ('running', 'paused', 'breached', 'stopped')", name="state"),
    CheckConstraint("(state = 'paused') = (paused_at IS NOT NULL)", name="paused"),
    # One live clock of a kind on a subject: a second start is a mistake, not a second clock.
    Index(
        "uq_clock_live",
        "kind",
        "subject",
        unique=True,
        postgresql_where=text("state IN ('running', 'paused')"),
    ),
    Index("ix_clock_case_id", "case_id"),
    Index("ix_clock_late", "tenant", "due_at", postgresql_where=text("state IN ('running', 'breached')")),
    # Serves workflows: what they wait for next, paused ones last.
    Index(
        "ix_clock_agenda",
        "workflow_id",
        text(
            "(CASE WHEN state = 'running' THEN coalesce(CASE WHEN warned_at IS NULL THEN warn_at END, due_at) END)"
        ),
        postgresql_where=text("state IN ('running', 'paused')"),
    ),
    # Serve housekeeping.
    Index("ix_clock_stopped", "tenant", "stopped_at", postgresql_where=text("state = 'stopped'")),
    Index("ix_clock_breached", "tenant", "breached_at", postgresql_where=text("state = 'breached'")),
)

# Which steps of workflows were taken: a step that is tried twice is taken once.
effect = Table(
    "effect",
    platform,
    Column("key", Text, primary_key=True),
    Column("done_at", Moment, nullable=False),
    Index("ix_effect_done_at", "done_at"),
    info={NO_TENANT_BECAUSE: "ids of workflows, and codes of steps"},
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
    Column("made_at", Moment, nullable=False),
    # Which cases the answer can tell of; none: nobody knows.
    Column("case_ids", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Index("ix_idempotency_key_made_at", "made_at"),
    info={NO_TENANT_BECAUSE: "the one who asks is part of the key"},
)

# How often something was asked lately. On the machine's clock: it guards machines, and tells of no business date.
rate_limit = Table(
    "rate_limit",
    platform,
    # A digest of what is counted and for whom: no address stands here.
    Column("key", LargeBinary, primary_key=True),
    Column("window_at", Moment, nullable=False),
    Column("hits", Integer, nullable=False),
    Index("ix_rate_limit_window_at", "window_at"),
    info={NO_TENANT_BECAUSE: "digests, and how often"},
)

# Ties a subject (case, person, coordinator, registration) to the key that its fields are sealed with.
subject_key = Table(
    "subject_key",
    platform,
    Column("subject", Uuid, primary_key=True),
    Column("key_id", Uuid, nullable=False),
    info={NO_TENANT_BECAUSE: "ids of subjects and keys"},
)

# The keys that an erasure destroys, written before it does: what a restore of the key store begins with.
erasure_ledger = Table(
    "erasure_ledger",
    platform,
    # What was erased: a case, a person, ...
    Column("erased", Uuid, primary_key=True),
    Column("key_id", Uuid, primary_key=True),
    # Whose key it was.
    Column("subject", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("tenant", Uuid, nullable=False),
    Column("case_id", Uuid),
    Index("ix_erasure_ledger_key_id", "key_id"),
    info={NO_TENANT_BECAUSE: "ids, also of what a restored database forgot", APPEND_ONLY: True},
)

# Erasures that this service began, and the services that must confirm them.
erasure = Table(
    "erasure",
    platform,
    Column("subject", Uuid, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("waits_for", ARRAY(Text), nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("done_at", Moment),
    Index("ix_erasure_open", "tenant", "began_at", postgresql_where=text("done_at IS NULL")),
)

erasure_confirmation = Table(
    "erasure_confirmation",
    platform,
    Column("subject", Uuid, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("at", Moment, nullable=False),
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
    Column("queued_at", Moment, nullable=False),
    Column("settled_at", Moment),
    CheckConstraint("state IN ('queued', 'sent', 'failed', 'cancelled')", name="state"),
    Index("ix_message_case_id", "case_id"),
    Index("ix_message_recipient", "recipient"),
    Index(
        "ix_message_settled",
        "tenant",
        "settled_at",
        postgresql_where=text("state <> 'queued' AND settled_at IS NOT NULL"),
    ),
)

# Whose rows there can be, learned from events that were purged: housekeeping visits them one by one.
tenant_seen = Table(
    "tenant_seen",
    platform,
    Column("tenant", Uuid, primary_key=True),
    info={NO_TENANT_BECAUSE: "ids of organisations, of which housekeeping must know all"},
)

# Who read or changed what: see shared.audit. Ids, codes and dates only; it outlives what it tells of.
audit_log = Table(
    "audit_log",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor", Uuid),
    Column("roles", ARRAY(Text), nullable=False),
    Column("organisation", Uuid),
    Column("case_id", Uuid),
    # Whose data it was, where rows are of one person.
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

# Entries that no seal covers yet, each since the transaction that wrote it.
audit_pending = Table(
    "audit_pending",
    platform,
    Column("entry_id", Uuid, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    info={NO_TENANT_BECAUSE: "ids and digests; one chain covers the entries of all"},
)

audit_seal = Table(
    "audit_seal",
    platform,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed_at", Moment, nullable=False),
    Column("entries", ARRAY(Uuid), nullable=False),
    # Whose entries these are, so that they can be found again one organisation after the other.
    Column("tenants", ARRAY(Uuid), nullable=False),
    # The entries' MACs, one after another: they tell a removed entry from a changed one.
    Column("macs", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    info={NO_TENANT_BECAUSE: "ids and digests; one chain covers the entries of all", APPEND_ONLY: True},
)

# Where the chain begins since its oldest seals were taken away; made by the owner of the tables alone.
audit_cut = Table(
    "audit_cut",
    platform,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False),
    Column("cut_at", Moment, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    info={NO_TENANT_BECAUSE: "ids and digests; one chain covers the entries of all", APPEND_ONLY: True},
)

# A file opened by break-glass: until then that manager reads what the case's coordinator may read.
case_break_glass = Table(
    "case_break_glass",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("opened_by", Uuid, nullable=False),
    Column("until", Moment, nullable=False),
    Column("closed_at", Moment),
    Index("ix_case_break_glass_case", "tenant", "case_id", "opened_by"),
)


def service_metadata() -> MetaData:
    """Return fresh metadata with the platform tables in it, for one service's models."""
    metadata = MetaData(naming_convention=NAMING)
    for table in platform.sorted_tables:
        table.to_metadata(metadata)
    return metadata
