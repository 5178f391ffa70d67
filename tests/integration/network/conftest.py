"""Fixtures of the tests of network."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from deploy.local.ports import free_port
from deploy.local.postgres import PostgreSQL
from shared.ids import uuid7
from shared.settings import Settings
from tests.integration.network.house import NOW, House, StandingClock, opened
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


@pytest_asyncio.fixture(scope="module")
async def mail_server() -> AsyncIterator[Sink]:
    """A mail server that takes everything."""
    taken = Sink(free_port())
    controller = Controller(taken, hostname="127.0.0.1", port=taken.port)
    await asyncio.to_thread(controller.start)
    yield taken
    await asyncio.to_thread(controller.stop)


@pytest.fixture
def sink(mail_server: Sink) -> Sink:
    """The mail server, empty."""
    mail_server.mails.clear()
    return mail_server


@pytest_asyncio.fixture(scope="module")
async def running(
    postgres: PostgreSQL, databases: Databases, secrets_dir: Path, mail_server: Sink
) -> AsyncIterator[House]:
    """Network on a database of its own; its events stay in its outbox."""
    await databases.recreate(KEYS)
    await databases.recreate("network")
    settings = Settings(
        database_url=SecretStr(postgres.url), secrets_dir=secrets_dir, local=True, smtp_port=mail_server.port
    )
    async with opened(settings, StandingClock()) as found:
        yield found


@pytest.fixture
def house(running: House) -> House:
    """Network, as an organisation that is new to it finds it."""
    running.clock.moment = NOW
    running.intake.asked.clear()
    running.intake.copies.clear()
    return replace(running, tenant=uuid7())
