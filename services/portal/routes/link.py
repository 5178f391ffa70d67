"""Personal links: opening one shows a button and changes nothing, because mail scanners open every link."""

from urllib.parse import quote

from starlette.responses import Response

from services.portal import sessions
from services.portal.client import Operation, ServiceRefused
from services.portal.pages import Pages, anyone
from services.portal.people import AWAY, PersonVisit, begin, cookie_name, person
from services.portal.routes.agreement import ANSWERS
from services.portal.sessions import Secret
from services.portal.visits import PageModel, Visit
from services.portal.wording import mark as _

pages = Pages()

REQUEST_NEW = Operation("network", "POST", "/v1/links/request-new", type(None))
# Where the pages are that emails point to.
PAGES_OF_EMAILS = {
    "invitation": "/me/invitation",
    "consents": "/me/consents",
    "polls": "/me/dates",
    "conferences": "/me/conference",
    "plans": "/me/plan",
    "agreements": "/me/plan",
    **{f"agreement-{answer}": f"/me/agreement?answer={answer}" for answer in ANSWERS},
    "check-ins": "/me/check-in",
    "reviews": "/me/review",
    "survey": "/me/survey",
    "data-requests": "/me/data",
}
_OVER = {
    "link-replaced": _("Er is een nieuwere mail van ons, met een nieuwe link. Gebruik die."),
    "link-expired": _("De link is te oud geworden."),
    "link-revoked": _("De link is ingetrokken. De coördinator weet waarom en helpt je verder."),
    "case-erased": _("Alles van deze Eigen Kracht-conferentie is gewist."),
    "no-longer-in-circle": _("Je hoort niet meer bij deze kring."),
}
_NOT_WHOLE = _("Misschien is de link niet helemaal gekopieerd. Open hem nog eens vanuit de mail.")
_RENEWABLE = frozenset({"link-replaced", "link-expired"})


class LinkPage(PageModel):
    """The button. `to`: the page that the mail pointed to."""

    to: str


class LinkOverPage(PageModel):
    """Why a link does not work, and whether a new one can be asked for."""

    reason: str
    can_ask: bool
    ask_at: str
    asked: bool


@pages.show("/l/{token}", anyone)
async def show(visit: Visit) -> Response:
    """Show the button behind which the page is."""
    to = visit.request.query_params.get("to", "")
    return visit.page("link.html", LinkPage(to=to if to in PAGES_OF_EMAILS else ""))


@pages.send("/l/{token}", anyone)
async def enter(visit: Visit) -> Response:
    """Let somebody in, and go where the mail pointed."""
    token = visit.request.path_params["token"]
    try:
        secret, _came = await begin(visit, token)
    except ServiceRefused as refused:
        if refused.status not in (404, 410, 422):
            raise
        return _over(visit, token, refused)
    answer = visit.go(PAGES_OF_EMAILS.get(visit.request.query_params.get("to", ""), "/me"))
    answer.set_cookie(
        cookie_name(visit), secret.cookie, httponly=True, samesite="lax", secure=visit.secure, path="/"
    )
    return answer


def _over(visit: Visit, token: str, refused: ServiceRefused) -> Response:
    model = LinkOverPage(
        reason=visit.say(_OVER.get(refused.code, _NOT_WHOLE)),
        can_ask=refused.code in _RENEWABLE,
        ask_at=f"/l/{quote(token)}/new",
        asked=False,
    )
    return visit.page("link_over.html", model, status=410 if refused.code in _OVER else 404)


@pages.send("/l/{token}/new", anyone)
async def ask_for_new(visit: Visit) -> Response:
    """Ask for a new link by email; what is said is the same whoever asks."""
    token = visit.request.path_params["token"]
    await visit.ask(REQUEST_NEW, body={"token": token})
    return visit.page(
        "link_over.html", LinkOverPage(reason="", can_ask=False, ask_at=visit.request.url.path, asked=True)
    )


async def _whoever(visit: Visit) -> Visit:
    # Not counted as strangers are: nobody is ever held back.
    return visit


@pages.send("/away", _whoever)
async def leave(visit: Visit) -> Response:
    """End the session here, so that no step back shows anything, and be on another site at once."""
    secret = Secret.read(visit.request.cookies.get(cookie_name(visit)))
    if secret is not None:
        await sessions.end(visit.session, secret)
    answer = visit.go(f"{AWAY}/")
    answer.delete_cookie(cookie_name(visit), path="/", secure=visit.secure, httponly=True, samesite="lax")
    return answer


@pages.send("/sign-out", person)
async def sign_out(visit: PersonVisit) -> Response:
    """End the session here."""
    await sessions.end(visit.session, visit.secret)
    visit.language = visit.person.language
    answer = visit.go("/")
    answer.delete_cookie(cookie_name(visit), path="/", secure=visit.secure, httponly=True, samesite="lax")
    return answer
