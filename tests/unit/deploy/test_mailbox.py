"""The mailbox keeps what it is sent, in the order it came, and shows it harmlessly."""

from email.message import EmailMessage
from pathlib import Path

import httpx2

from deploy.local.mailbox import Messages, create_app


def reading(messages: Messages) -> httpx2.AsyncClient:
    """Return a client of the mailbox's pages."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(create_app(messages)), base_url="http://mailbox")


def a_mail(subject: str, *, text: str = "Dag", page: str | None = None) -> bytes:
    """Return a mail as it is sent."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = (
        "Kring <kring@example.invalid>",
        "someone@example.invalid",
        subject,
    )
    mail["Message-ID"] = f"<{subject}@example.invalid>"
    mail.set_content(text)
    if page:
        mail.add_alternative(page, subtype="html")
    mail.add_attachment("BEGIN:VCALENDAR", subtype="calendar", filename="when.ics")
    return mail.as_bytes()


class TestMessages:
    def test_outlive_the_process(self, tmp_path: Path) -> None:
        Messages(tmp_path).add(recipients=["a@example.invalid"], content=a_mail("first"))

        again = Messages(tmp_path)
        again.add(recipients=["b@example.invalid"], content=a_mail("second"))

        assert [(line.number, line.subject, line.to) for line in again.lines] == [
            (1, "first", ["a@example.invalid"]),
            (2, "second", ["b@example.invalid"]),
        ]

    def test_are_found_by_recipient_and_place(self, tmp_path: Path) -> None:
        messages = Messages(tmp_path)
        for name in ("a", "b", "a"):
            messages.add(recipients=[f"{name}@example.invalid"], content=a_mail(name))

        found = messages.find(to="a@example.invalid", after=1)

        assert [line.number for line in found] == [3]


class TestPages:
    async def test_a_program_reads_text_and_attachments(self, tmp_path: Path) -> None:
        messages = Messages(tmp_path)
        messages.add(recipients=["a@example.invalid"], content=a_mail("hello", text="Dag Amina\n"))

        found = (await reading(messages).get("/messages/1")).json()

        assert found["text"] == "Dag Amina\n"
        assert found["message_id"] == "<hello@example.invalid>"
        assert found["attachments"][0]["name"] == "when.ics"
        assert found["attachments"][0]["content"].startswith("BEGIN:VCALENDAR")

    async def test_show_a_picture_where_it_stands_and_nothing_empty(self, tmp_path: Path) -> None:
        mail = EmailMessage()
        mail["Subject"] = "Betalen"
        mail.set_content("Dag")
        mail.add_alternative('<p><img src="cid:qr.png" alt="QR"></p>', subtype="html")
        mail.add_attachment(b"\x89PNG", "image", "png", disposition="inline", cid="<qr.png>")
        messages = Messages(tmp_path)
        messages.add(recipients=["a@example.invalid"], content=mail.as_bytes())

        page = (await reading(messages).get("/messages/1.html")).text

        assert "src=&quot;data:image/png;base64,iVBORw==&quot; alt=&quot;QR&quot;" in page
        assert '<img src="data:image/png;base64,iVBORw=="' in page
        assert "cid:" not in page
        assert "<pre></pre>" not in page

    async def test_what_is_in_a_mail_cannot_act(self, tmp_path: Path) -> None:
        messages = Messages(tmp_path)
        hostile = '<script>alert(1)</script>"><script>alert(2)</script>'
        messages.add(recipients=[hostile], content=a_mail("hello", page=hostile))
        client = reading(messages)

        for page in ((await client.get("/")).text, (await client.get("/messages/1.html")).text):
            assert "<script" not in page
        assert "<iframe sandbox srcdoc=" in (await client.get("/messages/1.html")).text

    async def test_what_is_not_there_is_not_found(self, tmp_path: Path) -> None:
        client = reading(Messages(tmp_path))

        assert [(await client.get(f"/messages/7{end}")).status_code for end in ("", ".eml", ".html")] == [
            404,
            404,
            404,
        ]
