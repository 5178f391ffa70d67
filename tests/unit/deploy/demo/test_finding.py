"""Finding people's words again in whatever text they may have leaked into."""

from dataclasses import dataclass
from typing import Unpack

import pytest

from deploy.demo.things import Referral, Words
from tests.journeys.finding import finder
from tests.journeys.words import personal_texts


@dataclass
class Said:
    """Something that somebody said."""

    code: str
    words: Words | None = None


class TestPersonalTexts:
    @pytest.mark.parametrize(
        ("hint", "value", "expected"),
        [
            (Words, "Noortje", ["Noortje"]),
            (Words | None, None, []),
            (str, "solved", []),
            (list[Words], ["a", "b"], ["a", "b"]),
            (Said, (Said("code", "Dag"), Said("other")), ["Dag"]),
            (Unpack[Referral], {"question": "Wie?", "themes": ["school"], "wishes": None}, ["Wie?"]),
        ],
    )
    def test_are_those_annotated_as_words(self, hint: object, value: object, expected: list[str]) -> None:
        assert list(personal_texts(hint, value)) == expected


class TestFinder:
    @pytest.mark.parametrize("text", ['{"name":"NOORTJE"}', "to noortje.", "Noortje\n", "dear  Noortje"])
    def test_finds_a_word_however_it_is_written(self, text: str) -> None:
        assert finder({"Noortje"}).search(text)

    def test_finds_a_sentence_that_was_wrapped(self) -> None:
        assert finder({"niet meer alleen aan tafel"}).search("Ik wil niet meer\n  alleen aan tafel zitten")

    def test_does_not_find_a_part_of_another_word(self) -> None:
        assert finder({"Maes"}).search("themaestro Maestro") is None

    def test_refuses_to_search_for_nothing(self) -> None:
        with pytest.raises(ValueError, match="nothing to search"):
            finder(set())
