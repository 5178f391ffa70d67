"""`make demo`: a throw-away platform, one story, a report, and an exit code that says whether all of it was right."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.display import Display
from deploy.demo.failures import StoryWrong, WentWrong
from deploy.demo.performance import UNDISTURBED, play_on
from deploy.demo.reading import FIRST, read_story
from deploy.demo.report import Report
from deploy.demo.story import Story
from deploy.local.errors import PlatformError
from deploy.local.platform import Platform


@dataclass
class Run:
    """One run: what is shown and written down, and whether the platform stays up afterwards."""

    display: Display
    report: Report
    report_file: Path | None
    keep: bool
    began: float

    async def play(self, story: Story) -> None:
        """Bring a platform up, play the story on it, tell how it ended. Raises: PlatformError."""
        platform = Platform(
            skipped_time=True,
            extra=UNDISTURBED,
            changed=lambda part: self.display.part(part.name, part.state),
        )
        async with platform:
            self.display.up(time.monotonic() - self.began)
            with contextlib.suppress(WentWrong, StoryWrong):  # told by the report
                await play_on(platform, story, report=self.report, listeners=[self.display])
            self.finish()
            if self.keep:
                self.display.addresses(platform.addresses)
                await asyncio.Event().wait()

    def finish(self) -> None:
        """Show how it ended and write the report."""
        self.report.seconds = time.monotonic() - self.began
        self.display.finish(self.report, kept=self.keep)
        if self.report_file is not None:
            self.report.write(self.report_file)


async def run(*, story: Path | None, report: Path | None, keep: bool) -> int:
    """Play a story (the first if none is named) and return 0 if every assertion held, else 1."""
    written = Report(title=str(story or FIRST))
    with Display() as display, _until_told_to_stop():
        playing = Run(display=display, report=written, report_file=report, keep=keep, began=time.monotonic())
        try:
            read = read_story(story or FIRST)
            written.title = read.title
            display.title(read.title)
            await playing.play(read)
        except (StoryWrong, PlatformError) as error:
            written.failed = str(error)
            playing.finish()
        except asyncio.CancelledError:
            if not written.is_complete:
                written.failed = "It was interrupted."
                playing.finish()
    return 0 if written.ok else 1


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
