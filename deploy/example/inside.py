"""Runs the services in this process, on the databases of a platform that does not run them yet, at a chosen time.

Published events are delivered at once, and workflow steps are taken at their deadlines: neither a broker nor
Temporal is needed. The workflows that still wait at the end are started from the databases
(`shared.rebuilding`).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from itertools import groupby
from operator import itemgetter
from typing import Any, Self
from uuid import UUID

import httpx2
import orjson

from deploy.example.steps import take_next
from deploy.watch.failures import WentWrong
from deploy.watch.inbox import Inbox
from deploy.watch.watch import Watch
from shared.context import Context
from shared.database import Database, fetch
from shared.errors import NotYet
from shared.http_client import HttpClient, Query, Response
from shared.outbox import envelope
from shared.runtime import connected
from shared.service_client import ServiceClient
from shared.services import PROCESSES, SERVICES
from shared.settings import Settings
from shared.temporal import Temporal

# More in parallel would only wait for each other.
_AT_ONCE = 6
_PENDING = (
    "SELECT position, id, stream, type, time, sequence, tenant, case_id, causation_id, traceparent, data::text AS data"
    " FROM outbox WHERE published_at IS NULL ORDER BY position"
)
_CARRIED = "UPDATE outbox SET published_at = now() WHERE position = ANY($1::bigint[])"
_NEXT = (
    "SELECT workflow_id, kind, tenant, next_at FROM clock WHERE state = 'running' ORDER BY next_at LIMIT 1"
)


@dataclass
class OwnClock:
    """A business clock that stands still until it is moved."""

    time: datetime

    async def now(self) -> datetime:
        """Return the time to which it was moved."""
        return self.time


class _Unwatched(Temporal):
    """Stands in for Temporal: no workflow is started."""

    async def start(self, *_given: Any, **_more: Any) -> None:
        """Start nothing."""

    async def look_again(self, _workflow_id: str) -> bool:
        """Wake nothing."""
        return False


class _Beside(httpx2.AsyncBaseTransport):
    """Requests to the services, answered in this process."""

    def __init__(self) -> None:
        self.apps: dict[int | None, httpx2.ASGITransport] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self.apps[request.url.port].handle_async_request(request)


class _Asking(HttpClient):
    """A service's client for other services, in this process."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        super().__init__(seconds=30, connections=0)
        self._http = http

    async def ask(
        self,
        whom: str,  # noqa: ARG002 - everybody answers
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        query: Query | None = None,
        body: Mapping[str, object] | bytes | None = None,
    ) -> Response:
        """Return the answer."""
        content = orjson.dumps(body) if isinstance(body, Mapping) else body
        answer = await self._http.request(method, url, headers=dict(headers), params=query, content=content)
        return Response(answer.status_code, answer.content, answer.headers)


@contextlib.asynccontextmanager
async def _not_waiting_for_the_disk(owner: Database) -> AsyncIterator[None]:
    """Let connections commit without waiting for the disk: on a crash the filling starts over."""
    async with owner.transaction() as session:
        [row] = await fetch(session, "SELECT quote_ident(current_database()) AS name")
        await fetch(session, f"ALTER DATABASE {row['name']} SET synchronous_commit = off")
    try:
        yield
    finally:
        async with owner.transaction() as session:
            await fetch(session, f"ALTER DATABASE {row['name']} RESET synchronous_commit")


@dataclass(frozen=True)
class Waiting:
    """What a service does next by itself."""

    at: datetime
    service: str
    workflow_id: str
    kind: str
    tenant: UUID


