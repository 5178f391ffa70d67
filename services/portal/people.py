"""Readers with a personal link: their session, their token that is renewed in time, their language."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from starlette.responses import Response

from services.portal import sessions, unsent
from services.portal.client import Answer, NamedAnswer, Operation, ServiceRefused
from services.portal.link_visits import LinkVisit
from services.portal.over import CASE_STOPPED, is_over, over_page
from services.portal.sessions import Contact, PersonOfCase, Secret
from services.portal.unsent import FormKept
from services.portal.visits import Instead, NobodyHere, Visit
from services.portal.wording import mark as _
from shared.errors import Operational
from shared.languages import Language, language_of

# A token is renewed when it is valid for less than this: a page asks several services, one after another.
_AHEAD = timedelta(minutes=2)
_CHILD = "under-twelve"
# A harmless site for a quick exit.
AWAY = "https://www.meteo.be"
COOKIE = "session"


class Access(Answer):
    """A token for one person of one case."""

    access_token: str
    expires_in: int
    person_id: UUID
    case_id: UUID
    tenant: UUID
    case_role: str


class Invitation(Answer):
    """The reader's own invitation."""

    state: str
    answer: str | None
    mode: str | None


class InCare(Answer):
    """A child about whose data the reader may make requests; `only_to_read`: for a copy alone."""

    person_id: UUID
    first_name: str
    only_to_read: bool


class ToCall(NamedAnswer):
    """The coordinator of a case, if there is one."""

    phone: str | None = None


class Me(Answer):
    """The reader in their case."""

    first_name: str
    case_id: UUID
    case_status: str
    person_id: UUID
    role: str
    language: str
    age: str
    reads_with: list[str]
    decides_for_child: bool
    asks_for: list[InCare]
    needs: list[str]
    needs_words: str | None
    invitation: Invitation | None


EXCHANGE = Operation("network", "POST", "/v1/links/exchange", Access)
ME = Operation("network", "GET", "/v1/me", Me)
COORDINATOR = Operation("intake", "GET", "/v1/me/coordinator", ToCall)
WRITE_IN = Operation("network", "PUT", "/v1/me/language", type(None))
GOING_ON = frozenset({"open", "paused"})


@dataclass(kw_only=True)
class PersonVisit(LinkVisit):
    """A request of a reader with a personal link."""

    person: PersonOfCase

    @property
    def came(self) -> PersonOfCase:
        """The reader, as stored in their session."""
        return self.person

    @property
    def home(self) -> tuple[str, str]:
        """Their own page."""
        return "/me", _("Naar jouw pagina")

    @property
    def form_targets(self) -> list[str]:
        """The site to which the quick exit leads."""
        return [AWAY]

    @property
    def young(self) -> bool:
        """Whether the reader is under eighteen."""
        return self.person.young

    @property
    def reader(self) -> str:
        """Whose the forms are."""
        return str(self.person.person_id)

    async def choose(self, language: Language) -> None:
        """Show pages in another language, in which mails to them are from now on too; say so once that is known."""
        await super().choose(language)
        with suppress(ServiceRefused, Operational, Instead):
            await self.ask(WRITE_IN, body={"language": language})
            self.notice = self.say(_("Vanaf nu schrijven we je ook in deze taal."))

    async def close(self, answer: Response) -> Response:
        """Delete the unsent form once one was sent, and store a language that was chosen."""
        if self.person.unsent is not None and self.request.method == "POST" and answer.status_code < 400:
            self.person = self.person.model_copy(update={"unsent": None})
            await sessions.keep(self.session, self.secret, self.person, now=await self.parts.clock.now())
        return await super().close(answer)

    def over(self, refused: ServiceRefused) -> Response | None:
        """Return the page that says that they left, or their link or case ended meanwhile."""
        if not is_over(refused.code):
            return None
        reader = self if refused.code == CASE_STOPPED else self.as_stranger
        return over_page(reader, refused.code, link=self.person.link)

    async def require_there(self) -> None:
        """Check that they still belong to the case, for a page without any other request. Raises: Instead."""
        if self.request.method != "POST":
            await self.ask(ME)

    async def require_going_on(self) -> None:
        """Check that their case is live, for a page that asks for something of it. Raises: Instead.

        A form that is shown again, with what they typed, is shown whatever services answer.
        """
        if self.request.method != "POST":
            self.require_live(await self.ask(ME))

    def require_live(self, me: Me) -> None:
        """Check that their case is live. Raises: Instead."""
        if me.case_status not in GOING_ON:
            raise Instead(over_page(self, CASE_STOPPED, link=self.person.link))

    @property
    def _reads_with(self) -> str | None:
        """Return who reads along with a child, by first name; a general phrase if no names are known."""
        names = self.person.reads_with
        return None if names is None else self.listed(names)

    def _headers(self) -> dict[str, str]:
        return {
            **super()._headers(),
            "authorization": f"Bearer {self.person.token}",
            "kring-tenant": str(self.person.tenant),
        }

    def _surroundings(self) -> dict[str, Any]:
        return {
            **super()._surroundings(),
            "is_person": True,
            "reads_with": self._reads_with,
            "to_call": self.person.to_call,
            "mailbox": self.profile.reply_to,
            "sign_out": "/sign-out",
            "quick_exit": True,
        }


