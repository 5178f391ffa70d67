"""Runs training's migrations."""

from services.training.models import Base
from shared.migrations import run

run(Base.metadata)
