"""Who looked and who changed, and openings of files by break-glass."""

from collections.abc import Sequence

from alembic import op

from shared.migrations import create_platform_tables

revision: str = "plans_0005"
down_revision: str | None = "plans_0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the step."""
    create_platform_tables("0005")
