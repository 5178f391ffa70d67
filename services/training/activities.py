"""What training's workflows do: each step an operation in a transaction of its own, done once however often tried."""

from temporalio import activity

from services.training import queries
from services.training.domain import UNDECIDED
from services.training.operations import registrations
from services.training.workflow_inputs import Moment, Outcome, RegistrationInput, Standing
from shared import effects
from shared.context import Context
from shared.database import Scope


class Activities:
    """The steps of the workflows."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @activity.defn(name="training.look")
    async def look(self, given: RegistrationInput) -> Standing:
        """Return how the registration stands now."""
        async with self._context.database.transaction(Scope(tenant=given.tenant)) as session:
            row = await queries.registration(
                session, tenant=given.tenant, registration_id=given.registration_id
            )
            # A later round has its own workflow.
            over = row.state not in UNDECIDED or row.round != given.round
            clock = None if over else await registrations.payment_clock(session, row)
            return Standing(state=row.state, next_at=clock.next_at if clock is not None else None, over=over)

    @activity.defn(name="training.reach-moment")
    async def reach_moment(self, moment: Moment) -> Outcome:
        """Remind, or let the registration expire, unless something else happened first."""
        now = await self._context.clock.now()
        given = moment.registration

        async with self._context.database.transaction(Scope(tenant=given.tenant)) as session:

            async def operation() -> Outcome:
                did = await registrations.reach_moment(
                    session,
                    tenant=given.tenant,
                    registration_id=given.registration_id,
                    moment=moment.at,
                    # Two machines' clocks may differ by a little: an event is not before its cause.
                    now=max(now, moment.at),
                )
                return Outcome(did=did)

            key = f"{activity.info().workflow_id}/reach-moment/{moment.at.isoformat()}"
            return await effects.once(session, key=key, result=Outcome, operation=operation)
