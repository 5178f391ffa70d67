"""A small process that outlives its parent just long enough to clean up after it.

It reads lines from standard input: `+ GROUP` and `- GROUP` (process groups to end, or no longer), `d DIRECTORY`
(to remove). When the input closes, because the parent ended in whatever way, it ends the groups, removes the
directories and exits. It imports almost nothing, and knows nothing of Kring.
"""

import os
import shutil
import signal
import sys
import time

GRACE_SECONDS = 6.0


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def end(groups: set[int], *, grace: float = GRACE_SECONDS) -> None:
    """End process groups: politely, and after `grace` seconds by force."""
    alive = {group for group in groups if _signal(group, signal.SIGTERM)}
    until = time.monotonic() + grace
    while alive and time.monotonic() < until:
        time.sleep(0.05)
        alive = {group for group in alive if _signal(group, 0)}
    for group in alive:
        _signal(group, signal.SIGKILL)


def main() -> None:
    """Read until the parent is gone, then clean up after it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    directories: list[str] = []
    for line in sys.stdin:
        kind, _, rest = line.rstrip("\n").partition(" ")
        if kind == "+":
            groups.add(int(rest))
        elif kind == "-":
            groups.discard(int(rest))
        elif kind == "d":
            directories.append(rest)
    end(groups)
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
