"""The workflows and activities of training."""

from collections.abc import Callable
from typing import Any

from services.training.activities import Activities
from services.training.operations import erasing
from services.training.workflows import Registration
from shared.context import Context
from shared.housekeeping import Sweep

workflows: list[type] = [Registration]
sweeps = {"registrations": Sweep(find=erasing.over_their_time, attend=erasing.erase_in_time)}


def activities(context: Context) -> list[Callable[..., Any]]:
    """Return the activities of this process."""
    return Activities(context).all()
