"""Kring's own parts: one process per service, and the steps that come before them."""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.errors import PartFailed, PlatformError
from deploy.local.part import OWN_PROGRAMS, NotReadyYet, Part, http_get
from shared.secrets import secrets_of

_LOOK_SECONDS = 0.3


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


class Service(Part):
    """One service with all its roles in one process."""

    start_seconds = 90
    # A little more than the service's own maximum for a graceful stop.
    stop_seconds = 18

    def __init__(
        self,
        *,
        name: str,
        directory: Path,
        log: Path,
        port: int,
        internal_port: int,
        environment: Mapping[str, str],
        needs: tuple[str, ...] = (),
        uses: tuple[str, ...] = (),
    ) -> None:
        super().__init__(name=name, directory=directory, log=log, needs=needs, uses=uses)
        self.port = port
        self.internal_port = internal_port
        self._environment = environment

    def beside(self, *, port: int, internal_port: int) -> "Service":
        """Return another process of the same service, which runs beside it."""
        return Service(
            name=self.name,
            directory=self.directory,
            log=self.log.with_stem(f"{self.name}-beside"),
            port=port,
            internal_port=internal_port,
            environment=self._environment,
        )

    @property
    def address(self) -> str:
        """The base URL of its API."""
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        """Return the command that runs it."""
        return [sys.executable, "-m", "deploy.cli", "serve", self.name]

    def environment(self) -> Mapping[str, str]:
        """The platform's settings for all services, and its own address."""
        return {
            **OWN_PROGRAMS,
            **self._environment,
            # Its own secrets and no other service's. It logs in as itself: owners' passwords are for migrations.
            "KRING_SECRETS_DIR": str(secrets_of(Path(self._environment["KRING_SECRETS_DIR"]), self.name)),
            "KRING_DATABASE_URL": _without_credentials(self._environment["KRING_DATABASE_URL"]),
            "KRING_BROKER_URL": _without_credentials(self._environment["KRING_BROKER_URL"]),
            "KRING_HTTP_HOST": "127.0.0.1",
            "KRING_HTTP_PORT": str(self.port),
            "KRING_INTERNAL_HOST": "127.0.0.1",
            "KRING_INTERNAL_PORT": str(self.internal_port),
        }

    async def probe(self) -> None:
        """Probe readiness: the service checks its own database, broker and Temporal."""
        status, body = await http_get(self.internal_port, "/health/ready")
        if status != 200:
            raise NotReadyYet(f"it answers {status}: {body.decode(errors='replace')[:200]}")


class Preparation(Part):
    """A step that runs once and exits: then it is ready. `aim`: its purpose.

    `tell`: is called with its output, line by line, without logs. `repeatable`: it is retried if it fails.
    """

    once = True

    def __init__(
        self,
        *,
        name: str,
        module: str = "deploy.cli",
        arguments: Sequence[str],
        aim: str,
        needs: tuple[str, ...] = (),
        uses: tuple[str, ...] = (),
        directory: Path,
        log: Path,
        environment: Mapping[str, str],
        tell: Callable[[str], None] | None = None,
        repeatable: bool = True,
    ) -> None:
        super().__init__(name=name, directory=directory, log=log, needs=needs, uses=uses)
        self._command = [sys.executable, "-m", module, *arguments]
        self._aim = aim
        self._environment = environment
        self._tell = tell
        self._failed = PartFailed if repeatable else PlatformError

    def command(self) -> list[str]:
        """Return the command that runs it."""
        return self._command

    def environment(self) -> Mapping[str, str]:
        """The platform's settings for all services."""
        return {**OWN_PROGRAMS, **self._environment}

    async def ready(self) -> None:
        """Wait for its end. Raises: PartFailed if it failed."""
        ending = asyncio.create_task(self.wait())
        if self._tell is not None:
            await self._follow(ending, self._tell)
        if await ending:
            raise self._failed(self.describe(f"could not {self._aim}"))

    async def _follow(self, ending: asyncio.Task[int], tell: Callable[[str], None]) -> None:
        with self.log.open() as lines:
            lines.seek(self._log_start)
            while not ending.done():
                await asyncio.wait({ending}, timeout=_LOOK_SECONDS)
                for line in lines:
                    if not line.startswith("{"):
                        tell(line.rstrip())
