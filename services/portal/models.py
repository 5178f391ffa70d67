"""The portal's tables: sessions, which the database alone cannot open, and to-dos."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.tables import NO_TENANT_REASON, SHOWN_TO_ALL, Timestamp, service_metadata


class Base(DeclarativeBase):
    """The service's metadata, with the platform's tables in it."""

    metadata = service_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Timestamp, str: Text, bytes: LargeBinary}


class BrowserSession(Base):
    """A session or draft in a browser. `id` is a digest of the cookie's secret, which also opens `sealed`.

    After `expires_at` it lets nobody in; until `kept_until` its author gets back a form that they sent too late.
    """

    __tablename__ = "browser_session"
    __table_args__ = (
        Index("ix_browser_session_kept_until", "kept_until"),
        {"info": {NO_TENANT_REASON: "sealed: only the cookie says whose it is"}},
    )

    id: Mapped[bytes] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    kept_until: Mapped[datetime]


class Logo(Base):
    """An organisation's logo, as a PNG that was redrawn here. `fingerprint`: changes with the picture."""

    __tablename__ = "logo"
    # Shown on public pages.
    __table_args__ = ({"info": {SHOWN_TO_ALL: "true"}},)

    tenant: Mapped[UUID] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    image: Mapped[bytes]
    changed_at: Mapped[datetime]


_WAITING = text("waiting")


class Todo(Base):
    """A clock of a service from its newest event: what somebody must do, in ids, codes and dates.

    `waiting`: its owner must act now, and not only from the warning on. `breached_at`: when it became late, also of
    one that was met since; null for what ends by itself. `late_reason`: a `LateReason`. `version`: the event's
    number in the clock's stream. Ended clocks stay until no earlier event of theirs can arrive any more.
    """

    __tablename__ = "todo"
    __table_args__ = (
        CheckConstraint("state IN ('running', 'paused', 'breached', 'stopped')", name="state"),
        # Serve boards, page by page: by role, by owner, by case, and by escalation role.
        Index("ix_todo_owner", "tenant", "owner", "due_at", "id", postgresql_where=_WAITING),
        Index("ix_todo_owner_id", "owner_id", "due_at", "id", postgresql_where=_WAITING),
        Index(
            "ix_todo_case_id",
            *("case_id", "due_at", "id"),
            postgresql_where=text("state <> 'stopped' OR breached_at IS NOT NULL"),
        ),
        Index(
            "ix_todo_escalated",
            *("tenant", "escalate_to", "due_at", "id"),
            postgresql_where=text("state = 'breached'"),
        ),
        # Serve lists of what is late, of all organisations, and purging.
        Index("ix_todo_late", "kind", "due_at", postgresql_where=text("state = 'breached'")),
        Index(
            "ix_todo_over",
            *("tenant", "changed_at"),
            postgresql_where=text("state IN ('breached', 'stopped')"),
        ),
        # Ops counts what is late in every organisation.
        {"info": {SHOWN_TO_ALL: "state = 'breached'"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    service: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[UUID]
    case_id: Mapped[UUID | None]
    owner: Mapped[str]
    owner_id: Mapped[UUID | None]
    escalate_to: Mapped[str | None]
    state: Mapped[str]
    waiting: Mapped[bool]
    warn_at: Mapped[datetime | None]
    due_at: Mapped[datetime]
    breached_at: Mapped[datetime | None]
    late_reason: Mapped[str | None]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(BigInteger)
