"""The workflows and activities of training."""

from collections.abc import Callable
from typing import Any

from services.training.activities import Activities
from services.training.workflows import Registration
from shared.context import Context

workflows: list[type] = [Registration]


def activities(context: Context) -> list[Callable[..., Any]]:
    """Return the activities of this process."""
    steps = Activities(context)
    return [steps.look, steps.reach_moment]
