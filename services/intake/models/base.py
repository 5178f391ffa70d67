"""The base of intake's tables, and the columns that most of them share."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, mapped_column

from shared.ids import uuid7
from shared.tables import Timestamp, service_metadata


class Base(DeclarativeBase):
    """Base of intake's tables, besides those that every service has."""

    metadata = service_metadata()


Id = Annotated[UUID, mapped_column(primary_key=True, default=uuid7)]
Code = Annotated[str, mapped_column(Text)]
Codes = Annotated[list[str], mapped_column(ARRAY(Text))]
SealedBytes = Annotated[bytes, mapped_column(LargeBinary)]
At = Annotated[datetime, mapped_column(Timestamp)]
