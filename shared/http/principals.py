"""The caller, as dependencies of routes. Each route declares whom it lets in, or `anonymous`.

async def read_case(case_id: UUID, principal: Annotated[Principal, Depends(allow(Role.COORDINATOR))], ...)
@router.get("/v1/courses", dependencies=[anonymous])
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError

from shared.audit import Actor
from shared.auth import NO_TENANT, Kind, Principal, Role, TokenMissing, Verifier
from shared.auth.principal import PLATFORM_ROLES
from shared.database import NO_SCOPE, Scope
from shared.errors import Forbidden, Invalid, Operational, Unauthenticated
from shared.http.limits import RateLimiter, count_anonymous, count_known
from shared.http.middleware import CALLER_KNOWN
from shared.http.problems import OWN_MEANT

TENANT_HEADER = "kring-tenant"
# Roles that can be involved in a case of a tenant other than their own organisation.
_ROLES_FROM_ELSEWHERE = frozenset({Role.COORDINATOR, Role.REFERRER})
_PRINCIPAL = "kring.principal"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_CONDITIONS = ("if-match", "if-none-match", "if-unmodified-since")
# Where the middleware leaves the request's id.
REQUEST_ID = "kring.request_id"
_ANONYMOUS = "kring.anonymous"
_ACTING = "kring.acting"
# Where an open route leaves the tenant whose rows it reads.
ASKED_TENANT = "kring.asked-tenant"
# Where a route leaves the names of the query parameters that it knows.
QUERY_NAMES = "kring.query-names"


# For each gate, whom it lets in: roles of staff, or a kind. Their relation to the case is checked later.
LETS_IN: dict[Callable[..., Any], tuple[str, ...]] = {}


class NotForThisRole(Forbidden):
    """The caller's roles at this tenant do not include one that may do this."""

    code = "role-not-allowed"


class NotForThisKind(Forbidden):
    """This is for staff, for people of a case, or for services; and the caller is none of those meant."""

    code = "kind-not-allowed"


class FromTwelveOn(Forbidden):
    """The caller is a child under twelve, and somebody older decides this for them."""

    code = "from-twelve-on"
    title = "From twelve years on you decide this yourself; now your coordinator or somebody you trust can help you"


class TenantNeeded(Invalid):
    """The tenant is unknown: the header is missing or holds no id, and the caller has no organisation."""

    code = "tenant-needed"
    title = "Name the organisation that runs the conference or course: its id in the header Kring-Tenant"


async def current_principal(request: Request) -> Principal:
    """Return the caller.

    Raises: TokenMissing, TokenNotAccepted, TokenExpired, TenantNeeded, IssuerSilent, AsksTooOften.
    """
    known: Principal | None = request.scope.get(_PRINCIPAL)
    if known is not None:
        return known
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenMissing
    verifier: Verifier = request.app.state.verifier
    named = named_tenant(request)
    principal = await verifier.verify(token.strip(), tenant=named)
    if named is None and principal.kind is Kind.STAFF:
        request.scope[OWN_MEANT] = True
    limiter: RateLimiter = request.app.state.limiter
    limiter.count(principal)
    request.scope[_PRINCIPAL] = principal
    request.scope[CALLER_KNOWN] = True
    _refuse_unmeant(request)
    return principal


def _refuse_unmeant(request: Request) -> None:
    """Refuse what looks as if it did something, and does nothing.

    Parameters that the route does not know: a misspelt one looks like a filter. Conditions of a change in headers:
    the version that was read is part of the body.
    """
    if request.method not in _SAFE and (named := [name for name in _CONDITIONS if name in request.headers]):
        message = "is not known here: send the version that you read along in the body"
        raise RequestValidationError(
            [{"loc": ("header", name), "msg": message, "type": "extra_forbidden"} for name in named]
        )
    known: frozenset[str] = request.scope.get(QUERY_NAMES, frozenset())
    if unknown := [name for name in request.query_params if name not in known]:
        message = f"is not known here; known are: {', '.join(sorted(known)) or 'none'}"
        raise RequestValidationError(
            [{"loc": ("query", name), "msg": message, "type": "extra_forbidden"} for name in unknown]
        )


def named_tenant(request: Request) -> UUID | None:
    """Return the tenant that a request names in its header, if any. Raises: TenantNeeded if it is no id."""
    named = request.headers.get(TENANT_HEADER)
    if named is None:
        return None
    try:
        return UUID(named)
    except ValueError:
        raise TenantNeeded from None


async def public_tenant(request: Request) -> UUID:
    """Return the tenant of an open route when no token gives it. Raises: TenantNeeded."""
    tenant = named_tenant(request)
    if tenant is None:
        raise TenantNeeded
    request.scope[ASKED_TENANT] = tenant
    return tenant


PublicTenant = Annotated[UUID, Depends(public_tenant)]


def principal_if_any(request: Request) -> Principal | None:
    """Return the caller, as already determined by the route's own dependencies."""
    found: Principal | None = request.scope.get(_PRINCIPAL)
    return found


