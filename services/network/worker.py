"""Puts network's workflows and activities together."""

from collections.abc import Callable
from typing import Any

from services.network.activities import Activities
from services.network.workflows import Invitation
from shared.context import Context

workflows: list[type] = [Invitation]


def activities(context: Context) -> list[Callable[..., Any]]:
    """Return network's activities on the connected parts of this process."""
    steps = Activities(context)
    return [
        steps.begin_invitation,
        steps.look_at_invitation,
        steps.remind_of_invitation,
        steps.give_up_waiting,
    ]
