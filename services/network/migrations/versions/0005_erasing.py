"""The ledger of erasures, what was begun and confirmed, and which cases a kept answer can tell of."""

from collections.abc import Sequence

from alembic import op

from shared.migrations import create_platform_tables

revision: str = "network_0005"
down_revision: str | None = "network_0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the step."""
    create_platform_tables("0004")
    op.drop_constraint("ck_person_state", "person")
    op.create_check_constraint(
        op.f("ck_person_state"),
        "person",
        "state IN ('proposed', 'active', 'removed', 'excluded', 'erased')",
    )
