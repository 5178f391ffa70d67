"""Readers who signed in: members of staff, by their roles and the organisation whose pages they read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from services.portal import queries, sessions, unsent
from services.portal.providers import Grant, Provider, SignInRefused
from services.portal.sessions import Secret, StaffMember
from services.portal.visits import MustGo, MustSignIn, NotTheirs, Opener, Visit
from services.portal.wording import mark as _
from shared.auth import Kind, Principal, Role, TokenExpired, TokenNotAccepted, Verifier
from shared.languages import STAFF_LANGUAGES, Language, language_of

# A token is renewed when it is valid for less than this: a page asks several services, one after another.
_AHEAD = timedelta(minutes=1)
# A working day; then they sign in at their provider again.
_LASTS = timedelta(hours=12)
HOME = "/today"
# The session's cookie; different from a personal link's, for one browser may have both.
COOKIE = "staff"
CHOOSE = "/organisation"


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the menu, for certain roles."""

    path: str
    label: str
    roles: frozenset[Role]


SECTIONS: list[Section] = [Section(HOME, _("Vandaag"), frozenset(Role))]


def section(path: str, label: str, *roles: Role) -> None:
    """Add a page to the menu of some roles; the menu is in the order of these calls."""
    SECTIONS.append(Section(path, label, frozenset(roles)))


@dataclass(kw_only=True)
class StaffVisit(Visit):
    """A request of a member of staff."""

    secret: Secret
    member: StaffMember
    # Pages without an organisation, for which none must be chosen.
    of_no_tenant: bool = False

    def __post_init__(self) -> None:
        """Use a language that pages for staff exist in."""
        self.language = language_of(self.language, self.languages)

    @property
    def home(self) -> tuple[str, str]:
        """The page with what waits for them."""
        return HOME, _("Naar Vandaag")

    @property
    def is_staff(self) -> bool:
        """Whether the reader signed in, rather than coming by a link."""
        return True

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages of this reader's pages."""
        return STAFF_LANGUAGES

    @property
    def form_token(self) -> str:
        """The token in forms of this session."""
        return self.secret.form_token_of(str(self.member.id))

    @property
    def form_targets(self) -> list[str]:
        """The provider, which ends its own session at sign-out."""
        provider = provider_of(self, self.member)
        return [] if provider is None else [provider.origin]

    @property
    def tenant(self) -> UUID:
        """The organisation whose pages are read. Raises: MustGo to where it is chosen."""
        if self.member.tenant is None:
            raise MustGo(f"{CHOOSE}?{urlencode({'next': self.address})}")
        return self.member.tenant

    @property
    def principal(self) -> Principal:
        """The reader, at the organisation whose pages are read. Raises: MustGo to where it is chosen."""
        member = self.member
        return Principal(
            kind=Kind.STAFF,
            id=member.id,
            tenant=self.tenant,
            organisation=member.organisation,
            roles=member.roles,
        )

    def has(self, *roles: Role) -> bool:
        """Tell whether the reader has one of these roles."""
        return not self.member.roles.isdisjoint(roles)

    async def keep(self, **changes: Any) -> None:
        """Change the stored session."""
        self.member = self.member.model_copy(update=changes)
        await sessions.keep(self.session, self.secret, self.member, now=await self.parts.clock.now())

    async def close(self, answer: Response) -> Response:
        """Delete the unsent form once one was sent."""
        if self.member.unsent is not None and self.request.method == "POST" and answer.status_code < 400:
            await self.keep(unsent=None)
        return answer

    def _headers(self) -> dict[str, str]:
        named = {} if self.of_no_tenant else {"kring-tenant": str(self.tenant)}
        return {**super()._headers(), "authorization": f"Bearer {self.member.token}", **named}

    def _surroundings(self) -> dict[str, Any]:
        mine = [each for each in SECTIONS if not each.roles.isdisjoint(self.member.roles)]
        here = f"{self.request.url.path}/"
        return {
            **super()._surroundings(),
            "sign_out": "/staff/sign-out",
            "sections": [(each.path, self.say(each.label)) for each in mine],
            # Of nested sections the innermost.
            "section": max(
                (each.path for each in mine if here.startswith(f"{each.path}/")), key=len, default=None
            ),
            "reader": self.member.name,
        }


