"""Plans, agreements, acceptance, sharing and check-ins."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "case_baseline",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("bottom_lines", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_baseline")),
    )
    op.create_table(
        "case_info",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("referring_organisation", sa.Uuid(), nullable=True),
        sa.Column("mandated_organisation", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_info")),
    )
    op.create_table(
        "held_conference",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conference_id", name=op.f("pk_held_conference")),
    )
    op.create_table(
        "round",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("preparation_no", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "preparation_no", name=op.f("pk_round")),
    )
    op.create_table(
        "plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("acceptance", sa.Text(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("follow_up", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "acceptance IN ('not-needed', 'awaited', 'accepted', 'presumed', 'partly-accepted', 'refused')",
            name=op.f("ck_plan_acceptance"),
        ),
        sa.CheckConstraint("follow_up IN ('running', 'ended', 'stopped')", name=op.f("ck_plan_follow_up")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_index("uq_plan_case_id", "plan", ["tenant", "case_id"], unique=True)
    op.create_table(
        "own_meeting",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("changed", sa.Boolean(), nullable=False),
        sa.Column("said_by", sa.Uuid(), nullable=False),
        sa.Column("said_as", sa.Text(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "said_as IN ('coordinator', 'regional-manager', 'person')", name=op.f("ck_own_meeting_said_as")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_own_meeting_plan_id_plan")),
        sa.PrimaryKeyConstraint("plan_id", "met_on", name=op.f("pk_own_meeting")),
    )
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
    op.create_table(
        "taking_part",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("takes_part", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_taking_part")),
    )
    op.create_table(
        "youngest",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("bracket", sa.Text(), nullable=True),
        sa.Column("been_minor", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("bracket IN ('under-seven', 'minor')", name=op.f("ck_youngest_bracket")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_youngest")),
    )
    op.create_table(
        "acceptance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("bottom_line_id", sa.Uuid(), nullable=False),
        sa.Column("bottom_line_version", sa.Integer(), nullable=False),
        sa.Column("met", sa.Boolean(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_acceptance_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance")),
    )
    op.create_index("uq_acceptance_line", "acceptance", ["plan_id", "version", "bottom_line_id"], unique=True)
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("who_person_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("plan_b", sa.Integer(), nullable=True),
        sa.Column("instead_of", sa.Uuid(), nullable=True),
        sa.Column("invoked_by", sa.Uuid(), nullable=True),
        sa.Column("invoked_as", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.Column("progress_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("by IN ('network', 'professional')", name=op.f("ck_agreement_by")),
        sa.CheckConstraint(
            "invoked_as IN ('coordinator', 'regional-manager', 'person')",
            name=op.f("ck_agreement_invoked_as"),
        ),
        sa.CheckConstraint(
            "progress IN ('nearly', 'not-yet', 'changed', 'help')", name=op.f("ck_agreement_progress")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'suspended', 'done', 'lapsed', 'replaced', 'cancelled')",
            name=op.f("ck_agreement_state"),
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_agreement_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    op.create_index("ix_agreement_case_id", "agreement", ["case_id", "created_at", "id"])
    op.create_table(
        "check_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("new_needs", sa.Boolean(), nullable=True),
        sa.Column("incident", sa.Boolean(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'due', 'escalated', 'recorded', 'cancelled')",
            name=op.f("ck_check_in_state"),
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_check_in_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in")),
    )
    op.create_index("ix_check_in_case_id", "check_in", ["case_id", "created_at", "id"])
    op.create_index(
        "ix_check_in_waiting",
        "check_in",
        ["tenant", "created_at", "id"],
        postgresql_where=sa.text("state IN ('due', 'escalated')"),
    )
    op.create_index(
        "uq_check_in_kind",
        "check_in",
        ["plan_id", "plan_version", "kind"],
        unique=True,
        postgresql_where=sa.text("kind <> 'review'"),
    )
    op.create_index(
        "uq_check_in_review",
        "check_in",
        ["plan_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'review' AND state IN ('planned', 'due', 'escalated')"),
    )
    op.create_table(
        "review_answer",
        sa.Column("check_in_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("meet_again", sa.Boolean(), nullable=False),
        sa.Column("another_coordinator", sa.Boolean(), nullable=False),
        sa.Column("without_coordinator", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["check_in_id"], ["check_in.id"], name=op.f("fk_review_answer_check_in_id_check_in")
        ),
        sa.PrimaryKeyConstraint("check_in_id", "person_id", name=op.f("pk_review_answer")),
    )
    op.create_table(
        "plan_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("conference_id", sa.Uuid(), nullable=True),
        sa.Column("met_on", sa.Date(), nullable=True),
        sa.Column("monitor_person_id", sa.Uuid(), nullable=True),
        sa.Column("convener_person_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_as", sa.Text(), nullable=False),
        sa.Column("asked_by_person_id", sa.Uuid(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "recorded_as IN ('coordinator', 'regional-manager', 'person')",
            name=op.f("ck_plan_version_recorded_as"),
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_version_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_version")),
    )
    op.create_index("uq_plan_version_plan_id", "plan_version", ["plan_id", "version"], unique=True)
    op.create_table(
        "wording",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_wording_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording")),
    )
    op.create_index("uq_wording_language", "wording", ["plan_id", "language"], unique=True)
    op.create_table(
        "resource",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_as", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "answered_as IN ('coordinator', 'mandated', 'person')", name=op.f("ck_resource_answered_as")
        ),
        sa.CheckConstraint("state IN ('asked', 'granted', 'refused')", name=op.f("ck_resource_state")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_resource_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
    )
    op.create_index("ix_resource_plan_id", "resource", ["plan_id", "plan_version"])
    op.create_table(
        "stance",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_stance_plan_id_plan")),
        sa.PrimaryKeyConstraint("plan_id", "version", "person_id", name=op.f("pk_stance")),
    )
    op.create_table(
        "referrer_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("going", sa.Text(), nullable=False),
        sa.Column("new_needs", sa.Boolean(), nullable=False),
        sa.Column("called_by", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "going IN ('as-agreed', 'partly', 'not', 'not-reached')", name=op.f("ck_referrer_call_going")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_referrer_call_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrer_call")),
    )
    op.create_index("ix_referrer_call_plan_id", "referrer_call", ["plan_id", "called_at"], unique=False)
    op.create_table(
        "share",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Uuid(), nullable=False),
        sa.Column("parts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("shared_by", sa.Uuid(), nullable=False),
        sa.Column("shared_for", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_for", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.CheckConstraint("kind IN ('person', 'organisation')", name=op.f("ck_share_kind")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_share_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share")),
    )
    op.create_index("uq_share_recipient", "share", ["plan_id", "version", "recipient"], unique=True)
