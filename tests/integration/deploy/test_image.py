"""What the image promises: an ordinary user, files that nobody writes to, and packages that are what they were."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from deploy.local.ports import free_port
from shared.database import Database
from shared.http.server import MAX_HEAD
from shared.settings import Settings
from tests.support.backing import Databases
from tests.support.eventually import eventually

ROOT = Path(__file__).parents[3]
SERVICE = "plans"
# As whoever runs the tests where that is an ordinary user; root becomes one, as which it owns nothing of the system.
_ORDINARY = ["unshare", "--user", "--map-user=10001", "--map-group=10001", "--"] if os.geteuid() == 0 else []


def _seal(directory: Path) -> None:
    """Let nobody write in a directory."""
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def _unseal(directory: Path) -> None:
    for path in (directory, *(path for path in directory.rglob("*") if path.is_dir())):
        path.chmod(0o755)


def _contents(directory: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(directory)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in directory.rglob("*")
    }


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """What the image holds, where nobody can write."""
    copy = tmp_path / "app"
    for name in ("shared", "services", "deploy"):
        shutil.copytree(
            ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
    shutil.copy(ROOT / "pyproject.toml", copy)
    _seal(copy)
    yield copy
    _unseal(copy)


@pytest.mark.timeout(240)
class TestReadOnly:
    async def test_nobody_can_write_where_the_service_runs(self, checkout: Path) -> None:
        tried = subprocess.run(
            [*_ORDINARY, "sh", "-c", 'id -u; touch "$1/shared/new" "$1/new"', "sh", str(checkout)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert tried.returncode != 0
        assert tried.stdout.strip() != "0"

    async def test_service_runs_with_all_its_roles_as_an_ordinary_user(
        self, checkout: Path, settings: Settings, databases: Databases, tmp_path: Path
    ) -> None:
        database: Database = await databases.fresh(SERVICE)
        await database.ping()
        before, port, internal = _contents(checkout), free_port(), free_port()
        temporary = tmp_path / "tmp"
        temporary.mkdir(mode=0o777)
        log = tmp_path / "log"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "TMPDIR": str(temporary),
            "PYTHONPATH": str(checkout),
            "PYTHONDONTWRITEBYTECODE": "1",
            "KRING_DATABASE_URL": settings.database_url.get_secret_value(),
            "KRING_BROKER_URL": settings.broker_url.get_secret_value(),
            "KRING_TEMPORAL_ADDRESS": settings.temporal_address,
            "KRING_TEMPORAL_NAMESPACE": settings.temporal_namespace,
            "KRING_CLOCK": settings.clock,
            "KRING_SECRETS_DIR": str(settings.secrets_dir),
            "KRING_HTTP_PORT": str(port),
            "KRING_INTERNAL_PORT": str(internal),
        }
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*_ORDINARY, sys.executable, "-m", "deploy.cli", "serve", SERVICE],
                env=environment,
                cwd="/",
                stdout=output,
                stderr=output,
            )
        try:
            async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

                async def ready() -> bool:
                    assert process.poll() is None, log.read_text()
                    try:
                        return (
                            await client.get(f"http://127.0.0.1:{internal}/health/ready")
                        ).status_code == 200
                    except httpx2.HTTPError:
                        return False

                await eventually(ready, lambda: f"the service to be ready: {log.read_text()}")
                assert (await client.get("/openapi.json")).status_code == 200
                # The process bounds what it reads, as the tests of the server say.
                refused = await client.get("/openapi.json", headers={"x": "y" * (MAX_HEAD + 1)})
                assert (refused.status_code, "server" in refused.headers) == (431, False)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0, log.read_text()
        finally:
            process.kill()
            process.wait()
        said = log.read_text()
        assert "Permission" not in said
        assert "Read-only" not in said
        assert _contents(checkout) == before
        # Nothing that has to outlive the process is in its temporary files.
        assert list(temporary.rglob("*")) == []


class TestPackages:
    @pytest.mark.parametrize("name", ["requirements.txt", "deploy/bootstrap.txt"])
    def test_are_pinned_each_with_its_hash(self, name: str) -> None:
        text = (ROOT / name).read_text().replace("\\\n", " ")
        lines = [
            line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
        ]

        assert lines
        for line in lines:
            assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,-]+\])?==[^ ;]+", line), line
            assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line

    def test_are_all_that_the_project_needs(self) -> None:
        pinned = {
            _plain(line.split("==")[0])
            for line in (ROOT / "requirements.txt").read_text().splitlines()
            if "==" in line
        }
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        asked = [
            *project["dependencies"],
            *(one for some in project["optional-dependencies"].values() for one in some),
        ]

        assert {_plain(re.split(r"[><=\[; ]", one)[0]) for one in asked} <= pinned


def _plain(name: str) -> str:
    name = name.strip().partition("[")[0]
    return re.sub(r"[-_.]+", "-", name).lower()
