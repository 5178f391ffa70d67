"""Whose change somebody else overtook is asked what counts."""

import re
from pathlib import Path

from services.portal import visits


def test_every_form_with_what_its_writer_read_can_ask() -> None:
    hidden = re.compile(rf'type="hidden" name="({"|".join(visits.READ)})"')
    templates = Path(visits.__file__).with_name("templates").glob("*.html")
    by_hand = {page.name for page in templates if hidden.search(page.read_text())}
    # The version of a text that is read out is not one that is changed.
    assert by_hand == {"circle_consent.html"}
