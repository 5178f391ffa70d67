"""Runs one service in one process: the requested roles, in one event loop, with one bounded stop for all of them."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import structlog

from shared import logs, telemetry
from shared.audit import Recorder, Sealer
from shared.auth import Issuer
from shared.clock import clock_from
from shared.context import Context
from shared.database import Database
from shared.outbox import Announcer
from shared.relay import Relay
from shared.secrets import Secrets
from shared.service_client import ServiceClient
from shared.settings import Settings
from shared.signing import Signer
from shared.subscriptions import Subscriptions
from shared.temporal import Access, Temporal, log_through_python
from shared.vault import Vault, wrappers_of

if TYPE_CHECKING:
    from fastapi import FastAPI
    from uvicorn import Config

    from shared.consumer import Consumer

log = structlog.get_logger(__name__)

ROLES = ("api", "consumer", "worker")


@dataclass(frozen=True)
class Service:
    """The composition roots of one service, loaded only for the roles that run."""

    name: str
    create_app: Callable[[Context], "FastAPI"] | None = None
    subscriptions: Subscriptions | None = None
    workflows: Sequence[type] = ()
    # The service's own sweeps in a round of housekeeping, by name.
    sweeps: Mapping[str, Any] = field(default_factory=dict)
    roles: frozenset[str] = field(default_factory=lambda: frozenset(ROLES))


@contextlib.asynccontextmanager
async def connected(service: str, settings: Settings) -> AsyncIterator[Context]:
    """Yield the connections of a service (opened on first use)."""
    directory = settings.secrets_of(service)
    secrets = Secrets.load(directory)
    database = Database.connect(
        settings.database_for(service), application_name=f"kring-{service}", pool_size=settings.database_pool
    )
    clock = clock_from(settings)
    database.before_commit(Recorder(service=service, clock=clock, key=secrets.audit_key).write)
    master, previous = wrappers_of(settings, secrets)
    vault = Vault.connect(
        settings.database_for(service, name="keys"),
        service=service,
        master=master,
        previous=previous,
        index_key=secrets.index_key,
    )
    issuer = Issuer.load(directory / "signing_key")
    services = ServiceClient(settings=settings, issuer=issuer, service=service)
    context = Context(
        service=service,
        settings=settings,
        database=database,
        clock=clock,
        vault=vault,
        temporal=Temporal(
            service=service,
            address=settings.temporal_address,
            namespace=settings.namespace_of(service),
            codec_keys=secrets.codec_keys,
            access=Access.of(settings, service),
        ),
        services=services,
        issuer=issuer,
    )
    try:
        yield context
    finally:
        await context.broker.close()
        await services.close()
        await vault.close()
        await database.close()


async def serve(service: Service, settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, then take no more work, finish or return what is in progress, and return."""
    logs.configure(settings, service=service.name)
    log_through_python()
    telemetry.configure(settings, service=service.name)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with connected(service.name, settings) as context:
        running = _Running(service, context, settings)
        tasks = [asyncio.create_task(part, name=name) for name, part in running.parts()]
        waiting = asyncio.create_task(stopping.wait())
        log.info("service.started", roles=sorted(service.roles))
        done, _ = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
        failed = [task for task in done if task is not waiting]
        running.stop()
        log.info("service.stopping", reason="signal" if not failed else failed[0].get_name())
        _, late = await asyncio.wait(tasks, timeout=settings.stop_seconds)
        waiting.cancel()
        for task in late:
            log.warning("service.part-late", part=task.get_name())
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in failed:
            task.result()
            raise RuntimeError(f"{task.get_name()} ended by itself")


class _Running:
    """The parts of one process, each a coroutine that ends after stop()."""

    def __init__(self, service: Service, context: Context, settings: Settings) -> None:
        self._service = service
        self._context = context
        self._settings = settings
        self._stop = asyncio.Event()
        self._on_stop: list[Callable[[], None]] = [self._stop.set]

    def parts(self) -> list[tuple[str, Any]]:
        parts = [("health", self._health())]
        if "api" in self._service.roles:
            parts.append(("http", self._http()))
        if "consumer" in self._service.roles:
            parts += [("relay", self._relay()), ("consumer", self._consumer()), ("sealer", self._sealer())]
        else:
            parts.append(("announcer", self._announcer()))
        if "worker" in self._service.roles:
            parts.append(("worker", self._worker()))
        return parts

    def stop(self) -> None:
        for call in self._on_stop:
            call()

    async def _http(self) -> None:
        from shared.http.server import server_config

        if self._service.create_app is None:
            raise ValueError(f"{self._service.name} has no API to serve")
        for setting in self._settings.lacking():
            log.warning("settings.lacking", setting=setting)
        await self._listen(server_config(self._service.create_app(self._context), self._settings))

    async def _health(self) -> None:
        from shared.http.health import create_health_app
        from shared.http.server import internal_config

        await self._listen(internal_config(create_health_app(self._context.readiness), self._settings))

    async def _listen(self, config: "Config") -> None:
        from shared.http.server import QuietServer

        server = QuietServer(config)

        def stop() -> None:
            server.should_exit = True

        self._on_stop.append(stop)
        await server.serve()

    async def _relay(self) -> None:
        relay = Relay(
            service=self._service.name,
            database_url=self._settings.database_for(self._service.name),
            broker_url=self._settings.broker_for(self._service.name),
            signer=Signer.load(self._settings.secrets_of(self._service.name) / "signing_key"),
            own=self._receiving.own,
        )
        self._context.database.after_events(relay.wake)
        self._on_stop.append(relay.stop)
        await relay.run()

    async def _sealer(self) -> None:
        name = self._service.name
        key = Secrets.load(self._settings.secrets_of(name)).audit_key
        await Sealer(self._context.database, service=name, key=key).run(self._stop)

    async def _announcer(self) -> None:
        announcing = asyncio.create_task(Announcer(self._context.database).run())
        await self._stop.wait()
        announcing.cancel()

    @cached_property
    def _receiving(self) -> "Consumer":
        from shared.consumer import Consumer

        if self._service.subscriptions is None:
            raise ValueError(f"{self._service.name} has no subscriptions to run as a consumer")
        return Consumer(self._service.subscriptions, self._context)

    async def _consumer(self) -> None:
        await self._receiving.run(self._stop)

    async def _worker(self) -> None:
        from shared.retrying import until_stopped
        from shared.worker import make_worker

        if not await until_stopped(self._stop, self._context.temporal.ping, what="worker"):
            return
        worker = make_worker(
            await self._context.temporal.client(),
            self._context,
            workflows=self._service.workflows,
            sweeps=self._service.sweeps,
            stop_seconds=self._settings.stop_seconds,
            workflow_cache=self._settings.workflow_cache,
        )
        async with worker:
            await until_stopped(self._stop, self._start_housekeeping, what="housekeeping")
            await self._stop.wait()

    async def _start_housekeeping(self) -> None:
        """Start housekeeping. Not where time is skipped: rows age by the machine's clock, which does not skip."""
        from shared.housekeeping.workflows import start_housekeeping

        if self._settings.clock != "skipped":
            await start_housekeeping(self._context)
