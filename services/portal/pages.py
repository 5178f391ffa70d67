"""What every page has: who reads it and in which language, forms that lose nothing, and errors in words.

pages = Pages()

@pages.show("/me/invitation", person)
async def invitation(visit: PersonVisit) -> Response:
    me = await visit.ask(ME)
    return visit.page("invitation.html", InvitationPage(state=me.invitation.state, ...))

@pages.send("/me/invitation", person, shown_by=invitation)      # what is wrong is shown on the page that it came from
async def answer(visit: PersonVisit) -> Response:
    form = visit.read(InvitationForm)
    await visit.ask(ANSWER, body=form.model_dump())
    return visit.go("/me")
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from services.portal import assets
from services.portal.client import After, AnswerT, Client, Operation, Query, ServiceRefused
from services.portal.failures import FAILURES, NOT_THEIRS, REFUSALS, UNAVAILABLE, UNKNOWN_REFUSAL
from services.portal.forms import LANGUAGE_COOKIE, NotThere, is_from_here, language_of, read_number, read_sent
from services.portal.wording import Dates, environment, say
from services.portal.wording import mark as _
from shared import profiles
from shared.context import Context
from shared.errors import Invalid, Operational, OtherVersion, TooManyRequests
from shared.http.limits import count_anonymous
from shared.http.middleware import MAX_BODY, ROUTE, USUAL_MAX_BODY
from shared.ids import uuid7
from shared.languages import LANGUAGES, Language

log = structlog.get_logger(__name__)

# A form's own fields: what proves that it is ours, what makes sending it twice one thing, and a change of language.
FORM_TOKEN, ONCE, LANGUAGE_BUTTON = "form-token", "once", "language"
# Of what others may have changed meanwhile: the version that the writer saw, and, once there is another, whose words
# count: the number of the newer version is what the writer's words replace.
VERSION, WHOSE, THEIRS = "version", "whose", "theirs"
_YEAR = 365 * 24 * 3600
OtherT = TypeVar("OtherT")
_NOTHING_THERE = frozenset({403, 404, 409})
_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action {targets};"
    " base-uri 'none'; frame-ancestors 'none'"
)


class Form(BaseModel):
    """What a form holds. `MISSING` and `WRONG` say per field what is needed, in Dutch."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)


# A cookie: what was changed on the page before, for the moment until all services have heard of it.
_AFTER = "kring-after"
_AFTER_SECONDS = 60


class PageModel(BaseModel):
    """What a template shows. A template that asks for more is an error."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)


class Unacceptable(Exception):
    """A form is not complete: `errors` says per field what is needed."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("form not complete")
        self.errors = dict(errors)


class NobodyHere(Exception):
    """There is no session (any more): the page asks for the link again."""


