"""Mails carry personal links: whether they may travel in the open is a setting, and nobody on the way can change it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller

from deploy.local.ports import free_port
from shared import mail
from shared.errors import Operational
from tests.support.issuer import certified

Server = Callable[..., Any]


class Inbox:
    """Takes every mail, and notes whether it came encrypted."""

    def __init__(self) -> None:
        self.encrypted: list[bool] = []

    async def handle_DATA(self, server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.encrypted.append(server.transport.get_extra_info("cipher") is not None)
        return "250 taken"


@asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[tuple[Inbox, int]]:
    """Yield a mail server's inbox and port."""
    inbox, port = Inbox(), free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
    await asyncio.to_thread(controller.start)
    try:
        yield inbox, port
    finally:
        await asyncio.to_thread(controller.stop)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    """Return what starts a mail server."""
    async with AsyncExitStack() as stack:

        async def start(**options: Any) -> tuple[Inbox, int]:
            return await stack.enter_async_context(serving(**options))

        yield start


def hello() -> EmailMessage:
    """Return a mail."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "kring@kring.invalid", "f@example.org", "Een vraag"
    message.set_content("-> http://127.0.0.1/l/abc")
    return message


class TestSend:
    async def test_hands_nothing_to_a_server_without_encryption_where_it_is_required(
        self, server: Server
    ) -> None:
        inbox, port = await server()
        with pytest.raises(Operational):
            await mail.send(hello(), host="127.0.0.1", port=port, tls="required")
        assert inbox.encrypted == []
        await mail.send(hello(), host="127.0.0.1", port=port, tls="if-offered")
        assert inbox.encrypted == [False]

    @pytest.mark.parametrize("tls", ["if-offered", "required", "from-start"])
    async def test_encrypts_with_a_server_that_an_authority_vouches_for(
        self, server: Server, tmp_path: Path, tls: mail.Tls
    ) -> None:
        context, authority = certified(tmp_path)
        kind = "ssl_context" if tls == "from-start" else "tls_context"
        inbox, port = await server(**{kind: context})
        send = partial(mail.send, host="127.0.0.1", port=port, tls=tls)
        with pytest.raises(Operational):
            await send(hello())
        assert inbox.encrypted == []
        await send(hello(), ca_file=authority)
        assert inbox.encrypted == [True]
