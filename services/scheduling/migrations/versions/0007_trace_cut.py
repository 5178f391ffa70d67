"""Where a shortened trace begins."""

from collections.abc import Sequence

from shared.migrations import create_platform_tables

revision: str = "scheduling_0007"
down_revision: str | None = "scheduling_0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the step."""
    create_platform_tables("0007")
