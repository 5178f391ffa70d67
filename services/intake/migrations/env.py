"""Runs intake's migrations."""

from services.intake.models import Base
from shared.migrations import run

run(Base.metadata)
