"""`kring serve`: one service, or the decoder for Temporal's web UI, in this process."""

import asyncio
import gc
import os
import socket
from importlib import import_module
from typing import TYPE_CHECKING

from deploy.local.errors import PlatformError

if TYPE_CHECKING:
    from shared.settings import Settings


async def serve(name: str, *, roles: set[str]) -> int:
    """Run a service until SIGTERM, with the composition roots of the given roles."""
    # Loaded modules stay. Scanning them for garbage takes a sixth of the start, and would pause requests later.
    gc.disable()
    from shared.runtime import Service
    from shared.runtime import serve as run
    from shared.settings import Settings

    settings = Settings()
    check_ports(settings)
    api = import_module(f"services.{name}.api") if "api" in roles else None
    consumer = import_module(f"services.{name}.consumer") if "consumer" in roles else None
    worker = import_module(f"services.{name}.worker") if "worker" in roles else None
    service = Service(
        name=name,
        create_app=api.create_app if api else None,
        subscriptions=consumer.subscriptions if consumer else None,
        workflows=worker.workflows if worker else (),
        sweeps=getattr(worker, "sweeps", {}),
        roles=frozenset(roles),
    )
    gc.freeze()
    gc.enable()
    await run(service, settings)
    return 0


async def serve_codec() -> int:
    """Serve the decoder with which Temporal's web UI on this machine reads encrypted histories."""
    from uvicorn import Server

    from deploy.codec import create_app
    from shared.http.health import create_health_app
    from shared.http.server import QuietServer, internal_config, server_config
    from shared.readiness import Readiness
    from shared.secrets import read_key, read_secret, secrets_of
    from shared.settings import Settings

    settings = Settings()
    check_ports(settings)
    directory = secrets_of(settings.secrets_dir, "codec")
    app = create_app(
        [read_key(path) for path in sorted(directory.glob("*_codec_key*"))],
        password=read_secret(directory / "codec_password"),
        origin=os.environ.get("KRING_CODEC_ORIGIN"),
        hosts=os.environ.get("KRING_CODEC_HOSTS", "127.0.0.1,localhost").split(","),
    )
    health = QuietServer(internal_config(create_health_app(Readiness({})), settings))
    answering = asyncio.create_task(health.serve())
    await Server(server_config(app, settings)).serve()
    health.should_exit = True
    await answering
    return 0


def check_ports(settings: "Settings") -> None:
    """Raise PlatformError if another program already listens on one of the ports."""
    _check_port(settings.http_host, settings.http_port)
    _check_port(settings.internal_host, settings.internal_port)


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PlatformError(
                f"Kring cannot listen on {host}:{port}: {(error.strerror or '').lower()}."
            ) from None
