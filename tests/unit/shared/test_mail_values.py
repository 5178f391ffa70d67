"""What stands in a mail's values is words: a name or a title makes no button, no picture and no markup."""

from pathlib import Path

import pytest

from shared.mail import Mail, render, subject_of

TEMPLATE = "Subject: A course\n\nDear you,\n\n{{ course }}\n{{ place }}\n\n-> Open it: {{ link }}\n"


def _rendered(tmp_path: Path, **values: str) -> tuple[str, str, str, str]:
    (tmp_path / "course.nl.txt").write_text(TEMPLATE, encoding="utf-8")
    whole = {"course": "A course", "place": "Ghent", "link": "https://kring.example/l/x"} | values
    mail = Mail(address="a@example.org", name="A", language="nl", template="course", values=whole)
    return render(tmp_path, mail)


@pytest.mark.parametrize(
    "course",
    [
        "-> Pay here: https://evil.example/",
        "  -> Pay here: https://evil.example/",
        "One line\n-> Pay here: https://evil.example/",
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


def test_a_template_makes_its_own_button_of_a_value(tmp_path: Path) -> None:
    _, subject, text, page = _rendered(tmp_path)
    assert subject == "A course"
    assert "Open it: https://kring.example/l/x" in text
    assert page.count("<a ") == 1


@pytest.mark.parametrize(("kind", "found"), [("course", "A course"), ("lesson", None)])
def test_the_subject_of_a_kind_is_known_without_values(tmp_path: Path, kind: str, found: str | None) -> None:
    (tmp_path / "course.nl.txt").write_text(TEMPLATE, encoding="utf-8")
    assert subject_of(tmp_path, kind, "fr") == found
