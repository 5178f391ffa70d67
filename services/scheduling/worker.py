"""Composition root of the worker: the workflows of scheduling and what they have done."""

from collections.abc import Callable
from typing import Any

from services.scheduling.activities import Activities
from services.scheduling.workflows import ConferencePreparation
from shared.context import Context

workflows: list[type] = [ConferencePreparation]


def activities(context: Context) -> list[Callable[..., Any]]:
    """Return the activities of scheduling on connected parts."""
    return Activities(context).all()
