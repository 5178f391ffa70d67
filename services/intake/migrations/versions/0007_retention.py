"""How long files are kept that are over, and what holds them longer."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "intake_0007"
down_revision: str | None = "intake_0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_MOMENT = sa.DateTime(timezone=True)
_KEPT = "kind IN ('retention', 'hold') AND state = 'running'"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "retention",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("computed_at", _MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('youth', 'adult', 'plan-without-meeting', 'referral')", name=op.f("ck_retention_kind")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_retention")),
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("lifted_at", _MOMENT, nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_because", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_because IS NULL)", name=op.f("ck_hold_lifted")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index(
        "ix_hold_in_force", "hold", ["case_id"], postgresql_where=sa.text("lifted_at IS NULL")
    )
    op.create_index(
        "ix_hold_list", "hold", ["tenant", "created_at", "id"], postgresql_where=sa.text("lifted_at IS NULL")
    )
    op.create_index("ix_clock_kept_due", "clock", ["tenant", "due_at"], postgresql_where=sa.text(_KEPT))
    op.create_index(
        "ix_clock_kept_warn",
        "clock",
        ["tenant", "warn_at"],
        postgresql_where=sa.text(f"{_KEPT} AND warned_at IS NULL AND warn_at IS NOT NULL"),
    )
    op.drop_constraint("ck_referral_state", "referral")
    op.create_check_constraint(
        op.f("ck_referral_state"),
        "referral",
        "state IN ('received', 'accepted', 'declined', 'withdrawn', 'erased')",
    )
