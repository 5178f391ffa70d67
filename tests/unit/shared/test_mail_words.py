"""How every mail of every service is written as plain text: by the rules of its language, and without buttons."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.calendar import BELGIUM
from shared.languages import Language, deadline_in_words, period_in_words, time_in_words
from shared.mail import Mail, render

ROOT = Path(__file__).parents[3]
TEMPLATES = sorted((ROOT / "services").glob("*/templates/*.txt"))
BEGIN, END = datetime(2026, 3, 2, 12, 30, tzinfo=UTC), datetime(2026, 3, 2, 15, 5, tzinfo=UTC)
TIMES = {"nl": "13.30", "fr": "13\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}30", "en": "13:30"}


def _prose(template: Path) -> str:
    """Return what people read of a template: no subject, no picture, no button, whose colon is put in later."""
    lines = template.read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith(("Subject:", "[image:", "->")))


@pytest.mark.parametrize("template", [each for each in TEMPLATES if each.name.endswith(".fr.txt")], ids=str)
def test_french_has_a_blank_before_a_colon(template: Path) -> None:
    assert re.findall(r"\w:(?=\s|$)", _prose(template), re.MULTILINE) == []


def test_french_has_it_before_the_address_of_a_button_too(tmp_path: Path) -> None:
    (tmp_path / "asked.fr.txt").write_text(
        "Subject: Bonjour\n\n-> Votre réponse: https://kring.example/l/x\n"
    )
    mail = Mail(address="", name="", language="fr", template="asked", values={})
    _, _, text, _ = render(tmp_path, mail, organisation="Kring")
    assert text == "Votre réponse\N{NO-BREAK SPACE}: https://kring.example/l/x\n"


@pytest.mark.parametrize("template", TEMPLATES, ids=str)
def test_nothing_is_said_to_be_behind_a_button(template: Path) -> None:
    """In plain text there is none."""
    assert re.search(r"\b(knop|bouton|button)\b", template.read_text("utf-8"), re.IGNORECASE) is None


@pytest.mark.parametrize("language", sorted(TIMES))
def test_a_time_of_day_has_one_form(language: Language) -> None:
    words = [write(BEGIN, language, BELGIUM) for write in (time_in_words, deadline_in_words)]
    words.append(period_in_words(BEGIN, END, language, BELGIUM))
    for text in words:
        assert TIMES[language] in text
        assert language == "en" or ":" not in text
    for template in (each for each in TEMPLATES if each.name.endswith(f".{language}.txt")):
        assert re.search(r"\b\d{1,2}[:.h]\d{2}\b", _prose(template)) is None
