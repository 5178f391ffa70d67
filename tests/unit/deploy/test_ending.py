"""How a command's process ends, with Temporal's client in it."""

import subprocess
import sys

import pytest

_PROCESS = """
import atexit, sys
import temporalio.client
from deploy import cli

class Late:
    def __del__(self):
        print("taken down")

sys.modules["late"] = Late()
atexit.register(print, "at the end")
cli.run()
"""


class TestRun:
    @pytest.mark.parametrize(("typed", "code"), [("--help", 0), ("nonsense", 2)])
    def test_ends_without_taking_the_interpreter_down_under_the_clients_threads(
        self, typed: str, code: int
    ) -> None:
        ended = subprocess.run(
            [sys.executable, "-c", _PROCESS, typed], capture_output=True, text=True, check=False, timeout=120
        )
        assert ended.returncode == code, ended.stderr
        assert ended.stdout.endswith("at the end\n")
        assert "usage: kring" in ended.stdout + ended.stderr
