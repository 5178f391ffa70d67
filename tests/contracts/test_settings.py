"""The page of settings is that of the class, and says of each what it is."""

from pathlib import Path

import pytest

from deploy import catalogue
from shared.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_is_that_of_now() -> None:
    assert PAGE.read_text() == catalogue.settings(), "run `python -m deploy.catalogue`"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_says_what_it_is(name: str) -> None:
    assert Settings.model_fields[name].description
