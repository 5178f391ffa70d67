"""One visit of one reader: the request, the questions to services, and the page that is shown."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote, urlencode
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.portal import assets, logos, sessions
from services.portal.client import After, AnswerT, Client, Items, Operation, ServiceRefused
from services.portal.forms import read_number, read_sent
from services.portal.invalid import not_acceptable
from services.portal.sessions import ContentT, Registrant, Secret
from services.portal.wording import Dates, environment, listed, say
from services.portal.wording import mark as _
from shared import profiles
from shared.context import Context
from shared.http.middleware import CALLER_KNOWN
from shared.http.paging import MAX_CURSOR, MAX_LIMIT
from shared.http_client import Query
from shared.ids import uuid7
from shared.languages import LANGUAGES, Language

# A form's own fields: the token that proves it is ours, its idempotency key, and a change of language.
FORM_TOKEN, ONCE, LANGUAGE_BUTTON = "form-token", "once", "language"
# For things that others may have changed meanwhile: the version that the author saw, and, once there is a newer one,
# its number if the author chose to replace it.
VERSION, WHOSE, THEIRS = "version", "whose", "theirs"
# Hidden fields that hold what the writer of a form read: a version, or the value that theirs replaces.
READ = (VERSION, "instead_of")
OtherT = TypeVar("OtherT")
OneT = TypeVar("OneT")
# A cookie: the changes on the previous page, until all services have received them.
AFTER = "kring-after"
# In an address: from where on its list is shown.
TURNED_TO = "after"
_NOTHING_THERE = frozenset({403, 404, 409})
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action {targets};"
    " base-uri 'none'; frame-ancestors 'none'"
)


class Form(BaseModel):
    """The fields of a form. `WANTED` says per field what is needed, in Dutch."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)


class PageModel(BaseModel):
    """The data of a template. A template that uses anything else fails."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)


class Unacceptable(Exception):
    """A form is not complete: `errors` says per field what is needed."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("form not complete")
        self.errors = dict(errors)


class NobodyHere(Exception):
    """There is no session (any more): the page asks for the link again."""


