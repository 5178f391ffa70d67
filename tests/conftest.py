"""Fixtures of all tests. What cannot be started fails the test that asks for it; nothing is ever skipped."""

import gc
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import pytest_asyncio
import structlog
from pydantic import SecretStr
from xdist.scheduler import LoadScopeScheduling

from deploy.local.postgres import PostgreSQL
from deploy.local.process import guard
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.secrets import ensure_secrets
from deploy.local.temporal import TemporalServer, TimeSkippingServer
from shared import logs
from shared.broker import declare_all
from shared.database import Database
from shared.services import SERVICES
from shared.settings import Settings
from tests.support.backing import KEYS, ROOT, Backing, Databases
from tests.support.lock_order import LockOrder
from tests.support.processor_time import ProcessorTime
from tests.support.world import Worlds

_PARTS = ("rabbitmq", "postgres", "temporal", "temporal_dev", "html_checker")
_needed: set[str] = set()
# Tests that start a platform of their own with all five services, and those that take longest after them.
_WHOLE_PLATFORM = ("faults/test_story_survives.py", "faults/test_temporal_restarts.py", "journeys/")
_OTHER_PROCESSES = ("faults/", "integration/deploy/", "integration/erasing/test_backups.py")
_FIRST = (*_WHOLE_PLATFORM, *_OTHER_PROCESSES, "access/", "workflows/", "integration/")
_vhosts = itertools.count(1)

# What is imported stays: it is set apart when all of it is there. To look through it for garbage, while it grows and
# then during all tests, would take a third of their time.
gc.disable()
# httpx2 looks for this package with every request that it sends to an app, in vain.
sys.modules["sniffio"] = None  # type: ignore[assignment]

# No generated test is measured by the clock: a busy machine takes several times as long as a quiet one.
hypothesis.settings.register_profile(
    "kring", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("kring")

# Tests say where the parts are; what the developer's shell says about another platform must not reach them.
for _name in [name for name in os.environ if name.startswith("KRING_")]:
    del os.environ[_name]
# Tests send from one address, and as one person, what thousands do: those of the limits themselves set their own.
for _name in ("ANONYMOUS", "STAFF", "PERSON", "INTEGRATION", "SERVICE"):
    os.environ[f"KRING_{_name}_LIMIT"] = "0"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take what `make fuzz` says: for how long generated requests are sent, or which ones again."""
    group = parser.getgroup("fuzz")
    group.addoption("--fuzz-seconds", type=int, help="send generated requests to each service for so long")
    group.addoption("--fuzz-seed", type=int, help="generate what was generated with this seed")


def pytest_configure(config: pytest.Config) -> None:
    """Count processor time: of workers each for itself, so that their parent counts nothing twice."""
    runs_tests = hasattr(config, "workerinput") or not config.getoption("numprocesses")
    config.pluginmanager.register(ProcessorTime(counts=runs_tests))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that the rest fills up."""
    items.sort(key=_turn)


class _ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Gives to one worker as a whole what shares something that is made once.

    The tests of a file stay together, in `access` those of a service. Those of a whole platform are one group of all
    files: two platforms at once would wait for each other.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0].removeprefix("tests/")
        if path.startswith(_WHOLE_PLATFORM):
            return "platform"
        service = next((name for name in SERVICES if f"[{name}" in nodeid), "")
        return f"{path} {service}" if path.startswith("access/") else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByGroup:
    """Return what deals tests out to workers."""
    return _ByGroup(config, log)


def _turn(item: pytest.Item) -> int:
    path = item.path.relative_to(ROOT / "tests").as_posix()
    return next((turn for turn, start in enumerate(_FIRST) if path.startswith(start)), len(_FIRST))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Find out which parts the chosen tests need, so that all of them start together.

    With several workers each of these tests runs on one of them: a part starts on the worker that asks for it.
    """
    gc.freeze()
    gc.enable()
    if hasattr(session.config, "workerinput"):
        return
    for item in session.items:
        _needed.update(set(_PARTS) & set(getattr(item, "fixturenames", ())))


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    """Log as in production: structlog's default prints every variable of every frame, which takes seconds."""
    structlog.configure(processors=[logs.cut_exceptions, structlog.processors.JSONRenderer()])


