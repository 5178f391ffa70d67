"""Who left an organisation and was forgotten there."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "intake_0012"
down_revision: str | None = "intake_0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the step."""
    for table in ("staff_member", "coordinator"):
        op.add_column(table, sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
