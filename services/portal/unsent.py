"""Forms that arrive when their session is over, or another one of the same reader has begun: no words are lost.

Such a form is never acted on: its author sees it again, and sends it. One whose session is over is sealed in that
session's row, and comes back once the same person signs in or opens their link in the same browser.
"""

from services.portal import sessions
from services.portal.forms import names_its_site
from services.portal.sessions import MemberT, Secret, Unsent, is_same_reader, is_same_session
from services.portal.visits import FORM_TOKEN, NobodyHere, Visit
from services.portal.wording import mark as _

_LOOK_AGAIN = _(
    "Deze pagina stond een tijd open. Wat je invulde, staat er nog. Kijk het na en verstuur het opnieuw."
)


class FormKept(NobodyHere):
    """There is no session any more, but a form of it: it comes back with the link."""


async def keep(visit: Visit, cookie: str, kind: type[MemberT]) -> MemberT | None:
    """Store a form that arrived after its session was over; return whose it is, None if nothing was stored.

    Raises: HTTPException if it is too large.
    """
    secret, now = Secret.read(visit.cookie(cookie)), await visit.parts.clock.now()
    if secret is None or visit.request.method != "POST":
        return None
    author = await sessions.load(visit.session, secret, kind, now=now, also_over=True)
    if author is None:
        return None
    await visit.read_sent()
    if not is_same_session(visit.form.get(FORM_TOKEN, ""), secret.form_token):
        return None
    written = author.model_copy(update={"unsent": Unsent(path=visit.address, form=visit.form)})
    await sessions.keep_unsent(visit.session, secret, written, now=now)
    return written


def show(visit: Visit, unsent: Unsent | None) -> None:
    """Fill in a page with what its reader wrote there before their session was over."""
    if unsent is not None and visit.request.method == "GET" and unsent.path == visit.address:
        visit.form, visit.notice = unsent.form, visit.say(_LOOK_AGAIN)


def may_confirm(visit: Visit, *, for_anybody: bool) -> bool:
    """Tell whether a form of another session may be shown to its reader again, and say there to look at it.

    Only if the browser says that it came from our own page, and never to somebody else, in whose name it would be sent.
    `for_anybody`: the page is the same for all.
    """
    same = for_anybody or is_same_reader(visit.form.get(FORM_TOKEN, ""), visit.form_token)
    if not same or not names_its_site(visit.request):
        return False
    visit.notice = visit.say(_LOOK_AGAIN)
    return True
