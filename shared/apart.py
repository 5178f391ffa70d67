"""Work whose time and memory nobody can tell beforehand, in a process of its own: whatever it does ends with that.

A module that does such work answers `python -m` with `serve`; who needs it asks with `run`.
"""

import asyncio
import resource
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from pathlib import Path

_ROOT = Path(__file__).parents[1]


class TooMuchWork(Exception):
    """The work takes more time or memory than it may, or ended its process in another way."""


async def run(module: str, content: bytes, *, seconds: int, megabytes: int) -> bytes:
    """Return what a module makes of a content, within so many seconds of the processor and megabytes of addresses.

    The process ends with whoever waits for it. Raises: TooMuchWork.
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
        # Whoever asked has gone, or it has ended by itself.
        if working.returncode is None:
            working.kill()
            await working.wait()
    if working.returncode:
        raise TooMuchWork(module)
    return made


def serve(work: Callable[[bytes], bytes]) -> None:
    """Do the work for stdin within the limits; killed by the system, or out of memory, beyond them."""
    seconds, megabytes = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    sys.stdout.buffer.write(work(sys.stdin.buffer.read()))
