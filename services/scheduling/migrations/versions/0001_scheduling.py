"""Conferences and how they are prepared."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "case_info",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("referring_organisation", sa.Uuid(), nullable=True),
        sa.Column("mandated_organisation", sa.Uuid(), nullable=True),
        sa.Column("has_plan", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_info")),
    )
    op.create_table(
        "circle",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_circle")),
    )
    op.create_table(
        "preparation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("preparation_no", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("target_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("givers_version", sa.Integer(), nullable=False),
        sa.Column("notes_version", sa.Integer(), nullable=False),
        sa.Column("missing", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "reason IN ('referral', 'no-plan', 'called-off', 'review', 'family-wish')",
            name=op.f("ck_preparation_reason"),
        ),
        sa.CheckConstraint("state IN ('running', 'ended')", name=op.f("ck_preparation_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preparation")),
        sa.UniqueConstraint(
            "tenant", "case_id", "preparation_no", name=op.f("uq_preparation_tenant_case_id_preparation_no")
        ),
    )
    op.create_index(
        "uq_preparation_running",
        "preparation",
        ["tenant", "case_id"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "preparation_extension",
        sa.Column("preparation_id", sa.Uuid(), nullable=False),
        sa.Column("extension_no", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("extended_by", sa.Uuid(), nullable=False),
        sa.Column("before_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("target_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('family-needs-time', 'circle-grows', 'key-person-unavailable', 'holidays', 'other')",
            name=op.f("ck_preparation_extension_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["preparation_id"],
            ["preparation.id"],
            name=op.f("fk_preparation_extension_preparation_id_preparation"),
        ),
        sa.PrimaryKeyConstraint("preparation_id", "extension_no", name=op.f("pk_preparation_extension")),
    )
    op.create_table(
        "wanted_round",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('referral', 'no-plan', 'called-off', 'review', 'family-wish')",
            name=op.f("ck_wanted_round_reason"),
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_wanted_round")),
    )
    op.create_table(
        "checklist_entry",
        sa.Column("preparation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "code IN ('venue', 'food', 'childcare', 'transport', 'interpreter', 'advocate', 'safety-plan', 'information-givers', 'child-participation', 'questions-shared', 'bottom-lines-shared')",
            name=op.f("ck_checklist_entry_code"),
        ),
        sa.ForeignKeyConstraint(
            ["preparation_id"], ["preparation.id"], name=op.f("fk_checklist_entry_preparation_id_preparation")
        ),
        sa.PrimaryKeyConstraint("preparation_id", "code", name=op.f("pk_checklist_entry")),
    )
    op.create_table(
        "need_seen_to",
        sa.Column("preparation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "need IN ('transport', 'childcare', 'food', 'interpreter', 'access', 'other')",
            name=op.f("ck_need_seen_to_need"),
        ),
        sa.ForeignKeyConstraint(
            ["preparation_id"], ["preparation.id"], name=op.f("fk_need_seen_to_preparation_id_preparation")
        ),
        sa.PrimaryKeyConstraint("preparation_id", "person_id", "need", name=op.f("pk_need_seen_to")),
    )
    op.create_table(
        "information_giver",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("preparation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("how IN ('present', 'in-writing')", name=op.f("ck_information_giver_how")),
        sa.ForeignKeyConstraint(
            ["preparation_id"],
            ["preparation.id"],
            name=op.f("fk_information_giver_preparation_id_preparation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_information_giver")),
        sa.UniqueConstraint(
            "preparation_id", "position", name=op.f("uq_information_giver_preparation_id_position")
        ),
    )
    op.create_table(
        "circle_member",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("serves", sa.Uuid(), nullable=True),
        sa.Column("not_with", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("child", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["circle.case_id"], name=op.f("fk_circle_member_case_id_circle")
        ),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_circle_member")),
    )
    op.create_table(
        "venue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("neutral", sa.Boolean(), nullable=False),
        sa.Column("reached_by", sa.Text(), nullable=True),
        sa.Column("meets", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("open_at", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue")),
    )
    op.create_table(
        "conference",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("preparation_id", sa.Uuid(), nullable=False),
        sa.Column("preparation_no", sa.Integer(), nullable=False),
        sa.Column("conference_no", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("next_conference_id", sa.Uuid(), nullable=True),
        sa.Column("venue_id", sa.Uuid(), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("return_called_by_circle", sa.Boolean(), nullable=True),
        sa.Column("incident", sa.Boolean(), nullable=True),
        sa.Column("information_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("information_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("private_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("private_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("presentation_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("presentation_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('preparing', 'polling', 'ready-to-schedule', 'scheduled', 'postponed', 'held', 'cancelled')",
            name=op.f("ck_conference_state"),
        ),
        sa.CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name=op.f("ck_conference_dated")),
        sa.ForeignKeyConstraint(
            ["preparation_id"], ["preparation.id"], name=op.f("fk_conference_preparation_id_preparation")
        ),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_conference_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conference")),
        sa.UniqueConstraint(
            "tenant", "case_id", "conference_no", name=op.f("uq_conference_tenant_case_id_conference_no")
        ),
    )
    op.create_index("ix_conference_case_id", "conference", ["tenant", "case_id", "created_at", "id"])
    op.create_index("ix_conference_preparation_id", "conference", ["preparation_id"])
    op.create_table(
        "late_news",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "code IN ('venue', 'food', 'childcare', 'transport', 'interpreter', 'advocate', 'safety-plan',"
            " 'information-givers', 'child-participation', 'questions-shared', 'bottom-lines-shared')",
            name=op.f("ck_late_news_code"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'informing', 'told', 'on-the-day')", name=op.f("ck_late_news_state")
        ),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name=op.f("fk_late_news_conference_id_conference")
        ),
        sa.PrimaryKeyConstraint("conference_id", "code", name=op.f("pk_late_news")),
    )
    op.create_table(
        "attendance",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("came", sa.Boolean(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("walked_out", sa.Boolean(), nullable=False),
        sa.Column("views_beforehand", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name=op.f("fk_attendance_conference_id_conference")
        ),
        sa.PrimaryKeyConstraint("conference_id", "person_id", name=op.f("pk_attendance")),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("coordinator_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("coordinator_id", "tenant", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("digest", name=op.f("uq_calendar_feed_digest")),
    )
    op.create_table(
        "poll",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.Column("best_option_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (closes_at IS NOT NULL AND closed_reason IS NULL)", name=op.f("ck_poll_open")
        ),
        sa.CheckConstraint(
            "closed_reason IS NULL OR closed_reason IN ('all-answered', 'due', 'coordinator', 'cancelled', 'carried')",
            name=op.f("ck_poll_closed_reason"),
        ),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_poll_state")),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name=op.f("fk_poll_conference_id_conference")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll")),
        sa.UniqueConstraint("conference_id", name=op.f("uq_poll_conference_id")),
    )
    op.create_index("ix_poll_case_id", "poll", ["tenant", "case_id", "created_at", "id"])
    op.create_table(
        "notified",
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conference.id"], name=op.f("fk_told_conference_id_conference")
        ),
        sa.PrimaryKeyConstraint("conference_id", "person_id", name=op.f("pk_told")),
    )
    op.create_table(
        "poll_asked",
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["poll_id"], ["poll.id"], name=op.f("fk_poll_asked_poll_id_poll")),
        sa.PrimaryKeyConstraint("poll_id", "person_id", name=op.f("pk_poll_asked")),
    )
    op.create_table(
        "poll_option",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("part", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "part IN ('morning', 'afternoon', 'evening', 'day')", name=op.f("ck_poll_option_part")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_poll_option_order")),
        sa.ForeignKeyConstraint(["poll_id"], ["poll.id"], name=op.f("fk_poll_option_poll_id_poll")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_option")),
        sa.UniqueConstraint(
            "poll_id", "starts_at", "ends_at", name=op.f("uq_poll_option_poll_id_starts_at_ends_at")
        ),
    )
    op.create_table(
        "poll_answer",
        sa.Column("option_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("answer IN ('yes', 'maybe', 'no')", name=op.f("ck_poll_answer_answer")),
        sa.CheckConstraint("via IN ('link', 'coordinator')", name=op.f("ck_poll_answer_via")),
        sa.ForeignKeyConstraint(
            ["option_id"], ["poll_option.id"], name=op.f("fk_poll_answer_option_id_poll_option")
        ),
        sa.ForeignKeyConstraint(["poll_id"], ["poll.id"], name=op.f("fk_poll_answer_poll_id_poll")),
        sa.PrimaryKeyConstraint("option_id", "person_id", name=op.f("pk_poll_answer")),
    )
    op.create_index("ix_poll_answer_poll_id", "poll_answer", ["poll_id"])
