"""Fixtures of the tests of network."""

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller

from deploy.local.ports import free_port
from tests.support.world import Worlds
from tests.support.world.network import Network


class Sink:
    """Takes every mail to addresses that it knows."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []
        # Addresses that this server does not know.
        self.refused: set[str] = set()
        # It answers that it can take nothing now.
        self.down = False

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take a recipient that is known."""
        if self.down:
            return "451 later"
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 taken"


@pytest_asyncio.fixture(scope="package", loop_scope="session")
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
    mail_server.refused.clear()
    mail_server.down = False
    return mail_server


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def running(worlds: Worlds, mail_server: Sink) -> AsyncIterator[Network]:
    """Network, made once."""
    async with worlds.open(Network, worlds.settings(smtp_port=mail_server.port)) as world:
        yield world


@pytest_asyncio.fixture
async def world(running: Network) -> Network:
    """Network, knowing nothing yet."""
    return await running.emptied()
