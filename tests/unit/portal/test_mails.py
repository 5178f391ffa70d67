"""Pages call every email by its subject: who asks about one says what they read."""

from pathlib import Path

import pytest

from services.portal.staff_words import MAILS
from services.portal.wording import say
from shared.languages import STAFF_LANGUAGES, Language
from shared.mail import subject_of

TEMPLATES = sorted(Path("services").glob("*/templates/*.nl.txt"))
KINDS = {
    file.name.partition(".")[0]: file.parent
    for file in TEMPLATES
    if not file.name.startswith("_") and ".young." not in file.name
}


@pytest.mark.parametrize("language", STAFF_LANGUAGES)
@pytest.mark.parametrize("kind", MAILS)
def test_an_email_is_called_by_its_subject(kind: str, language: Language) -> None:
    subjects = {
        subject_of(file.parent, kind, language) for file in TEMPLATES if file.name == f"{kind}.nl.txt"
    }
    assert say(MAILS[kind], language) in subjects


def test_every_email_is_called_something() -> None:
    assert KINDS.keys() - MAILS.keys() == set()
    assert MAILS.keys() - KINDS.keys() == set()
