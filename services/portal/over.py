"""What ended since a reader got their link, or came by it: one page says it, whatever page they asked for."""

from urllib.parse import quote

from starlette.responses import Response

from services.portal.visits import PageModel, Visit
from services.portal.wording import mark as _

_LINK_OVER = _("Deze link werkt niet meer")
# By the code of a refusal: what ended, what that means, and whom to ask.
_OVER = {
    "link-replaced": (_LINK_OVER, _("Er is een nieuwere mail van ons, met een nieuwe link. Gebruik die.")),
    "link-expired": (_LINK_OVER, _("De link is te oud geworden.")),
    "link-revoked": (
        _LINK_OVER,
        _("De link is ingetrokken. De coördinator weet waarom en helpt je verder."),
    ),
    "link-over": (
        _LINK_OVER,
        _(
            "Kijk in je mail: misschien staat daar een nieuwere link in. Zo niet, dan helpt de coördinator je verder."
        ),
    ),
    "case-erased": (
        _("Dit is er niet meer"),
        _("Alles van deze Eigen Kracht-conferentie is gewist. Heb je nog een vraag? Bel of schrijf ons."),
    ),
    "no-longer-in-circle": (
        _("Je hoort niet meer bij deze kring"),
        _(
            "Je hoeft niets meer te doen. Wil je weten waarom, of wat er met je gegevens gebeurt?"
            " Vraag het aan de coördinator."
        ),
    ),
    "case-stopped": (
        _("Dit is afgelopen"),
        _("Hier verandert niets meer, en je hoeft niets te doen. Heb je een vraag? Bel of schrijf ons."),
    ),
}
_NOT_WHOLE = _("Misschien is de link niet helemaal gekopieerd. Open hem nog eens vanuit de mail.")
_RENEWABLE = frozenset({"link-replaced", "link-expired"})
# The case has stopped or ended: their own page goes on.
CASE_STOPPED = "case-stopped"


class OverPage(PageModel):
    """What ended and why. `ask_at`: where a new link can be requested; `back`: whether their own page still works."""

    title: str
    reason: str
    ask_at: str | None
    asked: bool
    back: bool


def is_over(code: str) -> bool:
    """Tell whether a refusal says that something ended."""
    return code in _OVER


def over_page(visit: Visit, code: str, *, link: str) -> Response:
    """Return the page that says what ended; for any other code, that the link is not complete."""
    title, reason = _OVER.get(code, (_LINK_OVER, _NOT_WHOLE))
    model = OverPage(
        title=visit.say(title),
        reason=visit.say(reason),
        ask_at=f"/l/{quote(link)}/new" if code in _RENEWABLE else None,
        asked=False,
        back=code == CASE_STOPPED,
    )
    visit.errors.clear()
    return visit.page("over.html", model, status=410 if is_over(code) else 404)


def asked_page(visit: Visit) -> Response:
    """Return the page after asking for a new link: the same whoever asks."""
    title = visit.say(_LINK_OVER)
    return visit.page("over.html", OverPage(title=title, reason="", ask_at=None, asked=True, back=False))
