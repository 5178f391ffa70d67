"""What people can see of their emails."""

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import httpx2

from deploy.local.mailbox import Messages, create_app
from deploy.watch.inbox import Email, Inbox

_TOKEN = "A" * 62 + "_="


def raw(body: str, *attached: tuple[str, str], number: int = 1) -> bytes:
    """Return a message as it is sent, with attachments: a media type and a calendar's method."""
    message = EmailMessage()
    message["To"], message["Subject"] = "Noortje Bastiaens <Noortje@Post.example>", "Uw uitnodiging"
    message["Date"] = "Mon, 04 May 2026 09:00:00 +0200"
    message["Message-ID"] = f"<0198b5a2-0000-7000-8000-00000000000{number}@kring.invalid>"
    message["Kring-Kind"], message["Kring-Role"] = "invitation", "circle"
    message.set_content(body)
    message.add_alternative(f"<p>{body}</p>", subtype="html")
    for media, method in attached:
        kind, subtype = media.split("/")
        message.add_attachment(b"content", kind, subtype, params={"method": method} if method else None)
    return bytes(message)


async def received(directory: Path, *messages: bytes) -> list[Email]:
    """Return the emails in an inbox to which these messages came."""
    mailbox = Messages(directory)
    for each in messages:
        mailbox.add(recipients=["Noortje@Post.example"], content=each)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(create_app(mailbox)), base_url="http://mailbox"
    ) as client:
        inbox = Inbox(client)
        await inbox.read()
        return inbox.to("noortje@post.example")


class TestInbox:
    async def test_knows_what_kind_it_is_to_whom_and_when(self, tmp_path: Path) -> None:
        [email] = await received(tmp_path, raw("Dag Noortje"))
        assert (email.kind, email.role, email.address) == ("invitation", "circle", "noortje@post.example")
        assert email.date.astimezone(UTC) == datetime(2026, 5, 4, 7, 0, tzinfo=UTC)

    async def test_finds_the_personal_link_and_where_it_leads(self, tmp_path: Path) -> None:
        [email] = await received(
            tmp_path, raw(f"Antwoorden: http://127.0.0.1/l/{_TOKEN}?to=polls/1\nTot dan")
        )
        assert (email.link, email.holds("link")) == ((_TOKEN, "polls/1"), True)

    async def test_says_when_there_is_no_link(self, tmp_path: Path) -> None:
        [email] = await received(tmp_path, raw("Dag Noortje"))
        assert (email.link, email.holds("link"), email.holds("Dag")) == (None, False, True)

    async def test_finds_the_structured_communication(self, tmp_path: Path) -> None:
        [email] = await received(tmp_path, raw("Mededeling: +++010/8068/17183+++"))
        assert (email.communication, email.holds("ogm")) == ("+++010/8068/17183+++", True)

    async def test_sees_a_picture_and_a_calendar_entry(self, tmp_path: Path) -> None:
        attached = (("image/png", ""), ("text/calendar", "CANCEL"))
        [email] = await received(tmp_path, raw("Tot dan", *attached))
        assert email.holds("qr")
        assert email.holds("calendar-cancel")
        assert not email.holds("calendar-request")

    async def test_counts_deliveries_of_the_same_email(self, tmp_path: Path) -> None:
        first, second = await received(tmp_path, raw("a"), raw("b", number=2), raw("a"))
        assert (first.deliveries, second.deliveries) == (2, 1)
