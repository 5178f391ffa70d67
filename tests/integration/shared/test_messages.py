"""Mails as effects: sent once, sent again with the same Message-ID after a crash, called off when the case stopped."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from email import message_from_bytes
from email.message import Message as ParsedMail
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from sqlalchemy.ext.asyncio import AsyncSession

from deploy.local.ports import free_port
from shared import case_state, mail, messages
from shared.context import Context
from shared.database import Database
from shared.errors import Operational
from shared.events.base import MESSAGE_QUEUED
from shared.settings import Settings
from shared.subscriptions import Subscriptions
from tests.support.platform import NOW, TENANT, bare_context, outbox_body, rows

MakeDatabase = Callable[[str], Awaitable[Database]]
QUEUED = MESSAGE_QUEUED["network"].TYPE


class Sink:
    """Takes every mail, or answers as told."""

    def __init__(self) -> None:
        self.mails: list[ParsedMail] = []
        self.answers: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=default))
        return answer


@pytest_asyncio.fixture
async def sink() -> AsyncIterator[tuple[Sink, int]]:
    taken = Sink()
    port = free_port()
    controller = Controller(taken, hostname="127.0.0.1", port=port)
    await asyncio.to_thread(controller.start)

    yield taken, port
    await asyncio.to_thread(controller.stop)


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    (tmp_path / "hello.nl.txt").write_text(
        "Subject: Een vraag voor jou\n\nDag {{ name }},\n\nWil je <meedenken>?\n\n-> Antwoord geven: {{ link }}\n"
    )
    return tmp_path


class Case:
    """A service that mails, with one mail queued."""

    def __init__(self, db: Database, context: Context, subscriptions: Subscriptions) -> None:
        self.db, self.context, self.subscriptions = db, context, subscriptions
        self.id = uuid4()

    async def queue(self, **options: Any) -> UUID:
        async with self.db.transaction() as session:
            await case_state.raise_to(session, case_id=self.id, tenant=TENANT, status="open", version=1)
            return await messages.queue(
                session,
                service="network",
                kind="hello",
                recipient=uuid4(),
                role="circle",
                tenant=TENANT,
                stream=self.id,
                case=self.id,
                now=NOW,
                **options,
            )

    async def deliver(self) -> str:
        found = await rows(self.db, "SELECT id FROM outbox WHERE type = :type", type=QUEUED)
        return await self.subscriptions.deliver(await outbox_body(self.db, found[0].id), QUEUED, self.context)

    async def state(self) -> str:
        return str((await rows(self.db, "SELECT state FROM message"))[0].state)


@pytest_asyncio.fixture
async def case(database: MakeDatabase, settings: Settings, sink: tuple[Sink, int], templates: Path) -> Case:
    async def write(_session: AsyncSession, _message: messages.Message, _context: Context) -> mail.Mail:
        values = {"name": "Fatima", "link": "http://127.0.0.1/l/abc"}
        return mail.Mail("fatima@example.org", "Fatima B", "fr", "hello", values)

    subscriptions = Subscriptions("network")
    messages.install(subscriptions, templates=templates, writer=write)
    db = await database("platform")
    here = settings.model_copy(update={"smtp_port": sink[1]})
    return Case(db, bare_context(database=db, settings=here, service="network"), subscriptions)


class TestSending:
    async def test_sends_a_mail_with_the_id_of_its_effect(self, case: Case, sink: tuple[Sink, int]) -> None:
        message_id = await case.queue()
        assert [await case.deliver(), await case.deliver()] == ["handled", "duplicate"]
        (sent,) = sink[0].mails
        assert sent["Message-ID"] == f"<{message_id}@kring.invalid>"
        assert sent["Subject"] == "Een vraag voor jou"
        assert (sent["Kring-Role"], sent["Content-Language"]) == ("circle", "nl")
        text, page = (part.get_content() for part in sent.iter_parts())  # type: ignore[attr-defined]
        assert "Antwoord geven: http://127.0.0.1/l/abc" in text
        assert "&lt;meedenken&gt;" in page
        assert await case.state() == "sent"

    async def test_tries_again_when_the_server_says_later(self, case: Case, sink: tuple[Sink, int]) -> None:
        await case.queue()
        sink[0].answers = ["451 later"]
        with pytest.raises(Operational):
            await case.deliver()
        assert await case.deliver() == "handled"
        assert len(sink[0].mails) == 1

    async def test_notes_a_refusal_for_good(self, case: Case, sink: tuple[Sink, int]) -> None:
        await case.queue()
        sink[0].answers = ["550 no such mailbox"]
        assert await case.deliver() == "handled"
        assert await case.state() == "refused"

    @pytest.mark.parametrize(("tells_of_the_stop", "sent"), [(False, 0), (True, 1)])
    async def test_calls_off_what_is_about_a_stopped_case(
        self, case: Case, sink: tuple[Sink, int], tells_of_the_stop: bool, sent: int
    ) -> None:
        await case.queue(even_if_stopped=tells_of_the_stop)
        async with case.db.transaction() as session:
            await case_state.raise_to(session, case_id=case.id, tenant=TENANT, status="stopped", version=2)
        await case.deliver()
        assert len(sink[0].mails) == sent
        assert await case.state() == ("sent" if sent else "cancelled")
