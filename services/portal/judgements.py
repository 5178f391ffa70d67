"""What the mandated side said of a plan, for the circle: whether it is accepted, and of each bottom line, why not."""

from collections.abc import Sequence
from uuid import UUID

from services.portal.client import Answer
from services.portal.road import BottomLine
from services.portal.visits import PageModel, Visit
from services.portal.wording import mark as _


class JudgedLine(Answer):
    """The mandated side's judgement of one bottom line."""

    bottom_line_id: UUID
    met: bool
    reason: str | None


class Judged(PageModel):
    """A bottom line, whether it is met, and why it is not; without text where that is not known."""

    text: str | None
    met: bool | None
    reason: str | None


class Judgement(PageModel):
    """Whether a plan is accepted, in words, and what was said of each bottom line; `unmet`: not all are met."""

    says: str
    lines: list[Judged]
    unmet: bool


_SAYS = {
    "awaited": _("De organisatie die het plan moet aanvaarden, heeft nog niet geantwoord."),
    "accepted": _("Ja, het plan is aanvaard."),
    "presumed": _(
        "Ja. De organisatie die het plan moest aanvaarden, zei niets op tijd: het geldt als aanvaard."
    ),
    "partly-accepted": _(
        "Nog niet helemaal. De organisatie die het plan moet aanvaarden, zegt hieronder waarom."
    ),
    "refused": _("Nog niet. De organisatie die het plan moet aanvaarden, zegt hieronder waarom."),
}


def judgement_of(
    visit: Visit, acceptance: str, lines: Sequence[JudgedLine], texts: Sequence[BottomLine]
) -> Judgement | None:
    """Return what was said of a plan, line by line; None if nobody needs to accept it."""
    if acceptance not in _SAYS:
        return None
    said = {each.bottom_line_id: each for each in lines}
    known = {each.bottom_line_id: each.text for each in texts}
    return Judgement(
        says=visit.word(_SAYS, acceptance),
        lines=[
            Judged(
                text=known.get(line_id),
                met=said[line_id].met if line_id in said else None,
                reason=said[line_id].reason if line_id in said else None,
            )
            for line_id in {**known, **said}
        ],
        unmet=any(not each.met for each in lines),
    )
