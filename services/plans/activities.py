"""The steps of the follow-up: each one transaction, done once however often it is tried."""

from collections.abc import Callable
from typing import Any

from temporalio import activity

from services.plans.operations import agreements, check_ins, ending
from shared.context import Context
from shared.deadlines import Deadline, Done
from shared.effects import take


class Activities:
    """The activities of plans."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def all(self) -> list[Callable[..., Any]]:
        """Return every activity."""
        return [
            self.announce_agreement,
            self.remind_of_agreement,
            self.lapse_agreement,
            self.ask_for_check_in,
            self.escalate_check_in,
            self.complete_follow_up,
        ]

    @activity.defn(name="plans.announce-agreement")
    async def announce_agreement(self, due: Deadline) -> Done:
        """Tell who does it that the day of an agreement has come."""
        return await take(self._context, due, agreements.announce_agreement)

    @activity.defn(name="plans.remind-of-agreement")
    async def remind_of_agreement(self, due: Deadline) -> Done:
        """Remind of an agreement, once."""
        return await take(self._context, due, agreements.remind_of_agreement)

    @activity.defn(name="plans.lapse-agreement")
    async def lapse_agreement(self, due: Deadline) -> Done:
        """Let an agreement lapse that nobody reported as done."""
        return await take(self._context, due, agreements.lapse_agreement)

    @activity.defn(name="plans.ask-for-check-in")
    async def ask_for_check_in(self, due: Deadline) -> Done:
        """Ask how things go."""
        return await take(self._context, due, check_ins.ask_for_check_in)

    @activity.defn(name="plans.escalate-check-in")
    async def escalate_check_in(self, due: Deadline) -> Done:
        """Call the regional manager in for a check that nobody made."""
        return await take(self._context, due, check_ins.escalate_check_in)

    @activity.defn(name="plans.complete-follow-up")
    async def complete_follow_up(self, due: Deadline) -> Done:
        """End the follow-up whose year is over."""
        return await take(self._context, due, ending.complete_follow_up)
