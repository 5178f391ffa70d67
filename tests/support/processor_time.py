"""How much processor time the tests of each directory take, with all processes that they start."""

import os
import resource
import threading
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

_SAMPLE_SECONDS = 1.0
_TICKS = os.sysconf("SC_CLK_TCK")
_KEY = "processor_time"
_INIT = 1


@dataclass(frozen=True)
class _Process:
    parent: int
    started: int
    # Its own, and that of its children that it has waited for.
    seconds: float


class Descendants:
    """The processor time of this process and of all that it, and what it started, ever started.

    A parent has the time of a child that it waited for. Of what its parent left behind nobody has it: that was seen at
    most a second before. What was killed together with its parent is missing.
    """

    def __init__(self) -> None:
        self._seen: dict[int, _Process] = {}
        self._orphaned = 0.0
        self._lock = threading.Lock()
        threading.Thread(target=self._sample, daemon=True).start()

    def seconds(self) -> float:
        """Return all that was used until now."""
        with self._lock:
            now = self._living()
            self._orphaned += sum(
                process.seconds
                for pid, process in self._seen.items()
                if pid not in now and process.parent == _INIT
            )
            self._seen = now
            used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
            return (
                self._orphaned
                + sum(each.ru_utime + each.ru_stime for each in used)
                + sum(process.seconds for process in now.values())
            )

    def _living(self) -> dict[int, _Process]:
        """Return what descends from this process, also what was given to another parent since."""
        everything: dict[int, _Process] = {}
        children: dict[int, list[int]] = defaultdict(list)
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text(errors="replace").rpartition(")")[2].split()
            except OSError:
                continue  # It has just ended.
            pid, parent, seconds = (
                int(path.parent.name),
                int(fields[1]),
                sum(map(int, fields[11:15])) / _TICKS,
            )
            everything[pid] = _Process(parent=parent, started=int(fields[19]), seconds=seconds)
            children[parent].append(pid)
        ours = {
            pid
            for pid, seen in self._seen.items()
            if pid in everything and everything[pid].started == seen.started
        }
        below = [os.getpid(), *ours]
        while below:
            found = [pid for pid in children[below.pop()] if pid not in ours]
            ours.update(found)
            below += found
        return {pid: everything[pid] for pid in ours}

    def _sample(self) -> None:
        while True:
            self.seconds()
            threading.Event().wait(_SAMPLE_SECONDS)


class ProcessorTime:
    """Adds up what the tests of each directory took, on all workers, and prints it at the end."""

    def __init__(self, *, counts: bool) -> None:
        """Take whether tests run in this process: with workers it only adds up what they have counted."""
        self._descendants = Descendants() if counts else None
        self._seconds: dict[str, float] = defaultdict(float)
        self._directory = "(loading)"
        self._charged = 0.0

    def pytest_runtest_logstart(self, location: tuple[str, int | None, str]) -> None:
        """Charge what was used until now to the directory whose tests have ended."""
        directory = str(Path(location[0]).parent)
        if directory != self._directory:
            self._charge()
            self._directory = directory

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand what a worker has counted to the process that prints it."""
        self._charge()
        if (output := getattr(session.config, "workeroutput", None)) is not None:
            output[_KEY] = dict(self._seconds)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Add what a worker has counted."""
        for directory, seconds in getattr(node, "workeroutput", {}).get(_KEY, {}).items():
            self._seconds[directory] += seconds

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table."""
        terminalreporter.section("processor time by directory, in seconds")
        for directory, seconds in sorted(self._seconds.items(), key=lambda each: -each[1]):
            terminalreporter.line(f"{seconds:8.1f}  {directory}")
        terminalreporter.line(f"{sum(self._seconds.values()):8.1f}  in all")

    def _charge(self) -> None:
        if self._descendants is not None:
            now = self._descendants.seconds()
            self._seconds[self._directory] += now - self._charged
            self._charged = now
