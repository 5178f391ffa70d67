"""Installs this build in the place of another while a story is played: service by service, old and new side by side."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.demo.story import Listener, Step, Story
from deploy.local.part import Part
from deploy.local.platform import Platform
from deploy.local.ports import free_port
from deploy.local.service import Preparation, Service
from shared.services import PROCESSES

_REPOSITORY = Path(__file__).parents[2]
# What is built, and stands in no commit.
_BUILT = "services/portal/frontend/built"


@contextmanager
def checkout_of(commit: str) -> Iterator[Path]:
    """Give the code as it was at a commit; its migrations have to be those of now."""
    _git("diff", "--quiet", commit, "--", "services/*/migrations/*", "shared/migrations/*")
    checkout = Path(tempfile.mkdtemp(prefix="kring-build-"))
    _git("worktree", "add", "--detach", str(checkout), commit)
    try:
        shutil.copytree(_REPOSITORY / _BUILT, checkout / _BUILT)
        yield checkout
    finally:
        _git("worktree", "remove", "--force", str(checkout))


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=_REPOSITORY, check=True, capture_output=True)


class OfBuild(Platform):
    """A platform whose databases are made by another build, and whose services run it until they are replaced."""

    def __init__(self, build: Path, **given: Any) -> None:
        super().__init__(**given)
        self._build = build

    def _make_parts(self) -> list[Part]:
        parts = super()._make_parts()
        for part in parts:
            if isinstance(part, Service | Preparation):
                part.run_code(self._build)
        return parts


class Deployment(Listener):
    """Replaces all services as `docs/upgrading.md` says, from the step `first` on: migrates, and then one by one.

    A process of the new build works beside that of the old for `beside` steps, then in its place.
    """

    def __init__(self, platform: Platform, *, first: int, beside: int) -> None:
        self._platform = platform
        self._first = first
        self._beside = beside
        self._steps = 0
        self._step = asyncio.Condition()
        self._ends = False
        self._under_way: asyncio.Task[None] | None = None
        self.replaced: list[str] = []

    async def played(self, story: Story, step: Step) -> None:
        """Begin if the time has come; what failed in it is raised."""
        if self._under_way is not None and self._under_way.done():
            self._under_way.result()
        async with self._step:
            self._steps += 1
            self._step.notify_all()
        if self._steps == self._first:
            self._under_way = asyncio.create_task(self._replace_all(), name="deployment")

    async def over(self) -> None:
        """Wait until all are replaced; what failed in it is raised."""
        async with self._step:
            self._ends = True
            self._step.notify_all()
        if self._under_way is not None:
            await self._under_way

    async def _replace_all(self) -> None:
        # The server that skips time has nothing to be prepared.
        for only in ("databases", "queues"):
            step = Preparation(
                name="upgrade",
                arguments=["migrate", *PROCESSES, "--wait", "60", "--only", only],
                aim=f"prepare the {only} for the new build",
                directory=self._platform.directory / "services",
                log=self._platform.directory / "logs" / "upgrade.log",
                environment=self._platform.environment,
            )
            await step.start()
            await step.ready()
        for name in PROCESSES:
            await self._replace(name)
            self.replaced.append(name)

    async def _replace(self, name: str) -> None:
        old = self._platform.parts[name]
        assert isinstance(old.part, Service)
        new = old.part.beside(port=free_port(), internal_port=free_port())
        await new.start()
        await new.ready()
        until = self._steps + self._beside
        async with self._step:
            await self._step.wait_for(lambda: self._steps >= until or self._ends)
        old.part.run_code(_REPOSITORY)
        await old.restart()
        await new.stop()
