"""Every page is written in every language that it claims."""

import re
from pathlib import Path
from typing import get_type_hints

import pytest

from services.portal import wording
from services.portal.routes import ELSE, PAGES
from services.portal.staff import StaffVisit
from services.portal.visits import LANGUAGE_BUTTON, READ
from services.portal.wording import FOR_EVERYBODY, environment, listed, say, translations, untranslated
from shared.languages import FALLBACK, LANGUAGES, STAFF_LANGUAGES, Language


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_translated(language: Language) -> None:
    assert list(untranslated(language)) == [], "run `python -m services.portal.wording`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_can_be_read(language: Language) -> None:
    pages = environment(language)
    for name in pages.list_templates():
        pages.get_template(name)


def test_whatever_is_not_for_staff_alone_is_written_in_all_languages() -> None:
    """A page that lets in others than staff, the templates that it shows, and what those are made of."""
    opened = [(opener, handler) for pages in (*PAGES, ELSE) for opener, handler in pages.opened]
    modules = {
        handler.__module__
        for opener, handler in opened
        if not issubclass(get_type_hints(opener)["return"], StaffVisit)
    }
    home = Path(wording.__file__).parent
    sources = [home / "routes" / f"{module.rpartition('.')[2]}.py" for module in modules]
    wanted = {f"routes/{path.name}" for path in sources}
    found = [path.read_text("utf-8") for path in sources]
    while found:
        named = set(re.findall(r'"(\w+\.html)"', found.pop()))
        new = {f"templates/{name}" for name in named} - wanted
        wanted |= new
        found += [(home / name).read_text("utf-8") for name in new]
    assert wanted - FOR_EVERYBODY == set()
    assert {name for name in FOR_EVERYBODY if not (home / name).exists()} == set()


def test_the_young_have_their_own_sentences_in_each_language() -> None:
    usual = "Je kan je antwoord later nog veranderen."
    for language in LANGUAGES:
        assert say(usual, language, young=True) not in (usual, say(usual, language))
        assert say("Vorming", language, young=True) == say("Vorming", language)


def test_what_is_for_staff_only_is_in_no_other_catalogue() -> None:
    only_for_staff = "Wie opende welk dossier"
    said = {language for language in LANGUAGES if say(only_for_staff, language) != only_for_staff}
    assert said == set(STAFF_LANGUAGES) - {FALLBACK}


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("ar", {0, 1, 2, 3, 11, 100}),
        ("tr", {1, 2}),
        ("pl", {1, 2, 5}),
        ("uk", {1, 2, 5}),
    ],
)
def test_each_number_has_its_own_form(language: Language, forms: set[int]) -> None:
    said = translations(language)
    sentences = [said.ngettext("Nog %(num)d plaats", "Nog %(num)d plaatsen", count) for count in forms]
    assert len(set(sentences)) == (1 if language == "tr" else len(forms))
    assert (
        said.ngettext("Nog %(num)d plaats", "Nog %(num)d plaatsen", 22 if language in ("pl", "uk") else 3)
        in sentences
    )


@pytest.mark.parametrize(
    ("type_", "written", "shown"),
    [
        ("date", "2026-03-02", "date"),
        ("date", "", "date"),
        ("date", "morgen", "text"),
        ("time", "13:30", "time"),
        ("time", "half twee", "text"),
        ("email", "geen", "email"),
    ],
)
def test_what_was_typed_is_shown_again_also_where_it_is_no_day(type_: str, written: str, shown: str) -> None:
    page = environment("nl").from_string(
        "{% import 'macros.html' as ui with context %}{{ ui.text('on', 'Dag', type=type_) }}"
    )
    html = page.render(given={"on": written}, errors={}, overtaken=False, type_=type_)
    assert f'type="{shown}" id="on" name="on" value="{written}"' in html


def test_boxes_that_were_unticked_stay_so_when_a_form_is_shown_again() -> None:
    page = environment("nl").from_string(
        "{% import 'macros.html' as ui with context %}"
        "{{ ui.checkboxes('who[]', 'Wie?', [('a', 'Ann'), ('b', 'Bo')], chosen=['a']) }}"
    )
    for given, ticked in (({}, {"a"}), ({"who[]": ""}, set()), ({"who[]": "b"}, {"b"})):
        html = page.render(given=given, errors={}, overtaken=False)
        assert set(re.findall(r'value="(\w)" checked', html)) == ticked
        assert '<input type="hidden" name="who[]" value="">' in html


def test_no_field_of_a_form_has_the_name_of_the_buttons_that_change_the_language() -> None:
    templates = Path(wording.__file__).parent / "templates"
    fields = re.compile(rf'ui\.\w+\("{LANGUAGE_BUTTON}"')
    assert [path.name for path in templates.glob("*.html") if fields.search(path.read_text("utf-8"))] == []


def test_only_one_macro_says_what_the_writer_of_a_form_read() -> None:
    """A form that names the newest version by itself replaces what others wrote without a word."""
    templates = Path(wording.__file__).parent / "templates"
    hidden = re.compile(rf'type="hidden" name="({"|".join((*READ, "{{ name }}"))})"')
    named = {path.name for path in templates.glob("*.html") if hidden.search(path.read_text("utf-8"))}
    # To answer a text is no change of it: it is asked again of the newest one.
    assert named == {"macros.html", "circle_consent.html"}


@pytest.mark.parametrize(
    ("language", "phrase"),
    [("nl", "oma, Youssef en Greta"), ("fr", "oma, Youssef et Greta"), ("ar", "oma وYoussef وGreta")],
)
def test_several_are_named_as_the_language_does(language: str, phrase: str) -> None:
    assert listed(("oma", "Youssef", "Greta"), language) == phrase
    assert listed((), language) == ""
