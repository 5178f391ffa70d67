"""Temporal on one machine: the development server (stored on disk, with its web UI) and the time-skipping server."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.local.errors import PlatformError
from deploy.local.part import Part
from shared.retention import ENDED_WORKFLOWS_DAYS
from shared.services import NAMESPACE, PROCESSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.temporal import Access

RETENTION = timedelta(days=ENDED_WORKFLOWS_DAYS)
_LOOPBACK = Path(__file__).with_name("loopback.py")


class TemporalServer(Part):
    """The development server of one platform: real time, everything stored in one file."""

    namespace = NAMESPACE
    namespaces = tuple(NAMESPACE.replace("{service}", name) for name in PROCESSES)

    def __init__(
        self,
        *,
        directory: Path,
        log: Path,
        port: int,
        ui_port: int | None = None,
        codec_port: int | None = None,
    ) -> None:
        super().__init__(name="temporal", directory=directory, log=log)
        self._port = port
        self._ui_port = ui_port
        self._codec_port = codec_port

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._port}"

    def command(self) -> list[str]:
        """Return the command that runs it."""
        ui = ["--ui-port", str(self._ui_port), "--ui-disable-news-fetch"] if self._ui_port else ["--headless"]
        if self._codec_port:
            ui += ["--ui-codec-endpoint", f"http://127.0.0.1:{self._codec_port}"]
        database = self.directory / "temporal.db"
        namespaces = [part for namespace in self.namespaces for part in ("--namespace", namespace)]
        return [
            _binary("temporal"),
            *("server", "start-dev", "--ip", "127.0.0.1", "--port", str(self._port), *ui),
            *(
                "--db-filename",
                str(database),
                *namespaces,
                "--log-level",
                "error",
                "--log-format",
                "json",
            ),
        ]

    async def probe(self) -> None:
        """Prepare the namespaces."""
        await self.knock()
        await ensure_namespaces(self.namespaces, address=self.address)


class TimeSkippingServer(Part):
    """The server on which a year passes in seconds: one clock for all workflows, and no data after its end."""

    namespace = "default"

    def __init__(self, *, directory: Path, log: Path, port: int) -> None:
        super().__init__(name="temporal", directory=directory, log=log)
        self._port = port

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._port}"

    def command(self) -> list[str]:
        """Return the command that runs it; its time runs normally until it is told to skip."""
        # By default it listens on every address, without authentication.
        confine = [sys.executable, "-I", "-S", str(_LOOPBACK)]
        return [*confine, _binary("temporal-test-server"), str(self._port)]

    async def probe(self) -> None:
        """Register the workflows' search attributes: an unknown one would hang them."""
        from shared.temporal import prepare_namespace

        await self.knock()
        await prepare_namespace(address=self.address, namespace=self.namespace)


async def ensure_namespaces(
    namespaces: "Iterable[str]", *, address: str, access: "Access | None" = None
) -> None:
    """Create missing namespaces, set how long they keep finished workflows, and register search attributes."""
    from google.protobuf.duration_pb2 import Duration
    from temporalio.api.namespace.v1 import NamespaceConfig
    from temporalio.api.workflowservice.v1 import (
        DescribeNamespaceRequest,
        RegisterNamespaceRequest,
        UpdateNamespaceRequest,
    )
    from temporalio.client import Client
    from temporalio.service import RPCError, RPCStatusCode

    from shared.temporal import Access, prepare_namespace

    access = access or Access()
    client = await Client.connect(address, tls=access.tls, api_key=access.token)
    service = client.workflow_service
    keep = Duration(seconds=int(RETENTION.total_seconds()))
    config = NamespaceConfig(workflow_execution_retention_ttl=keep)
    # One after another: the server refuses concurrent changes.
    for namespace in namespaces:
        try:
            found = await service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            await service.register_namespace(
                RegisterNamespaceRequest(namespace=namespace, workflow_execution_retention_period=keep)
            )
        else:
            if found.config.workflow_execution_retention_ttl != keep:
                await service.update_namespace(UpdateNamespaceRequest(namespace=namespace, config=config))
        await prepare_namespace(address=address, namespace=namespace, access=access)


def _binary(name: str) -> str:
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        raise PlatformError(f"The program {name} is missing; run `make env`, or set KRING_TEMPORAL_ADDRESS.")
    return str(path)
