"""A service's subscriptions: one handler per event type, each with one durable effect.

`writes`: the handler's rows and the inbox row are one transaction. `acts`: the handler has one external effect
that may be repeated (a workflow start or signal, a mail), and the inbox row follows. Handlers may rely on the
case being known and live here, unless they say `case="any"`; an early event is retried later, one for a stopped
case is acknowledged and recorded. Nothing more is written about an erased case, unless they say
`case="always"`. The case stays as a `writes` handler finds it until its rows are committed. Access that an
event grants takes effect once the deciding service's decision is found.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from shared import case_access, case_state, inbox, profiles
from shared.audit import ITSELF, Actor, acting
from shared.clock_workflow import ClockWorkflow
from shared.clocks import Clocks
from shared.context import Context
from shared.database import Database, Scope
from shared.deadlines import WorkflowInput
from shared.errors import DomainError, NotYet
from shared.events import intake
from shared.events.base import CLOCK_EVENTS, REGISTRY, WAKING, ClockFact, D, EventData, Received, source_of
from shared.trail import caused_by
from shared.workflow import DeadlineWorkflow

log = structlog.get_logger(__name__)

CasePolicy = Literal["live", "any", "always"]
# What an `acts` handler may return: rows to write together with the inbox row.
AndThen = Callable[[AsyncSession], Awaitable[None]]
WriteHandler = Callable[[AsyncSession, Received[Any], Context], Awaitable[None]]
ActHandler = Callable[[Received[Any], Context], Awaitable[AndThen | None]]
F = TypeVar("F", bound=Callable[..., Any])


class Malformed(Exception):
    """The message is not an event of the type it was sent as; the text names fields, never values."""


@dataclass(frozen=True)
class Subscription:
    """One event type and what to do with it."""

    data: type[EventData]
    case: CasePolicy
    write: WriteHandler | None = None
    act: ActHandler | None = None
    background: bool = False

    @property
    def type(self) -> str:
        """Return the event type."""
        return self.data.TYPE


async def nothing_more(_session: AsyncSession, _event: Received[Any], _context: Context) -> None:
    """The handler of case events of which only the case's state, or access to it, matters."""


async def _nothing_outside(_event: Received[Any], _context: Context) -> None:
    """Do nothing."""


async def _wake_watcher(event: Received[ClockFact], context: Context) -> None:
    if event.data.wakes is not None:
        await context.temporal.look_again(event.data.wakes)


