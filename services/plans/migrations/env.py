"""Alembic's entry to the history of this service's database."""

from services.plans.models import Base
from shared.migrations import run

run(Base.metadata)
