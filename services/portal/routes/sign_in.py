"""Signing in and out of staff, and choosing the organisation."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from services.portal import queries, sessions
from services.portal.pages import Pages, anyone, failure
from services.portal.providers import BACK, Provider, SignInRefused
from services.portal.staff import CHOOSE, COOKIE, HOME, StaffVisit, begin, provider_of, staff
from services.portal.visits import Form, PageModel, Unacceptable, Visit
from services.portal.wording import mark as _

pages = Pages()

_LASTS = timedelta(minutes=10)
# The cookie with what was asked of the provider, until the reader is back.
_UNDER_WAY = "signing-in"


class SigningIn(BaseModel):
    """The browser's cookie while a person is at their provider. No other site can write it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    provider: str
    state: str
    nonce: str
    verifier: str
    next: str


class Choice(PageModel):
    """A provider to sign in at. `path`: where that begins."""

    path: str
    name: str
    organisations: list[str]


class SignInPage(PageModel):
    """Where to sign in."""

    choices: list[Choice]


@pages.show("/sign-in", anyone)
async def sign_in(visit: Visit) -> Response:
    """Redirect to the provider; if there are several, ask which."""
    providers: list[Provider] = visit.request.app.state.providers
    if len(providers) == 1:
        return await _begin(visit, providers[0])
    names = dict(await queries.organisations(visit.session))
    to = {"next": _local(visit.request.query_params.get("next"))}
    choices = [
        Choice(
            path=f"/sign-in/{each.id}?{urlencode(to)}",
            name=each.name,
            organisations=sorted(names[known] for known in each.organisations if known in names),
        )
        for each in providers
    ]
    return visit.page("sign_in.html", SignInPage(choices=choices))


@pages.show(BACK, anyone)
async def back(visit: Visit) -> Response:
    """Let in a person who returns from their provider."""
    under_way, query = _under_way(visit), visit.request.query_params
    provider = None if under_way is None else _provider(visit, under_way.provider)
    following = HOME if under_way is None else _local(under_way.next)
    if under_way is None or provider is None:
        return failure(visit, 400, following=following)
    same = secrets.compare_digest(query.get("state", "").encode(), under_way.state.encode())
    if not same or not query.get("code"):
        return visit.drop_cookie(failure(visit, 400, following=following), _UNDER_WAY)
    try:
        await provider.require_answer_of_its_own(query.get("iss"))
        grant = await provider.exchange(code=query["code"], verifier=under_way.verifier)
        secret = await begin(visit, provider, grant, nonce=under_way.nonce)
    except SignInRefused:
        return visit.drop_cookie(failure(visit, 400, following=following), _UNDER_WAY)
    return visit.set_cookie(visit.drop_cookie(visit.go(following), _UNDER_WAY), COOKIE, secret.cookie)


@pages.show("/sign-in/{provider}", anyone)
async def sign_in_at(visit: Visit) -> Response:
    """Redirect to the chosen provider."""
    provider = _provider(visit, visit.request.path_params["provider"])
    return failure(visit, 404) if provider is None else await _begin(visit, provider)


@pages.send("/staff/sign-out", staff())
async def sign_out(visit: StaffVisit) -> Response:
    """End the session here and at the provider."""
    await sessions.end(visit.session, visit.secret)
    # Otherwise the end of this visit would delete the unsent form, and thereby extend a session that is over.
    visit.member = visit.member.model_copy(update={"unsent": None})
    provider = provider_of(visit, visit.member)
    there = None if provider is None else await provider.end(visit.member.refresh_token)
    return visit.drop_cookie(visit.go(there or "/"), COOKIE)


class OrganisationPage(PageModel):
    """The organisations whose pages can be read."""

    organisations: list[tuple[str, str]]
    chosen: str | None


class OrganisationForm(Form):
    """One of them."""

    WANTED: ClassVar = {"tenant": _("Kies een organisatie.")}

    tenant: UUID


@pages.show(CHOOSE, staff())
async def show_organisations(visit: StaffVisit) -> Response:
    """Ask people who work for several organisations, or for none, which one they act for."""
    known = [(str(tenant), name) for tenant, name in await queries.organisations(visit.session)]
    chosen = None if visit.member.tenant is None else str(visit.member.tenant)
    return visit.page("organisation.html", OrganisationPage(organisations=known, chosen=chosen))


@pages.send(CHOOSE, staff())
async def choose_organisation(visit: StaffVisit) -> Response:
    """Store the choice; its services decide what may be read there."""
    tenant = visit.read(OrganisationForm).tenant
    if tenant not in dict(await queries.organisations(visit.session)):
        raise Unacceptable({"tenant": OrganisationForm.WANTED["tenant"]})
    await visit.keep(tenant=tenant)
    return visit.go(_local(visit.request.query_params.get("next")))


async def _begin(visit: Visit, provider: Provider) -> Response:
    under_way = SigningIn(
        provider=provider.id,
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        next=_local(visit.request.query_params.get("next")),
    )
    hint = visit.request.query_params.get("login_hint")
    address = await provider.address(
        state=under_way.state, nonce=under_way.nonce, verifier=under_way.verifier, hint=hint
    )
    value = urlsafe_b64encode(under_way.model_dump_json().encode()).decode()
    return visit.set_cookie(visit.go(address), _UNDER_WAY, value, lasts=_LASTS)


def _under_way(visit: Visit) -> SigningIn | None:
    try:
        # Not by `json`, which fails on deep nesting.
        return SigningIn.model_validate_json(urlsafe_b64decode(visit.cookie(_UNDER_WAY) or ""))
    except ValueError:
        return None


def _provider(visit: Visit, name: str) -> Provider | None:
    providers: list[Provider] = visit.request.app.state.providers
    return next((each for each in providers if each.id == name), None)


def _local(path: str | None) -> str:
    """Return a local page to go to: never another site, whatever an address says."""
    try:
        parts = urlsplit(path or "")
    except ValueError:
        return HOME
    ours = path and path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc
    return path if path and ours and "\\" not in path and path.isprintable() else HOME