class Subscriptions:
    """The subscriptions of one service.

    Each follows the state of cases and access to them automatically, and wakes the workflows that wait for the
    service's clocks when these change.
    """

    def __init__(self, service: str, *, of_cases: bool = True, one_by_one: bool = False) -> None:
        """Begin with what every service follows; `of_cases`: also case events.

        `one_by_one`: handlers of one case are serialised. Handlers that lock the case to change it need this:
        if two first held it shared, neither could.
        """
        self.service = service
        self._one_by_one = one_by_one
        self._watchers: dict[str, type[DeadlineWorkflow]] = {}
        self._followed: tuple[Clocks, Collection[str]] | None = None
        self._by_type: dict[str, Subscription] = {}
        states = [REGISTRY[event_type] for event_type in case_state.STATUS_AFTER]
        self._defaults: dict[str, Subscription] = {
            data.TYPE: Subscription(data, "any", write=nothing_more)
            for data in [*states, *case_access.followed_by(service)]
            if of_cases
        }
        for profile in (intake.OrganisationEntered, intake.OrganisationChanged):
            self._defaults[profile.TYPE] = Subscription(profile, "always", write=profiles.follow)
        # Only services have clocks; other subscribers, such as a test or a benchmark, have none.
        for what in (what for what in WAKING if (service, what) in CLOCK_EVENTS):
            # Also when the case has stopped: then a workflow must see that nothing is left to wait for.
            data = CLOCK_EVENTS[service, what]
            act = self._start_watcher if what == "started" else _wake_watcher
            self._defaults[data.TYPE] = Subscription(data, "any", act=act)

    def writes(
        self, *types: type[EventData], case: CasePolicy = "live", background: bool = False
    ) -> Callable[[F], F]:
        """Register a handler(session, event, context) of some types, whose rows commit together with the inbox row.

        `background`: nobody waits for it, so other events are handled first.
        """

        def register(handler: F) -> F:
            for data in types:
                self._add(Subscription(data, case, write=handler, background=background))
            return handler

        return register

    def acts(self, data: type[D], *, case: CasePolicy = "live") -> Callable[[F], F]:
        """Register a handler(event, context) with one repeatable external effect."""

        def register(handler: F) -> F:
            self._add(Subscription(data, case, act=handler))
            return handler

        return register

    def watches(self, *workflows: type[DeadlineWorkflow]) -> None:
        """Make types of workflows wait for clocks of their kinds. Clocks of other kinds are only warned and breached.

        A starting clock starts the workflow, under the id that it names, and every later change of the clock
        wakes it.
        """
        self._watchers.update({kind: workflow for workflow in workflows for kind in workflow.kinds})

    def follows_cases(self, clocks: Clocks, *, handed_over: Collection[str]) -> None:
        """Let clocks pause, resume and stop with their cases, before anything else is done about that.

        `handed_over`: the kinds that whoever coordinates the case owns or, without a coordinator, the regional
        manager.
        """
        self._followed = clocks, handed_over

    def watcher_of(self, kind: str) -> type[DeadlineWorkflow]:
        """Return the type of the workflow that waits for clocks of a kind."""
        return self._watchers.get(kind, ClockWorkflow)

    async def _start_watcher(self, event: Received[ClockFact], context: Context) -> None:
        if event.data.wakes is not None:
            given = WorkflowInput(tenant=event.tenant)
            run = self.watcher_of(event.data.kind).run
            await context.temporal.start(run, given, id=event.data.wakes, tenant=event.tenant)

    def _add(self, subscription: Subscription) -> None:
        if subscription.type in self._by_type:
            raise ValueError(
                f"{self.service} handles {subscription.type} twice: one handler makes one effect"
            )
        if subscription.background and subscription.type in case_state.STATUS_AFTER:
            raise ValueError(f"everything else asks for the state of cases: {subscription.type} cannot wait")
        self._by_type[subscription.type] = subscription

    def all(self) -> dict[str, Subscription]:
        """Return every subscription by event type."""
        return self._defaults | self._by_type

    def own(self) -> frozenset[str]:
        """Return the types that only the service itself publishes: delivered from its outbox, not the broker."""
        return frozenset(
            event_type for event_type, sub in self.all().items() if {self.service} == sub.data.SOURCES
        )

    def bindings(self) -> list[tuple[str, str | None]]:
        """Return (event type, exchange) pairs for queue declarations; the service's own events have no exchange."""
        own = self.own()
        return [
            (event_type, None if event_type in own else sub.data.EXCHANGE)
            for event_type, sub in self.all().items()
        ]

    async def deliver(
        self, body: bytes, event_type: str, context: Context, *, signed_by: str | None = None
    ) -> str:
        """Handle one delivery and return the outcome recorded in the inbox, or "duplicate".

        `signed_by`: the service that signed it, which counts as its source whatever the body says. Raises:
        Malformed, Forged, NotYet, Operational; anything else is a bug.
        """
        subscription = self.all()[event_type]
        event = parse(body, subscription.data)
        if signed_by is not None:
            event = event.model_copy(update={"source": source_of(signed_by)})
        with (
            structlog.contextvars.bound_contextvars(
                event_id=str(event.id), event_type=event.type, case_id=event.case and str(event.case)
            ),
            caused_by(event.id),
            acting(Actor(kind=ITSELF, operation=event.type, purpose=event.type, request=str(event.id))),
        ):
            try:
                await case_access.decide(context.vault, event.data, tenant=event.tenant)
                if subscription.write is not None:
                    return await self._write(subscription, subscription.write, event, context)
                return await self._act(subscription, subscription.act or _nothing_outside, event, context)
            except DomainError as error:
                log.info("event.refused", code=error.code)
                return await note(
                    context.database, event_type, event.id, f"refused:{error.code}", event.tenant
                )

    async def _write(
        self, subscription: Subscription, handler: WriteHandler, event: Received[Any], context: Context
    ) -> str:
        async with context.database.transaction(Scope(tenant=event.tenant)) as session:
            if not await inbox.accept(session, consumer=event.type, event_id=event.id):
                return "duplicate"
            if self._one_by_one and event.case is not None:
                await case_state.lock(session, event.case)
            refusal = await _gate(session, subscription, event, hold=True)
            if refusal is not None:
                await inbox.settle(session, consumer=event.type, event_id=event.id, outcome=refusal)
                return refusal
            await self._follow_case(session, event, context)
            await handler(session, event, context)
        return inbox.HANDLED

    async def _follow_case(self, session: AsyncSession, event: Received[Any], context: Context) -> None:
        if self._followed is None or event.case is None:
            return
        clocks, handed_over = self._followed
        match event.data:
            case intake.CasePaused() | intake.CaseResumed() | intake.CaseWithdrawn() | intake.CaseClosed():
                await clocks.follow_case(session, case=event.case, now=await context.clock.now())
            case intake.CoordinatorAssigned() | intake.CoordinatorReleased():
                owner = await case_access.coordinator_or_manager(session, event.case)
                now = await context.clock.now()
                await clocks.hand_over(session, case=event.case, kinds=handed_over, owner=owner, now=now)

    @staticmethod
    async def _act(
        subscription: Subscription, handler: ActHandler, event: Received[Any], context: Context
    ) -> str:
        # Without a check beforehand, a repeated delivery repeats the effect, which is allowed, and no rows.
        if subscription.case == "live" or _is_followed(event):
            async with context.database.transaction(Scope(tenant=event.tenant)) as session:
                if await inbox.is_known(session, consumer=event.type, event_id=event.id):
                    return "duplicate"
                refusal = await _gate(session, subscription, event)
            if refusal is not None:
                return await note(context.database, event.type, event.id, refusal, event.tenant)
        and_then = await handler(event, context)
        async with context.database.transaction(Scope(tenant=event.tenant)) as session:
            if not await inbox.accept(session, consumer=event.type, event_id=event.id):
                return "duplicate"
            if and_then is not None:
                await and_then(session)
        return inbox.HANDLED


