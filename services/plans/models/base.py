"""What all tables of plans share."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from shared.tables import Timestamp, service_metadata


class Base(DeclarativeBase):
    """The service's metadata, with the platform's tables in it."""

    metadata = service_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Timestamp,
        str: Text,
        bytes: LargeBinary,
        dict[str, Any]: JSONB,
    }
