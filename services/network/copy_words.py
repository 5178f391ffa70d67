"""The words of the page on which somebody reads everything about them: Dutch, French, English, in `pages/words.json`.

Keys that begin with `=` are codes.
"""

import json
from functools import lru_cache
from pathlib import Path

_LANGUAGES = {"nl": 0, "fr": 1, "en": 2}


@lru_cache(maxsize=1)
def _words() -> dict[str, list[str]]:
    words: dict[str, list[str]] = json.loads(
        Path(__file__).with_name("pages").joinpath("words.json").read_text(encoding="utf-8")
    )
    return words


def word(key: str, language: str) -> str:
    """Return the word for something on the page."""
    return _words()[key][_LANGUAGES[language]]


def say_code(code: str, language: str) -> str:
    """Return a code in words; one that has none is shown as it is."""
    found = _words().get(f"={code}")
    return code.replace("-", " ") if found is None else found[_LANGUAGES[language]]
