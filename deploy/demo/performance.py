"""A story on a platform: brings the stage up on a running platform, plays, and writes down what came of it."""

import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from temporalio.client import Client

from deploy.demo.api import Api
from deploy.demo.failures import StoryWrong, WentWrong
from deploy.demo.house import House, RealTime, SkippedTime, Time
from deploy.demo.ledger import Ledger
from deploy.demo.logs import last_lines
from deploy.demo.mailbox import Mailbox
from deploy.demo.player import Listener, Player
from deploy.demo.report import Report
from deploy.demo.stage import Stage
from deploy.demo.story import Story
from deploy.demo.workflows import Workflows
from deploy.local.platform import Platform
from shared.clock import clock_from
from shared.services import SERVICES
from shared.settings import Settings

PATIENCE_SECONDS = 60.0
# For a platform on which nothing is killed on purpose.
UNDISTURBED = {
    # What fails is tried again soon: a story that goes wrong should say so before anyone gets coffee.
    "KRING_RETRY_SCALE": "0.2",
    # Workers keep workflows in memory, which the server that skips time forgives only as long as none of them dies.
    "KRING_WORKFLOW_CACHE": "1000",
}


def settings_of(environment: Mapping[str, str]) -> Settings:
    """Return the settings that a platform's services run with, whatever this process's own environment says."""
    known = {name: value for name, value in environment.items() if name.startswith("KRING_")}
    return Settings(**{name.removeprefix("KRING_").lower(): value for name, value in known.items()})  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def stage_on(
    platform: Platform, story: Story, *, patience: float = PATIENCE_SECONDS
) -> AsyncIterator[Stage]:
    """Give a stage for a story on a running platform; `patience` is how many seconds it may take to become quiet."""
    settings = settings_of(platform.environment)
    client = await Client.connect(settings.temporal_address, namespace=settings.temporal_namespace)
    time_moves: Time = SkippedTime(client) if settings.clock == "skipped" else RealTime()

    def explain(name: str) -> str:
        part = platform.parts.get(name)
        return "" if part is None else last_lines(part.part.log)

    ledger = Ledger(settings)
    house = House(
        ledger=ledger,
        workflows=Workflows(client),
        clock=clock_from(settings),
        time=time_moves,
        expected_refusals=frozenset(story.refusals),
        patience=patience,
        explain=explain,
    )
    api = Api({service: platform.addresses[service] for service in SERVICES}, patience=patience)
    mailbox = Mailbox(platform.addresses["mailbox"])
    try:
        await ledger.begin()
        await mailbox.begin()
        yield Stage(story=story, api=api, mailbox=mailbox, house=house, secrets=settings.secrets_dir)
    finally:
        await api.close()
        await mailbox.close()
        await ledger.close()


async def play_on(
    platform: Platform,
    story: Story,
    *,
    report: Report,
    listeners: Sequence[Listener] = (),
    patience: float = PATIENCE_SECONDS,
) -> Stage:
    """Play a story on a running platform, and fill the report whether or not it ends well.

    Raises: WentWrong, StoryWrong.
    """
    report.addresses = dict(platform.addresses)
    begun = time.monotonic()
    async with stage_on(platform, story, patience=patience) as stage:
        try:
            await Player(stage, listeners).play()
        except Exception as error:
            expected = isinstance(error, WentWrong | StoryWrong)
            report.failed = (
                str(error) if expected else f"The player has a bug: {type(error).__name__}: {error}"
            )
            with contextlib.suppress(Exception):  # what can still be read of a platform in trouble
                await report.gather(stage, await stage.now())
            raise
        finally:
            report.seconds += time.monotonic() - begun
        await report.gather(stage, await stage.now())
    return stage


def log_files(platform: Platform) -> list[Path]:
    """Return the log files of all parts."""
    return sorted({part.part.log for part in platform.parts.values() if part.part.log.exists()})
