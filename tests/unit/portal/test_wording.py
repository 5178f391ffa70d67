"""Every page is written in every language that it claims."""

import re
from pathlib import Path

import pytest

from services.portal import wording
from services.portal.visits import LANGUAGE_BUTTON
from services.portal.wording import environment, untranslated
from shared.languages import LANGUAGES, Language


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_everything_is_translated(language: Language) -> None:
    assert list(untranslated(language)) == [], "run `python -m services.portal.wording`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_can_be_read(language: Language) -> None:
    pages = environment(language)
    for name in pages.list_templates():
        pages.get_template(name)


def test_no_field_of_a_form_has_the_name_of_the_buttons_that_change_the_language() -> None:
    templates = Path(wording.__file__).parent / "templates"
    fields = re.compile(rf'ui\.\w+\("{LANGUAGE_BUTTON}"')
    assert [path.name for path in templates.glob("*.html") if fields.search(path.read_text("utf-8"))] == []


def test_only_one_macro_says_which_version_a_form_changes() -> None:
    """A form that names the newest version by itself replaces what others wrote without a word."""
    templates = Path(wording.__file__).parent / "templates"
    named = {path.name for path in templates.glob("*.html") if 'name="version"' in path.read_text("utf-8")}
    # An answer to a text is no change of it: it is asked again of the newest one.
    assert named == {"macros.html", "circle_consent.html"}
