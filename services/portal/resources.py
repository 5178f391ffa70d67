"""What the circle asks of others, and the outcome, as pages show them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.portal.client import Answer
from services.portal.visits import PageModel, Visit
from services.portal.wording import Dates
from services.portal.wording import mark as _


class Resource(Answer):
    """What the circle asked of somebody outside it, and the outcome."""

    resource_id: UUID
    what: str
    asked_of: str | None
    state: str
    answer: str | None
    answered_at: datetime | None = None
    answered_as: str | None = None
    version: int = 1


class Asked(PageModel):
    """What the circle asks of others, in words, and who wrote the answer down when."""

    id: UUID
    what: str
    asked_of: str | None
    state: str
    state_in_words: str
    answer: str | None
    answered: str | None
    version: int


RESOURCES = {
    "asked": _("gevraagd"),
    "granted": _("gekregen"),
    "refused": _("niet gekregen"),
}
_ANSWERED = {
    "coordinator": _("Opgeschreven door de coördinator op {day}."),
    "mandated": _("Opgeschreven door de organisatie die het plan moet aanvaarden, op {day}."),
    "person": _("Opgeschreven door iemand over wie het plan gaat, op {day}."),
}


def asked_of_others(visit: Visit, resources: Sequence[Resource], dates: Dates) -> list[Asked]:
    """Return what the circle asks of others, in words."""
    return [
        Asked(
            id=each.resource_id,
            what=each.what,
            asked_of=each.asked_of,
            state=each.state,
            state_in_words=visit.word(RESOURCES, each.state),
            answer=each.answer,
            answered=visit.say(_ANSWERED[each.answered_as]).format(day=dates.day(each.answered_at))
            if each.answered_as in _ANSWERED and each.answered_at
            else None,
            version=each.version,
        )
        for each in resources
    ]
