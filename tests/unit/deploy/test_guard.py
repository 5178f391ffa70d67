"""The guard ends process groups, also those that do not want to end."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from deploy.local.guard import end


def in_a_group(program: str) -> subprocess.Popen[str]:
    """Start a small program in a process group of its own and wait until it says that it is there."""
    child = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "here\n"
    child.stdout.close()
    return child


class TestEnd:
    def test_asks_first(self) -> None:
        polite = in_a_group(
            "import signal, sys; signal.signal(15, lambda *_: sys.exit(7)); print('here', flush=True); signal.pause()"
        )

        with ThreadPoolExecutor() as threads:
            code = threads.submit(polite.wait)
            end({os.getpgid(polite.pid)}, grace=5)

        assert code.result() == 7

    def test_forces_what_does_not_listen(self) -> None:
        deaf = in_a_group(
            "import signal; signal.signal(15, signal.SIG_IGN); print('here', flush=True); signal.pause()"
        )

        end({os.getpgid(deaf.pid)}, grace=0.1)

        assert deaf.wait(timeout=60) == -9

    def test_does_not_mind_what_has_ended(self) -> None:
        gone = in_a_group("print('here', flush=True)")
        gone.wait()

        end({gone.pid}, grace=0.1)
