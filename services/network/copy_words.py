"""The words of the page on which somebody reads everything about them: `pages/words.json`, in the order of `LANGUAGES`.

Keys that begin with `=` are codes.
"""

import json
from functools import lru_cache
from pathlib import Path

from shared.languages import LANGUAGES, Language


@lru_cache(maxsize=1)
def _words() -> dict[str, list[str]]:
    words: dict[str, list[str]] = json.loads(
        Path(__file__).with_name("pages").joinpath("words.json").read_text(encoding="utf-8")
    )
    return words


def word(key: str, language: Language) -> str:
    """Return the word for something on the page."""
    return _words()[key][LANGUAGES.index(language)]


def code_in_words(code: str, language: Language) -> str:
    """Return a code in words; one that has none is shown as it is."""
    found = _words().get(f"={code}")
    return code.replace("-", " ") if found is None else found[LANGUAGES.index(language)]