class MustGo(Exception):
    """A reader has to be on another page first: to sign in, or to say for which organisation."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class NotTheirs(Exception):
    """A page is for people with another role."""


@dataclass
class Visit:
    """One request of one reader."""

    request: Request
    parts: Context
    client: Client
    session: AsyncSession
    language: Language
    form: dict[str, str] = field(default_factory=dict)
    file: bytes | None = None
    errors: dict[str, str] = field(default_factory=dict)
    status: int = 200
    # Somebody else changed the same thing: each field says what is there now.
    overtaken: bool = False
    # The same visit once it is known who reads: also what goes wrong is said to them.
    opened: "Visit | None" = None

    @property
    def secure(self) -> bool:
        """Whether cookies travel over TLS only."""
        return self.parts.settings.public_url.startswith("https://")

    @property
    def form_token(self) -> str:
        """What this reader's forms carry."""
        return ""

    @property
    def form_targets(self) -> list[str]:
        """Other sites to which the answer to a form may lead: browsers refuse all that are not named."""
        return []

    @property
    def version(self) -> int:
        """The version of what is changed that the writer saw; none has the number 0."""
        return read_number(self.form.get(VERSION, ""))

    def read(self, kind: type["FormT"]) -> "FormT":
        """Return a form. Raises: Unacceptable."""
        try:
            return kind.model_validate({name: value for name, value in self.form.items() if value.strip()})
        except ValidationError as error:
            wanted: dict[str, str] = getattr(kind, "WANTED", {})
            names = [str(item["loc"][0]) if item["loc"] else "" for item in error.errors()]
            fallback = _("Vul dit in.")
            raise Unacceptable({name: wanted.get(name, fallback) for name in names}) from None

    async def ask(
        self,
        operation: Operation[AnswerT],
        *,
        body: Mapping[str, Any] | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        **ids: Any,
    ) -> AnswerT:
        """Return what a service answers to this reader. `content`: a file in the place of a body.

        Raises: ServiceRefused, Operational.
        """
        once = self.form.get(ONCE)
        given = {"idempotency-key": once} if once and operation.method == "POST" else {}
        asked = {**self._headers(), **given, **(headers or {})}
        return await self.client.ask(
            operation, headers=asked, body=body, content=content, query=query, ids=ids, after=self.after
        )

    @property
    def after(self) -> After:
        """What this reader changed last, here or on the page before."""
        known: After = self.request.scope.setdefault(_AFTER, After(self.request.cookies.get(_AFTER)))
        return known

    async def ask_or(self, operation: Operation[AnswerT], otherwise: OtherT, **ids: Any) -> AnswerT | OtherT:
        """Return what a service answers, or something else where this reader may not know (yet)."""
        try:
            return await self.ask(operation, **ids)
        except ServiceRefused as error:
            if error.status not in _NOTHING_THERE:
                raise
            return otherwise

    def _headers(self) -> dict[str, str]:
        client = self.request.client
        # Limits count the reader, not this process.
        return {"x-forwarded-for": client.host} if client else {}

    def page(self, template: str, model: PageModel, *, status: int = 200) -> Response:
        """Return a page in the reader's language."""
        html = (
            environment(self.language)
            .get_template(template)
            .render(
                **{name: getattr(model, name) for name in type(model).model_fields},
                **self._surroundings(),
            )
        )
        answer = HTMLResponse(html, status_code=self.status if self.status != HTTPStatus.OK else status)
        answer.headers["content-language"] = self.language
        targets = " ".join(["'self'", *self.form_targets])
        answer.headers["content-security-policy"] = _CSP.format(targets=targets)
        return answer

    def go(self, path: str) -> Response:
        """Return the way to the next page."""
        return RedirectResponse(path, HTTPStatus.SEE_OTHER)

    def say(self, text: str) -> str:
        """Return a sentence of ours in the reader's language."""
        return say(text, self.language)

    def word(self, words: Mapping[str, str], code: str) -> str:
        """Return what a code of a service is in the reader's language; of one that a page does not know, the code."""
        return self.say(words.get(code, code))

    async def dates(self) -> Dates:
        """Return how days and hours are said to this reader."""
        return Dates(self.language, profiles.UNKNOWN.calendar)

    def _surroundings(self) -> dict[str, Any]:
        return {
            "form_token": self.form_token,
            "once": str(uuid7()),
            "given": self.form,
            "errors": {name: self.say(text) for name, text in self.errors.items()},
            "overtaken": self.overtaken,
            "here": self.request.url.path,
            "styles": assets.address("kring.css"),
            "notice": None,
            "is_person": False,
            "home": "/",
            "sign_out": None,
            "sections": [],
            "section": None,
            "reader": None,
            "organisation": None,
            "quick_exit": False,
        }

    async def close(self, answer: Response) -> Response:
        """Return an answer with what a browser is to remember."""
        return answer


FormT = TypeVar("FormT", bound=Form)
VisitT = TypeVar("VisitT", bound=Visit)
Handler = Callable[[VisitT], Awaitable[Response]]
Opener = Callable[[Visit], Awaitable[VisitT]]


async def anyone(visit: Visit) -> Visit:
    """Let anybody read a page."""
    return visit


