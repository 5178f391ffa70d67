"""`kring up`: everything comes up, what dies is healed, and nothing is left behind.

With one service, to be quick, and one platform that all tests here share, until the one that ends it.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from deploy.local.ports import free_port
from shared.secrets import Login
from tests.support.eventually import eventually

SERVICE = "plans"
PARTS = {"postgresql", "rabbitmq", "temporal", "mailbox", "migrate", "queues", "codec", SERVICE}


def kring(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Type a command and wait for its end."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Up:
    """A `kring up` that runs, and what can be seen of it."""

    def __init__(
        self, directory: Path, *, arguments: Sequence[str] = ("--empty", "--service", SERVICE)
    ) -> None:
        self.directory = directory
        self.output = directory.with_suffix(".out")
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "deploy.cli",
                    "up",
                    "--directory",
                    str(directory),
                    *arguments,
                ],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )

    def status(self) -> dict[str, Any]:
        """Return what `kring status --json` says."""
        found: dict[str, Any] = json.loads(
            kring("status", "--json", "--directory", str(self.directory)).stdout
        )
        return found

    def parts(self) -> dict[str, Any]:
        """Return the parts as `kring up` has written them down, of which `kring status` tells."""
        path = self.directory / "state.json"
        found: dict[str, Any] = json.loads(path.read_text())["parts"] if path.exists() else {}
        return found

    async def ready(self) -> dict[str, Any]:
        """Wait until all parts do their work and return the status."""

        async def all_ready() -> dict[str, Any] | None:
            assert self.process.poll() is None, self.output.read_text()
            states = {part["state"] for part in self.parts().values()}
            return self.status() if states and states <= {"ready", "done"} else None

        return await eventually(
            all_ready, lambda: f"all parts to be ready: {self.output.read_text()}", seconds=150
        )

    def left_behind(self) -> list[str]:
        """Return the processes that belong to this platform, by what their environment or command line says."""
        ours = str(self.directory).encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if ours in (process / "cmdline").read_bytes() + (process / "environ").read_bytes():
                    found.append((process / "comm").read_text().strip())
            except OSError:
                continue
        return found

    def command_lines(self) -> dict[int, bytes]:
        """Return what a list of processes shows of this platform: the command lines of all that it started."""
        ours, lines = str(self.directory).encode(), {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                line = (process / "cmdline").read_bytes()
                if ours in line + (process / "environ").read_bytes():
                    lines[int(process.name)] = line
            except OSError:
                continue
        return lines

    def secrets(self) -> dict[str, bytes]:
        """Return every secret that it made, by the name of the file or of what it is for."""
        found = {
            str(path.relative_to(self.directory / "secrets")): path.read_bytes().strip()
            for path in (self.directory / "secrets").rglob("*")
            if path.is_file() and path.name != "issuers.json"
        }
        for name in found:
            if name.endswith(("signing_key", "local_issuer_key")):
                found[name] = json.loads(found[name])["d"].encode()
            if name.endswith("_login"):
                found[name] = Login.read(self.directory / "secrets" / name).password.encode()
        for path in (*self.directory.rglob("password"), *self.directory.rglob(".erlang.cookie")):
            found[str(path.relative_to(self.directory))] = path.read_bytes().strip()
        return found

    async def gone(self) -> None:
        """Wait until no process is left."""

        async def nothing_left() -> bool:
            return not self.left_behind()

        await eventually(nothing_left, lambda: f"{self.left_behind()} to end")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A platform that starts, and is gone after the tests."""
    running = Up(tmp_path_factory.mktemp("up") / "kring")
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


@pytest.mark.timeout(400)
class TestSecretsOfAPlatform:
    async def test_stand_in_no_command_line_and_are_read_by_the_owner_alone(self, up: Up) -> None:
        parts = (await up.ready())["parts"]
        secrets, lines = up.secrets(), up.command_lines()

        assert {
            "postgresql/password",
            "rabbitmq/password",
            "plans/master_key",
            "plans/database_login",
        } <= set(secrets)
        assert {part["pid"] for part in parts.values() if part["pid"]} <= set(lines)
        shown = {
            (name, pid)
            for name, secret in secrets.items()
            for pid, line in lines.items()
            if len(secret) < 8 or secret in line
        }
        assert shown == set()

        assert up.directory.stat().st_mode & 0o777 == 0o700
        assert (up.directory / "secrets").stat().st_mode & 0o777 == 0o700
        files = [*(up.directory / "secrets").rglob("*"), *up.directory.rglob("password")]
        # What Temporal's own containers are given is read by users of theirs; here nobody passes the directory above.
        files = [path for path in files if not {"temporal", "temporal-ui"} & set(path.parts)]
        files += up.directory.rglob("*.conf")
        assert {path.stat().st_mode & 0o077 for path in files if "data" not in path.parts} == {0}


