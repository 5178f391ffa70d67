"""Intake's workflows and activities, for the process that runs them."""

from collections.abc import Callable
from typing import Any

from services.intake.activities import Activities
from services.intake.workflows import CoordinatorAssignment, Retention
from shared.context import Context

workflows: list[type] = [CoordinatorAssignment, Retention]


def activities(context: Context) -> list[Callable[..., Any]]:
    """Return the activities, bound to the connected parts."""
    return Activities(context).all()
