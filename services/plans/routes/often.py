"""How often somebody changes or shares a plan through their link: others are mailed about each time."""

from services.plans.domain import Progress
from shared.auth import Kind, Principal
from shared.context import Context
from shared.errors import TooManyRequests
from shared.http import limits

# More than one person has to change in a day; ending what was shared is not counted.
MOST_A_DAY, _DAY = 30, 86_400
# The progress that others are mailed about at once.
MAILED = (Progress.CHANGED, Progress.HELP)


class PlanChangedOften(TooManyRequests):
    """A person changed or shared plans through their link more often than anybody has to."""

    code = "plan-changed-often"
    title = "You changed or shared this plan very often lately; go on tomorrow, or ask the coordinator"


async def count_change(parts: Context, principal: Principal) -> None:
    """Count a change by a person of the circle. Raises: PlanChangedOften."""
    if principal.kind is not Kind.PERSON:
        return
    key = parts.vault.count_as(str(principal.id), field="changes of a plan")
    try:
        await limits.count(parts.database, key, most=MOST_A_DAY, seconds=_DAY)
    except limits.TooOften as often:
        raise PlanChangedOften(retry_after=often.facts["retry_after"]) from None
