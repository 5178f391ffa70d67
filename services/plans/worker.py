"""Composition root of the worker: the workflows of plans and what they have done."""

from collections.abc import Callable
from typing import Any

from services.plans.activities import Activities
from services.plans.workflows import FollowUp
from shared.context import Context

workflows: list[type] = [FollowUp]


def activities(context: Context) -> list[Callable[..., Any]]:
    """Return the activities of plans on connected parts."""
    return Activities(context).all()
