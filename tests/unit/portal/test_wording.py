"""Every page is written in every language that it claims."""

import pytest

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
