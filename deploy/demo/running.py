"""`make demo`: a throw-away platform, one story, a report, and an exit code that says whether all of it was right."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from deploy.demo.display import Display
from deploy.demo.failures import StoryWrong, WentWrong
from deploy.demo.performance import UNDISTURBED, play_on
from deploy.demo.reading import FIRST, read_story
from deploy.demo.report import Report
from deploy.demo.story import Story
from deploy.local.errors import PlatformError
from deploy.local.platform import Platform


async def run(*, story: Path | None, report: Path | None, keep: bool) -> int:
    """Play a story (the first if none is named) and return 0 if every assertion held, else 1."""
    begun = time.monotonic()
    written = Report(title=str(story or FIRST))
    with Display() as display:
        try:
            read = read_story(story or FIRST)
            written.title = read.title
            display.title(read.title)
            with _until_told_to_stop():
                await _play(read, display, written, report, keep=keep, begun=begun)
        except (StoryWrong, WentWrong, PlatformError) as error:
            written.failed = written.failed or str(error)
        except asyncio.CancelledError:
            if written.content:
                return 0
            written.failed = "It was interrupted."
        finally:
            written.seconds = time.monotonic() - begun if not written.ok else written.seconds
            if report is not None:
                written.write(report)
        if written.failed is not None:
            display.finish(written, kept=keep)
    return 0 if written.ok else 1


async def _play(
    story: Story, display: Display, written: Report, report: Path | None, *, keep: bool, begun: float
) -> None:
    platform = Platform(
        skipped_time=True,
        extra=UNDISTURBED,
        changed=lambda part: display.part(part.name, part.state),
    )
    async with platform:
        display.up(time.monotonic() - begun)
        try:
            await play_on(platform, story, report=written, listeners=[display])
        finally:
            written.seconds = time.monotonic() - begun
        display.finish(written, kept=keep)
        if report is not None:
            written.write(report)
        if keep:
            display.addresses(platform.addresses)
            await asyncio.Event().wait()


@contextlib.contextmanager
def _until_told_to_stop() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into the end of what runs inside, so that the platform is taken down in order."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: task.cancel() if task is not None else None)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
