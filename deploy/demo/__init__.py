"""Plays stories: a whole case and a paid registration through the public APIs, on a platform whose time skips.

A story is a file (deploy/stories/README.md says how it is written). `demo` is what the command line calls; tests use
`performance.play_on` with listeners of their own.
"""

import os
from pathlib import Path

__all__ = ["demo", "main"]


async def demo(*, story: Path | None = None, report: Path | None = None, keep: bool = False) -> int:
    """Play a story on a platform of its own and return the exit code; STORY, REPORT and KEEP may also say it."""
    from deploy.demo.running import run

    named_story, named_report = os.environ.get("STORY"), os.environ.get("REPORT")
    return await run(
        story=story or (Path(named_story) if named_story else None),
        report=report or (Path(named_report) if named_report else None),
        keep=keep or os.environ.get("KEEP", "") not in ("", "0"),
    )


def main() -> None:
    """Play a story, with options from the command line."""
    import sys

    from deploy.cli import main as kring

    kring(["demo", *sys.argv[1:]])
