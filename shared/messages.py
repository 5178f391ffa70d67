"""Mails as effects: a row in the transaction that decides on them, an event, and one handler that sends.

At least once: a mail whose sending was not recorded is sent again with the same Message-ID. A mail about a case
that stopped in the meantime is cancelled, unless it announces that. So is one that asks for what was answered or
is over (`close_question`), whichever of the two was heard of first.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared import case_state, mail, outbox, profiles
from shared.context import Context
from shared.database import Scope, fetch
from shared.errors import DomainError
from shared.events.base import MESSAGE_QUEUED, EventData, MessageQueuedFact, Received
from shared.ids import uuid7
from shared.subscriptions import AndThen, Subscriptions
from shared.vault import Erased

Parameters = dict[str, str | int | None]


# Stands for everybody who may have been asked.
_EVERYBODY = UUID(int=0)


@dataclass(frozen=True)
class Question:
    """What a mail asks about, and the place of the question in the order of the case's events (`sequence`).

    A question is closed by a later event of the service that asked, so both places count in one order.
    """

    about: UUID
    asked: int


@dataclass(frozen=True)
class Message:
    """A mail to be written: its kind, its recipient (an id of the service's own), its case."""

    id: UUID
    kind: str
    recipient: UUID
    role: str
    tenant: UUID
    case_id: UUID | None
    stream: UUID
    parameters: Parameters
    state: str
    even_if_stopped: bool
    about: UUID | None
    asked: int | None
    queued_at: datetime


class NotWanted(DomainError):
    """The writer found the mail obsolete (a withdrawn consent, an answer that came, no address)."""

    code = "mail-not-wanted"
    title = "This mail is no longer wanted"


class NoAddress(DomainError):
    """The writer found no address that this mail may go to: the person must be reached another way."""

    code = "no-address"
    title = "There is no address that this mail can go to"


# Writes a mail, in its own transaction. Raises: NotWanted, NoAddress.
Writer = Callable[[AsyncSession, Message, Context], Awaitable[mail.Mail]]
Outcome = Literal["sent", "refused", "no-address"]
# Records the outcome of a mail in the transaction that settles it, and returns an event about it, if any: "refused"
# means that the mail server does not accept it for this recipient.
OnOutcome = Callable[[AsyncSession, Message, Outcome, datetime], Awaitable[EventData | None]]

_INSERT = (
    "INSERT INTO message (id, kind, recipient, role, tenant, case_id, stream, parameters, even_if_stopped, about,"
    " asked, queued_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'queued')"
)
_READ = (
    "SELECT id, kind, recipient, role, tenant, case_id, stream, parameters, state, even_if_stopped, about, asked,"
    " queued_at FROM message WHERE id = $1"
)
_CLOSE = (
    "INSERT INTO closed_question AS known (about, person, tenant, sequence, closed_at) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (about, person) DO UPDATE SET sequence = greatest(known.sequence, excluded.sequence),"
    " closed_at = excluded.closed_at"
)
_CLOSED = (
    "SELECT FROM closed_question WHERE about = $1 AND person = ANY($2::uuid[]) AND sequence > $3 LIMIT 1"
)
_SETTLE = "UPDATE message SET state = $2, settled_at = $3 WHERE id = $1 AND state = 'queued'"


async def queue(
    session: AsyncSession,
    *,
    service: str,
    kind: str,
    recipient: UUID,
    role: str,
    tenant: UUID,
    stream: UUID,
    now: datetime,
    case: UUID | None = None,
    parameters: Parameters | None = None,
    even_if_stopped: bool = False,
    question: Question | None = None,
) -> UUID:
    """Decide in the caller's transaction to send a mail; return its id.

    `kind` names the template; `role` is that of the recipient (for a header); `parameters` hold ids, codes and
    dates (ISO 8601) only: names and text are looked up when the mail is written. `question`: what it
    asks; once that is closed it is not sent.
    """
    import orjson

    message_id = uuid7()
    await fetch(
        session,
        _INSERT,
        message_id,
        kind,
        recipient,
        role,
        tenant,
        case,
        stream,
        orjson.dumps(parameters or {}).decode(),
        even_if_stopped,
        None if question is None else question.about,
        None if question is None else question.asked,
        now,
    )
    fact = MESSAGE_QUEUED[service](message_id=message_id, kind=kind)
    await outbox.publish(session, fact, stream=stream, tenant=tenant, case=case, now=now)
    return message_id


async def close_question(
    session: AsyncSession,
    *,
    about: UUID,
    tenant: UUID,
    sequence: int,
    now: datetime,
    person: UUID | None = None,
) -> None:
    """Send nothing that asks about this and was asked before: it was answered, by everybody or a person, or is over.

    `sequence`: the place of what ended it in the order of the case's events. What is asked later is sent.
    """
    await fetch(session, _CLOSE, about, person or _EVERYBODY, tenant, sequence, now)


def install(
    subscriptions: Subscriptions, *, templates: Path, writer: Writer, on_outcome: OnOutcome | None = None
) -> None:
    """Make a service send its queued mails."""

    async def send_queued(event: Received[MessageQueuedFact], context: Context) -> AndThen | None:
        scope = Scope(tenant=event.tenant)
        now = await context.clock.now()
        async with context.database.transaction(scope) as session:
            message = await read(session, event.data.message_id)
            if message is None or message.state != "queued":
                return None
            if await _is_stopped(session, message) or await is_closed(session, message):
                return _settled(message, "cancelled", now)
            try:
                written = await writer(session, message, context)
            except (NotWanted, Erased):
                return _settled(message, "cancelled", now)
            except NoAddress:
                return _settled(message, "no-address", now, on_outcome)
            profile = await profiles.of(session, tenant=message.tenant)
        settings = context.settings
        sender = mail.Sender(
            name=profile.name,
            address=settings.mail_address,
            domain=settings.mail_domain,
            reply_to=profile.reply_to,
            accent_colour=profile.accent_colour,
            signature=profile.signature,
        )
        composed = mail.compose(
            written, directory=templates, sender=sender, message_id=message.id, role=message.role, date=now
        )
        try:
            await mail.send(
                composed,
                host=settings.smtp_host,
                port=settings.smtp_port,
                tls=settings.smtp_tls,
                ca_file=settings.smtp_ca_file,
            )
        except mail.Refused:
            return _settled(message, "refused", now, on_outcome)
        return _settled(message, "sent", now, on_outcome)

    # Mails of a stopped case are processed too: recorded as cancelled, or announcing the stop.
    subscriptions.acts(MESSAGE_QUEUED[subscriptions.service], case="any")(send_queued)


async def read(session: AsyncSession, message_id: UUID) -> Message | None:
    """Return a message."""
    rows = await fetch(session, _READ, message_id)
    return Message(**rows[0]) if rows else None


async def _is_stopped(session: AsyncSession, message: Message) -> bool:
    if message.case_id is None:
        return False
    state = await case_state.read(session, message.case_id)
    if state is None:
        return False
    return state.status == "erased" or not (state.live or message.even_if_stopped)


async def is_closed(session: AsyncSession, message: Message) -> bool:
    """Tell whether what a mail asks was answered since, or is over."""
    if message.about is None:
        return False
    whose = [message.recipient, _EVERYBODY]
    return bool(await fetch(session, _CLOSED, message.about, whose, message.asked))


def _settled(
    message: Message,
    state: Outcome | Literal["cancelled"],
    now: datetime,
    on_outcome: OnOutcome | None = None,
) -> AndThen:
    async def write(session: AsyncSession) -> None:
        await fetch(session, _SETTLE, message.id, state, now)
        if on_outcome is None or state == "cancelled":
            return
        fact = await on_outcome(session, message, state, now)
        if fact is not None:
            await outbox.publish(
                session, fact, stream=message.stream, tenant=message.tenant, case=message.case_id, now=now
            )

    return write
