"""What every page has: its reader and language, forms that lose nothing, and errors in words.

pages = Pages()

@pages.show("/me/invitation", person)
async def invitation(visit: PersonVisit) -> Response:
    me = await visit.ask(ME)
    return visit.page("invitation.html", InvitationPage(state=me.invitation.state, ...))

@pages.send("/me/invitation", person, shown_by=invitation)      # an incomplete form is shown again on its page
async def answer(visit: PersonVisit) -> Response:
    form = visit.read(InvitationForm)
    await visit.ask(ANSWER, body=form.model_dump())
    return visit.go("/me")
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from services.portal.client import Client, ServiceRefused
from services.portal.failures import REFUSALS, UNAVAILABLE, UNKNOWN_REFUSAL, words_of
from services.portal.forms import LANGUAGE_COOKIE, NotThere, is_from_here, language_of, read_id
from services.portal.invalid import refused_fields
from services.portal.readers import whoever
from services.portal.sessions import is_same_session
from services.portal.staff_words import FORM_KEPT, NOT_THEIRS, OF_LINKS, STAFF_UNKNOWN_REFUSAL
from services.portal.unsent import FormKept, may_confirm
from services.portal.visits import (
    AFTER,
    CSP,
    FORM_TOKEN,
    LANGUAGE_BUTTON,
    READ,
    THEIRS,
    VERSION,
    WHOSE,
    Instead,
    MustGo,
    MustSignIn,
    NobodyHere,
    NotTheirs,
    Opener,
    PageModel,
    Unacceptable,
    Visit,
    VisitT,
)
from services.portal.wording import mark as _
from shared.context import Context
from shared.database import is_operational
from shared.errors import Invalid, Operational, OtherVersion, TooManyRequests
from shared.http.limits import count_anonymous
from shared.http.middleware import MAX_BODY, ROUTE, USUAL_MAX_BODY
from shared.http.paging import CursorNotReadable
from shared.languages import Language

log = structlog.get_logger(__name__)

_YEAR = 365 * 24 * 3600
_AFTER_SECONDS = 60

Handler = Callable[[VisitT], Awaitable[Response]]


async def anyone(visit: Visit) -> Visit:
    """Let anybody read a page."""
    return visit


async def of_organisation(visit: Visit) -> Visit:
    """Let anybody read a page of an organisation, which the address names."""
    tenant = UUID(read_id(visit.request.path_params["tenant"]))
    await visit.dress(tenant)
    return visit


class Pages:
    """Pages by their address, with everything that they share."""

    def __init__(self) -> None:
        self._shown: dict[str, tuple[Opener[Any], Handler[Any]]] = {}
        self._sent: dict[str, tuple[Opener[Any], Handler[Any], Handler[Any] | None]] = {}
        self._largest: dict[str, int] = {}

    def show(self, path: str, opener: Opener[VisitT]) -> Callable[[Handler[VisitT]], Handler[VisitT]]:
        """Register the function that shows the page at an address; it changes nothing."""

        def keep(handler: Handler[VisitT]) -> Handler[VisitT]:
            if path in self._shown:
                raise ValueError(f"{path}: shown twice")
            self._shown[path] = (opener, handler)
            return handler

        return keep

    def send(
        self,
        path: str,
        opener: Opener[VisitT],
        *,
        shown_by: Handler[VisitT] | None = None,
        max_body_size: int = USUAL_MAX_BODY,
    ) -> Callable[[Handler[VisitT]], Handler[VisitT]]:
        """Register the function for forms sent to an address; `shown_by` shows an incomplete form again.

        `max_body_size`: the maximum bytes of a form with a file.
        """
        self._largest[path] = max_body_size

        def keep(handler: Handler[VisitT]) -> Handler[VisitT]:
            if path in self._sent:
                raise ValueError(f"{path}: sent twice")
            self._sent[path] = (opener, handler, shown_by)
            return handler

        return keep

    def routes(self, parts: Context, client: Client) -> list[Route]:
        """Return the routes of all pages."""
        made = []
        for path in dict.fromkeys([*self._shown, *self._sent]):
            methods = [
                *(["GET"] if path in self._shown else []),
                *(["POST"] if path in self._sent or path in self._shown else []),
            ]
            made.append(Route(path, self._endpoint(path, parts, client), methods=methods))
        return made

    @property
    def opened(self) -> list[tuple[Opener[Any], Handler[Any]]]:
        """The handlers, each with its gate."""
        return [*self._shown.values(), *((opener, handler) for opener, handler, _ in self._sent.values())]

    @property
    def handlers(self) -> list[tuple[str, Handler[Any]]]:
        """What answers at each address."""
        shown = [(path, handler) for path, (_, handler) in self._shown.items()]
        return [*shown, *((path, handler) for path, (_, handler, _) in self._sent.items())]

    @property
    def paths(self) -> set[tuple[str, str]]:
        """Every method and address that there is."""
        return {("GET", path) for path in self._shown} | {("POST", path) for path in self._sent}

    def _endpoint(
        self, path: str, parts: Context, client: Client
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            request.scope[ROUTE] = path
            request.scope[MAX_BODY] = self._largest.get(path, USUAL_MAX_BODY)
            async with parts.database.transaction() as session:
                visit = Visit(
                    request=request,
                    parts=parts,
                    client=client,
                    session=session,
                    language=language_of(request),
                )
                response = await self._answer(path, visit)
            response.headers.setdefault("content-security-policy", CSP.format(targets="'self'"))
            response.headers["x-robots-tag"] = "noindex"
            # No referrer to other sites. Our own get it, or browsers would send our forms with a null origin.
            response.headers["referrer-policy"] = "same-origin"
            if visit.after.is_new:
                response.set_cookie(
                    *(AFTER, visit.after.change or ""),
                    max_age=_AFTER_SECONDS,
                    httponly=True,
                    samesite="lax",
                    secure=visit.secure,
                )
            return response

        return answer

    async def _answer(self, path: str, visit: Visit) -> Response:
        try:
            if visit.request.method == "POST":
                return await self._send(path, visit)
            opener, handler = self._shown[path]
            opened = visit.opened = await _known(opener, visit)
            done: Response = await opened.close(await handler(opened))
            return done
        except MustGo as elsewhere:
            return await _elsewhere(visit, elsewhere)
        except Instead as other:
            return other.answer
        except Exception as error:  # noqa: BLE001 - people see a page, and the log sees the cause
            return await _failed(visit, error, path)

    def _form_at(self, path: str, request: Request) -> str | None:
        """Return the address of the page with the form that is sent to one; None if there is no such page."""
        if path in self._shown and self._sent.get(path, (None,))[-1] is None:
            return request.url.path
        shown_by = self._sent[path][-1]
        page = next((each for each, (_, handler) in self._shown.items() if handler is shown_by), None)
        named = {name: quote(value, safe="") for name, value in request.path_params.items()}
        return page and page.format(**named)

    async def _send(self, path: str, visit: Visit) -> Response:
        if not is_from_here(visit.request, visit.parts.settings.public_url):
            return failure(visit, 403)
        opener, handler, shown_by = self._sent.get(path) or (*self._shown[path], None)
        visit.form_at = self._form_at(path, visit.request)
        for_anybody = opener in (anyone, of_organisation, whoever)
        if for_anybody:
            await count_anonymous(visit.request)
        opened = visit.opened = await _known(opener, visit)
        await opened.read_sent()
        again = self._shown[path][1] if shown_by is None and path in self._shown else shown_by
        if opened.form.get(LANGUAGE_BUTTON) in opened.languages:
            return await _in_language(opened, again or _at_home)
        if not is_same_session(opened.form.get(FORM_TOKEN, ""), opened.form_token):
            return await _confirmed(opened, again, for_anybody=for_anybody)
        try:
            done: Response = await opened.close(await _replacing(opened, handler))
            return done
        except Unacceptable as error:
            opened.errors, opened.status = error.errors, 422
        except (ServiceRefused, Operational) as error:
            if again is None:
                raise
            _explain(opened, error)
        if again is None:
            return failure(opened, opened.status)
        shown: Response = await opened.close(await again(opened))
        return shown


async def _confirmed(visit: Visit, again: Handler[Any] | None, *, for_anybody: bool) -> Response:
    """Do nothing that a form of another session asks: show it to its author again, who can send it."""
    if again is None or not may_confirm(visit, for_anybody=for_anybody):
        return failure(visit, 403)
    visit.status = 422
    return await visit.close(await again(visit))


async def _known(opener: Opener[VisitT], visit: Visit) -> VisitT:
    """Let in the reader, and hold no connection while their form arrives or services answer.

    Raises: MustGo, FormKept.
    """

    async def let_in() -> VisitT | MustGo | FormKept:
        try:
            return await opener(visit)
        except (MustGo, FormKept) as elsewhere:
            # Raised below, after the form stored for their return is committed.
            return elsewhere

    found = await visit.apart(let_in)
    if isinstance(found, MustGo | FormKept):
        raise found
    found.session = visit.session
    return found


async def _replacing(visit: Visit, handler: Handler[Any]) -> Response:
    """Do what a form asks, on the version its author saw or chose to replace; or leave others' changes."""
    whose = visit.form.pop(WHOSE, None)
    if whose == THEIRS:
        return visit.go(visit.request.url.path)
    if whose is not None:
        visit.form[_read(visit) or VERSION] = whose
    return await handler(visit)


