"""Ports: free ones, chosen once and remembered, so that a platform keeps its addresses; and checks of others."""

import asyncio
import fcntl
import getpass
import json
import os
import random
import socket
import tempfile
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.errors import PlatformError

# Below the range of ports for outgoing connections, so that a remembered port stays free.
_RANGE = range(20_000, 32_000)
_USUAL = {"postgresql": 5432, "amqp": 5672, "amqps": 5671, "temporal": 7233}
_taken_by_us: set[int] = set()


def is_free(port: int) -> bool:
    """Say whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@cache
def _reservations() -> int:
    """Open the file in which each port is a byte, locked by the process that reserved it until it ends."""
    return os.open(
        Path(tempfile.gettempdir(), f"kring-ports-{getpass.getuser()}"),
        os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW,
        0o600,
    )


def _reserve(port: int) -> bool:
    """Keep other processes from taking this port while its server is down, as between a stop and a start."""
    try:
        fcntl.lockf(_reservations(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


def free_port() -> int:
    """Return a free port that no process of this user has reserved. Raises: PlatformError if there is none."""
    for port in random.sample(_RANGE, k=200):
        if port not in _taken_by_us and is_free(port) and _reserve(port):
            _taken_by_us.add(port)
            return port
    raise PlatformError(f"No free port was found between {_RANGE.start} and {_RANGE.stop}.")


class Ports:
    """The ports of one platform by name, kept in a file if one is given."""

    def __init__(self, file: Path | None = None, *, wanted: dict[str, int] | None = None) -> None:
        self._file = file
        self._wanted = wanted or {}
        self._ports: dict[str, int] = {}
        self.moved: dict[str, int] = {}
        if file is not None and file.exists():
            self._ports = {str(name): int(port) for name, port in json.loads(file.read_text()).items()}
        self._checked: set[str] = set()

    def take(self, name: str) -> int:
        """Return the port of this name: the requested one, else its previous one if free, else a new one.

        Raises: PlatformError if the requested port is taken.
        """
        if name in self._checked:
            return self._ports[name]
        wanted, before = self._wanted.get(name), self._ports.get(name)
        if wanted is not None:
            if not is_free(wanted):
                raise PlatformError(f"Port {wanted}, asked for {name}, is taken by another program.")
            self._ports[name] = wanted
        elif before is None or not is_free(before):
            self._ports[name] = free_port()
            if before is not None:
                self.moved[name] = before
        self._checked.add(name)
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(self._ports, indent=1, sort_keys=True))
        return self._ports[name]


async def knock(name: str, where: str) -> None:
    """Raise PlatformError if nothing listens at a part's address from the environment."""
    parts = urlsplit(where if "://" in where else f"temporal://{where}")
    host, port = parts.hostname or "", parts.port or _USUAL.get(parts.scheme, 0)
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), timeout=5)
    except (OSError, TimeoutError):
        raise PlatformError(f"{name} names {host}:{port}, where nothing answers.") from None
    writer.close()
