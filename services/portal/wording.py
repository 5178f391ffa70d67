"""The words of pages: templates are in Dutch, and every other language has a catalogue of translations.

`python -m services.portal.wording` updates the catalogues from the templates and lists what is untranslated.
"""

import gettext
import io
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from functools import cache, partial
from pathlib import Path
from typing import Any

from babel.core import Locale, UnknownLocaleError
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from services.portal.of_services import FILE, LENGTHS
from shared.calendar import Calendar
from shared.languages import (
    FALLBACK,
    LANGUAGES,
    STAFF_LANGUAGES,
    Language,
    city_in_words,
    day_in_words,
    deadline_in_words,
    direction,
    hour_in_words,
    period_in_words,
    time_in_words,
)

_HERE = Path(__file__).parent
_CATALOGUES = _HERE / "locale"
_YOUNG = ".young"
# Each in its own language.
NAMES: dict[Language, str] = {
    "nl": "Nederlands",
    "fr": "Français",
    "en": "English",
    "ar": "العربية",
    "tr": "Türkçe",
    "pl": "Polski",
    "uk": "Українська",
}
STAFF_NAMES = {language: NAMES[language] for language in STAFF_LANGUAGES}


# Written in all languages: pages for readers with a link and for the public, and their parts. All other pages are in
# the languages of staff.
FOR_EVERYBODY = frozenset(
    {
        *(
            f"{name}.py"
            for name in (
                "codes",
                "failures",
                "forms",
                "invalid",
                "judgements",
                "link_visits",
                "needs",
                "over",
                "pages",
                "people",
                "registrants",
                "resources",
                "unsent",
                "visits",
            )
        ),
        *(
            f"routes/{name}.py"
            for name in (
                *("about", "agreeing", "agreement", "calendar_feed", "check_in", "courses", "data", "dates"),
                *("invitation", "link", "me"),
                *(
                    "own_registration",
                    "plan",
                    "plan_asked",
                    "plan_b",
                    "plan_changes",
                    "plan_met",
                    "plan_paper",
                    "plan_sharing",
                    "refer",
                    "review",
                    "sign_in",
                    "survey",
                ),
            )
        ),
        *(
            f"templates/{name}.html"
            for name in (
                *("base", "failure", "macros", "organisation", "start", "sign_in"),
                *("link", "over", "new_link", "me", "thanks", "stop"),
                *(
                    "invitation",
                    "propose",
                    "dates",
                    "conference",
                    "plan",
                    "plan_asked",
                    "plan_b",
                    "plan_b_fields",
                    "plan_met",
                    "plan_versions",
                    "plan_paper",
                    "plan_share",
                    "check_in",
                    "agreement",
                    "agreement_change",
                    "agreement_fields",
                    "review",
                    "survey",
                    "consents",
                    "consents_before",
                    "data",
                    "data_check",
                    "looked",
                ),
                *("courses", "register", "registration", "registration_cancel", "registration_link"),
                *("refer_check", "refer_sent", "refer_start", "refer_step", "refer_stop"),
            )
        ),
    }
)


@cache
def translations(language: Language, *, young: bool = False) -> gettext.NullTranslations:
    """Return the translations of a language; Dutch is what the templates contain.

    `young`: for readers under eighteen, for whom some sentences differ.
    """
    if young:
        theirs = _compiled(_young(language)) if _exists(_young(language)) else gettext.NullTranslations()
        theirs.add_fallback(translations(language))
        return theirs
    return gettext.NullTranslations() if language == FALLBACK else _compiled(language)


def _compiled(name: str) -> gettext.NullTranslations:
    compiled = io.BytesIO()
    write_mo(compiled, _read(name))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _young(language: Language) -> str:
    return f"{language}{_YOUNG}"


def _exists(name: str) -> bool:
    return (_CATALOGUES / f"{name}.po").exists()


def mark(text: str) -> str:
    """Mark a sentence for later translation. Imported as `_`."""
    return text


def say(text: str, language: Language, *, young: bool = False) -> str:
    """Return one of our sentences in a language."""
    return translations(language, young=young).gettext(text)


def language_name(code: str, language: Language) -> str:
    """Return the name of a language in another, such as Oekraïens for uk; the code if it is unknown."""
    try:
        name = Locale.parse(code, sep="-").get_display_name(language)
    except (ValueError, UnknownLocaleError):
        name = None
    return f"{name[0].upper()}{name[1:]}" if name else code


_READ: dict[str, Callable[[str], object]] = {"date": date.fromisoformat, "time": time.fromisoformat}


class _InMemory(BytecodeCache):
    """Compiles each template once for all languages: its sentences are translated when it is rendered."""

    def __init__(self) -> None:
        self._compiled: dict[str, Bucket] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take over what was compiled from the same source."""
        known = self._compiled.get(bucket.key)
        if known is not None and known.checksum == bucket.checksum:
            bucket.code = known.code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._compiled[bucket.key] = bucket


_IN_MEMORY = _InMemory()


@cache
def environment(language: Language, *, young: bool = False) -> Environment:
    """Return the templates in a language. A missing variable is an error, and all text is escaped."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=_IN_MEMORY,
    )
    made.install_gettext_translations(translations(language, young=young), newstyle=True)  # type: ignore[attr-defined]
    made.policies["ext.i18n.trimmed"] = True
    made.globals.update(
        language=language,
        direction=direction(language),
        language_names=NAMES,
        labels=_labels,
        comma="، " if language == "ar" else ", ",
        differing=_differing,
        id_of=_id_of,
        one_line=_one_line,
        type_for=_type_for,
    )
    made.filters["listed"] = partial(listed, language=language)
    return made