def _read(visit: Visit) -> str | None:
    """Return the field that holds what the writer of a form read, if the form has one: then they can choose."""
    return next((name for name in READ if visit.form.get(name)), None)


def _explain(visit: Visit, error: ServiceRefused | Operational) -> None:
    """Show the page again with the reason of a failure. Raises: the error, if there is no such page any more."""
    if isinstance(error, Operational):
        log.warning("portal.unavailable", cause=str(error))
        visit.errors, visit.status = {"": UNAVAILABLE}, 503
        return
    if error.status in (401, 404, 410):
        raise error
    log.info("portal.refused", code=error.code)
    visit.overtaken = error.code == OtherVersion.code
    unknown = STAFF_UNKNOWN_REFUSAL if visit.is_staff else UNKNOWN_REFUSAL
    about = WHOSE if visit.overtaken and _read(visit) is not None else ""
    visit.errors = refused_fields(error, visit.form, visit.say) or {about: REFUSALS.get(error.code, unknown)}
    visit.status = error.status


# Failures with one meaning to readers, whatever their code.
_STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (NotTheirs, NOT_THEIRS),
    (FormKept, FORM_KEPT),
    (NobodyHere, 401),
    (NotThere, 404),
    (CursorNotReadable, 422),
    (Invalid, 404),
    (TooManyRequests, 429),
    # Nobody reads the answer.
    (ClientDisconnect, 400),
)


