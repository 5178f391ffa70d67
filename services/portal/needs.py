"""What people need to take part, in forms and on pages."""

from typing import Annotated, Any

from pydantic import StringConstraints

from services.portal.codes import NEEDS
from services.portal.visits import Form, Visit
from shared.fields import Text


class NeedsForm(Form):
    """What is said of the needs, in words."""

    needs_words: Annotated[Text, StringConstraints(max_length=2000)] | None = None


def needs_in_words(visit: Visit) -> list[tuple[str, str]]:
    """Return all possible needs, by code and in the reader's words."""
    return [(code, visit.say(words)) for code, words in NEEDS.items()]


def needs_of_form(visit: Visit) -> dict[str, Any]:
    """Return the needs in a form, in network's format. Raises: Unacceptable if there are too many words."""
    ticked = visit.ticked("needs")
    return {"needs": [code for code in NEEDS if code in ticked], **visit.read(NeedsForm).model_dump()}
