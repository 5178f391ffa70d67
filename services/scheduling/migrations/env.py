"""Alembic's entry to the history of this service's database."""

from services.scheduling.models import Base
from shared.migrations import run

run(Base.metadata)
