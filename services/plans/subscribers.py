"""The subscriptions of plans: facts of other services to store, and the case's state."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.operations import (
    accepting,
    adjusting,
    agreements,
    ending,
    erasing,
    projections,
    sharing,
    written,
)
from services.plans.operations.timing import COORDINATORS, SERVICE, clocks
from services.plans.workflows import WORKFLOWS
from shared import erasure
from shared.context import Context
from shared.erasure import erased_by
from shared.events import intake, network, scheduling
from shared.events.base import Received
from shared.subscriptions import Subscriptions

subscriptions = Subscriptions(SERVICE, one_by_one=True)

# Network's name of the consent that sharing outside the circle depends on.
SHARE_PLAN = "share-plan"
erasure.install(subscriptions)
subscriptions.watches(*WORKFLOWS)
subscriptions.follows_cases(clocks, handed_over=COORDINATORS)


# --- facts of other services ---


@subscriptions.writes(intake.CaseOpened, case="any")
async def keep_case(session: AsyncSession, event: Received[intake.CaseOpened], _context: Context) -> None:
    """Store who has a mandate."""
    await projections.note_case(session, event.data, tenant=event.tenant, at=event.time)


@subscriptions.writes(intake.BaselineRecorded, intake.BaselineChanged, case="any")
async def keep_baseline(
    session: AsyncSession,
    event: Received[intake.BaselineRecorded] | Received[intake.BaselineChanged],
    _context: Context,
) -> None:
    """Store the bottom lines."""
    await projections.note_baseline(session, event.data, tenant=event.tenant, at=event.time)


@subscriptions.writes(network.CircleReady, case="any")
async def keep_circle(session: AsyncSession, event: Received[network.CircleReady], _context: Context) -> None:
    """Store who takes part, and that nobody else does."""
    await projections.note_circle(
        session,
        case_id=event.data.case_id,
        tenant=event.tenant,
        members=[member.person_id for member in event.data.members],
        version=event.sequence,
    )


@subscriptions.writes(network.InvitationAnswered, case="any")
async def keep_answer(
    session: AsyncSession, event: Received[network.InvitationAnswered], _context: Context
) -> None:
    """Store whether a person takes part."""
    await projections.note_taking_part(
        session,
        case_id=event.data.case_id,
        tenant=event.tenant,
        people={event.data.person_id: event.data.answer == "yes"},
        version=event.sequence,
    )


@subscriptions.writes(network.InvitationUndecided, case="any")
async def keep_doubt(
    session: AsyncSession, event: Received[network.InvitationUndecided], _context: Context
) -> None:
    """Store whether a person who is unsure counts as taking part."""
    await projections.note_taking_part(
        session,
        case_id=event.data.case_id,
        tenant=event.tenant,
        people={event.data.person_id: event.data.takes_part},
        version=event.sequence,
    )


@subscriptions.writes(network.YoungestChanged, case="any")
async def keep_youngest(
    session: AsyncSession, event: Received[network.YoungestChanged], context: Context
) -> None:
    """Store in which age bracket the youngest central person is; among adults nobody accepts the plan any more."""
    case_id, now = event.data.case_id, await context.clock.now()
    await queries.hold_case(session, case_id=case_id)
    await projections.note_youngest(session, event.data, tenant=event.tenant, version=event.sequence)
    await accepting.follow_mandate(session, case_id=case_id, tenant=event.tenant, now=now)


@subscriptions.writes(network.ConsentGiven, network.ConsentWithdrawn, network.AuthorityEnded, case="any")
async def note_consent(
    session: AsyncSession,
    event: Received[network.ConsentGiven]
    | Received[network.ConsentWithdrawn]
    | Received[network.AuthorityEnded],
    _context: Context,
) -> None:
    """Store whether a person agrees to share the plan: a no ends sharing outside the circle.

    An objection counts no longer once the authority has ended; what it ended stays ended.
    """
    fact = event.data
    if not isinstance(fact, network.AuthorityEnded) and fact.purpose != SHARE_PLAN:
        return
    await sharing.note_consent(
        session,
        case_id=fact.case_id,
        person_id=fact.person_id,
        concerns=fact.concerns or fact.person_id,
        tenant=event.tenant,
        given=not isinstance(fact, network.ConsentWithdrawn),
        version=event.sequence,
        at=event.time,
    )


@subscriptions.writes(scheduling.ConferenceHeld, case="any")
async def keep_conference(
    session: AsyncSession, event: Received[scheduling.ConferenceHeld], context: Context
) -> None:
    """Store that a conference was held, and expect the plan that was made there."""
    now = await context.clock.now()
    await written.await_plan(session, event.data, tenant=event.tenant, at=event.time, now=now)
    await projections.note_conference(session, event.data, tenant=event.tenant, at=event.time)
    # Held and to be continued: the circle will meet again.
    await _note_round(session, event, over=event.data.outcome != "continued")


@subscriptions.writes(scheduling.PreparationStarted, case="any")
async def keep_round(
    session: AsyncSession, event: Received[scheduling.PreparationStarted], context: Context
) -> None:
    """Store that the circle will meet: what it wants to change, it decides there."""
    await _note_round(session, event, over=False)
    plan = await queries.plan_of_case(session, case_id=event.data.case_id, tenant=event.tenant)
    if plan is not None:
        await adjusting.expect_no_more(session, plan, now=await context.clock.now())


@subscriptions.writes(scheduling.ConferenceCancelled, case="any")
async def end_round(
    session: AsyncSession, event: Received[scheduling.ConferenceCancelled], _context: Context
) -> None:
    """Store that the circle will not meet any more."""
    await _note_round(session, event, over=True)


async def _note_round(
    session: AsyncSession,
    event: Received[scheduling.PreparationStarted]
    | Received[scheduling.ConferenceHeld]
    | Received[scheduling.ConferenceCancelled],
    *,
    over: bool,
) -> None:
    await projections.note_round(
        session,
        case_id=event.data.case_id,
        preparation_no=event.data.preparation_no,
        tenant=event.tenant,
        at=event.time,
        over=over,
    )


@subscriptions.writes(network.MessageFailed)
async def notify_monitor(
    session: AsyncSession, event: Received[network.MessageFailed], context: Context
) -> None:
    """Mail the monitor about an agreement if mail to the person who does it does not arrive."""
    page, _, agreement = event.data.link_target.partition("/")
    if page == "agreements":
        await agreements.notify_monitor(
            session,
            agreement_id=UUID(agreement),
            case_id=event.data.case_id,
            tenant=event.tenant,
            person_id=event.data.person_id,
            kind=event.data.kind,
            now=await context.clock.now(),
        )


# --- the case's state ---


@subscriptions.writes(intake.CaseWithdrawn, intake.CaseClosed, case="any")
async def stop_with_case(
    session: AsyncSession,
    event: Received[intake.CaseWithdrawn] | Received[intake.CaseClosed],
    context: Context,
) -> None:
    """End the follow-up: the case stopped or was closed."""
    now = await context.clock.now()
    await ending.stop_follow_up(session, case_id=event.data.case_id, tenant=event.tenant, now=now)


@subscriptions.writes(intake.CaseErased, case="always")
async def erase_case(session: AsyncSession, event: Received[intake.CaseErased], context: Context) -> None:
    """End the follow-up and make the words of the plan unreadable."""
    erased = await erased_by(event, context, kind="case", subject=event.data.case_id)
    await erasing.clear_case(session, context.vault, erased)


@subscriptions.writes(network.PersonErased, case="always")
async def erase_person(
    session: AsyncSession, event: Received[network.PersonErased], context: Context
) -> None:
    """Remove the person from the case; a plan that names them names nobody."""
    erased = await erased_by(event, context, kind="person", subject=event.data.person_id)
    await erasing.clear_person(session, context.vault, erased)
