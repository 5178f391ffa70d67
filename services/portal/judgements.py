"""What the mandated side said of a plan, for the circle: whether it is accepted, and if not, why."""

from collections.abc import Sequence
from uuid import UUID

from services.portal.client import Answer
from services.portal.visits import PageModel, Visit
from services.portal.wording import mark as _


class JudgedLine(Answer):
    """The mandated side's judgement of one bottom line."""

    bottom_line_id: UUID
    met: bool
    reason: str | None


class Judgement(PageModel):
    """Whether a plan is accepted, in words, and the reasons of the mandated side if it is not."""

    says: str
    reasons: list[str]


_SAYS = {
    "awaited": _("De organisatie die het plan moet aanvaarden, heeft nog niet geantwoord."),
    "accepted": _("Ja, het plan is aanvaard."),
    "presumed": _(
        "Ja. De organisatie die het plan moest aanvaarden, zei niets op tijd: het geldt als aanvaard."
    ),
    "partly-accepted": _("Nog niet helemaal. De organisatie die het plan moet aanvaarden, zegt waarom:"),
    "refused": _("Nog niet. De organisatie die het plan moet aanvaarden, zegt waarom:"),
}


def judgement_of(visit: Visit, acceptance: str, lines: Sequence[JudgedLine]) -> Judgement | None:
    """Return what was said of a plan; None if nobody needs to accept it.

    The bottom lines themselves stay with those who wrote them: the circle reads the reasons, which are written for it.
    """
    if acceptance not in _SAYS:
        return None
    reasons = [each.reason for each in lines if not each.met and each.reason]
    return Judgement(says=visit.word(_SAYS, acceptance), reasons=reasons)
