"""What was said about sharing the plan, and shares that were taken back."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "plans_0007"
down_revision: str | None = "plans_0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the step."""
    op.add_column(
        "case_person", sa.Column("adult", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("share", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "sharing_consent",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("concerns", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "person_id", "concerns", name=op.f("pk_sharing_consent")),
    )
