"""Composition root of the consumer: organisations' profiles, coordinators of cases, and clocks.

Nothing else of cases is followed here: the portal asks the services, in the reader's name.
"""

from services.portal import todos
from shared.events import intake
from shared.events.base import CLOCK_EVENTS
from shared.subscriptions import Subscriptions, nothing_more

subscriptions = Subscriptions("portal", of_cases=False)
for assignment in (intake.CoordinatorAssigned, intake.CoordinatorReleased):
    subscriptions.writes(assignment, case="any")(nothing_more)
for clock_event in CLOCK_EVENTS.values():
    # Also when the case is gone: its to-dos must leave the boards.
    subscriptions.writes(clock_event, case="always")(todos.follow)

__all__ = ["subscriptions"]
