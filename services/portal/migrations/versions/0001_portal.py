"""Sessions of browsers, and what people have to do."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "browser_session",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browser_session")),
    )
    op.create_index("ix_browser_session_kept_until", "browser_session", ["kept_until"])
    op.create_table(
        "logo",
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", name=op.f("pk_logo")),
    )
    op.create_table(
        "todo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("escalate_to", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late_reason", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'paused', 'breached', 'stopped')", name=op.f("ck_todo_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_todo")),
    )
    waiting, breached = sa.text("waiting"), sa.text("state = 'breached'")
    op.create_index("ix_todo_owner", "todo", ["tenant", "owner", "due_at", "id"], postgresql_where=waiting)
    op.create_index("ix_todo_owner_id", "todo", ["owner_id", "due_at", "id"], postgresql_where=waiting)
    op.create_index(
        "ix_todo_case_id",
        "todo",
        ["case_id", "due_at", "id"],
        postgresql_where=sa.text("state <> 'stopped' OR breached_at IS NOT NULL"),
    )
    op.create_index(
        "ix_todo_escalated", "todo", ["tenant", "escalate_to", "due_at", "id"], postgresql_where=breached
    )
    op.create_index("ix_todo_late", "todo", ["kind", "due_at"], postgresql_where=breached)
    op.create_index(
        "ix_todo_over",
        "todo",
        ["tenant", "changed_at"],
        postgresql_where=sa.text("state IN ('breached', 'stopped')"),
    )
