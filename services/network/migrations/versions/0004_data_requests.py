"""What people ask of their data."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "network_0004"
down_revision: str | None = "network_0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "data_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("noted_by", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erase_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('copy', 'erasure', 'correction')", name=op.f("ck_data_request_kind")
        ),
        sa.CheckConstraint(
            "state IN ('received', 'approved', 'refused', 'done', 'withdrawn')",
            name=op.f("ck_data_request_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_request")),
    )
    op.create_index(
        "uq_data_request_open",
        "data_request",
        ["tenant", "person_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state IN ('received', 'approved')"),
    )
    op.create_index("ix_data_request_person", "data_request", ["tenant", "person_id", "created_at", "id"])
    op.create_index("ix_data_request_list", "data_request", ["tenant", "created_at", "id"])
    op.create_index(
        "ix_data_request_waiting",
        "data_request",
        ["tenant", "due_at", "id"],
        postgresql_where=sa.text("state = 'received' OR (state = 'approved' AND kind <> 'copy')"),
    )
    op.create_index("ix_data_request_case", "data_request", ["tenant", "case_id"])
