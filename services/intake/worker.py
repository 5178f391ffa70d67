"""Intake's workflows and activities, for the process that runs them."""

from collections.abc import Callable
from typing import Any

from services.intake.activities import Activities, RetentionActivities
from services.intake.workflows import CoordinatorAssignment, Retention
from shared.context import Context

workflows: list[type] = [CoordinatorAssignment, Retention]


def activities(context: Context) -> list[Callable[..., Any]]:
    """Return the activities, bound to the connected parts."""
    steps = Activities(context)
    retention = RetentionActivities(context)
    return [
        steps.look_at_search,
        steps.offer_to_next,
        steps.remind_of_offer,
        steps.expire_offer,
        steps.breach_allocation,
        steps.search_again,
        retention.look_at_files,
        retention.sweep_files,
    ]
