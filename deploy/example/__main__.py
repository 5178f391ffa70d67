"""`python -m deploy.example`: fill the empty databases that the environment names, and report progress."""

import argparse
import asyncio
import gc
from functools import partial
from pathlib import Path

import uvloop

from deploy.example.filling import fill
from shared import logs
from shared.settings import Settings


def main() -> None:
    """Read the command line and play the example."""
    parser = argparse.ArgumentParser(prog="python -m deploy.example", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="where accounts and links are written")
    parser.add_argument("--mailbox", required=True, help="the address of the mailbox's page")
    parser.add_argument("--every", type=int, default=1, help="play each so many-th case only")
    given = parser.parse_args()
    settings = Settings(log_level="warning")
    logs.configure(settings, service="example")
    tell = partial(print, flush=True)
    # Loaded modules stay, and other objects are freed by reference counts: scanning for garbage is not needed.
    gc.freeze()
    gc.disable()
    playing = fill(settings, mailbox=given.mailbox, directory=given.directory, tell=tell, every=given.every)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(playing)


if __name__ == "__main__":
    main()
