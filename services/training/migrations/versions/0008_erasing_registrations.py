"""When a registration ended, and when who registered was forgotten."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "training_0008"
down_revision: str | None = "training_0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the step. What ended before is kept as long as if it had lasted until its session."""
    for column in ("ended_at", "erased_at"):
        op.add_column("registration", sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_registration_kept",
        "registration",
        ["tenant", "created_at"],
        postgresql_where=sa.text("erased_at IS NULL"),
    )