class Pages:
    """Pages by their address, and what makes each of them answer well."""

    def __init__(self) -> None:
        self._shown: dict[str, tuple[Opener[Any], Handler[Any]]] = {}
        self._sent: dict[str, tuple[Opener[Any], Handler[Any], Handler[Any] | None]] = {}
        self._largest: dict[str, int] = {}

    def show(self, path: str, opener: Opener[VisitT]) -> Callable[[Handler[VisitT]], Handler[VisitT]]:
        """Say what is shown at an address; it changes nothing."""

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
        """Say what is done with a form that is sent to an address; `shown_by` shows it again if it is not complete.

        `max_body_size`: how many bytes a form with a file has at most.
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
            response.headers.setdefault("content-security-policy", _CSP.format(targets="'self'"))
            response.headers["x-robots-tag"] = "noindex"
            if visit.after.is_new:
                response.set_cookie(
                    *(_AFTER, visit.after.change or ""),
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
            opened = visit.opened = await opener(visit)
            done: Response = await opened.close(await handler(opened))
            return done
        except MustGo as elsewhere:
            return visit.go(elsewhere.path)
        except Exception as error:  # noqa: BLE001 - people see a page, and the log sees the cause
            return failure(visit.opened or visit, _status_of(error, path))

    async def _send(self, path: str, visit: Visit) -> Response:
        if not is_from_here(visit.request, visit.parts.settings.public_url):
            return failure(visit, 403)
        opener, handler, shown_by = self._sent.get(path) or (*self._shown[path], None)
        if opener is anyone:
            await count_anonymous(visit.request)
        sent = await read_sent(visit.request)
        visit.form, visit.file = sent.fields, sent.file
        opened = visit.opened = await opener(visit)
        again = self._shown[path][1] if shown_by is None and path in self._shown else shown_by
        if visit.form.get(LANGUAGE_BUTTON) in LANGUAGES:
            return await _in_language(opened, again or handler)
        if not secrets.compare_digest(visit.form.get(FORM_TOKEN, "").encode(), opened.form_token.encode()):
            return failure(visit, 403)
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


async def _replacing(visit: Visit, handler: Handler[Any]) -> Response:
    """Do what a form asks, of the version that its writer saw, or chose to replace; or leave it as others made it."""
    whose = visit.form.pop(WHOSE, None)
    if whose == THEIRS:
        return visit.go(visit.request.url.path)
    if whose is not None:
        visit.form[VERSION] = whose
    return await handler(visit)


def _explain(visit: Visit, error: ServiceRefused | Operational) -> None:
    """Say on the page that is shown again why it was not done. Raises: the error, where there is no page any more."""
    if isinstance(error, Operational):
        log.warning("portal.unavailable", cause=str(error))
        visit.errors, visit.status = {"": UNAVAILABLE}, 503
        return
    if error.status in (401, 404, 410):
        raise error
    log.info("portal.refused", code=error.code)
    visit.overtaken = error.code == OtherVersion.code
    visit.errors = {WHOSE if visit.overtaken else "": REFUSALS.get(error.code, UNKNOWN_REFUSAL)}
    visit.status = error.status


def _status_of(error: Exception, path: str) -> int:
    """Return what a failure is to a reader; of what is nobody's fault but ours the log sees the cause."""
    match error:
        case NotTheirs():
            return NOT_THEIRS
        case NobodyHere():
            return 401
        case NotThere() | Invalid() | ServiceRefused(status=403 | 404 | 422):
            return 404
        case (
            ServiceRefused(status=(401 | 410 | 413 | 429) as status)
            | ServiceRefused(status=409 as status, code="not-yet")
            | HTTPException(status_code=413 as status)
        ):
            return status
        case TooManyRequests():
            return 429
        case ClientDisconnect():
            # Nobody reads the answer.
            return 400
        case Operational() | ServiceRefused():
            log.warning("portal.unavailable", cause=str(error))
            return 503
        case _:
            log.error("portal.bug", route=path, exc_info=error)
            return 500


async def _in_language(visit: Visit, again: Handler[Any]) -> Response:
    """Return the same page in another language, with what was typed."""
    language: Language = visit.form[LANGUAGE_BUTTON]  # type: ignore[assignment]
    visit.language = language
    answer: Response = await again(visit)
    answer.set_cookie(
        LANGUAGE_COOKIE, language, max_age=_YEAR, httponly=True, samesite="lax", secure=visit.secure
    )
    return await visit.close(answer)


class FailurePage(PageModel):
    """What went wrong, and what to do now."""

    title: str
    explanation: str


def failure(visit: Visit, status: int) -> Response:
    """Return a page that says what is wrong and what to do."""
    status = status if status in FAILURES else 503
    title, explanation = FAILURES[status]
    visit.errors.clear()
    visit.status = HTTPStatus.FORBIDDEN if status == NOT_THEIRS else status
    return visit.page("failure.html", FailurePage(title=visit.say(title), explanation=visit.say(explanation)))
