"""What people can see of their letters."""

from datetime import UTC, datetime
from email.message import EmailMessage

from deploy.demo.mailbox import read_letter

_TOKEN = "A" * 62 + "_="


def letter(body: str, **headers: str) -> bytes:
    message = EmailMessage()
    known = {
        "To": "Noortje Bastiaens <Noortje@Post.example>",
        "Subject": "Uw uitnodiging",
        "Date": "Mon, 04 May 2026 09:00:00 +0200",
        "Message-ID": "<0198b5a2-0000-7000-8000-000000000001@kring.invalid>",
        "Kring-Kind": "invitation",
        "Kring-Role": "circle",
    }
    for name, value in {**known, **headers}.items():
        message[name] = value
    message.set_content(body)
    message.add_alternative(f"<p>{body}</p>", subtype="html")
    return bytes(message)


class TestReadLetter:
    def test_knows_what_kind_it_is_to_whom_and_when(self) -> None:
        found = read_letter(letter("Dag Noortje"))
        assert (found.kind, found.role, found.address) == ("invitation", "circle", "noortje@post.example")
        assert found.date.astimezone(UTC) == datetime(2026, 5, 4, 7, 0, tzinfo=UTC)

    def test_finds_the_personal_link_and_where_it_leads(self) -> None:
        found = read_letter(letter(f"Antwoorden: http://127.0.0.1:8080/l/{_TOKEN}?to=polls/1\nTot dan"))
        assert (found.link_token, found.link_target) == (_TOKEN, "polls/1")

    def test_says_when_there_is_no_link(self) -> None:
        found = read_letter(letter("Dag Noortje"))
        assert (found.link_token, found.has("link"), found.has("Dag")) == (None, False, True)

    def test_finds_the_structured_communication(self) -> None:
        found = read_letter(letter("Mededeling: +++010/8068/17183+++"))
        assert (found.communication, found.has("ogm")) == ("+++010/8068/17183+++", True)

    def test_sees_a_picture_and_a_calendar_entry(self) -> None:
        message = EmailMessage()
        message["To"], message["Date"] = "n@post.example", "Mon, 04 May 2026 09:00:00 +0200"
        message.set_content("Tot dan")
        message.add_attachment(b"png", "image", "png", filename="qr.png")
        message.add_attachment(
            b"BEGIN:VCALENDAR", "text", "calendar", filename="a.ics", params={"method": "CANCEL"}
        )
        found = read_letter(bytes(message))
        assert found.has("qr")
        assert found.has("calendar-cancel")
        assert not found.has("calendar-request")
