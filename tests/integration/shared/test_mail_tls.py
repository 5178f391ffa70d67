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
    """Takes every mail, unless told what to say, and notes whether it came encrypted."""

    def __init__(self) -> None:
        self.encrypted: list[bool] = []
        self.says: dict[str, str] = {}

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name and arguments
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        envelope.mail_from = address
        return self.says.get("MAIL", "250 fine")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name and arguments
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.says.get("RCPT", "250 fine")

    async def handle_DATA(self, server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.encrypted.append(server.transport.get_extra_info("cipher") is not None)
        return self.says.get("DATA", "250 taken")


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

    @pytest.mark.parametrize(
        ("command", "answer", "raised"),
        [
            ("RCPT", "550 no such mailbox", mail.Refused),
            ("DATA", "554 not this mail", mail.Refused),
            ("MAIL", "552 too large", mail.Refused),
            ("MAIL", "550 this sender is not allowed", Operational),
            ("RCPT", "450 try later", Operational),
            ("DATA", "451 try later", Operational),
        ],
    )
    async def test_gives_up_on_a_mail_only_where_it_is_that_mail_that_is_refused(
        self, server: Server, command: str, answer: str, raised: type[Exception]
    ) -> None:
        inbox, port = await server()
        inbox.says[command] = answer
        with pytest.raises(raised):
            await mail.send(hello(), host="127.0.0.1", port=port)
