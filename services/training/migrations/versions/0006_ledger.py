"""Whose an erasure was: with that, one that a restored database has forgotten can be done again."""

from collections.abc import Sequence

from shared.migrations import create_platform_tables

revision: str = "training_0006"
down_revision: str | None = "training_0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the step."""
    create_platform_tables("0006")
