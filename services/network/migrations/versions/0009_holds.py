"""Legal holds as network hears of them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "network_0009"
down_revision: str | None = "network_0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("lifted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index("ix_hold_in_force", "hold", ["case_id"], postgresql_where=sa.text("NOT lifted"))
