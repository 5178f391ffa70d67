"""French has one apostrophe, the curved one, on pages, in emails, and in what people agree to."""

import re
from pathlib import Path

import pytest

FILES = sorted(
    [
        *Path("services").glob("*/templates/*.fr.txt"),
        *Path("services").glob("*/texts/*.fr.txt"),
        *Path("services").glob("*/locale/fr*.po"),
    ],
    key=str,
)
_STRAIGHT = re.compile(r"[^\W\d_]'[^\W\d_]")


@pytest.mark.parametrize("file", FILES, ids=str)
def test_has_the_curved_apostrophe(file: Path) -> None:
    # What is translated is Dutch, and stays as it is.
    said = re.sub(r"^#.*$|^msgid(_plural)? .*\n(\".*\n)*", "", file.read_text("utf-8"), flags=re.MULTILINE)
    assert _STRAIGHT.findall(said) == []


def test_there_is_french() -> None:
    assert len(FILES) > 50
