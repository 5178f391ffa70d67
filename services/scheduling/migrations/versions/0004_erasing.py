"""The ledger of erasures, what was begun and confirmed, and which cases a kept answer can tell of."""

from collections.abc import Sequence

from alembic import op

from shared.migrations import create_platform_tables

revision: str = "scheduling_0004"
down_revision: str | None = "scheduling_0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the step."""
    create_platform_tables("0004")
