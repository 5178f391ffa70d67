"""Whether a copy tells why somebody left the circle."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "network_0010"
down_revision: str | None = "network_0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the step."""
    op.add_column(
        "data_request",
        sa.Column("show_exit_reason", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
