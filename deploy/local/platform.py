"""The whole of Kring on one machine: the parts that others do not give us, the databases, the five services."""

import asyncio
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Self

from deploy.local.control import Control
from deploy.local.errors import PlatformError
from deploy.local.example import Example
from deploy.local.mailbox import Mailbox
from deploy.local.part import Part
from deploy.local.ports import Ports, knock
from deploy.local.postgres import PostgreSQL
from deploy.local.process import guard
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.secrets import ensure_secrets, write_private
from deploy.local.service import Preparation, Service
from deploy.local.sign_in import SignIn
from deploy.local.supervisor import Supervised, Supervisor
from deploy.local.temporal import TemporalServer, TimeSkippingServer
from shared.services import NAMESPACE, PORTAL, PROCESSES

GIVEN = (
    "KRING_DATABASE_URL",
    "KRING_BROKER_URL",
    "KRING_BROKER_MANAGEMENT_URL",
    "KRING_TEMPORAL_ADDRESS",
    "KRING_SMTP_HOST",
    "KRING_SECRETS_DIR",
)
# The environment of commands on a running platform: where its parts are, and how to log in.
_ENVIRONMENT = "environment.json"
# Of these, the ones that must answer before anything is started.
_REACHED = ("KRING_DATABASE_URL", "KRING_BROKER_URL", "KRING_TEMPORAL_ADDRESS")


