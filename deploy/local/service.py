"""The parts that are Kring's own: one process per service, and the steps that come before them."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.errors import PartFailed
from deploy.local.part import OWN_PROGRAMS, NotReadyYet, Part, http_get
from shared.secrets import secrets_of


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


class Service(Part):
    """One service with all its roles in one process."""

    start_seconds = 90
    # A little more than the service itself takes at most for a graceful stop.
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

    @property
    def address(self) -> str:
        """The base URL of its API."""
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        """Return the command that runs it."""
        return [sys.executable, "-m", "deploy.cli", "serve", self.name]

    def environment(self) -> Mapping[str, str]:
        """What the platform says to all services, and where this one listens."""
        return {
            **OWN_PROGRAMS,
            **self._environment,
            # What it is given, and nothing of another's. It logs in as itself: owners' passwords are for migrations.
            "KRING_SECRETS_DIR": str(secrets_of(Path(self._environment["KRING_SECRETS_DIR"]), self.name)),
            "KRING_DATABASE_URL": _without_credentials(self._environment["KRING_DATABASE_URL"]),
            "KRING_BROKER_URL": _without_credentials(self._environment["KRING_BROKER_URL"]),
            "KRING_HTTP_HOST": "127.0.0.1",
            "KRING_HTTP_PORT": str(self.port),
            "KRING_INTERNAL_HOST": "127.0.0.1",
            "KRING_INTERNAL_PORT": str(self.internal_port),
        }

    async def probe(self) -> None:
        """Ask whether it is ready: it checks its own database, broker and Temporal."""
        status, body = await http_get(self.internal_port, "/health/ready")
        if status != 200:
            raise NotReadyYet(f"it answers {status}: {body.decode(errors='replace')[:200]}")


class Preparation(Part):
    """Brings the databases up to date, or declares the queues, then ends: that is when it is ready."""

    once = True

    def __init__(
        self,
        *,
        name: str,
        only: str,
        uses: tuple[str, ...],
        directory: Path,
        log: Path,
        environment: Mapping[str, str],
        services: Sequence[str],
    ) -> None:
        super().__init__(name=name, directory=directory, log=log, uses=uses)
        self._only = only
        self._environment = environment
        self._services = services

    def command(self) -> list[str]:
        """Return the command that does it."""
        # It loads while the server still starts.
        return [
            sys.executable,
            "-m",
            "deploy.cli",
            "migrate",
            *self._services,
            "--wait",
            "60",
            "--only",
            self._only,
        ]

    def environment(self) -> Mapping[str, str]:
        """What the platform says to all services."""
        return {**OWN_PROGRAMS, **self._environment}

    async def ready(self) -> None:
        """Wait for its end. Raises: PartFailed if it could not do it."""
        if await self.wait():
            raise PartFailed(self.describe(f"could not prepare the {self._only}"))
