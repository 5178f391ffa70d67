"""Fixtures of the tests of network."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest_asyncio
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from deploy.local.ports import free_port
from deploy.local.postgres import PostgreSQL
from shared.database import Database
from shared.settings import Settings
from tests.integration.network.house import House, StandingClock, opened
from tests.support.backing import KEYS, Databases


class Sink:
    """Takes every mail."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 taken"


@pytest_asyncio.fixture
async def sink() -> AsyncIterator[Sink]:
    """A mail server that takes everything."""
    taken = Sink(free_port())
    controller = Controller(taken, hostname="127.0.0.1", port=taken.port)
    await asyncio.to_thread(controller.start)
    yield taken
    await asyncio.to_thread(controller.stop)


@pytest_asyncio.fixture
async def house(
    postgres: PostgreSQL,
    databases: Databases,
    database: Callable[[str], Awaitable[Database]],
    secrets_dir: Path,
    sink: Sink,
) -> AsyncIterator[House]:
    """Network, knowing nothing yet; its events stay in its outbox."""
    await databases.recreate(KEYS)
    settings = Settings(
        database_url=SecretStr(postgres.url), secrets_dir=secrets_dir, local=True, smtp_port=sink.port
    )
    async with opened(settings, await database("network"), StandingClock()) as found:
        yield found
