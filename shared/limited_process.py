"""Runs work of unpredictable time and memory in a process of its own, so that a runaway ends with that process.

A module that does such work answers `python -m` with `serve`; callers use `run`.
"""

import asyncio
import resource
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from pathlib import Path

_ROOT = Path(__file__).parents[1]


class TooMuchWork(Exception):
    """The work took more time or memory than allowed, or ended its process in another way."""


async def run(module: str, content: bytes, *, seconds: int, megabytes: int) -> bytes:
    """Return what a module makes of some content, within limits of processor seconds and megabytes of address space.

    The process ends with its caller. Raises: TooMuchWork.
    """
    working = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, str(seconds), str(megabytes)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        cwd=_ROOT,
        env={},
    )
    try:
        made, _ = await working.communicate(content)
    finally:
        # The caller has gone, or the process ended by itself.
        if working.returncode is None:
            working.kill()
            await working.wait()
    if working.returncode:
        raise TooMuchWork(module)
    return made


def serve(work: Callable[[bytes], bytes]) -> None:
    """Do the work on stdin within the limits; beyond them the system kills the process, or it runs out of memory."""
    seconds, megabytes = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    sys.stdout.buffer.write(work(sys.stdin.buffer.read()))