class MustGo(Exception):
    """A reader must first visit another page: to sign in, or to choose an organisation."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class MustSignIn(MustGo):
    """A page requires signing in."""


class NotTheirs(Exception):
    """A page is for people with another role."""


class Instead(Exception):
    """Another page is shown instead of the requested one."""

    def __init__(self, answer: Response) -> None:
        super().__init__("another page")
        self.answer = answer


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
    # From the organisation whose pages these are.
    profile: profiles.Profile = profiles.UNKNOWN
    logo: str | None = None
    # Said above the page.
    notice: str | None = None
    # Somebody else changed the same thing: each field shows the current value.
    overtaken: bool = False
    # The address of the page with the form that was sent; None if no page is shown again.
    form_at: str | None = None
    # The same visit once the reader is known, so that errors are worded for them too.
    opened: "Visit | None" = None

    @property
    def as_fields(self) -> dict[str, Any]:
        """What every visit holds, to make another kind of visit of the same request."""
        return {name: getattr(self, name) for name in Visit.__dataclass_fields__}

    def _cookie_name(self, name: str) -> str:
        # With TLS no other site can set it.
        return f"__Host-kring-{name}" if self.secure else f"kring-{name}"

    def cookie(self, name: str) -> str | None:
        """Return what the browser stored under a name of ours."""
        return self.request.cookies.get(self._cookie_name(name))

    def set_cookie(
        self, answer: Response, name: str, value: str, *, lasts: timedelta | None = None
    ) -> Response:
        """Have the browser store something, until it is closed if nothing is said."""
        seconds = None if lasts is None else int(lasts.total_seconds())
        answer.set_cookie(self._cookie_name(name), value, max_age=seconds, **self._as_a_cookie)
        return answer

    def drop_cookie(self, answer: Response, name: str) -> Response:
        """Have the browser delete what it stored under a name."""
        answer.delete_cookie(self._cookie_name(name), **self._as_a_cookie)
        return answer

    @property
    def _as_a_cookie(self) -> dict[str, Any]:
        return {"path": "/", "secure": self.secure, "httponly": True, "samesite": "lax"}

    async def session_behind(self, name: str, kind: type[ContentT]) -> tuple[Secret, ContentT] | None:
        """Return the secret in a cookie and what is stored of its session; None if it opens none."""
        secret = Secret.read(self.cookie(name))
        if secret is None:
            return None
        content = await sessions.load(self.session, secret, kind, now=await self.parts.clock.now())
        if content is None:
            return None
        # Anybody may register for a course: that makes nobody less of a stranger.
        if kind is not Registrant:
            self.request.scope[CALLER_KNOWN] = True
        return secret, content

    async def apart(self, read: Callable[[], Awaitable[OneT]]) -> OneT:
        """Read our own tables in a transaction of its own: no connection is held while services answer."""
        during = self.session
        try:
            async with self.parts.database.transaction() as self.session:
                return await read()
        finally:
            self.session = during

    @property
    def secure(self) -> bool:
        """Whether cookies travel over TLS only."""
        return self.parts.settings.public_url.startswith("https://")

    @property
    def home(self) -> tuple[str, str]:
        """The page from which this reader continues, and the label of its link, in Dutch."""
        return "/", _("Naar de startpagina")

    @property
    def address(self) -> str:
        """The address of the page, or of the page whose form was sent."""
        url = self.request.url
        path = url.path if self.request.method == "GET" else self.form_at or self.home[0]
        return f"{path}?{url.query}" if url.query else path

    @property
    def is_staff(self) -> bool:
        """Whether the reader signed in, rather than coming by a link."""
        return False

    @property
    def came_by_link(self) -> bool:
        """Whether the reader came by a link of an email."""
        return False

    @property
    def form_token(self) -> str:
        """The token in this reader's forms."""
        return ""

    @property
    def form_targets(self) -> list[str]:
        """Other sites to which the answer to a form may lead: browsers refuse all that are not named."""
        return []

    @property
    def young(self) -> bool:
        """Whether the reader is under eighteen: some sentences have another wording for them."""
        return False

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages of this reader's pages."""
        return LANGUAGES

    @property
    def version(self) -> int:
        """The version that the author of a change saw; 0 if there is none."""
        return read_number(self.form.get(VERSION, ""))

    async def read_sent(self) -> None:
        """Read what a browser sent. Raises: HTTPException if it is too large."""
        sent = await read_sent(self.request)
        self.form, self.file = sent.fields, sent.file

    def read(self, kind: type["FormT"], *, row: int | None = None) -> "FormT":
        """Return a form, or a row of one: its fields are named `name-1`, `name-2`. Raises: Unacceptable."""
        end = "" if row is None else f"-{row}"
        given = {name.removesuffix(end): value for name, value in self.form.items() if name.endswith(end)}
        try:
            return kind.model_validate({name: value for name, value in given.items() if value.strip()})
        except ValidationError as error:
            wrong = not_acceptable(kind, error, self.say)
            raise Unacceptable({f"{name}{end}": said for name, said in wrong.items()}) from None

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
        """Return a service's answer to this reader. `content`: a file instead of a body.

        Raises: ServiceRefused, Operational.
        """
        once = self.form.get(ONCE)
        changes = operation.method == "POST" and not operation.only_reads
        given = {"idempotency-key": once} if once and changes else {}
        asked = {**self._headers(), **given, **(headers or {})}
        return await self.client.ask(
            operation, headers=asked, body=body, content=content, query=query, ids=ids, after=self.after
        )

    async def ask_all(self, operation: Operation[Items[AnswerT]], **ids: Any) -> list[AnswerT]:
        """Return every item of a list, page by page: only for lists bounded by an organisation's or a case's size."""
        found: list[AnswerT] = []
        query = {"limit": str(MAX_LIMIT)}
        while True:
            listed = await self.ask(operation, query=query, **ids)
            found += listed.items
            if listed.next is None:
                return found
            query["cursor"] = listed.next

    @property
    def after(self) -> After:
        """This reader's last changes, here or on the previous page."""
        known: After = self.request.scope.setdefault(AFTER, After(self.request.cookies.get(AFTER)))
        return known

    def turned_to(self, name: str = TURNED_TO) -> dict[str, str]:
        """Return the query parameters of the page that the reader turned to; empty for the first.

        `name`: in the address of a page with several lists. What is longer than any cursor is cut off: a list then
        says that it never handed it out.
        """
        cursor = self.request.query_params.get(name, "")
        return {"cursor": cursor[:MAX_CURSOR]} if cursor else {}

    def next_page(self, cursor: str | None, name: str = TURNED_TO, **kept: str) -> str | None:
        """Return the address at which a list of this page continues; `kept`: its other parameters."""
        path = self.address.partition("?")[0]
        return f"{path}?{urlencode({**kept, name: cursor})}" if cursor else None

    async def ask_or(
        self, operation: Operation[AnswerT], otherwise: OtherT, *, query: Query | None = None, **ids: Any
    ) -> AnswerT | OtherT:
        """Return a service's answer, or a default if this reader may not know (yet)."""
        try:
            return await self.ask(operation, query=query, **ids)
        except ServiceRefused as error:
            if error.status not in _NOTHING_THERE:
                raise
            return otherwise

    async def dress(self, tenant: UUID) -> None:
        """Give the page an organisation's appearance: its name, calendar, colours and logo."""
        self.profile = await profiles.of(self.session, tenant=tenant)
        self.logo = await logos.address_of(self.session, tenant=tenant)

    def ticked(self, name: str) -> list[str]:
        """Return the values of the ticked boxes of a name."""
        return [each for each in self.form.get(f"{name}[]", "").split(",") if each]

    def _headers(self) -> dict[str, str]:
        client = self.request.client
        # Limits count the reader, not this process.
        return {"x-forwarded-for": client.host} if client else {}

    def page(self, template: str, model: PageModel, *, status: int = 200) -> Response:
        """Return a page in the reader's language."""
        found = environment(self.language, young=self.young).get_template(template)
        surroundings = self._surroundings()
        fields = {name: getattr(model, name) for name in type(model).model_fields}
        # A field of a page never overrides a part of the layout.
        if taken := fields.keys() & (surroundings.keys() | found.globals.keys()):
            raise TypeError(f"fields of {type(model).__name__} are names of the layout: {sorted(taken)}")
        html = found.render(**fields, **surroundings)
        answer = HTMLResponse(html, status_code=self.status if self.status != HTTPStatus.OK else status)
        answer.headers["content-language"] = self.language
        targets = " ".join(["'self'", *self.form_targets])
        answer.headers["content-security-policy"] = CSP.format(targets=targets)
        return answer

    def go(self, path: str) -> Response:
        """Redirect to the next page."""
        return RedirectResponse(path, HTTPStatus.SEE_OTHER)

    def say(self, text: str) -> str:
        """Return one of our sentences in the reader's language."""
        return say(text, self.language, young=self.young)

    def word(self, words: Mapping[str, str], code: str) -> str:
        """Return a service's code in the reader's language; an unknown code as it is."""
        return self.say(words.get(code, code))

    def listed(self, items: Iterable[str]) -> str:
        """Return several things as a phrase in the reader's language, as "a, b en c"; empty if there are none."""
        return listed(items, self.language)

    async def dates(self) -> Dates:
        """Return the formats of days and hours for this reader."""
        return Dates(self.language, self.profile.calendar)

    def _surroundings(self) -> dict[str, Any]:
        return {
            "form_token": self.form_token,
            "once": str(uuid7()),
            "given": self.form,
            "errors": {name: self.say(text) for name, text in self.errors.items()},
            "overtaken": self.overtaken,
            # One slash: two, or one followed by a backslash, would be another site.
            "here": quote("/" + self.request.url.path.lstrip("/\\")),
            # For a list: which part of it, and from where on.
            "query": f"?{query}" if (query := urlencode(self.request.query_params.multi_items())) else "",
            "offered_languages": self.languages,
            "styles": assets.address("kring.css"),
            "notice": self.notice,
            "is_person": False,
            "to_call": None,
            "mailbox": None,
            "young": self.young,
            "reads_with": None,
            "home": self.home[0],
            "sign_out": None,
            "sections": [],
            "section": None,
            "reader": None,
            **assets.looks_of(self.profile, logo=self.logo),
            "quick_exit": False,
        }

    async def choose(self, language: Language) -> None:
        """Show pages in another language."""
        self.language = language

    async def close(self, answer: Response) -> Response:
        """Return an answer with the cookies that a browser must store."""
        return answer


FormT = TypeVar("FormT", bound=Form)
VisitT = TypeVar("VisitT", bound=Visit)
# Lets in the reader of a page.
Opener = Callable[[Visit], Awaitable[VisitT]]