@pytest.mark.timeout(400)
class TestUp:
    async def test_heals_whatever_is_killed(self, up: Up) -> None:
        before = await up.ready()
        parts = {name: part for name, part in before["parts"].items() if part["pid"]}
        assert set(before["parts"]) == PARTS
        assert before["running"] is True

        for part in parts.values():
            os.kill(part["pid"], signal.SIGKILL)

        await eventually(
            lambda: all(up.parts()[name]["restarts"] for name in parts),
            "every part to have been started again",
            seconds=120,
        )
        after = await up.ready()
        assert {name: part["address"] for name, part in after["parts"].items()} == {
            name: part["address"] for name, part in before["parts"].items()
        }
        refused = kring("up", "--empty", "--directory", str(up.directory))
        assert refused.returncode == 1
        assert "runs in" in refused.stderr
        assert "Traceback" not in refused.stderr

    async def test_is_asked_what_its_parts_do_and_restarts_one(self, up: Up) -> None:
        before = await up.ready()
        for name in ("rabbitmq", SERVICE):
            os.kill(before["parts"][name]["pid"], signal.SIGSTOP)
        try:
            stopped = up.status()["parts"]
        finally:
            for name in ("rabbitmq", SERVICE):
                os.kill(before["parts"][name]["pid"], signal.SIGCONT)
        assert {name for name, part in stopped.items() if part["state"] == "not-ready"} == {
            "rabbitmq",
            SERVICE,
        }
        assert "did not answer within 4 seconds" in stopped[SERVICE]["detail"]

        restarted = kring("restart", SERVICE, "--directory", str(up.directory))
        assert (restarted.returncode, restarted.stdout) == (0, f"{SERVICE} was restarted and is ready.\n")
        after = up.status()["parts"]
        assert after[SERVICE]["pid"] != before["parts"][SERVICE]["pid"]
        assert {part["state"] for part in after.values()} <= {"ready", "done"}
        refused = kring("restart", "intake", "--directory", str(up.directory))
        assert refused.stderr == "kring: intake is no part of this platform.\n"

    async def test_is_found_by_the_commands_that_look_after_it(self, up: Up) -> None:
        await up.ready()

        def run(*command: str) -> str:
            done = kring(*command, "--directory", str(up.directory))
            assert (done.returncode, done.stderr) == (0, "")
            return done.stdout

        assert run("dead-letters", "list") == "No dead letters.\n"
        assert run("audit-log", "verify").startswith(f"{SERVICE}: holds; ")
        assert f"{SERVICE:<10}  destroyed: 0 keys" in run("vault", "status")
        assert run("outbox") == "Everything is published.\n"
        assert run("deadlines", "--late") == "None.\n"

    async def test_leaves_nothing_behind_and_comes_back_as_it_was(self, up: Up) -> None:
        before = await up.ready()
        secrets = up.secrets()

        up.process.send_signal(signal.SIGINT)
        assert up.process.wait(timeout=120) == 0
        assert up.left_behind() == []
        assert {part["state"] for part in up.status()["parts"].values()} == {"stopped"}

        again = Up(up.directory)
        try:
            after = await again.ready()
            assert after["addresses"] == before["addresses"]
            assert up.secrets() == secrets
        finally:
            again.process.kill()
            again.process.wait()
        # Killed without a chance to stop anything, and still nothing stays.
        await again.gone()


@pytest.mark.timeout(400)
class TestAnExampleThatIsKilledHalfway:
    async def test_is_begun_anew(self, tmp_path: Path) -> None:
        directory = tmp_path / "kring"

        async def halfway(up: Up, *, times: int) -> None:
            await eventually(
                lambda: up.output.read_text().count(" cases, from ") == times,
                lambda: f"it to be filled: {up.output.read_text()}",
                seconds=150,
            )

        first = Up(directory, arguments=())
        await halfway(first, times=1)
        first.process.kill()
        first.process.wait()
        await first.gone()
        assert (directory / "postgresql").exists()

        again = Up(directory, arguments=())
        try:
            await halfway(again, times=2)
        finally:
            again.process.send_signal(signal.SIGINT)
            again.process.wait(timeout=120)
        assert again.output.read_text().count("was not completed, and is removed") == 1
        assert "could not" not in again.output.read_text()


class TestOneClearSentence:
    def test_for_a_taken_port(self, tmp_path: Path) -> None:
        port = free_port()
        with socket.create_server(("127.0.0.1", port)):
            said = kring("up", "--empty", "--directory", str(tmp_path), "--port", f"{SERVICE}={port}")

        assert said.returncode == 1
        assert said.stderr == f"kring: Port {port}, asked for {SERVICE}, is taken by another program.\n"

    def test_for_a_database_that_does_not_answer(self, tmp_path: Path) -> None:
        port = free_port()
        said = kring(
            "up",
            "--empty",
            "--directory",
            str(tmp_path),
            KRING_DATABASE_URL=f"postgresql://x:y@127.0.0.1:{port}",
        )

        assert said.returncode == 1
        assert said.stderr == f"kring: KRING_DATABASE_URL names 127.0.0.1:{port}, where nothing answers.\n"

    def test_for_migrations_without_a_database(self) -> None:
        port = free_port()
        said = kring("migrate", KRING_DATABASE_URL=f"postgresql://x:secret@127.0.0.1:{port}")

        assert said.returncode == 1
        assert said.stderr.startswith(f"kring: The database server at 127.0.0.1:{port} (KRING_DATABASE_URL)")
        assert "secret" not in said.stderr
        assert said.stderr.count("\n") == 1

    def test_for_a_service_that_is_not_one(self) -> None:
        said = kring("serve", "intakes")

        assert said.returncode == 2
        assert "there is no service 'intakes'; there are intake, network" in said.stderr

    def test_for_a_port_that_a_service_cannot_have(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            said = kring("serve", "codec", KRING_HTTP_PORT=str(port))

        assert said.returncode == 1
        assert said.stderr == f"kring: Kring cannot listen on 127.0.0.1:{port}: address already in use.\n"

    def test_for_keys_that_are_missing(self, tmp_path: Path) -> None:
        said = kring("serve", "codec", KRING_SECRETS_DIR=str(tmp_path), KRING_HTTP_PORT=str(free_port()))

        assert said.returncode == 1
        assert said.stderr.startswith(f"kring: the key file {tmp_path}/codec_password cannot be read")

    def test_for_a_status_of_nothing(self, tmp_path: Path) -> None:
        said = kring("status", "--directory", str(tmp_path))

        assert said.returncode == 1
        assert said.stdout == f"Nothing runs in {tmp_path}; `make up` starts Kring.\n"
