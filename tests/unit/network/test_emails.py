"""The words of the mails: every kind in every language, and days as people write them."""

import re
from typing import Any

import pytest

from services.network.domain import emails as named
from services.network.emails import TEMPLATES
from shared.languages import LANGUAGES, Language, direction
from shared.mail import Mail, render, subject_of

KINDS = sorted(named.KINDS.keys() | {path.name.partition(".")[0] for path in TEMPLATES.glob("[a-z]*.txt")})
ROLES = ("central", "circle", "professional", "advocate", "interpreter", "representative")
LINK = "https://kring.example/l/token?to=x"
FULL: dict[str, Any] = {
    "calendar": True,
    "when": "MOMENT",
    "closes": "CLOSING",
    "due_on": "DUE",
    "keep_until": "KEPT",
    "check_in": "six-months",
    "request_kind": "erasure",
    "for_other": True,
    "you_convene": True,
    "age": 18,
}
_FILES: dict[Language, str] = {
    "nl": "bestand",
    "fr": "fichier",
    "en": "file",
    "ar": "بالملف",
    "tr": "dosyayla",
    "pl": "Plikiem",
    "uk": "Файлом",
}
_CONVENING: dict[Language, str] = {
    "nl": "Jij roept de kring",
    "fr": "C’est vous qui réunissez",
    "en": "You call the circle together",
    "ar": "أنت من يدعو الدائرة",
    "tr": "siz bir araya çağırıyorsunuz",
    "pl": "Ty zwołujesz",
    "uk": "коло знову скликаєте ви",
}
# What a mail is about, and is read behind the link only. The authority that looks after data is named in full.
WITHOUT_LINK = {"case-stopped", "file-kept"}
UNSAID = re.compile(
    r"uithuis|jeugdhulp|school|placement|(?<!data )protection(?! des données)|conferenti|conférenc|conference",
    re.IGNORECASE,
)


def _rendered(
    kind: str, language: Language, role: str, *, young: bool = False, **values: object
) -> tuple[str, str, str, str]:
    given = {"first_name": "Yusra", "role": role, "link": LINK, **dict.fromkeys(FULL), **values}
    mail = Mail(address="", name="", language=language, template=kind, values=given, young=young)
    return render(TEMPLATES, mail, organisation="Kring Noord")


# A button for each answer.
ONE_TAP = ("agreement-near", "agreement-due", "agreement-reminder", "agreement-slips")


def _links(kind: str) -> int:
    return 0 if kind in WITHOUT_LINK else 5 if kind in ONE_TAP else 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
class TestEveryMail:
    def test_is_written_in_this_language_for_everyone(self, kind: str, language: Language) -> None:
        for role in ROLES:
            for values in ({}, FULL):
                found, subject, text, page = _rendered(kind, language, role, **values)
                assert found == language
                assert subject == subject_of(TEMPLATES, kind, language)
                assert "Yusra" in text
                assert "Yusra" not in subject
                assert not re.search(r"[{}]|None|\n ", text)
                assert not UNSAID.search(subject + text)
                assert f'<html lang="{language}" dir="{direction(language)}">' in page
                assert page.count("<a ") == _links(kind)

    def test_gives_the_link_once_unless_it_says_that_all_stops(self, kind: str, language: Language) -> None:
        _, _, text, _ = _rendered(kind, language, "circle", link=None if kind in WITHOUT_LINK else LINK)
        assert text.count(LINK) == _links(kind)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_young_read_it_in_their_words_where_there_are_any(kind: str, language: Language) -> None:
    own = (TEMPLATES / f"{kind}.young.{language}.txt").exists()
    assert own == (TEMPLATES / f"{kind}.young.nl.txt").exists()
    for role in ("central", "circle"):
        found, subject, text, _ = _rendered(kind, language, role, young=True, **FULL)
        _, usual, other, _ = _rendered(kind, language, role, **FULL)
        assert (found, subject, text != other) == (language, usual, own)
        assert text.count(LINK) == other.count(LINK)
        assert not (own and re.search(r"\b[Vv](ous|otre|os)\b", text))


@pytest.mark.parametrize("language", LANGUAGES)
class TestMoments:
    def test_are_said_where_they_are_known(self, language: Language) -> None:
        for kind, word in (
            ("conference-scheduled", "MOMENT"),
            ("conference-reminder", "MOMENT"),
            ("conference-postponed", "MOMENT"),
            ("conference-cancelled", "MOMENT"),
            ("poll-invitation", "CLOSING"),
            ("poll-reminder", "CLOSING"),
            ("agreement-due", "DUE"),
            ("agreement-near", "DUE"),
            ("agreement-reminder", "DUE"),
            ("agreement-slips", "DUE"),
            ("review-reminder", "DUE"),
            ("data-request-received", "DUE"),
            ("data-request-extended", "DUE"),
            ("data-request-ready", "DUE"),
            ("data-request-approved", "DUE"),
            ("file-kept", "KEPT"),
        ):
            assert word in _rendered(kind, language, "circle", **FULL)[2]


@pytest.mark.parametrize(("language", "file"), _FILES.items())
@pytest.mark.parametrize("kind", ["conference-scheduled", "conference-postponed", "conference-cancelled"])
def test_a_file_is_spoken_of_only_if_there_is_one(kind: str, language: Language, file: str) -> None:
    for there in (True, False):
        text = _rendered(kind, language, "circle", when="MOMENT", calendar=there)[2]
        assert (file in text) is there
        # A sentence left out takes no blank line with it, and makes none.
        assert len(text.split("\n\n")) == len(_rendered(kind, language, "circle", **FULL)[2].split("\n\n"))


@pytest.mark.parametrize(("language", "you"), _CONVENING.items())
def test_a_reminder_of_the_review_tells_only_the_convener_that_they_call_together(
    language: Language, you: str
) -> None:
    for convenes in (True, False):
        text = _rendered("review-reminder", language, "circle", due_on="DUE", you_convene=convenes)[2]
        assert (you in text) is convenes
        # A sentence left out takes no blank line with it, and makes none.
        assert "\n\n\n" not in text
