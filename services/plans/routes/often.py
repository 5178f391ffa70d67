"""How often somebody changes or shares a plan through their link: others are mailed about each time."""

from services.plans.domain import Progress
from shared.auth import Principal
from shared.context import Context
from shared.errors import TooManyRequests
from shared.http import limits

# The progress that others are mailed about at once.
MAILED = (Progress.CHANGED, Progress.HELP)


class PlanChangedOften(TooManyRequests):
    """A person changed or shared plans through their link more often than anybody has to."""

    code = "plan-changed-often"
    title = "You changed or shared this plan very often lately; go on tomorrow, or ask the coordinator"


async def count_change(parts: Context, principal: Principal) -> None:
    """Count a change by a person of the circle; ending what was shared is none. Raises: PlanChangedOften."""
    await limits.count_change(parts, principal, what="changes of a plan", refusal=PlanChangedOften)
