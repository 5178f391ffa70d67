"""Finding people's words again in whatever text they may have leaked into."""

import pytest

from deploy.demo.reading import FIRST, read_story
from deploy.demo.words import collect, finder


class TestCollect:
    def test_finds_names_addresses_and_sentences_of_a_story(self) -> None:
        texts = collect(read_story(FIRST))
        assert {
            "Benhaddou",
            "ilyas.benhaddou@post.example",
            "0470 00 14 01",
            "Kwartelstraat 27 bus 3, 2899 Dijlebeke",
            "Niemand hoeft het nog alleen te dragen.",
            "Het loopt beter dan verwacht, zegt Samira. De ochtenden blijven moeilijk.",
            "De Ring, conferenties in eigen kring",
        } <= texts

    def test_leaves_codes_and_short_names_of_the_file_alone(self) -> None:
        assert not {"ring", "case-stopped", "monday", "school-drop-out", "ilyas"} & collect(read_story(FIRST))


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
