"""Puts network's workflows and activities together."""

from collections.abc import Callable
from typing import Any

from services.network.activities import Activities, BirthdayActivities, RequestActivities
from services.network.workflows import ComingOfAge, DataRequest, Invitation
from shared.context import Context
from shared.deadline_workflow import DeadlineWorkflow
from shared.deadlines import Deadlines

workflows: list[type] = [Invitation, ComingOfAge, DataRequest, DeadlineWorkflow]


def activities(context: Context) -> list[Callable[..., Any]]:
    """Return network's activities on the connected parts of this process."""
    steps = Activities(context)
    birthdays = BirthdayActivities(context)
    requests = RequestActivities(context)
    return [
        steps.begin_invitation,
        steps.look_at_invitation,
        steps.remind_of_invitation,
        steps.give_up_waiting,
        birthdays.look_at_birthday,
        birthdays.warn_of_birthday,
        birthdays.come_of_age,
        requests.look_at_data_request,
        requests.warn_of_data_request,
        requests.escalate_data_request,
        requests.put_copy_away,
        requests.erase_as_asked,
        *Deadlines(context).all(),
    ]
