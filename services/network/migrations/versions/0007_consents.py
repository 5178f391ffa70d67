"""Consents about somebody else, texts of an organisation's own, and on what basis data is kept."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "network_0007"
down_revision: str | None = "network_0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the step."""
    op.add_column("consent", sa.Column("concerns", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_consent_concerns_person"), "consent", "person", ["concerns"], ["id"])
    op.create_index("ix_consent_case", "consent", ["tenant", "case_id", "created_at", "id"], unique=False)
    op.create_table(
        "consent_text",
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant", "purpose", "version", "audience", "language", name=op.f("pk_consent_text")
        ),
    )
    op.create_table(
        "legal_basis",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_legal_basis_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_basis")),
    )
    op.create_index(
        "ix_legal_basis_person", "legal_basis", ["tenant", "person_id", "created_at", "id"], unique=False
    )
