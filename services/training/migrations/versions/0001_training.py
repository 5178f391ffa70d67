"""Courses, sessions, registrations and payments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    # Alembic does not compare sequences: a test keeps the model's and this one equal.
    op.execute(sa.schema.CreateSequence(sa.Sequence("communication_number", maxvalue=9_999_999_999)))
    op.create_table(
        "course",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("given_by", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("registration", sa.Text(), nullable=False),
        sa.Column("external_url", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
    )
    op.create_index("ix_course_list", "course", ["tenant", "created_at", "id"])
    op.create_table(
        "statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("booked", sa.Integer(), nullable=False),
        sa.Column("left_out", postgresql.JSONB(), nullable=False),
        sa.Column("balances_differ", sa.Boolean(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("imported_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("booked BETWEEN 0 AND total", name=op.f("ck_statement_booked")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint("tenant", "digest", name=op.f("uq_statement_tenant_digest")),
    )
    op.create_index("ix_statement_list", "statement", ["tenant", "created_at", "id"])
    op.create_table(
        "statement_part",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_statement_part_statement_id_statement")
        ),
        sa.PrimaryKeyConstraint("statement_id", "number", name=op.f("pk_statement_part")),
    )
    op.create_table(
        "course_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("vat", sa.Text(), nullable=False),
        sa.Column("account_iban", sa.Text(), nullable=True),
        sa.Column("account_name", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_course_session_capacity")),
        sa.CheckConstraint(
            "price = 0 OR (account_iban IS NOT NULL AND account_name IS NOT NULL)",
            name=op.f("ck_course_session_account"),
        ),
        sa.CheckConstraint("price >= 0", name=op.f("ck_course_session_price")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_course_session_course_id_course")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_session")),
    )
    op.create_index("ix_course_session_account", "course_session", ["tenant", "account_iban"])
    op.create_index("ix_course_session_list", "course_session", ["tenant", "starts_at", "id"])
    op.create_table(
        "registration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("communication", sa.Text(), nullable=True),
        sa.Column("person_index", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('requested', 'awaiting-payment', 'waitlisted', 'confirmed', 'cancelled', 'expired')",
            name=op.f("ck_registration_state"),
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["course_session.id"], name=op.f("fk_registration_session_id_course_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
        sa.UniqueConstraint("tenant", "communication", name=op.f("uq_registration_tenant_communication")),
    )
    op.create_index(
        "ix_registration_kept",
        "registration",
        ["tenant", "created_at"],
        postgresql_where=sa.text("erased_at IS NULL"),
    )
    op.create_index("ix_registration_list", "registration", ["tenant", "session_id", "created_at", "id"])
    op.create_index("ix_registration_places", "registration", ["session_id", "state", "created_at", "id"])
    op.create_index(
        "uq_registration_person",
        "registration",
        ["tenant", "session_id", "person_index"],
        unique=True,
        postgresql_where=sa.text("state IN ('awaiting-payment', 'confirmed', 'waitlisted')"),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("account_iban", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("taken_back", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("communication", sa.Text(), nullable=True),
        sa.Column("camt", sa.LargeBinary(), nullable=True),
        sa.Column("coda", sa.LargeBinary(), nullable=True),
        sa.Column("likenesses", postgresql.ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("reference_hashes", postgresql.ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column("reverses", sa.Uuid(), nullable=True),
        sa.Column("part_of", sa.Uuid(), nullable=True),
        sa.Column("suggestions", postgresql.JSONB(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('credit', 'reversal')", name=op.f("ck_payment_kind")),
        sa.CheckConstraint(
            "state IN ('matched', 'suggested', 'unmatched', 'underpaid', 'overpaid', 'paid-twice', 'late', 'early', 'reversed', 'divided', 'refunded', 'kept')",
            name=op.f("ck_payment_state"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_amount")),
        sa.CheckConstraint("taken_back BETWEEN 0 AND amount", name=op.f("ck_payment_taken_back")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_payment_registration_id_registration")
        ),
        sa.ForeignKeyConstraint(["reverses"], ["payment.id"], name=op.f("fk_payment_reverses_payment")),
        sa.ForeignKeyConstraint(["part_of"], ["payment.id"], name=op.f("fk_payment_part_of_payment")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_payment_statement_id_statement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("tenant", "camt", name=op.f("uq_payment_tenant_camt")),
        sa.UniqueConstraint("tenant", "coda", name=op.f("uq_payment_tenant_coda")),
    )
    op.create_index("ix_payment_likenesses", "payment", ["likenesses"], postgresql_using="gin")
    op.create_index("ix_payment_list", "payment", ["tenant", "created_at", "id"])
    op.create_index("ix_payment_of_registration", "payment", ["registration_id"])
    op.create_index("ix_payment_reference_hashes", "payment", ["reference_hashes"], postgresql_using="gin")
    op.create_index("ix_payment_state", "payment", ["tenant", "state", "created_at", "id"])
    op.create_table(
        "statement_entry",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_statement_entry_payment_id_payment")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_statement_entry_statement_id_statement")
        ),
        sa.PrimaryKeyConstraint("statement_id", "position", name=op.f("pk_statement_entry")),
    )
