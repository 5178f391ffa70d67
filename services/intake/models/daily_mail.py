"""The daily mail: who does not want it, and on which day it was last decided on."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base


class DailyMail(Base):
    """What a tenant knows of the daily mail of a colleague or coordinator; nothing while they never had one.

    `decided_on`: the last day whose mail was decided on; there is none again that day.
    """

    __tablename__ = "daily_mail"

    tenant: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    wanted: Mapped[bool]
    decided_on: Mapped[date | None]
