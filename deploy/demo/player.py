"""`make demo`: a throw-away platform, one story, a report, and an exit code that says whether everything was right."""

import asyncio
import contextlib
import inspect
import runpy
import signal
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import httpx2

from deploy.demo.api import Api
from deploy.demo.checking import wrong_with
from deploy.demo.display import Display
from deploy.demo.report import Report
from deploy.demo.story import API, Hand, Listener, Story
from deploy.local.errors import PlatformError
from deploy.local.platform import Platform
from deploy.watch.failures import WentWrong
from deploy.watch.watch import Watch

STORIES = Path(__file__).parents[1] / "stories"
FIRST = STORIES / "first.py"
# For a platform on which nothing is killed on purpose.
UNDISTURBED = {
    # Retry soon: a story that goes wrong should say so quickly.
    "KRING_RETRY_SCALE": "0.2",
    # Workers keep workflows in memory, which the time-skipping server tolerates only as long as none of them dies.
    "KRING_WORKFLOW_CACHE": "1000",
}
Plays = Callable[[Story], Awaitable[None]]


class StoryBroken(Exception):
    """The story's file cannot be played as it is written."""


def file_of(story: Path) -> Path:
    """Return the file of a story: a path, or the name of one of `deploy/stories`."""
    return story if story.suffix else STORIES / f"{story}.py"


def read_story(path: Path) -> Plays:
    """Return the function `story` of a file. Raises: StoryBroken, if there is none or the file is not Python."""
    try:
        play = runpy.run_path(str(path)).get("story")
    except OSError as error:
        raise StoryBroken(f"The story {path} cannot be read: {error.strerror}.") from None
    except SyntaxError as error:
        raise StoryBroken(f"The story {path} is not Python: line {error.lineno}: {error.msg}.") from None
    except Exception as error:  # noqa: BLE001 - whatever its first lines raise
        raise StoryBroken(f"{_place_of(error, path)}{type(error).__name__}: {error}") from None
    if not asyncio.iscoroutinefunction(play):
        raise StoryBroken(f"The story {path} has no function `async def story(s: Story) -> None`.")
    return play


def _place_of(error: BaseException, path: Path) -> str:
    """Return the line at which the story failed, or that of a story beside it."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame for frame in frames if Path(frame.filename).resolve().parent == path.resolve().parent]
    if not lines:
        return ""
    file, line = Path(lines[-1].filename), lines[-1].lineno or 1
    source = file.read_text(encoding="utf-8").splitlines()[line - 1].strip()
    return f"{file.name}, line {line}, in {lines[-1].name}: {source}\n"


@contextlib.asynccontextmanager
async def story_on(
    platform: Platform, *, listeners: Sequence[Listener] = (), patience: float = 60.0, hand: Hand = API
) -> AsyncIterator[Story]:
    """Yield a story whose people are played by a hand on a running platform, with `patience` seconds to settle."""
    http = httpx2.AsyncClient(timeout=30, trust_env=False)
    async with Watch.over(platform, patience=patience) as watch, http:
        yield Story(Api(http, watch), listeners, hand)


@contextlib.asynccontextmanager
async def _hand(platform: Platform, pictures: Path | None) -> AsyncIterator[Hand]:
    """Yield the hand that plays people: through the APIs, or in a browser that stores pictures of what they see."""
    if pictures is None:
        yield API
        return
    from deploy.demo.browser import chromium, hand_of

    await asyncio.to_thread(pictures.mkdir, parents=True, exist_ok=True)
    async with chromium() as browser:
        yield hand_of(browser, platform, pictures=pictures)


async def play(path: Path, story: Story, report: Report) -> None:
    """Play a story's file, and fill the report whether or not it succeeds. Raises: WentWrong, StoryBroken."""
    begun = time.monotonic()

    async def root(story: Story, plays: Plays) -> None:
        await plays(story)

    root.__name__ = path.stem
    try:
        plays = read_story(path)
        await story.together(plays, root)
    except Exception as error:
        kind = "" if isinstance(error, WentWrong | StoryBroken) else f"{type(error).__name__}: "
        report.failed = f"{_place_of(error, path)}{kind}{error}"
        with contextlib.suppress(Exception):  # what can still be read of a platform in trouble
            await report.gather(story)
        raise (WentWrong if isinstance(error, WentWrong) else StoryBroken)(report.failed) from error
    finally:
        report.seconds += time.monotonic() - begun
    await report.gather(story)
    report.ok = True


async def demo(
    *, story: Path | None = None, report: Path | None = None, keep: bool = False, pictures: Path | None = None
) -> int:
    """Play a story (the first if none is named) on a platform of its own; return 0 if all expectations held, else 1."""
    story = FIRST if story is None else file_of(story)
    began, written = time.monotonic(), Report(str(story))
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # So that the platform is shut down in order.
        loop.add_signal_handler(number, lambda: task.cancel() if task is not None else None)
    with Display() as display:

        def finish() -> None:
            written.seconds = time.monotonic() - began
            display.finish(written, kept=keep)
            if report is not None:
                written.write(report)

        platform = Platform(skipped_time=True, extra=UNDISTURBED, changed=display.part)
        try:
            written.title = (inspect.getdoc(read_story(story)) or story.stem).splitlines()[0].rstrip(".")
            if wrong := await asyncio.to_thread(wrong_with, story):
                raise StoryBroken("\n".join(wrong))
            display.title(written.title)
            async with platform:
                written.addresses = dict(platform.addresses)
                display.up()
                async with (
                    _hand(platform, pictures) as hand,
                    story_on(platform, listeners=[display], hand=hand) as played,
                ):
                    with contextlib.suppress(WentWrong, StoryBroken):  # the report says it
                        await play(story, played, written)
                finish()
                if keep:
                    display.addresses(platform.addresses)
                    await asyncio.Event().wait()
        except (StoryBroken, PlatformError) as error:
            written.failed = str(error)
            finish()
        except asyncio.CancelledError:
            if not written.ok and written.failed is None:
                written.failed = "It was interrupted."
                finish()
    return 0 if written.ok else 1
