"""The page of settings is that of the class, and says of each what it is."""

from pathlib import Path

import pytest

from deploy import catalogue
from shared.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_that_of_now() -> None:
    assert (DOCS / "settings.md").read_text() == catalogue.settings(), "run `python -m deploy.catalogue`"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_says_what_it_is(name: str) -> None:
    assert Settings.model_fields[name].description


def test_the_page_of_encrypted_fields_is_that_of_now() -> None:
    assert (DOCS / "sealed-fields.md").read_text() == catalogue.sealed_fields(), (
        "run `python -m deploy.catalogue`"
    )
