"""The daily mail: who opted out, and the day of the last decision."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base


class DailyMail(Base):
    """A colleague's or coordinator's daily mail at a tenant; no row if they never had one.

    `decided_on`: the last day whose mail was decided on; there is no second one on that day.
    """

    __tablename__ = "daily_mail"

    tenant: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    wanted: Mapped[bool]
    decided_on: Mapped[date | None]
