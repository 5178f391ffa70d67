"""Personal links: opening one shows a button and changes nothing, because mail scanners open every link."""

import re

from starlette.responses import Response

from services.portal import sessions
from services.portal.client import Operation, ServiceRefused
from services.portal.over import asked_page, over_page
from services.portal.pages import Pages, anyone
from services.portal.people import AWAY, COOKIE, PersonVisit, begin, person
from services.portal.routes.agreement import ANSWERS
from services.portal.sessions import Secret
from services.portal.visits import LANGUAGE_BUTTON, Form, PageModel, Visit
from shared.languages import Language

pages = Pages()

REQUEST_NEW = Operation("network", "POST", "/v1/links/request-new", type(None))
# The pages that emails point to.
PAGES_OF_EMAILS = {
    "invitation": "/me/invitation",
    "consents": "/me/consents",
    "polls": "/me/dates",
    "conferences": "/me/conference",
    "plans": "/me/plan",
    "agreements": "/me/plan",
    **{f"agreement-{answer}": f"/me/agreement?answer={answer}" for answer in ANSWERS},
    "check-ins": "/me/check-in",
    "own-meetings": "/me/plan/met",
    "reviews": "/me/review",
    "survey": "/me/survey",
    "data-requests": "/me/data",
}
# A page, and which agreement it is about.
_TO = re.compile(r"([a-z-]+)(?:/([0-9a-f-]{36}))?")


def page_of(visit: Visit) -> str | None:
    """Return the page that an email points to, about the agreement that it names; None if it points to none."""
    named = _TO.fullmatch(visit.request.query_params.get("to", ""))
    page = PAGES_OF_EMAILS.get(named[1]) if named else None
    if page is None or named is None or named[2] is None or not named[1].startswith("agreement-"):
        return page
    return f"{page}&agreement={named[2]}"


class LinkPage(PageModel):
    """The button. `to`: the page that the mail pointed to. `chosen`: a language that the reader chose here."""

    to: str
    chosen: Language | None


class LinkForm(Form):
    """The language that the reader chose on the page."""

    chosen: Language | None = None


@pages.show("/l/{token}", anyone)
async def show(visit: Visit) -> Response:
    """Show the button that opens the page."""
    to = visit.request.query_params.get("to", "") if page_of(visit) else ""
    chosen = visit.language if LANGUAGE_BUTTON in visit.form else None
    return visit.page("link.html", LinkPage(to=to, chosen=chosen))


@pages.send("/l/{token}", anyone)
async def enter(visit: Visit) -> Response:
    """Let the reader in, and go where the mail pointed."""
    token = visit.request.path_params["token"]
    try:
        secret, came = await begin(visit, token, chosen=visit.read(LinkForm).chosen)
    except ServiceRefused as refused:
        if refused.status not in (404, 410, 422):
            raise
        return over_page(visit, refused.code, link=token)
    answer = visit.go(came.unsent.path if came.unsent else page_of(visit) or "/me")
    return visit.set_cookie(answer, COOKIE, secret.cookie)


@pages.send("/l/{token}/new", anyone)
async def ask_for_new(visit: Visit) -> Response:
    """Request a new link by email; the answer is the same whoever asks."""
    token = visit.request.path_params["token"]
    await visit.ask(REQUEST_NEW, body={"token": token})
    return asked_page(visit)


async def _whoever(visit: Visit) -> Visit:
    # Not rate-limited as strangers are: nobody may ever be held back.
    return visit


@pages.send("/away", _whoever)
async def leave(visit: Visit) -> Response:
    """End the session, so that going back shows nothing, and leave for another site at once."""
    secret = Secret.read(visit.cookie(COOKIE))
    if secret is not None:
        await sessions.end(visit.session, secret)
    return visit.drop_cookie(visit.go(f"{AWAY}/"), COOKIE)


@pages.send("/sign-out", person)
async def sign_out(visit: PersonVisit) -> Response:
    """End the session here."""
    await sessions.end(visit.session, visit.secret)
    # Otherwise the end of this visit would store what changed in it, and thereby extend a session that is over.
    visit.person, visit.language = visit.person.model_copy(update={"unsent": None}), visit.person.language
    return visit.drop_cookie(visit.go("/"), COOKIE)