async def _let_anyone_in(request: Request) -> None:
    request.scope[_ANONYMOUS] = True
    if "authorization" in request.headers:
        # A token that is invalid, or cannot be verified now, is ignored.
        with suppress(Unauthenticated, TenantNeeded, Operational):
            await current_principal(request)
            # Otherwise any token holder could do here without limit what strangers may do a few times.
            count_known(request)
            return
    await count_anonymous(request)
    # An unreadable value is refused, whether or not it would have mattered.
    named_tenant(request)
    _refuse_unmeant(request)


anonymous = Depends(_let_anyone_in)
"""Marks a route that needs no principal. Each one is on a written list; writing is limited by address."""


def is_anonymous(request: Request) -> bool:
    """Tell whether the route was marked as open to anyone."""
    return bool(request.scope.get(_ANONYMOUS))


def allow(
    *roles: Role, from_elsewhere: bool = False, people: bool = False, of_no_tenant: bool = False
) -> Callable[[Request, Principal], Awaitable[Principal]]:
    """Return a dependency that lets in staff with one of these roles at the tenant.

    With `from_elsewhere` also coordinators and referrers of another organisation, if they are among the roles;
    with `people` also people of a case: then the operation itself must check their relation to the case; with
    `of_no_tenant` also callers without an organisation who name no tenant: the rows are those without a tenant.
    """
    wanted = frozenset(roles)
    anywhere = wanted & (PLATFORM_ROLES | (_ROLES_FROM_ELSEWHERE if from_elsewhere else frozenset()))

    async def _allowed(
        request: Request, principal: Annotated[Principal, Depends(current_principal)]
    ) -> Principal:
        if people and principal.kind is Kind.PERSON:
            return principal
        if principal.kind is not Kind.STAFF:
            raise NotForThisKind
        # A role is held at one's own organisation: a manager there is a stranger here. Ops holds everywhere.
        acting = principal.roles & (wanted if principal.is_of_tenant else anywhere)
        if not acting:
            raise NotForThisRole
        if principal.tenant == NO_TENANT and not of_no_tenant:
            raise TenantNeeded
        request.scope[_ACTING] = acting
        return principal

    LETS_IN[_allowed] = (*sorted(wanted), *([Kind.PERSON.value] if people else []))
    return _allowed


async def staff(principal: Annotated[Principal, Depends(current_principal)]) -> Principal:
    """Let in any staff, of any organisation: the operation must check their relation to the case."""
    if principal.kind is not Kind.STAFF:
        raise NotForThisKind
    if principal.tenant == NO_TENANT:
        raise TenantNeeded
    return principal


async def persons(principal: Annotated[Principal, Depends(current_principal)]) -> Principal:
    """Let in people of a case, authenticated by their personal link."""
    if principal.kind is not Kind.PERSON:
        raise NotForThisKind
    return principal


async def services(principal: Annotated[Principal, Depends(current_principal)]) -> Principal:
    """Let in other services of the platform, which name their purpose."""
    if principal.kind is not Kind.SERVICE:
        raise NotForThisKind
    return principal


LETS_IN |= {
    staff: (Kind.STAFF.value,),
    persons: (Kind.PERSON.value,),
    services: (Kind.SERVICE.value,),
    current_principal: (Kind.STAFF.value, Kind.PERSON.value, Kind.SERVICE.value),
}
Anyone = Annotated[Principal, Depends(current_principal)]
Staff = Annotated[Principal, Depends(staff)]
Person = Annotated[Principal, Depends(persons)]
Service = Annotated[Principal, Depends(services)]


def serving(purpose: str, *, asked_by: str) -> Callable[[Principal], Awaitable[Principal]]:
    """Return a dependency that lets in the one service of the platform that calls for this one purpose.

    Services sign their own tokens, and could name any purpose.
    """

    async def _serving(principal: Service) -> Principal:
        if (principal.service, principal.purpose) != (asked_by, purpose):
            raise NotForThisKind
        return principal

    LETS_IN[_serving] = (Kind.SERVICE.value,)
    return _serving


def require_twelve(principal: Principal) -> None:
    """Let everyone through except a child under twelve. Raises: FromTwelveOn."""
    if principal.under_twelve:
        raise FromTwelveOn


def actor_of(request: Request, principal: Principal | None, *, operation: str) -> Actor:
    """Return the actor of a request, for the audit log: with the roles that this route lets in."""
    asked: str | None = request.scope.get(REQUEST_ID)
    if principal is None:
        return Actor(kind="anonymous", operation=operation, request=asked)
    acting: frozenset[Role] = request.scope.get(_ACTING, principal.roles)
    roles = {
        Kind.STAFF: sorted(role.value for role in acting),
        Kind.PERSON: [principal.case_role] if principal.case_role else [],
        Kind.SERVICE: [principal.service] if principal.service else [],
    }[principal.kind]
    return Actor(
        kind=principal.kind.value,
        operation=operation,
        id=principal.id,
        roles=tuple(roles),
        organisation=principal.organisation,
        request=asked,
        purpose=principal.purpose,
    )


def scope_of(request: Request, principal: Principal | None) -> Scope:
    """Return the transaction scope of a request by this principal."""
    asked: UUID | None = request.scope.get(ASKED_TENANT)
    if asked is not None:
        return Scope(tenant=asked)
    if principal is None:
        return NO_SCOPE
    return Scope(
        tenant=principal.tenant,
        party=principal.organisation,
        subject=principal.id if principal.kind is Kind.PERSON else None,
    )
