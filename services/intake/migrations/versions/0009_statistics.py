"""What stays of a case as numbers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "intake_0009"
down_revision: str | None = "intake_0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_MONTHS = ("started", "circle_ready", "conference_held", "plan_from_conference", "plan_without_meeting", "ended")
_NUMBERS = (
    *("circle", "widened", "conferences", "cancelled", "invited", "attended"),
    *("agreements", "agreements_done", "check_ins"),
)


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "case_fact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("referrer_kind", sa.Text(), nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("themes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("minors", sa.Boolean(), nullable=False),
        sa.Column("age_band", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("not_started", sa.Text(), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("acceptance", sa.Text(), nullable=True),
        sa.Column("acceptance_version", sa.Integer(), nullable=False),
        sa.Column("referred", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Date(), nullable=True) for name in _MONTHS),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _NUMBERS),
        sa.CheckConstraint("invited >= 0 AND attended >= 0", name=op.f("ck_case_fact_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_fact")),
    )
    op.create_index(
        "uq_case_fact_case",
        "case_fact",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("case_id IS NOT NULL"),
    )
    op.create_index("ix_case_fact_referred", "case_fact", ["tenant", "referred"])
