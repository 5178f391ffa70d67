"""Days and hours in words: those of Brussels, as people say them in each language."""

from datetime import UTC, date, datetime

import pytest

from shared.calendar import BELGIUM, Calendar
from shared.languages import (
    LANGUAGES,
    STAFF_LANGUAGES,
    Language,
    day_in_words,
    deadline_in_words,
    direction,
    language_of,
    period_in_words,
    time_in_words,
)


def plain(text: str) -> str:
    """Return a text with ordinary spaces."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


class TestLanguage:
    @pytest.mark.parametrize(
        ("code", "language"), [("fr", "fr"), ("ar", "ar"), ("de", "nl"), (None, "nl"), ("FR", "nl")]
    )
    def test_is_dutch_for_who_speaks_none_of_them(self, code: str | None, language: Language) -> None:
        assert language_of(code) == language

    def test_of_staff_is_dutch_for_who_speaks_one_that_is_for_others_only(self) -> None:
        assert [language_of(code, STAFF_LANGUAGES) for code in ("fr", "ar")] == ["fr", "nl"]

    def test_is_read_from_the_side_that_it_is_written_from(self) -> None:
        assert {language for language in LANGUAGES if direction(language) == "rtl"} == {"ar"}


class TestDay:
    def test_is_the_one_of_brussels(self) -> None:
        assert day_in_words(datetime(2026, 3, 1, 23, 30, tzinfo=UTC), "nl", BELGIUM) == "maandag 2 maart 2026"
        assert day_in_words(date(2026, 8, 1), "fr", BELGIUM) == "samedi 1er août 2026"
        assert day_in_words(date(2026, 8, 21), "fr", BELGIUM) == "vendredi 21 août 2026"
        assert day_in_words(date(2026, 5, 9), "en", BELGIUM) == "Saturday 9 May 2026"


class TestTime:
    def test_is_written_as_usual(self) -> None:
        time = datetime(2026, 5, 21, 7, 5, tzinfo=UTC)
        assert {language: plain(time_in_words(time, language, BELGIUM)) for language in LANGUAGES} == {
            "nl": "donderdag 21 mei 2026, 9.05 uur",
            "fr": "jeudi 21 mai 2026, 9 h 05",
            "en": "Thursday 21 May 2026, 9:05",
            "ar": "الخميس، 21 مايو 2026، 9:05",
            "tr": "21 Mayıs 2026 Perşembe, 09.05",
            "pl": "czwartek, 21 maja 2026, 9:05",
            "uk": "четвер, 21 травня 2026 року, 9:05",
        }
        assert (
            plain(time_in_words(time, "fr", Calendar(time_zone="Europe/Lisbon")))
            == "jeudi 21 mai 2026, 8 h 05"
        )


class TestPeriod:
    def test_begins_and_ends_as_people_say(self) -> None:
        start, end = datetime(2026, 3, 28, 12, 30, tzinfo=UTC), datetime(2026, 3, 28, 16, tzinfo=UTC)
        assert {
            language: plain(period_in_words(start, end, language, BELGIUM)) for language in LANGUAGES
        } == {
            "nl": "zaterdag 28 maart 2026, van 13.30 tot 17.00 uur (tijd in Brussel)",
            "fr": "samedi 28 mars 2026, de 13 h 30 à 17 h 00 (heure locale à Bruxelles)",
            "en": "Saturday 28 March 2026, from 13:30 to 17:00 (time in Brussels)",
            "ar": "السبت، 28 مارس 2026، من 13:30 إلى 17:00 (بتوقيت بروكسل)",
            "tr": "28 Mart 2026 Cumartesi, 13.30 ile 17.00 arası (Brüksel saatiyle)",
            "pl": "sobota, 28 marca 2026, od 13:30 do 17:00 (czas lokalny: Bruksela)",
            "uk": "субота, 28 березня 2026 року, з 13:30 до 17:00 (місцевий час: Брюссель)",
        }

    def test_over_midnight_names_both_days(self) -> None:
        start, end = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 9, tzinfo=UTC)
        assert period_in_words(start, end, "en", BELGIUM).endswith(
            "to Sunday 29 March 2026, 11:00 (time in Brussels)"
        )


class TestDeadline:
    def test_at_midnight_is_the_last_minute_of_the_day_that_ends(self) -> None:
        midnight = datetime(2026, 3, 9, 23, tzinfo=UTC)
        assert deadline_in_words(midnight, "en", BELGIUM) == "Monday 9 March 2026, 23:59"
