"""The languages in which people are written to, and their formats of days and hours."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_location

from shared.calendar import Calendar

# Pages and mails for people with a link, and public pages, are written in all of these.
Language = Literal["nl", "fr", "en", "ar", "tr", "pl", "uk"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
# Pages and mails for staff and coordinators are written in these.
STAFF_LANGUAGES: tuple[Language, ...] = ("nl", "fr", "en")
# For anybody who speaks none of them.
FALLBACK: Language = "nl"

_SPACE = "\N{NO-BREAK SPACE}"
# Where no pattern is given, the usual one applies.
_DAY = "EEEE d MMMM y"
_DAYS: dict[Language, str] = {
    "ar": "EEEE، d MMMM y",
    "tr": "d MMMM y EEEE",
    "pl": "EEEE, d MMMM y",
    "uk": "EEEE, d MMMM y 'року'",
}
_HOUR = "H:mm"
_HOURS: dict[Language, str] = {"nl": f"H.mm'{_SPACE}uur'", "fr": f"H'{_SPACE}h{_SPACE}'mm", "tr": "HH.mm"}
_PERIODS: dict[Language, str] = {
    "nl": "{day}, van {start} tot {end} {where}",
    "fr": "{day}, de {start} à {end} {where}",
    "en": "{day}, from {start} to {end} {where}",
    "ar": "{day}، من {start} إلى {end} {where}",
    "tr": "{day}, {start} ile {end} arası {where}",
    "pl": "{day}, od {start} do {end} {where}",
    "uk": "{day}, з {start} до {end} {where}",
}
_WHERE: dict[Language, str] = {
    "nl": "(tijd in {city})",
    "fr": "(heure locale à {city})",
    "en": "(time in {city})",
    "ar": "(بتوقيت {city})",
    "tr": "({city} saatiyle)",
    "pl": "(czas lokalny: {city})",
    "uk": "(місцевий час: {city})",
}


def language_of(code: str | None, languages: Iterable[Language] = LANGUAGES) -> Language:
    """Return the one of some languages in which to write to a person who speaks this one."""
    return next((language for language in languages if language == code), FALLBACK)


def direction(code: str) -> str:
    """Return a language's direction for HTML: ltr or rtl; ltr if it is unknown."""
    try:
        return Locale.parse(code, sep="-").text_direction
    except (ValueError, UnknownLocaleError):
        return "ltr"


def day_in_words(day: date, language: Language, calendar: Calendar) -> str:
    """Return a day (of a time: its day in that calendar) with its weekday: maandag 2 maart 2026."""
    local = calendar.day_of(day)
    # The first is the only ordinal among French days, for which CLDR has no pattern.
    pattern = "EEEE d'er' MMMM y" if (language, local.day) == ("fr", 1) else _DAYS.get(language, _DAY)
    return format_date(local, pattern, locale=language)


def hour_in_words(time: datetime, language: Language, calendar: Calendar) -> str:
    """Return the time of day: 9.05 uur."""
    return format_time(calendar.local(time).timetz(), _HOURS.get(language, _HOUR), locale=language)


def time_in_words(time: datetime, language: Language, calendar: Calendar) -> str:
    """Return a day and its time of day."""
    comma = "\N{ARABIC COMMA}" if language == "ar" else ","
    return f"{day_in_words(time, language, calendar)}{comma} {hour_in_words(time, language, calendar)}"


def deadline_in_words(time: datetime, language: Language, calendar: Calendar) -> str:
    """Return a deadline in words; midnight is shown as the last minute of the day that ends."""
    local = calendar.local(time)
    midnight = (local.hour, local.minute) == (0, 0)
    return time_in_words(time - timedelta(minutes=1) if midnight else time, language, calendar)


def city_in_words(language: Language, calendar: Calendar) -> str:
    """Return the city whose time it is."""
    return get_timezone_location(calendar.zone, locale=language, return_city=True)


def where_in_words(language: Language, calendar: Calendar) -> str:
    """Return whose time it is, to be put behind a time: (tijd in Brussel)."""
    return _WHERE[language].format(city=city_in_words(language, calendar))


def period_in_words(starts_at: datetime, ends_at: datetime, language: Language, calendar: Calendar) -> str:
    """Return begin and end in words, with the city of the time zone; a second day is named."""
    day, last_day = (day_in_words(time, language, calendar) for time in (starts_at, ends_at))
    start, end = (hour_in_words(time, language, calendar) for time in (starts_at, ends_at))
    return _PERIODS[language].format(
        day=day,
        # The unit is said once if it follows the hour.
        start=start.removesuffix(f"{_SPACE}uur"),
        end=end if day == last_day else f"{last_day}, {end}",
        where=where_in_words(language, calendar),
    )
