"""The tables of the portal: sessions, of which the database alone opens none."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, LargeBinary, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.tables import NO_TENANT_BECAUSE, Timestamp, service_metadata


class Base(DeclarativeBase):
    """The service's metadata, with the platform's tables in it."""

    metadata = service_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Timestamp, str: Text, bytes: LargeBinary}


class BrowserSession(Base):
    """Somebody in a browser. `id` is a digest of the secret in the cookie, which is also what opens `sealed`."""

    __tablename__ = "browser_session"
    __table_args__ = (
        Index("ix_browser_session_expires_at", "expires_at"),
        {"info": {NO_TENANT_BECAUSE: "sealed: only the cookie says whose it is"}},
    )

    id: Mapped[bytes] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
