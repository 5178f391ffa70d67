"""Organisations and staff, referrals, cases, offers, assignments, the baseline, retention, statistics."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "case_fact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("referrer_kind", sa.Text(), nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("themes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("minors", sa.Boolean(), nullable=False),
        sa.Column("age_band", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("not_started", sa.Text(), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("referred", sa.Date(), nullable=False),
        sa.Column("started", sa.Date(), nullable=True),
        sa.Column("conference_held", sa.Date(), nullable=True),
        sa.Column("plan_from_conference", sa.Date(), nullable=True),
        sa.Column("plan_without_meeting", sa.Date(), nullable=True),
        sa.Column("ended", sa.Date(), nullable=True),
        sa.Column("amounts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("codes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed", sa.Date(), nullable=False),
        sa.Column("stood", postgresql.JSONB(astext_type=sa.Text(), none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_fact")),
    )
    op.create_index("ix_case_fact_referred", "case_fact", ["tenant", "referred"])
    op.create_table(
        "late_fact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("clock_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("missed", sa.Date(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["fact_id"], ["case_fact.id"], name=op.f("fk_late_fact_fact_id_case_fact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_fact")),
        sa.UniqueConstraint("clock_id", name=op.f("uq_late_fact_clock_id")),
    )
    op.create_index("ix_late_fact_missed", "late_fact", ["tenant", "missed"])
    op.create_table(
        "survey_fact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("voice_group", sa.Text(), nullable=False),
        sa.Column("closed", sa.Date(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("meeting_answers", sa.Integer(), nullable=False),
        sa.Column("meeting_total", sa.Integer(), nullable=False),
        sa.Column("plan_answers", sa.Integer(), nullable=False),
        sa.Column("plan_total", sa.Integer(), nullable=False),
        sa.Column("coordinator_answers", sa.Integer(), nullable=False),
        sa.Column("coordinator_total", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["fact_id"], ["case_fact.id"], name=op.f("fk_survey_fact_fact_id_case_fact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_fact")),
    )
    op.create_index("ix_survey_fact_closed", "survey_fact", ["tenant", "closed"])
    op.create_index(
        "uq_case_fact_case",
        "case_fact",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("case_id IS NOT NULL"),
    )
    op.create_table(
        "coordinator",
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("cultures", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("max_load", sa.Integer(), nullable=False),
        sa.Column("tied_to", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("max_load BETWEEN 0 AND 1000", name=op.f("ck_coordinator_max_load")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_coordinator")),
    )
    op.create_index("ix_coordinator_list", "coordinator", ["tenant", "created_at", "id"])
    op.create_table(
        "hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_reason", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_reason IS NULL)", name=op.f("ck_hold_lifted")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index("ix_hold_in_force", "hold", ["case_id"], postgresql_where=sa.text("lifted_at IS NULL"))
    op.create_index(
        "ix_hold_list",
        "hold",
        ["tenant", "created_at", "id"],
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=True),
        sa.Column("kbo_number", sa.Text(), nullable=False),
        sa.Column("is_tenant", sa.Boolean(), nullable=False),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("subdivision", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("accent_colour", sa.Text(), nullable=True),
        sa.Column("heading_colour", sa.Text(), nullable=True),
        sa.Column("background_colour", sa.Text(), nullable=True),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_index("ix_organisation_list", "organisation", ["created_at", "id"])
    op.create_index(
        "uq_organisation_kbo_number",
        "organisation",
        ["kbo_number"],
        unique=True,
        postgresql_where=sa.text("superseded_by IS NULL"),
    )
    op.create_table(
        "mail_recipient",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name=op.f("fk_mail_recipient_message_id_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_mail_recipient")),
    )
    op.create_table(
        "daily_mail",
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "person_id", name=op.f("pk_daily_mail")),
    )
    op.create_table(
        "retention",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('youth', 'adult', 'plan-without-meeting', 'referral')", name=op.f("ck_retention_kind")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_retention")),
    )
    op.create_table(
        "staff_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", "tenant", name=op.f("pk_staff_member")),
    )
    op.create_index("ix_staff_member_list", "staff_member", ["tenant", "created_at", "id"])
    op.create_table(
        "referral",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("themes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("minors", sa.Boolean(), nullable=False),
        sa.Column("referrer_id", sa.Uuid(), nullable=True),
        sa.Column("referring_organisation", sa.Uuid(), nullable=True),
        sa.Column("mandated_organisation", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'professional') = (referrer_id IS NOT NULL)", name=op.f("ck_referral_referrer")
        ),
        sa.CheckConstraint(
            "state IN ('received', 'accepted', 'declined', 'withdrawn', 'erased')",
            name=op.f("ck_referral_state"),
        ),
        sa.ForeignKeyConstraint(
            ["mandated_organisation"],
            ["organisation.id"],
            name=op.f("fk_referral_mandated_organisation_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["referring_organisation"],
            ["organisation.id"],
            name=op.f("fk_referral_referring_organisation_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant"], ["organisation.id"], name=op.f("fk_referral_tenant_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("case_id", name=op.f("uq_referral_case_id")),
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
        sa.Column("themes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("minors", sa.Boolean(), nullable=False),
        sa.Column("referrer_id", sa.Uuid(), nullable=True),
        sa.Column("referring_organisation", sa.Uuid(), nullable=True),
        sa.Column("mandated_organisation", sa.Uuid(), nullable=True),
        sa.Column("coordinator_id", sa.Uuid(), nullable=True),
        sa.Column("assignment_no", sa.Integer(), nullable=False),
        sa.Column("baseline_version", sa.Integer(), nullable=False),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'paused', 'withdrawn', 'closed', 'erased')", name=op.f("ck_case_state")
        ),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_case_referral_id_referral")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint("referral_id", name=op.f("uq_case_referral_id")),
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
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person_index", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=op.f("fk_referral_person_referral_id_referral")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_person")),
    )
    op.create_index("ix_referral_person_index", "referral_person", ["tenant", "person_index"])
    op.create_index("ix_referral_person_referral", "referral_person", ["tenant", "referral_id", "position"])
    op.create_table(
        "assignment",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("coordinator_id", sa.Uuid(), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.Column("former_id", sa.Uuid(), nullable=True),
        sa.Column("another_wanted", sa.Boolean(), nullable=False),
        sa.Column("nobody_left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'assigned' OR coordinator_id IS NOT NULL", name=op.f("ck_assignment_coordinator")
        ),
        sa.CheckConstraint("state IN ('searching', 'assigned', 'ended')", name=op.f("ck_assignment_state")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_assignment_case_id_case")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_assignment")),
    )
    op.create_table(
        "baseline",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_baseline_case_id_case")),
        sa.PrimaryKeyConstraint("case_id", "version", name=op.f("pk_baseline")),
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
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_bottom_line_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bottom_line")),
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
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('referring', 'mandated')", name=op.f("ck_case_party_role")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_party_case_id_case")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_case_party_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_party")),
    )
    op.create_index("ix_case_party_organisation", "case_party", ["tenant", "organisation_id", "case_id"])
    op.create_index("uq_case_party_role", "case_party", ["case_id", "role"], unique=True)
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
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'expired', 'called-off')", name=op.f("ck_offer_state")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_offer_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
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
    op.create_table(
        "break_glass",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_break_glass_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass")),
    )
    op.create_index("ix_break_glass_case", "break_glass", ["tenant", "case_id", "opened_by"])
    op.create_index("ix_break_glass_list", "break_glass", ["tenant", "created_at", "id"])
    op.create_index(
        "ix_clock_kept_due",
        "clock",
        ["tenant", "due_at"],
        postgresql_where=sa.text("kind IN ('retention', 'hold') AND state = 'running'"),
    )
