"""What people need to take part, in forms and on pages."""

from typing import Any

from services.portal.codes import NEEDS
from services.portal.visits import Unacceptable, Visit
from services.portal.wording import mark as _

_MOST = 2000


def needs_in_words(visit: Visit) -> list[tuple[str, str]]:
    """Return all possible needs, by code and in the reader's words."""
    return [(code, visit.say(words)) for code, words in NEEDS.items()]


def needs_of_form(visit: Visit) -> dict[str, Any]:
    """Return the needs in a form, in network's format. Raises: Unacceptable if there are too many words."""
    words = visit.form.get("needs_words", "").strip()
    if len(words) > _MOST:
        raise Unacceptable({"needs_words": _("Schrijf het wat korter.")})
    ticked = visit.ticked("needs")
    return {"needs": [code for code in NEEDS if code in ticked], "needs_words": words or None}
