"""What every service knows of cases and access to them, organisations' settings, and clocks."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.tables.metadata import APPEND_ONLY, NO_TENANT_REASON, SHOWN_TO_ALL, Timestamp, platform

case_state = Table(
    "case_state",
    platform,
    Column("case_id", Uuid, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    # None: only later events of the case have arrived yet.
    Column("opened_at", Timestamp),
    CheckConstraint("status IN ('open', 'paused', 'stopped', 'ended', 'erased')", name="status"),
)

# Organisations' profiles: see shared.profiles.
tenant_profile = Table(
    "tenant_profile",
    platform,
    Column("tenant", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("reply_to", Text),
    Column("country", Text, nullable=False),
    Column("subdivision", Text),
    Column("time_zone", Text, nullable=False),
    Column("accent_colour", Text),
    Column("heading_colour", Text),
    Column("background_colour", Text),
    Column("signature", Text),
    # Organisations' names are public: the portal's first page lists them.
    info={SHOWN_TO_ALL: "true"},
)

# Organisations' settings for this service, every version: see shared.policies.
policy = Table(
    "policy",
    platform,
    Column("tenant", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("settings", JSONB, nullable=False),
    Column("set_at", Timestamp, nullable=False),
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

# Who belongs or belonged to a case. `role` is unknown while only other events about the person arrived.
case_person = Table(
    "case_person",
    platform,
    Column("case_id", Uuid, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("role", Text),
    Column("membership", Text, nullable=False),
    # Turned eighteen: nobody else decides about them any more.
    Column("adult", Boolean, nullable=False, server_default=text("false")),
    # How often that was corrected: they turned out to be younger.
    Column("age_corrections", Integer, nullable=False, server_default=text("0")),
    # Tokens of earlier generations of their link no longer give access.
    Column("first_link", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("membership IN ('active', 'removed', 'excluded', 'erased')", name="membership"),
)

# A file opened by break-glass: until then that manager reads what the case's coordinator may read.
case_break_glass = Table(
    "case_break_glass",
    platform,
    Column("id", Uuid, primary_key=True),
    Column("tenant", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("opened_by", Uuid, nullable=False),
    Column("until", Timestamp, nullable=False),
    Column("closed_at", Timestamp),
    Index("ix_case_break_glass_case", "tenant", "case_id", "opened_by"),
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
    # Which of the owners: an account, or an organisation; null: whoever has the role, or coordinates the case.
    Column("owner_id", Uuid),
    Column("escalate_to", Text),
    # The workflow that waits for its deadlines.
    Column("workflow_id", Text, nullable=False),
    Column("policy_version", Integer, nullable=False),
    # What its time is counted in, also after a pause.
    Column("unit", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", Timestamp, nullable=False),
    Column("warn_at", Timestamp),
    Column("due_at", Timestamp, nullable=False),
    Column("warned_at", Timestamp),
    Column("breached_at", Timestamp),
    # Why, if somebody said so: a `LateReason`.
    Column("late_reason", Text),
    Column("paused_at", Timestamp),
    Column("pause_reason", Text),
    Column("stopped_at", Timestamp),
    # When its workflow next has something to do: null while it is paused, or when it is over. In PostgreSQL's own
    # normalised form, so that migrations can compare it.
    Column(
        "next_at",
        Timestamp,
        Computed(
            "CASE WHEN state = 'running'::text THEN COALESCE(CASE WHEN warned_at IS NULL THEN warn_at"
            " ELSE NULL::timestamp with time zone END, due_at) ELSE NULL::timestamp with time zone END",
            persisted=True,
        ),
    ),
    CheckConstraint("state IN ('running', 'paused', 'breached', 'stopped')", name="state"),
    CheckConstraint("unit IN ('working-days', 'days', 'hours', 'set-day')", name="unit"),
    CheckConstraint("(state = 'paused') = (paused_at IS NOT NULL)", name="paused"),
    CheckConstraint("late_reason IS NULL OR breached_at IS NOT NULL", name="late"),
    # One live clock of a kind per subject: a second start is a bug, not a second clock.
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
        "next_at",
        "id",
        postgresql_where=text("state IN ('running', 'paused')"),
    ),
    # Serve housekeeping.
    Index("ix_clock_stopped", "tenant", "stopped_at", postgresql_where=text("state = 'stopped'")),
    Index("ix_clock_breached", "tenant", "breached_at", postgresql_where=text("state = 'breached'")),
)

# Which workflow steps were taken, so that a retried step is taken once.
effect = Table(
    "effect",
    platform,
    Column("key", Text, primary_key=True),
    Column("done_at", Timestamp, nullable=False),
    Index("ix_effect_done_at", "done_at"),
    info={NO_TENANT_REASON: "ids of workflows, and codes of steps"},
)
