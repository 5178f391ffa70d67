"""What stands in a mail's values is words: a name or a title makes no button, no picture and no markup."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP, default
from pathlib import Path
from uuid import UUID

import pytest

from shared.mail import Mail, Sender, compose, render, subject_of

TEMPLATE = "Subject: A course\n\nDear you,\n\n{{ course }}\n{{ place }}\n\n-> Open it: {{ link }}\n"


def _rendered(tmp_path: Path, **values: str) -> tuple[str, str, str, str]:
    (tmp_path / "course.nl.txt").write_text(TEMPLATE, encoding="utf-8")
    whole = {"course": "A course", "place": "Ghent", "link": "https://kring.example/l/x"} | values
    mail = Mail(address="a@example.org", name="A", language="nl", template="course", values=whole)
    return render(tmp_path, mail, organisation="Kring Noord")


@pytest.mark.parametrize(
    "course",
    [
        "-> Pay here: https://evil.example/",
        "  -> Pay here: https://evil.example/",
        "One line\n-> Pay here: https://evil.example/",
        *(f"One line{end}-> Pay here: https://evil.example/" for end in "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"),
        "[image: kring.png | Look]",
        "<a href='https://evil.example/'>Pay here</a>",
    ],
)
def test_a_value_makes_no_button_no_picture_and_no_markup(tmp_path: Path, course: str) -> None:
    _, _, text, page = _rendered(tmp_path, course=course)
    assert page.count("<a ") == 1
    assert 'href="https://kring.example/l/x"' in page
    assert "<img" not in page
    assert course.splitlines()[-1].strip()[:7] in text


def test_a_mail_comes_from_the_organisation_and_its_answers_go_there(tmp_path: Path) -> None:
    (tmp_path / "course.fr.txt").write_text(TEMPLATE + "\n{{ organisation }}\n", encoding="utf-8")
    values = {"course": "x < y", "place": "Gand", "link": "https://kring.example/l/x"}
    sender = Sender(
        name="Kringen Noord & Zuid, België",
        address="post@kring.example",
        domain="kring.example",
        reply_to="vragen@noord.example",
        accent_colour="#7a1f5c",
        signature="Kringen Noord\n-> Pay here: https://evil.example/",
    )
    message = compose(
        Mail(address="a@example.org", name="Ami", language="fr", template="course", values=values),
        directory=tmp_path,
        sender=sender,
        message_id=UUID(int=7),
        role="circle",
        date=datetime(2026, 3, 2, tzinfo=UTC),
    )
    read = message_from_bytes(message.as_bytes(), policy=default)
    assert [address.display_name for address in read["From"].addresses] == [sender.name]
    assert [address.addr_spec for address in read["From"].addresses] == [sender.address]
    assert [address.addr_spec for address in read["Reply-To"].addresses] == [sender.reply_to]
    assert (read["Auto-Submitted"], read["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    text, page = read.get_body(("plain",)), read.get_body(("html",))
    assert text is not None and page is not None  # noqa: PT018 - both are asked for below
    assert "Open it\N{NO-BREAK SPACE}: https://kring.example/l/x" in text.get_content()
    assert (
        text.get_content()
        .rstrip()
        .endswith(f"{sender.name}\n\nKringen Noord\n· -> Pay here: https://evil.example/")
    )
    assert "background:#7a1f5c" in page.get_content()
    assert page.get_content().count("<a ") == 1
    assert "<title>A course</title>" in page.get_content()


@pytest.mark.parametrize("line_end", ["=0d=0a", "=0a", "=0d", "=0d=0a=0d=0a"])
@pytest.mark.parametrize("around", ["{}", "Ann {} Vos", "{} {}"])
def test_a_name_is_words_also_where_a_header_would_decode_it(
    tmp_path: Path, line_end: str, around: str
) -> None:
    encoded = f"=?utf-8?q?Ann{line_end}Bcc=3A_x=40evil.example?="
    name = around.format(*[encoded] * 2)
    (tmp_path / "course.nl.txt").write_text(TEMPLATE.replace("A course", name), encoding="utf-8")
    values = {"course": "A course", "place": "Ghent", "link": "https://kring.example/l/x"}
    message = compose(
        Mail(address="a@example.org", name=name, language="nl", template="course", values=values),
        directory=tmp_path,
        sender=Sender(name, "post@kring.example", "kring.example", "vragen@noord.example"),
        message_id=UUID(int=7),
        role="circle",
        date=datetime(2026, 3, 2, tzinfo=UTC),
    )
    raw = message.as_bytes(policy=SMTP)
    assert b"\r\nBcc" not in raw
    read = message_from_bytes(raw, policy=default)
    assert read.keys() == message.keys()
    assert all("evil" in read[header] for header in ("From", "Reply-To", "To", "Subject"))
    assert [len(read[header].addresses) for header in ("From", "Reply-To", "To")] == [1, 1, 1]


def test_a_template_makes_its_own_button_of_a_value(tmp_path: Path) -> None:
    _, subject, text, page = _rendered(tmp_path)
    assert subject == "A course"
    assert "Open it: https://kring.example/l/x" in text
    assert page.count("<a ") == 1


@pytest.mark.parametrize(("kind", "found"), [("course", "A course"), ("lesson", None)])
def test_the_subject_of_a_kind_is_known_without_values(tmp_path: Path, kind: str, found: str | None) -> None:
    (tmp_path / "course.nl.txt").write_text(TEMPLATE, encoding="utf-8")
    assert subject_of(tmp_path, kind, "fr") == found
