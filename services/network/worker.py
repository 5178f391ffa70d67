"""Puts network's workflows and activities together."""

from collections.abc import Callable
from typing import Any

from services.network.activities import Activities
from services.network.workflows import ComingOfAge, DataRequest, Invitation
from shared.context import Context

workflows: list[type] = [Invitation, ComingOfAge, DataRequest]


def activities(context: Context) -> list[Callable[..., Any]]:
    """Return network's activities on the connected parts of this process."""
    return Activities(context).all()
