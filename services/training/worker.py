"""The workflows and activities of training."""

from collections.abc import Callable
from typing import Any

from services.training.activities import Activities
from services.training.operations import erasing
from services.training.workflows import Registration
from shared.context import Context
from shared.deadline_workflow import DeadlineWorkflow
from shared.deadlines import Deadlines
from shared.housekeeping import Sweep

workflows: list[type] = [Registration, DeadlineWorkflow]
sweeps = {"registrations": Sweep(find=erasing.over_their_time, attend=erasing.erase_in_time)}


def activities(context: Context) -> list[Callable[..., Any]]:
    """Return the activities of this process."""
    steps = Activities(context)
    return [steps.look, steps.reach_moment, *Deadlines(context).all()]
