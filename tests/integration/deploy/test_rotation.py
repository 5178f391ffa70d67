"""Replacing secrets while services run: old and new are both accepted until the last step, and no event is refused."""

from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import asyncpg
import pytest
import pytest_asyncio
from aiormq.exceptions import AMQPException
from pydantic import SecretStr
from sqlalchemy.engine import make_url
from temporalio.api.common.v1 import Payload

from deploy.commands.migrate import migrate
from deploy.commands.secrets import secrets
from deploy.local.errors import PlatformError
from deploy.local.postgres import PostgreSQL
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.secrets import ensure_secrets
from shared.events import training
from shared.secrets import Secrets
from shared.settings import Settings
from shared.signing import Forged, Signatures, Signer
from shared.temporal import Codec
from tests.support.backing import Backing

SERVICE = "training"
TYPE = training.RegistrationErased.TYPE
BODY = b"{}"


class Installation:
    """A service with its secrets, and what was made with them at each step."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        place = make_url(settings.broker_url.get_secret_value())
        anonymous = SecretStr(f"amqp://{place.host}:{place.port}/{place.database}")
        self.own = settings.model_copy(update={"broker_url": anonymous})

    @property
    def _directory(self) -> Path:
        return self.settings.secrets_of(SERVICE)

    def logins(self) -> tuple[str, str]:
        return self.own.database_for(SERVICE).replace("+asyncpg", ""), self.own.broker_for(SERVICE)

    def signature(self) -> str:
        return Signer.load(self._directory / "signing_key").sign(TYPE, BODY)

    async def payload(self) -> Payload:
        (sealed,) = await Codec(Secrets.load(self._directory).codec_keys).encode([Payload(data=b"x")])
        return sealed

    async def enter(self, logins: tuple[str, str]) -> None:
        database, broker = logins
        await (await asyncpg.connect(database)).close()
        await (await aio_pika.connect(broker)).close()

    async def accept(self, signature: str, payload: Payload) -> None:
        """Check what was made earlier with what a service that is started now knows."""
        Signatures.load(self._directory / "issuers.json").check(signature, TYPE, BODY)
        await Codec(Secrets.load(self._directory).codec_keys).decode([payload])


@pytest_asyncio.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Backing]:
    """Servers of its own: the logins of services are replaced there."""
    backing = Backing(tmp_path / "parts")
    yield backing
    await backing.stop()


@pytest.mark.timeout(180)
class TestRotation:
    async def test_old_and_new_are_accepted_until_the_last_step(
        self, parts: Backing, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        postgres, rabbitmq = await parts.get("postgres", PostgreSQL), await parts.get("rabbitmq", RabbitMQ)
        directory = tmp_path / "secrets"
        ensure_secrets(directory)
        settings = settings.model_copy(
            update={
                "secrets_dir": directory,
                "database_url": SecretStr(postgres.url),
                "broker_url": SecretStr(rabbitmq.url),
            }
        )
        here = Installation(settings)
        for name, value in {
            "DATABASE_URL": settings.database_url.get_secret_value(),
            "BROKER_URL": settings.broker_url.get_secret_value(),
            "BROKER_MANAGEMENT_URL": rabbitmq.management,
            "SECRETS_DIR": str(directory),
        }.items():
            monkeypatch.setenv(f"KRING_{name}", value)

        async def prepare() -> None:
            await migrate([SERVICE], wait_seconds=20, parts=["databases", "queues"])

        await prepare()
        old, signed, sealed = here.logins(), here.signature(), await here.payload()
        with pytest.raises(PlatformError, match="begin the rotation"):
            secrets(directory, rotate="switch")

        secrets(directory, rotate="begin")
        secrets(directory, rotate="begin")
        await prepare()
        # Nothing has changed for who runs, and who starts now already takes what others will send.
        assert here.logins() == old
        before = Signatures.load(here.settings.secrets_of(SERVICE) / "issuers.json")

        secrets(directory, rotate="switch")
        new = here.logins()
        assert not set(new) & set(old)
        for logins in (old, new):
            await here.enter(logins)
        before.check(here.signature(), TYPE, BODY)
        await here.accept(signed, sealed)
        with pytest.raises(PlatformError, match="--now"):
            secrets(directory, rotate="finish")

        secrets(directory, rotate="finish", now=True)
        await prepare()
        await here.enter(new)
        database, broker = old
        with pytest.raises(asyncpg.PostgresError):
            await asyncpg.connect(database)
        with pytest.raises((AMQPException, ConnectionError)):
            await aio_pika.connect(broker)
        with pytest.raises(Forged):
            await here.accept(signed, sealed)
        # Histories that were written with the old key are read for as long as they are kept.
        await here.accept(here.signature(), sealed)
