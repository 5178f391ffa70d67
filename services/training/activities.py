"""The one step of training that is more than one transaction: booking a bank statement."""

import time

from services.training import domain
from services.training.operations import booking
from shared.context import Context
from shared.database import Scope
from shared.deadlines import Deadline, Done
from shared.steps import steps
from shared.trail import taken_by

# Well within the activity's time limit: the deadline stays, so the rest is left to another activity.
_SECONDS = 10.0


@steps("training.book-statement")
async def book_statement(context: Context, due: Deadline) -> Done:
    """Book a file, part by part for some seconds; its clock stops with the last one.

    Each part is deleted in the transaction that books it: after a crash the next attempt continues with the
    rest.
    """
    now = max(await context.clock.now(), due.at)
    until = time.monotonic() + _SECONDS
    booked, more = False, True
    with taken_by(domain.statement_workflow_id(due.subject)):
        while more and (not booked or time.monotonic() < until):
            async with context.database.transaction(Scope(tenant=due.tenant)) as session:
                more = await booking.book_part(
                    session, context.vault, tenant=due.tenant, statement_id=due.subject, now=now
                )
            booked = booked or more
    return Done(done=booked)