async def _elsewhere(visit: Visit, elsewhere: MustGo) -> Response:
    """Redirect to another page; readers with a link are told that a page is for staff, who sign in."""
    reader = await whoever(visit) if isinstance(elsewhere, MustSignIn) else visit
    return failure(reader, NOT_THEIRS) if reader.came_by_link else visit.go(elsewhere.path)


async def _failed(visit: Visit, error: Exception, path: str) -> Response:
    """Return the page that says what went wrong."""
    reader, status = visit.opened or visit, _status_of(error, path)
    if reader is visit and status in (401, 404):
        reader = await whoever(visit)
    return failure(reader, OF_LINKS if isinstance(error, NobodyHere) and reader.is_staff else status)


def _status_of(error: Exception, path: str) -> int:
    """Return the status of a failure for a reader; the cause of an internal one goes to the log."""
    for kind, always in _STATUSES:
        if isinstance(error, kind):
            return always
    match error:
        case ServiceRefused(status=403 | 404 | 422, code=code):
            return 422 if code == CursorNotReadable.code else 404
        case (
            ServiceRefused(status=(401 | 410 | 413 | 429) as status)
            | ServiceRefused(status=409 as status, code="not-yet")
            | HTTPException(status_code=413 as status)
        ):
            return status
        case Operational() | ServiceRefused():
            log.warning("portal.unavailable", cause=str(error))
            return 503
        case _ if is_operational(error):
            log.warning("portal.unavailable", cause=f"database: {type(error).__name__}")
            return 503
        case _:
            log.error("portal.bug", route=path, exc_info=error)
            return 500


async def _at_home(visit: Visit) -> Response:
    return visit.go("/")


async def _in_language(visit: Visit, again: Handler[Any]) -> Response:
    """Return the same page in another language, with what was typed."""
    language: Language = visit.form[LANGUAGE_BUTTON]  # type: ignore[assignment]
    await visit.choose(language)
    answer: Response
    try:
        answer = await again(visit)
    except Instead as other:
        answer = other.answer
    answer.set_cookie(
        LANGUAGE_COOKIE, language, max_age=_YEAR, httponly=True, samesite="lax", secure=visit.secure
    )
    return await visit.close(answer)


class FailurePage(PageModel):
    """What went wrong, and what to do now."""

    title: str
    explanation: str
    onward: tuple[str, str]
    sign_in: str | None


def failure(visit: Visit, status: int, *, following: str | None = None) -> Response:
    """Return a page that says what is wrong and what to do; `following`: where to go after signing in."""
    words = words_of(visit)
    status = status if status in words else 503
    title, explanation = words[status]
    path, label = visit.home
    signing_in = f"/sign-in?{urlencode({'next': following or visit.address})}"
    if following is not None or (visit.is_staff and status == HTTPStatus.UNAUTHORIZED):
        path, label = signing_in, _("Opnieuw aanmelden")
    elif status == HTTPStatus.UNPROCESSABLE_ENTITY:
        path, label = visit.address.partition("?")[0], _("Naar het begin van de lijst")
    visit.errors.clear()
    # Of our own statuses browsers see the first three digits.
    visit.status = int(str(status)[:3])
    model = FailurePage(
        title=visit.say(title),
        explanation=visit.say(explanation),
        onward=(path, visit.say(label)),
        sign_in=signing_in if visit.came_by_link and status == NOT_THEIRS else None,
    )
    return visit.page("failure.html", model)
