"""Counters of how often something was asked lately."""

from collections.abc import Sequence

from alembic import op

from shared.migrations import create_platform_tables

revision: str = "intake_0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the step."""
    create_platform_tables("0002")
