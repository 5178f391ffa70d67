"""The words of the page that shows a person everything about them: `pages/words.json`, as ordered in `LANGUAGES`.

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
    """Return the translation of a word on the page."""
    return _words()[key][LANGUAGES.index(language)]


def code_in_words(code: str, language: Language) -> str:
    """Return a code in words, or the code itself if it has none."""
    found = _words().get(f"={code}")
    return code.replace("-", " ") if found is None else found[LANGUAGES.index(language)]
