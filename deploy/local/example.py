"""Fills the databases of a platform before its services start, and starts the workflows afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.part import Part
from deploy.local.service import Preparation
from shared.services import SERVICES


@dataclass(frozen=True)
class Example:
    """An example organisation. `tell` is called with the progress; `every`: only each n-th of its cases."""

    tell: Callable[[str], None] | None = None
    every: int = 1

    def parts(self, platform: Path, *, environment: Mapping[str, str], mailbox: str) -> list[Part]:
        """Return the parts of a platform that fill it, given its directory and the page of its mailbox."""
        given = ["--directory", str(platform), "--mailbox", mailbox, "--every", str(self.every)]
        common: dict[str, Any] = {
            "uses": ("postgresql",),
            "directory": platform / "services",
            "environment": environment,
        }
        return [
            Preparation(
                name="example",
                module="deploy.example",
                arguments=given,
                aim="play the example to its end",
                needs=("migrate", "mailbox"),
                log=platform / "logs" / "example.log",
                tell=self.tell,
                # Data from an interrupted attempt would be in its way.
                repeatable=False,
                **common,
            ),
            Preparation(
                name="workflows",
                arguments=["workflows", "rebuild"],
                aim="start the workflows of the example",
                needs=("temporal", *SERVICES),
                log=platform / "logs" / "workflows.log",
                **common,
            ),
        ]
