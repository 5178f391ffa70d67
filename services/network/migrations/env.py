"""Runs network's migrations."""

from services.network.models import Base
from shared.migrations import run

run(Base.metadata)