def parse(body: bytes, data: type[D]) -> Received[D]:
    """Return the event in a message body.

    Raises: Malformed, naming the fields that are wrong.
    """
    try:
        event: Received[D] = Received[data].model_validate_json(body)  # type: ignore[valid-type]
    except ValidationError as error:
        fields = sorted(
            {".".join(map(str, item["loc"])) or "body" for item in error.errors(include_input=False)}
        )
        raise Malformed(f"not a {data.TYPE}: {', '.join(fields)[:200]}") from None
    # The queue's type was signed and admitted: the type inside must not differ.
    if event.type != data.TYPE:
        raise Malformed(f"not a {data.TYPE}: type")
    return event


async def note(database: Database, consumer: str, event_id: UUID, outcome: str, tenant: UUID | None) -> str:
    """Write only the inbox row."""
    async with database.transaction(Scope(tenant=tenant)) as session:
        await inbox.accept(session, consumer=consumer, event_id=event_id, outcome=outcome)
    return outcome


def _is_followed(event: Received[Any]) -> bool:
    """Tell whether every service records something of its own for such an event."""
    return event.type in case_state.STATUS_AFTER or case_access.is_noted(event)


async def _gate(
    session: AsyncSession, subscription: Subscription, event: Received[Any], *, hold: bool = False
) -> str | None:
    """Record what the event says of its case and access to it; return why it must not be handled, if so.

    Raises: NotYet if the case is not known here yet.
    """
    if event.case is None:
        return None
    status = case_state.STATUS_AFTER.get(event.type)
    if status is not None:
        await case_state.raise_to(
            session,
            case_id=event.case,
            tenant=event.tenant,
            status=status,
            version=event.sequence,
            opened_at=event.time if event.type == intake.CaseOpened.TYPE else None,
        )
    is_noted = case_access.is_noted(event)
    if subscription.case == "always" and not is_noted:
        return None
    # Held for these records too: the case is not erased between this and the commit.
    state = await case_state.read(session, event.case, hold=hold or is_noted)
    if is_noted:
        await case_access.follow(session, event, state)
    match subscription.case:
        case "always":
            return None
        case "any":
            # `acts` handlers only look again: a workflow must see that nothing is left to do.
            erased = hold and state is not None and state.status == "erased"
            return "case-erased" if erased else None
    if state is None:
        raise NotYet(f"case of {event.type}")
    return None if state.live else f"case-{state.status}"
