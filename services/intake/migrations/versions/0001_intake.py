"""The register, referrals, cases, offers, and the baseline."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import create_platform_tables

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

MOMENT = sa.DateTime(timezone=True)
CODES = postgresql.ARRAY(sa.Text())


def upgrade() -> None:
    """Take the step."""
    create_platform_tables()
    op.create_table(
        "coordinator",
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("languages", CODES, nullable=False),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("cultures", CODES, nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("max_load", sa.Integer(), nullable=False),
        sa.Column("tied_to", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("max_load BETWEEN 0 AND 1000", name=op.f("ck_coordinator_max_load")),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_coordinator"),
    )
    op.create_index("ix_coordinator_list", "coordinator", ["tenant", "created_at", "id"])
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kbo_number", sa.Text(), nullable=False),
        sa.Column("is_tenant", sa.Boolean(), nullable=False),
        sa.Column("languages", CODES, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
        sa.UniqueConstraint("kbo_number", name="uq_organisation_kbo_number"),
    )
    op.create_index("ix_organisation_list", "organisation", ["created_at", "id"])
    op.create_table(
        "policy",
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("settings", postgresql.JSONB(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "version", name="pk_policy"),
    )
    op.create_table(
        "staff_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("roles", CODES, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", "tenant", name="pk_staff_member"),
    )
    op.create_table(
        "referral",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("themes", CODES, nullable=False),
        sa.Column("minors", sa.Boolean(), nullable=False),
        sa.Column("referrer_id", sa.Uuid(), nullable=True),
        sa.Column("referring_organisation", sa.Uuid(), nullable=True),
        sa.Column("mandated_organisation", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'professional') = (referrer_id IS NOT NULL)", name=op.f("ck_referral_referrer")
        ),
        sa.CheckConstraint(
            "state IN ('received', 'accepted', 'declined', 'withdrawn')", name=op.f("ck_referral_state")
        ),
        sa.ForeignKeyConstraint(
            ["mandated_organisation"],
            ["organisation.id"],
            name="fk_referral_mandated_organisation_organisation",
        ),
        sa.ForeignKeyConstraint(
            ["referring_organisation"],
            ["organisation.id"],
            name="fk_referral_referring_organisation_organisation",
        ),
        sa.ForeignKeyConstraint(["tenant"], ["organisation.id"], name="fk_referral_tenant_organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_referral"),
        sa.UniqueConstraint("case_id", name="uq_referral_case_id"),
    )
    op.create_index("ix_referral_list", "referral", ["tenant", "created_at", "id"])
    op.create_index("ix_referral_referrer", "referral", ["tenant", "referrer_id", "created_at", "id"])
    op.create_table(
        "case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("themes", CODES, nullable=False),
        sa.Column("minors", sa.Boolean(), nullable=False),
        sa.Column("referrer_id", sa.Uuid(), nullable=True),
        sa.Column("referring_organisation", sa.Uuid(), nullable=True),
        sa.Column("mandated_organisation", sa.Uuid(), nullable=True),
        sa.Column("coordinator_id", sa.Uuid(), nullable=True),
        sa.Column("assignment_no", sa.Integer(), nullable=False),
        sa.Column("baseline_version", sa.Integer(), nullable=False),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'paused', 'withdrawn', 'closed', 'erased')", name=op.f("ck_case_state")
        ),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name="fk_case_referral_id_referral"),
        sa.PrimaryKeyConstraint("id", name="pk_case"),
        sa.UniqueConstraint("referral_id", name="uq_case_referral_id"),
    )
    op.create_index(
        "ix_case_coordinator",
        "case",
        ["tenant", "coordinator_id", "created_at", "id"],
        postgresql_where=sa.text("coordinator_id IS NOT NULL"),
    )
    op.create_index("ix_case_list", "case", ["tenant", "created_at", "id"])
    op.create_table(
        "referral_person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name="fk_referral_person_referral_id_referral"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_referral_person"),
    )
    op.create_index("ix_referral_person_referral", "referral_person", ["tenant", "referral_id", "position"])
    op.create_table(
        "assignment",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("coordinator_id", sa.Uuid(), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.Column("nobody_left_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state <> 'assigned' OR coordinator_id IS NOT NULL", name=op.f("ck_assignment_coordinator")
        ),
        sa.CheckConstraint("state IN ('searching', 'assigned', 'ended')", name=op.f("ck_assignment_state")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_assignment_case_id_case"),
        sa.PrimaryKeyConstraint("case_id", "number", name="pk_assignment"),
    )
    op.create_table(
        "baseline",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_baseline_case_id_case"),
        sa.PrimaryKeyConstraint("case_id", "version", name="pk_baseline"),
    )
    op.create_table(
        "bottom_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("baseline_version", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("line_version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_bottom_line_case_id_case"),
        sa.PrimaryKeyConstraint("id", name="pk_bottom_line"),
    )
    op.create_index(
        "uq_bottom_line_place", "bottom_line", ["case_id", "baseline_version", "position"], unique=True
    )
    op.create_table(
        "case_party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("role IN ('referring', 'mandated')", name=op.f("ck_case_party_role")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_case_party_case_id_case"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_case_party_organisation_id_organisation"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_case_party"),
    )
    op.create_index("ix_case_party_organisation", "case_party", ["tenant", "organisation_id", "case_id"])
    op.create_index(
        "uq_case_party_role",
        "case_party",
        ["case_id", "role"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_no", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("coordinator_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'expired', 'called-off')", name=op.f("ck_offer_state")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_offer_case_id_case"),
        sa.PrimaryKeyConstraint("id", name="pk_offer"),
    )
    op.create_index(
        "ix_offer_waiting",
        "offer",
        ["tenant", "coordinator_id", "created_at", "id"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "uq_offer_coordinator", "offer", ["case_id", "assignment_no", "coordinator_id"], unique=True
    )
    op.create_index(
        "uq_offer_open", "offer", ["case_id"], unique=True, postgresql_where=sa.text("state = 'open'")
    )
    op.create_index("uq_offer_ordinal", "offer", ["case_id", "assignment_no", "ordinal"], unique=True)
