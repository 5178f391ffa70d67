"""The page with everything about somebody has a word for all that is known of them."""

from services.network.copy_page import _DETAILS
from services.network.copy_words import word
from shared.languages import LANGUAGES


def test_every_detail_of_a_person_has_a_label_in_every_language() -> None:
    assert all(word(name, language) for name in _DETAILS for language in LANGUAGES)