def provider_of(visit: Visit, member: StaffMember) -> Provider | None:
    """Return the provider of a sign-in; None if it no longer exists."""
    providers: list[Provider] = visit.request.app.state.providers
    return next((each for each in providers if each.issuer == member.issuer), None)


async def known_member(visit: Visit, *, of_no_tenant: bool = True) -> StaffVisit | None:
    """Return the member of staff, as stored in their session: their token may have expired."""
    found = await visit.session_behind(COOKIE, StaffMember)
    if found is None:
        return None
    secret, member = found
    if member.tenant is not None:
        await visit.dress(member.tenant)
    return StaffVisit(
        **visit.as_fields,
        secret=secret,
        member=member,
        of_no_tenant=of_no_tenant,
    )


def staff(*roles: Role, of_no_tenant: bool = False) -> Opener[StaffVisit]:
    """Let in staff with one of these roles; any staff if none is named.

    With `of_no_tenant` the page belongs to no organisation, and services are asked for none.

    Raises: MustSignIn, NotTheirs.
    """

    async def opened(visit: Visit) -> StaffVisit:
        mine = await known_member(visit, of_no_tenant=of_no_tenant)
        if mine is None:
            await unsent.keep(visit, COOKIE, StaffMember)
            raise MustSignIn(_sign_in(visit))
        now, member = await visit.parts.clock.now(), mine.member
        if member.token_until - now < _AHEAD:
            renewed = await _renewed(visit, member, now)
            if renewed is None:
                await unsent.keep(visit, COOKIE, StaffMember)
                raise MustSignIn(_sign_in(visit))
            mine.member = member = renewed
            await sessions.keep(visit.session, mine.secret, member, now=now)
        visit.opened = mine
        if roles and member.roles.isdisjoint(roles):
            raise NotTheirs
        unsent.show(mine, member.unsent)
        return mine

    return opened


async def begin(visit: Visit, provider: Provider, grant: Grant, *, nonce: str) -> Secret:
    """Start a session, with the form that was sent before signing in. Raises: SignInRefused, Operational."""
    now = await visit.parts.clock.now()
    verifier: Verifier = visit.request.app.state.verifier
    try:
        claims = await verifier.identify(
            grant.id_token or "", issuer=provider.issuer, client_id=provider.sign_in.client_id, nonce=nonce
        )
        principal = await verifier.verify(grant.access_token)
    except (TokenNotAccepted, TokenExpired):
        raise SignInRefused from None
    name = claims.get("name") or claims.get("preferred_username") or ""
    known = [tenant for tenant, _name in await queries.organisations(visit.session)]
    own = principal.organisation
    secret = Secret.new()
    member = StaffMember(
        issuer=provider.issuer,
        id=principal.id,
        name=str(name)[:200],
        organisation=own,
        roles=principal.roles,
        tenant=own if own in known else known[0] if len(known) == 1 else None,
        token=grant.access_token,
        token_until=now + timedelta(seconds=grant.seconds),
        refresh_token=grant.refresh_token,
        until=now + _LASTS,
    )
    old = await sessions.replace(visit.session, Secret.read(visit.cookie(COOKIE)), StaffMember, now=now)
    if old is not None and old.id == member.id:
        member = member.model_copy(update={"unsent": old.unsent, "tenant": old.tenant or member.tenant})
    await sessions.keep(visit.session, secret, member, now=now)
    return secret


async def _renewed(visit: Visit, member: StaffMember, now: datetime) -> StaffMember | None:
    """Return a session with its next token; None if the provider ended it, or a working day is over."""
    provider = provider_of(visit, member)
    if provider is None or member.refresh_token is None or now >= member.until:
        return None
    try:
        grant = await provider.renew(member.refresh_token)
        principal = await visit.request.app.state.verifier.verify(grant.access_token)
    except (SignInRefused, TokenNotAccepted, TokenExpired):
        return None
    if principal.id != member.id:
        return None
    return member.model_copy(
        update={
            "token": grant.access_token,
            "token_until": now + timedelta(seconds=grant.seconds),
            "refresh_token": grant.refresh_token or member.refresh_token,
            "organisation": principal.organisation,
            "roles": principal.roles,
        }
    )


def _sign_in(visit: Visit) -> str:
    return f"/sign-in?{urlencode({'next': visit.address})}"