@pytest.fixture(scope="session")
def session_directory() -> Iterator[Path]:
    """A directory for this run of the tests; removed also when the run is killed."""
    directory = Path(tempfile.mkdtemp(prefix="kring-tests-"))
    guard.remove(directory)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def backing(session_directory: Path) -> AsyncIterator[Backing]:
    """The real parts, already starting."""
    parts = Backing(session_directory)
    parts.start(name for name in _PARTS if name in _needed)
    yield parts
    await parts.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres(backing: Backing) -> PostgreSQL:
    """A PostgreSQL server."""
    return await backing.get("postgres", PostgreSQL)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def rabbitmq(backing: Backing) -> RabbitMQ:
    """A RabbitMQ broker."""
    return await backing.get("rabbitmq", RabbitMQ)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal(backing: Backing) -> TimeSkippingServer:
    """The Temporal server that skips time, with one clock for the whole run of the tests."""
    return await backing.get("temporal", TimeSkippingServer)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal_dev(backing: Backing) -> TemporalServer:
    """Temporal's development server, in real time."""
    return await backing.get("temporal_dev", TemporalServer)


@pytest_asyncio.fixture
async def fresh_temporal(tmp_path: Path) -> AsyncIterator[TimeSkippingServer]:
    """A Temporal server that skips time, whose clock starts now and belongs to this test."""
    parts = Backing(tmp_path)
    yield await parts.get("temporal", TimeSkippingServer)
    await parts.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def databases(postgres: PostgreSQL, secrets_dir: Path) -> Databases:
    """Where tests get databases from."""
    return Databases(postgres, secrets_dir)


@pytest.fixture(scope="module", autouse=True)
def lock_order() -> Iterator[LockOrder]:
    """Fail when in the tests of a file a transaction locked two things the other way round than another did."""
    order = LockOrder()
    with order.following():
        yield order
    assert order.wrong == []


@pytest.fixture(scope="session")
def worlds(databases: Databases, secrets_dir: Path) -> Worlds:
    """What opens services on fresh databases."""
    return Worlds(databases, secrets_dir)


@pytest_asyncio.fixture
async def database(databases: Databases) -> AsyncIterator[Callable[[str], Awaitable[Database]]]:
    """Return what makes the database of a service by name, all tables empty."""
    yield databases.fresh
    await databases.close()


@pytest_asyncio.fixture
async def broker_url(rabbitmq: RabbitMQ) -> AsyncIterator[str]:
    """The URL of a virtual host with no queue of a service in it."""
    name = f"test-{next(_vhosts)}"
    url = await rabbitmq.create_vhost(name)
    await declare_all(url, {})
    yield url
    await rabbitmq.delete_vhost(name)


@pytest.fixture(scope="session")
def secrets_dir(session_directory: Path) -> Path:
    """Generated keys, as at the first start on one machine."""
    directory = session_directory / "secrets"
    ensure_secrets(directory)
    return directory


@pytest_asyncio.fixture
async def settings_without_broker(
    databases: Databases, postgres: PostgreSQL, temporal: TimeSkippingServer, secrets_dir: Path
) -> Settings:
    """Settings for tests that say nothing to the broker: a virtual host would take more than the rest of them."""
    await databases.recreate(KEYS)
    return Settings(
        database_url=SecretStr(postgres.url),
        temporal_address=temporal.address,
        temporal_namespace=temporal.namespace,
        clock="skipped",
        secrets_dir=secrets_dir,
        local=True,
        stop_seconds=5,
        retry_scale=0.05,
    )


@pytest.fixture
def settings(settings_without_broker: Settings, broker_url: str) -> Settings:
    """Settings that name all the real parts, with an empty store of keys; add databases by `database(service)`."""
    return settings_without_broker.model_copy(update={"broker_url": SecretStr(broker_url)})
