"""What the circle asks of others, and the outcome, as pages show them."""

from collections.abc import Sequence
from uuid import UUID

from services.portal.client import Answer
from services.portal.visits import PageModel, Visit
from services.portal.wording import mark as _


class Resource(Answer):
    """What the circle asked of somebody outside it, and the outcome."""

    resource_id: UUID
    what: str
    asked_of: str | None
    state: str
    answer: str | None
    version: int = 1


class Asked(PageModel):
    """What the circle asks of others, in words."""

    id: UUID
    what: str
    asked_of: str | None
    state: str
    state_in_words: str
    answer: str | None
    version: int


RESOURCES = {
    "asked": _("gevraagd"),
    "granted": _("gekregen"),
    "refused": _("niet gekregen"),
}


def asked_of_others(visit: Visit, resources: Sequence[Resource]) -> list[Asked]:
    """Return what the circle asks of others, in words."""
    return [
        Asked(
            id=each.resource_id,
            what=each.what,
            asked_of=each.asked_of,
            state=each.state,
            state_in_words=visit.word(RESOURCES, each.state),
            answer=each.answer,
            version=each.version,
        )
        for each in resources
    ]
