"""Days and hours as people write them, in the languages of the mails."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.calendar import BRUSSELS


@dataclass(frozen=True)
class Wording:
    """One language's days, months, and the few words around them."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    day: str
    hour: str
    period: str
    appointment: str
    appointment_note: str
    complaint: str


WORDINGS = {
    "nl": Wording(
        weekdays=("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
        months=(
            *("januari", "februari", "maart", "april", "mei", "juni"),
            *("juli", "augustus", "september", "oktober", "november", "december"),
        ),
        day="{weekday} {day} {month} {year}",
        hour="{hour}.{minute:02d}\N{NO-BREAK SPACE}uur",
        period="{day}, van {start} tot {end}",
        appointment="Bijeenkomst",
        appointment_note="De plaats en alle uitleg vind je achter de link in onze mail.",
        complaint=(
            "Ben je het hier niet mee eens? Laat het ons gerust weten: we kijken er graag nog eens naar met jou."
            " Je mag ook altijd een klacht indienen bij de Gegevensbeschermingsautoriteit. Dat is gratis."
        ),
    ),
    "fr": Wording(
        weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        months=(
            *("janvier", "février", "mars", "avril", "mai", "juin"),
            *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
        ),
        day="{weekday} {day} {month} {year}",
        hour="{hour}\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}{minute:02d}",
        period="{day}, de {start} à {end}",
        appointment="Réunion",
        appointment_note="Le lieu et toutes les explications se trouvent derrière le lien dans notre mail.",
        complaint=(
            "Vous n'êtes pas d'accord ? Dites-le-nous : nous regarderons volontiers encore une fois avec vous."
            " Vous pouvez aussi toujours introduire une plainte auprès de l'Autorité de protection des données."
            " C'est gratuit."
        ),
    ),
    "en": Wording(
        weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        months=(
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
        day="{weekday} {day} {month} {year}",
        hour="{hour}:{minute:02d}",
        period="{day}, from {start} to {end}",
        appointment="Meeting",
        appointment_note="You will find the place and all details behind the link in our mail.",
        complaint=(
            "Do you not agree? Please tell us: we are glad to look at it again with you."
            " You may also always complain to the Data Protection Authority. It costs nothing."
        ),
    ),
}


def day_of(moment: date | datetime) -> date:
    """Return the day in Brussels of a moment, or the day itself."""
    return moment.astimezone(BRUSSELS).date() if isinstance(moment, datetime) else moment


def say_day(moment: date | datetime, language: str) -> str:
    """Return a day in words."""
    words, day = WORDINGS[language], day_of(moment)
    return words.day.format(
        weekday=words.weekdays[day.weekday()],
        day="1er" if language == "fr" and day.day == 1 else day.day,
        month=words.months[day.month - 1],
        year=day.year,
    )


def say_deadline(moment: datetime, language: str) -> str:
    """Return until when something can be done, in words; midnight is the last minute of the day that ends."""
    words, local = WORDINGS[language], moment.astimezone(BRUSSELS)
    if (local.hour, local.minute) == (0, 0):
        moment -= timedelta(minutes=1)
    return f"{say_day(moment, language)}, {_say_hour(moment, words)}"


def say_period(starts_at: datetime, ends_at: datetime, language: str) -> str:
    """Return when something begins and ends, in words."""
    words = WORDINGS[language]
    start = _say_hour(starts_at, words)
    # The unit is said once where it stands at the end of the hour.
    if language == "nl":
        start = start.removesuffix("\N{NO-BREAK SPACE}uur")
    end = _say_hour(ends_at, words)
    if day_of(starts_at) != day_of(ends_at):
        end = f"{say_day(ends_at, language)}, {end}"
    return words.period.format(day=say_day(starts_at, language), start=start, end=end)


def _say_hour(moment: datetime, words: Wording) -> str:
    local = moment.astimezone(BRUSSELS)
    return words.hour.format(hour=local.hour, minute=local.minute)