class Inside(Watch):
    """A platform seen from inside: it settles by delivering all events, and taking all due steps."""

    def __init__(
        self,
        settings: Settings,
        clock: OwnClock,
        contexts: Mapping[str, Context],
        owners: Mapping[str, Database],
        inbox: Inbox,
    ) -> None:
        self.settings = settings
        self.clock = self._time = clock
        self.inbox = inbox
        self.patience = 30.0
        self.addresses = {name: settings.service_url(name) for name in SERVICES}
        self._contexts = contexts
        self._owners = owners
        self._listening = {
            name: import_module(f"services.{name}.consumer").subscriptions for name in PROCESSES
        }
        self._subscribers = {name: set(each.all()) for name, each in self._listening.items()}
        self._told = set(PROCESSES)
        self._next: dict[str, Waiting | None] = {}
        self._mailed = False
        self._late: list[tuple[str, str, bytes]] = []
        self._carrying = asyncio.Lock()
        self._places = asyncio.Semaphore(_AT_ONCE)
        for name, context in contexts.items():
            context.database.after_events(lambda name=name: self._told.add(name))  # type: ignore[misc]

    @classmethod
    @contextlib.asynccontextmanager
    async def of(
        cls, settings: Settings, *, mailbox: str, now: datetime
    ) -> AsyncIterator[tuple[Self, httpx2.AsyncClient]]:
        """Yield the services at a time, and clients for them. Nobody else may run them meanwhile."""
        clock, beside = OwnClock(now), _Beside()
        contexts, owners = dict[str, Context](), dict[str, Database]()
        async with contextlib.AsyncExitStack() as stack:
            http = await stack.enter_async_context(httpx2.AsyncClient(transport=beside))
            for name in PROCESSES:
                context = await stack.enter_async_context(connected(name, settings))
                contexts[name] = context = replace(
                    context,
                    clock=clock,
                    temporal=_Unwatched(service=name, address="", namespace="", codec_keys=()),
                    services=ServiceClient(
                        settings=settings, issuer=context.issuer, service=name, http=_Asking(http)
                    ),
                )
                if name in SERVICES:
                    app = import_module(f"services.{name}.api").create_app(context)
                    beside.apps[httpx2.URL(settings.service_url(name)).port] = httpx2.ASGITransport(app)
                owners[name] = Database.connect(
                    settings.database_of(name), application_name="kring-example", pool_size=2
                )
                stack.push_async_callback(owners[name].close)
                await stack.enter_async_context(_not_waiting_for_the_disk(owners[name]))
            page = await stack.enter_async_context(
                httpx2.AsyncClient(base_url=mailbox, timeout=10, trust_env=False)
            )
            yield cls(settings, clock, contexts, owners, Inbox(page)), http

    async def settle(self) -> None:
        """Deliver events to all subscribers, and take the due steps, until nothing is left to do.

        Raises: WentWrong.
        """
        async with self._carrying:
            await self._carry_all()
            while (first := await self._first()) is not None and first.at <= self._time.time:
                await self._take(first)
                await self._carry_all()
            if self._mailed:
                self._mailed = False
                await self.inbox.read()

    async def read_inbox(self) -> None:
        """Do nothing: mails are read when all has settled."""

    async def move_towards(self, target: datetime) -> datetime:
        """Move to the next deadline, or to the target if that is earlier, and settle; return the time reached."""
        first = await self._first()
        goal = target if first is None else min(first.at, target)
        self._time.time = max(self._time.time, goal)
        await self.settle()
        return self._time.time

    async def _carry_all(self) -> None:
        while self._told:
            told, self._told = self._told, set()
            for service in told:
                self._next.pop(service, None)
            late, self._late = self._late, []
            await asyncio.gather(*(self._carry(service) for service in told))
            await asyncio.gather(*(self._deliver(*each) for each in late))
        if self._late:
            raise WentWrong(f"{self._late[0][0]} waits for ever to handle {self._late[0][1]}")

    async def _first(self) -> Waiting | None:
        for service in PROCESSES:
            if service not in self._next:
                self._next[service] = await self._next_of(service)
        return min(filter(None, self._next.values()), key=lambda each: each.at, default=None)

    async def _take(self, first: Waiting) -> None:
        await take_next(
            self._contexts[first.service],
            self._listening[first.service].watcher_of(first.kind),
            first.workflow_id,
            tenant=first.tenant,
        )
        self._next.pop(first.service, None)

    async def _next_of(self, service: str) -> Waiting | None:
        async with self._owners[service].transaction() as session:
            rows = await fetch(session, _NEXT)
        if not rows:
            return None
        [row] = rows
        return Waiting(row["next_at"], service, row["workflow_id"], row["kind"], row["tenant"])

    async def _carry(self, service: str) -> None:
        async with self._owners[service].transaction() as session:
            rows = await fetch(session, _PENDING)
        by_stream = sorted(rows, key=itemgetter("stream", "position"))
        streams = [list(each) for _, each in groupby(by_stream, itemgetter("stream"))]
        await asyncio.gather(*(self._carry_stream(service, stream) for stream in streams))
        async with self._owners[service].transaction() as session:
            await fetch(session, _CARRIED, [row["position"] for row in rows])

    async def _carry_stream(self, service: str, rows: Sequence[Any]) -> None:
        for row in rows:
            body = envelope(row, f"urn:kring:{service}")
            await asyncio.gather(
                *(
                    self._deliver(to, row["type"], body)
                    for to, types in self._subscribers.items()
                    if row["type"] in types
                )
            )

    async def _deliver(self, service: str, event_type: str, body: bytes) -> None:
        subscriptions = self._listening[service]
        try:
            async with self._places:
                outcome = await subscriptions.deliver(body, event_type, self._contexts[service])
        except NotYet:
            self._late.append((service, event_type, body))
            return
        self._mailed |= ".message.queued." in event_type
        if outcome.startswith("refused:"):
            raise WentWrong(f"{event_type} was not handled by {service} ({outcome})")