class Platform:
    """All parts under one supervisor: `async with Platform(...) as platform`, and everything is ready.

    Without a directory it is a throw-away platform: in a temporary one, without safe writes, and at the end
    everything is killed and removed. With an `example` its empty databases are filled before the services
    start. With `skipped_time` it runs on the time-skipping Temporal server.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        skipped_time: bool = False,
        ports: Literal["free", "remembered"] = "free",
        wanted_ports: Mapping[str, int] | None = None,
        services: Iterable[str] = PROCESSES,
        fast: bool | None = None,
        given: Mapping[str, str] | None = None,
        extra: Mapping[str, str] | None = None,
        example: Example | None = None,
        changed: Callable[[Supervised], None] = lambda _part: None,
    ) -> None:
        self._throw_away = directory is None
        self._directory = directory.resolve() if directory else None
        self._skipped_time = skipped_time
        self._remember_ports = ports == "remembered"
        self._wanted_ports = dict(wanted_ports or {})
        self._services = tuple(services)
        self._fast = self._throw_away if fast is None else fast
        self._given = dict(given or {})
        self._extra = dict(extra or {})
        self._example = example
        self._publish = changed
        self._started_at = time.time()
        self._lock: IO[str] | None = None
        self._supervisor = Supervisor([])
        self._control = Control({"status": self._ask, "restart": self._restart})
        self._socket: Path | None = None
        self.environment: dict[str, str] = {}
        self.addresses: dict[str, str] = {}
        self.moved_ports: dict[str, int] = {}

    @property
    def directory(self) -> Path:
        """Where all of it lives."""
        if self._directory is None:
            raise PlatformError("A throw-away platform has no directory before it is started.")
        return self._directory

    @property
    def parts(self) -> dict[str, Supervised]:
        """The parts by name, each with state, pid, kill(), stop() and start()."""
        return self._supervisor.parts

    async def __aenter__(self) -> Self:
        """Start everything and wait until it is ready. Raises: PlatformError."""
        await self.start()
        try:
            await self.wait_ready()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        await self.stop()

    async def start(self) -> None:
        """Start everything without waiting for it. Raises: PlatformError if it cannot even begin."""
        if self._directory is None:
            self._directory = Path(tempfile.mkdtemp(prefix="kring-"))
            guard.remove(self._directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        self._take_lock()
        for name in _REACHED:
            if name in self._given:
                await knock(name, self._given[name])
        await asyncio.to_thread(ensure_secrets, self._secrets_dir)
        self._supervisor = Supervisor(self._make_parts(), changed=self._changed)
        self._socket = await self._control.start()
        write_private(self.directory / _ENVIRONMENT, json.dumps(self.environment, indent=1))
        self._write_state()
        await self._supervisor.start()

    async def wait_ready(self) -> None:
        """Wait until all parts do their work. Raises: PartFailed as soon as one gave up."""
        await self._supervisor.wait_ready()

    async def stop(self) -> None:
        """Stop everything, in bounded time, and leave no process behind."""
        await self._control.stop()
        if self._fast:
            await self._supervisor.kill()
        else:
            await self._supervisor.stop()
        self._write_state()
        if self._lock is not None:
            self._lock.close()
        if self._throw_away and self._directory is not None:
            await asyncio.to_thread(shutil.rmtree, self._directory, ignore_errors=True)

    async def kill(self) -> None:
        """Kill everything at once."""
        await self._supervisor.kill()

    @property
    def _secrets_dir(self) -> Path:
        return Path(self._given.get("KRING_SECRETS_DIR", self.directory / "secrets"))

    def _make_parts(self) -> list[Part]:
        ports = Ports(
            self.directory / "ports.json" if self._remember_ports else None, wanted=self._wanted_ports
        )
        self.environment = {
            "KRING_LOCAL": "true",
            "KRING_SECRETS_DIR": str(self._secrets_dir),
            **{key: self._given[key] for key in GIVEN if key in self._given},
        }
        parts = [
            *self._make_database(ports),
            *self._make_broker(ports),
            *self._make_temporal(ports),
            *self._make_mailbox(ports),
        ]
        service_ports = {name: ports.take(name) for name in self._services}
        for name, port in service_ports.items():
            self.environment[f"KRING_{name.upper()}_URL"] = self.addresses[name] = f"http://127.0.0.1:{port}"
        # Emails lead to the portal's pages, where it runs.
        if PORTAL in service_ports:
            self.environment.setdefault("KRING_PUBLIC_URL", self.addresses[PORTAL])
        self.environment |= self._extra
        parts += self._make_provider(service_ports, ports)
        parts += self._make_own(service_ports, ports)
        if self._throw_away:
            for part in parts:
                part.fork()
        self.moved_ports = ports.moved
        return parts

    def _make_database(self, ports: Ports) -> list[Part]:
        if "KRING_DATABASE_URL" in self._given:
            return []
        port = ports.take("postgresql")
        server = PostgreSQL(
            directory=self._at("postgresql"), log=self._log("postgresql"), port=port, fast=self._fast
        )
        server.ensure_password()
        self.environment["KRING_DATABASE_URL"] = server.url
        self.addresses["postgresql"] = server.address
        return [server]

    def _make_broker(self, ports: Ports) -> list[Part]:
        if "KRING_BROKER_URL" in self._given:
            return []
        broker = RabbitMQ(
            directory=self._at("rabbitmq"),
            log=self._log("rabbitmq"),
            port=ports.take("rabbitmq"),
            distribution_port=ports.take("rabbitmq-distribution"),
            management_port=ports.take("rabbitmq-management"),
        )
        self.environment["KRING_BROKER_URL"] = broker.url
        self.environment["KRING_BROKER_MANAGEMENT_URL"] = broker.management
        self.addresses["rabbitmq"] = broker.address
        self.environment["KRING_BROKER_PAGES_URL"] = broker.management
        self.addresses["rabbitmq-management"] = broker.management
        return [broker]

    def _make_temporal(self, ports: Ports) -> list[Part]:
        server: TemporalServer | TimeSkippingServer
        directory, log = self._at("temporal"), self._log("temporal")
        if self._skipped_time:
            server = TimeSkippingServer(directory=directory, log=log, port=ports.take("temporal"))
            self.environment["KRING_CLOCK"] = "skipped"
            # This server keeps sending a cached workflow's tasks to the worker that had it, even when that is dead.
            self.environment["KRING_WORKFLOW_CACHE"] = "0"
        elif "KRING_TEMPORAL_ADDRESS" in self._given:
            self.environment["KRING_TEMPORAL_NAMESPACE"] = self._given.get(
                "KRING_TEMPORAL_NAMESPACE", NAMESPACE
            )
            return []
        else:
            ui_port, codec_port = ports.take("temporal-ui"), ports.take("codec")
            server = TemporalServer(
                directory=directory,
                log=log,
                port=ports.take("temporal"),
                ui_port=ui_port,
                codec_port=codec_port,
            )
            self.addresses["temporal-ui"] = f"http://127.0.0.1:{ui_port}"
            self.environment["KRING_TEMPORAL_PAGES_URL"] = self.addresses["temporal-ui"]
        self.environment["KRING_TEMPORAL_ADDRESS"] = self.addresses["temporal"] = server.address
        self.environment["KRING_TEMPORAL_NAMESPACE"] = server.namespace
        return [server]

    def _make_mailbox(self, ports: Ports) -> list[Part]:
        if "KRING_SMTP_HOST" in self._given:
            self.environment["KRING_SMTP_PORT"] = self._given.get("KRING_SMTP_PORT", "25")
            return []
        mailbox = Mailbox(
            directory=self._at("mailbox"),
            log=self._log("mailbox"),
            smtp_port=ports.take("smtp"),
            http_port=ports.take("mailbox"),
        )
        self.environment["KRING_SMTP_HOST"] = "127.0.0.1"
        self.environment["KRING_SMTP_PORT"] = str(mailbox.smtp_port)
        self.addresses["mailbox"] = mailbox.page
        return [mailbox]

    def _make_provider(self, service_ports: Mapping[str, int], ports: Ports) -> list[Part]:
        if PORTAL not in service_ports:
            return []
        provider = SignIn(
            directory=self.directory,
            log=self._log("sign-in"),
            port=ports.take("sign-in"),
            portal=self.environment["KRING_PUBLIC_URL"],
            key=self._secrets_dir / "local_issuer_key",
        )
        self.environment["KRING_LOCAL_PROVIDER_URL"] = self.addresses["sign-in"] = provider.address
        return [provider]

    def _make_own(self, service_ports: Mapping[str, int], ports: Ports) -> list[Part]:
        # It loads while the server still starts.
        migrate = ["migrate", *self._services, "--wait", "60", "--only"]
        steps: list[Part] = [
            Preparation(
                name=name,
                arguments=[*migrate, only],
                aim=f"prepare the {only}",
                uses=(on,),
                directory=self._at("services"),
                log=self._log(name),
                environment=self.environment,
            )
            for name, only, on in (("migrate", "databases", "postgresql"), ("queues", "queues", "rabbitmq"))
        ]
        if self._example is not None:
            steps += self._example.parts(
                self.directory, environment=self.environment, mailbox=self.addresses["mailbox"]
            )
        # Not the broker, its queues or Temporal: a service starts without them, and publishes nothing before.
        internal = {name: ports.take(f"{name}-internal") for name in service_ports}
        self.addresses |= {f"{name}-internal": f"http://127.0.0.1:{port}" for name, port in internal.items()}
        parts: list[Part] = [
            Service(
                name=name,
                directory=self._at("services"),
                log=self._log(name),
                port=port,
                internal_port=internal[name],
                environment=self._environment_of(name),
                needs=("migrate",) if self._example is None else ("example",),
                uses=("postgresql", "rabbitmq", "temporal", "mailbox"),
            )
            for name, port in service_ports.items()
        ]
        if "temporal-ui" in self.addresses:
            environment = {**self.environment, "KRING_CODEC_ORIGIN": self.addresses["temporal-ui"]}
            parts.append(
                Service(
                    name="codec",
                    directory=self._at("services"),
                    log=self._log("codec"),
                    port=ports.take("codec"),
                    internal_port=ports.take("codec-internal"),
                    environment=environment,
                    needs=("temporal",),
                )
            )
        return [*steps, *parts]

    def _environment_of(self, service: str) -> dict[str, str]:
        # The portal tells the services for whom it asks; there is no proxy before the portal itself.
        asked_by_portal = PORTAL in self._services and service != PORTAL
        return {**self.environment, **({"KRING_TRUSTED_PROXIES": "127.0.0.1"} if asked_by_portal else {})}

    def _at(self, name: str) -> Path:
        return self.directory / name

    def _log(self, name: str) -> Path:
        return self.directory / "logs" / f"{name}.log"

    def _take_lock(self) -> None:
        lock = (self.directory / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise PlatformError(f"A platform runs in {self.directory} already; see `kring status`.") from None
        os.set_inheritable(lock.fileno(), False)
        self._lock = lock

    def _changed(self, part: Supervised) -> None:
        self._write_state()
        self._publish(part)

    def _write_state(self) -> None:
        write_private(self.directory / "state.json", json.dumps(self._state(), indent=1))

    def _state(self) -> dict[str, Any]:
        return {
            "supervisor": os.getpid(),
            "since": self._started_at,
            "socket": str(self._socket),
            "addresses": self.addresses,
            "parts": {
                name: {
                    "state": part.state,
                    "address": part.address,
                    "pid": part.pid,
                    "restarts": part.restarts,
                    "detail": part.detail,
                }
                for name, part in self.parts.items()
            },
        }

    async def _ask(self) -> dict[str, Any]:
        """Return the state, with what the parts themselves report now."""
        state = self._state()
        for name, (now, detail) in (await self._supervisor.ask()).items():
            state["parts"][name].update(state=now, detail=detail)
        return state

    async def _restart(self, part: str) -> dict[str, Any]:
        """Restart one part, and return when it does its work. Raises: PlatformError."""
        if part not in self.parts:
            raise PlatformError(f"{part} is no part of this platform.")
        await self.parts[part].restart()
        return {}


def running(directory: Path) -> bool:
    """Tell whether a platform runs in a directory."""
    path = directory / "lock"
    if not path.exists():
        return False
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def adopt(directory: Path) -> None:
    """Make this process use the platform that runs in a directory, if its own environment names no installation."""
    if running(directory) and not any(name in os.environ for name in GIVEN):
        os.environ.update(json.loads((directory / _ENVIRONMENT).read_text()))