def listed(items: Iterable[str], language: str) -> str:
    """Return several things as a phrase in a language, as "a, b en c"; empty if there are none."""
    return format_list(list(items), locale=language)


def _labels(options: Sequence[tuple[str, str]], chosen: Collection[str | None]) -> str:
    return ", ".join(str(option[1]) for option in options if option[0] in chosen)


def _differing(now: object, written: object) -> str | None:
    """Return a field's current value if its author wrote something else. Browsers send line ends of their own."""
    held, meant = ("\n".join(str(each).split("\r\n")).strip() for each in (now, written))
    return None if held == meant else held


def _id_of(name: str) -> str:
    """Return the id of a field, for links to it; of several that belong together, that of the first."""
    return name.removesuffix("[]")


def _one_line(value: object) -> str:
    return " ".join(str(value).splitlines())


def _type_for(type_: str, written: str) -> str:
    """Return the input type of a field: a browser would not show an invalid value in a day or an hour."""
    if written and type_ in _READ:
        try:
            _READ[type_](written)
        except ValueError:
            return "text"
    return type_


class Dates:
    """Days and hours in a reader's language, by an organisation's calendar."""

    def __init__(self, language: Language, calendar: Calendar) -> None:
        self._given: tuple[Language, Calendar] = (language, calendar)

    def day(self, day: Any) -> str:
        """Return a day with its weekday."""
        return day_in_words(day, *self._given)

    def hour(self, time: datetime) -> str:
        """Return the time of day."""
        return hour_in_words(time, *self._given)

    def time(self, time: datetime) -> str:
        """Return a day and its time of day."""
        return time_in_words(time, *self._given)

    def until(self, time: datetime) -> str:
        """Return until when something can be done."""
        return deadline_in_words(time, *self._given)

    def period(self, starts_at: datetime, ends_at: datetime) -> str:
        """Return when something begins and ends, and the city of that time zone."""
        return period_in_words(starts_at, ends_at, *self._given)

    @property
    def city(self) -> str:
        """The city whose time all of these are."""
        return city_in_words(*self._given)

    def hours(self, starts_at: datetime, ends_at: datetime) -> str:
        """Return the hours of something, for a day that is named beside it."""
        return f"{self.hour(starts_at)} \N{EN DASH} {self.hour(ends_at)}"


def _read(name: str) -> Catalog:
    with (_CATALOGUES / f"{name}.po").open("rb") as file:
        return read_po(file, locale=name[:2])


@cache
def _extracted() -> list[tuple[str, Any, str | None]]:
    """Return file, sentence and context of everything marked: reading the templates takes a second each time."""
    methods = [("templates/**.html", "jinja2"), ("**.py", "python")]
    options = {"templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
    read = extract_from_dir(_HERE, methods, options, keywords=keywords, strip_comment_tags=True)
    labels = [(FILE.name, label, None) for each in LENGTHS.values() for label in each.values()]
    return [*((file, message, context) for file, _line, message, _comments, context in read), *labels]


def sentences(language: Language) -> Catalog:
    """Return every sentence of the templates and the code that needs a translation."""
    found = Catalog(project="Kring", charset="utf-8")
    for file, message, context in _extracted():
        if language in STAFF_LANGUAGES or file in FOR_EVERYBODY:
            found.add(message, None, [(file, 0)], context=context)
    return found


def for_young(language: Language) -> Catalog:
    """Return the sentences that differ for readers under eighteen: those that do in Dutch, and the language's own."""
    others = {
        each.id for name in {_young(FALLBACK), _young(language)} if _exists(name) for each in _read(name)
    }
    found = Catalog(project="Kring", charset="utf-8")
    for message in sentences(language):
        if message.id in others:
            found.add(message.id, None, message.locations, context=message.context)
    return found


def untranslated(language: Language) -> Iterator[str]:
    """Yield every sentence that a language lacks, and those for the young that no page uses any more."""
    if language != FALLBACK:
        yield from _lacking(_read(language), sentences(language))
    if _exists(_young(language)):
        known = _read(_young(language))
        yield from _lacking(known, for_young(language))
        yield from (f"{message} (on no page)" for message in known.obsolete)


def _lacking(known: Catalog, wanted: Catalog) -> Iterator[str]:
    for message in wanted:
        if message.id and not (
            (given := known.get(message.id)) and all(_strings(given.string)) and not given.fuzzy
        ):
            yield str(message.id)


def _strings(string: Any) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string)


def _bring_up_to_date(name: str, wanted: Catalog) -> None:
    catalogue = _read(name)
    catalogue.update(wanted, no_fuzzy_matching=True)
    if not name.endswith(_YOUNG):
        catalogue.obsolete.clear()
    # The same sentences make the same file.
    catalogue.creation_date = catalogue.revision_date = datetime(2000, 1, 1, tzinfo=UTC)
    with (_CATALOGUES / f"{name}.po").open("wb") as file:
        write_po(file, catalogue, width=110, sort_output=True, omit_header=False, include_lineno=False)


def main() -> int:
    """Update every catalogue, and print what each lacks; return 1 if one does."""
    missing = 0
    for language in LANGUAGES:
        if language != FALLBACK:
            _bring_up_to_date(language, sentences(language))
        if _exists(_young(language)):
            _bring_up_to_date(_young(language), for_young(language))
        for sentence in untranslated(language):
            missing += 1
            print(f"{language}: {sentence}")  # noqa: T201 - it speaks to who typed the command
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
