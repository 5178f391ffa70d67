"""The sign-in part of a platform: `deploy.local.provider` in a process of its own."""

import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.local.part import OWN_PROGRAMS, NotReadyYet, Part, http_get


class SignIn(Part):
    """The process at which people choose an account."""

    def __init__(self, *, directory: Path, log: Path, port: int, portal: str, key: Path) -> None:
        super().__init__(name="sign-in", directory=directory, log=log)
        self._port = port
        self._portal = portal
        self._key = key

    @property
    def address(self) -> str:
        """Where people choose an account."""
        return f"http://127.0.0.1:{self._port}"

    def command(self) -> list[str]:
        """Return the command that runs it."""
        where = ["--directory", str(self.directory), "--port", str(self._port)]
        return [
            *(sys.executable, "-m", "deploy.local.provider"),
            *where,
            *("--portal", self._portal, "--key", str(self._key)),
        ]

    def environment(self) -> Mapping[str, str]:
        """Where its program is found."""
        return OWN_PROGRAMS

    async def probe(self) -> None:
        """Request its discovery document."""
        status, _ = await http_get(self._port, "/.well-known/openid-configuration")
        if status != 200:
            raise NotReadyYet(f"it answers {status}")