async def known_person(visit: Visit) -> PersonVisit | None:
    """Return the reader with a personal link, as stored in their session: their token may have expired."""
    found = await visit.session_behind(COOKIE, PersonOfCase)
    if found is None:
        return None
    secret, known = found
    visit.language = known.language
    await visit.dress(known.tenant)
    return PersonVisit(**visit.as_fields, secret=secret, person=known)


async def person(visit: Visit) -> PersonVisit:
    """Let in readers with a personal link. Raises: NobodyHere, FormKept."""
    mine = await known_person(visit)
    if mine is None:
        raise await _nobody_here(visit)
    now = await visit.parts.clock.now()
    if mine.person.token_until - now < _AHEAD:
        try:
            mine.person = await _renewed(visit, mine.person, now)
            await sessions.keep(visit.session, mine.secret, mine.person, now=now)
        except NobodyHere:
            raise await _nobody_here(visit) from None
        except ServiceRefused as over:
            mine.refused = over
            await unsent.keep(visit, COOKIE, PersonOfCase)
    unsent.show(mine, mine.person.unsent)
    return mine


async def _nobody_here(visit: Visit) -> NobodyHere:
    """Store a form that came too late, and return what to raise."""
    author = await unsent.keep(visit, COOKIE, PersonOfCase)
    if author is None:
        return NobodyHere()
    visit.language = author.language
    return FormKept()


async def begin(visit: Visit, link: str, *, chosen: Language | None) -> tuple[Secret, PersonOfCase]:
    """Exchange a link and start a session, with the form that was sent before.

    `chosen`: the language that its reader chose on the page of the link; mails are in it from now on too.

    Raises: ServiceRefused if the link does not work (any more).
    """
    now = await visit.parts.clock.now()
    access = await visit.ask(EXCHANGE, body={"token": link})
    me = await visit.ask(ME, headers=_as(access))
    if chosen is not None and chosen != me.language:
        with suppress(ServiceRefused, Operational):
            await visit.ask(WRITE_IN, headers=_as(access), body={"language": chosen})
    came = (await _person(visit, link, access, chosen or language_of(me.language), now)).model_copy(
        update={
            "young": me.age in (_CHILD, "twelve-to-seventeen"),
            "reads_with": me.reads_with if me.age == _CHILD else None,
            "decides_for_child": me.decides_for_child,
        }
    )
    secret, before = Secret.new(), Secret.read(visit.cookie(COOKIE))
    old = await sessions.replace(visit.session, before, PersonOfCase, now=now)
    if old is not None and old.person_id == came.person_id:
        came = came.model_copy(update={"unsent": old.unsent})
    await sessions.keep(visit.session, secret, came, now=now)
    return secret, came


async def _renewed(visit: Visit, known: PersonOfCase, now: datetime) -> PersonOfCase:
    """Return the reader with a new token. Raises: ServiceRefused if that is refused; NobodyHere."""
    try:
        access = await visit.ask(EXCHANGE, body={"token": known.link})
    except ServiceRefused as refused:
        if is_over(refused.code):
            raise
        raise NobodyHere from None
    renewed = await _person(visit, known.link, access, known.language, now)
    return renewed.model_copy(
        update={name: getattr(known, name) for name in ("young", "reads_with", "decides_for_child", "unsent")}
    )


async def _person(visit: Visit, link: str, access: Access, language: Language, now: datetime) -> PersonOfCase:
    to_call = None
    with suppress(ServiceRefused, Operational):
        found = await visit.ask(COORDINATOR, headers=_as(access))
        to_call = Contact(name=found.name, phone=found.phone) if found.name else None
    return PersonOfCase(
        link=link,
        token=access.access_token,
        token_until=now + timedelta(seconds=access.expires_in),
        tenant=access.tenant,
        case_id=access.case_id,
        person_id=access.person_id,
        role=access.case_role,
        language=language,
        to_call=to_call,
    )


def _as(access: Access) -> dict[str, str]:
    return {"authorization": f"Bearer {access.access_token}", "kring-tenant": str(access.tenant)}
