"""A small OpenID Connect provider for one machine: whoever opens it chooses who to be.

It speaks the real protocol (code flow with PKCE, rotating refresh tokens, revocation), so that signing in is walked as
with any provider, and it asks for no password, so it runs in local mode only. Accounts stand in `accounts.json`:
a list of {"id", "name", "organisation", "organisation_name", "roles"}; beside them `links.json`, personal links of
people of the example: a list of {"name", "what", "link"}. Where there are no accounts, there is one demo user per role.

Runs as its own process (`python -m deploy.local.provider`). What it gave is forgotten when it ends.
"""

import argparse
import asyncio
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.local.secrets import write_private
from shared.auth import LOCAL_ISSUER, Issuer, Role
from shared.auth.principal import PLATFORM_ROLES
from shared.ids import derived

CLIENT = "kring-portal"
_TOKEN_SECONDS = 15 * 60
_CODE_SECONDS = 60
_STYLE = (
    "body{font:18px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1.2rem;color:#1b2b28}"
    "h1{font-size:1.7rem;line-height:1.2}h2{font-size:1.2rem;margin-top:2rem}"
    "ul{list-style:none;padding:0;margin:0}li{border-bottom:1px solid #c9d5d2}"
    "li a{display:block;padding:.8rem .2rem;color:#14594f;overflow-wrap:anywhere}"
    "li span{display:block;color:#4b5c58;font-size:.95rem}a:focus-visible{outline:3px solid #14594f}"
)
_ROLES = {
    "referrer": "verwijzer",
    "coordinator": "coördinator",
    "regional-manager": "regiomanager",
    "trainer": "trainer",
    "finance": "boekhouding",
    "administrator": "beheerder",
    "dpo": "functionaris voor gegevensbescherming",
    "ops": "technisch beheer",
    "integration": "een ander systeem",
}


@dataclass(frozen=True)
class Account:
    """An account to choose."""

    id: UUID
    name: str
    organisation: UUID | None
    organisation_name: str
    roles: list[str]

    @property
    def what(self) -> str:
        """Its description, in words."""
        roles = ", ".join(_ROLES.get(role, role) for role in self.roles)
        return f"{roles}, {self.organisation_name}" if self.organisation_name else roles


def add_accounts(directory: Path, accounts: Iterable[Account]) -> None:
    """Add accounts to accounts.json."""
    path = directory / "accounts.json"
    known = json.loads(path.read_text()) if path.exists() else []
    lines = [*known, *(asdict(each) for each in accounts)]
    write_private(path, json.dumps(lines, indent=1, ensure_ascii=False, default=str))


def accounts_in(directory: Path) -> list[Account]:
    """Return all accounts: from accounts.json, else one demo user for each role."""
    path = directory / "accounts.json"
    if path.exists():
        return [
            Account(
                id=UUID(entry["id"]),
                name=entry["name"],
                organisation=UUID(entry["organisation"]) if entry["organisation"] else None,
                organisation_name=entry["organisation_name"],
                roles=entry["roles"],
            )
            for entry in json.loads(path.read_text())
        ]
    return [
        Account(
            id=derived("demo user", role),
            name=_ROLES[role].capitalize(),
            organisation=None if role in PLATFORM_ROLES else derived("demo organisation"),
            organisation_name="",
            roles=[role],
        )
        for role in Role
    ]


@dataclass(frozen=True)
class _Code:
    account: UUID
    redirect_uri: str
    nonce: str
    challenge: str
    until: float


@dataclass
class Endpoints:
    """The provider's endpoints, for one portal. Codes and refresh tokens can be used once."""

    directory: Path
    portal: str
    address: str
    key: ECKey
    codes: dict[str, _Code] = field(default_factory=dict)
    refresh_tokens: dict[str, UUID] = field(default_factory=dict)

    async def start(self, _request: Request) -> Response:
        """Let people choose an account."""
        return HTMLResponse(
            _start_page(accounts_in(self.directory), _links_in(self.directory), portal=self.portal)
        )

    async def described(self, _request: Request) -> Response:
        """Return the discovery document (OpenID Connect Discovery 1.0)."""
        named = ("authorize", "token", "revoke", "end-session", "jwks")
        authorize, token, revoke, end_session, jwks = (f"{self.address}/{name}" for name in named)
        return JSONResponse(
            {
                "issuer": LOCAL_ISSUER,
                "authorization_endpoint": authorize,
                "token_endpoint": token,
                "revocation_endpoint": revoke,
                "end_session_endpoint": end_session,
                "jwks_uri": jwks,
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def jwks(self, _request: Request) -> Response:
        """Return the key that tokens are signed with."""
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def authorize(self, request: Request) -> Response:
        """Redirect back with a code, once an account is chosen."""
        query = dict(request.query_params)
        # The redirect address is checked before anything is sent there.
        if query.get("client_id") != CLIENT or not query.get("redirect_uri", "").startswith(
            f"{self.portal}/"
        ):
            return HTMLResponse("unknown client or address", status_code=400)
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            return HTMLResponse("only the code flow with PKCE (S256)", status_code=400)
        chosen = self._account(query.get("login_hint", ""))
        if chosen is None:
            return HTMLResponse(_choice_page(accounts_in(self.directory), query))
        code = secrets.token_urlsafe(24)
        self.codes[code] = _Code(
            account=chosen.id,
            redirect_uri=query["redirect_uri"],
            nonce=query.get("nonce", ""),
            challenge=query.get("code_challenge", ""),
            until=time.monotonic() + _CODE_SECONDS,
        )
        back = {"code": code, "state": query.get("state", ""), "iss": LOCAL_ISSUER}
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(back)}", 303)

    async def token(self, request: Request) -> Response:
        """Exchange a code or a refresh token for tokens."""
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        nonce = None
        if form.get("grant_type") == "authorization_code":
            code = self.codes.pop(form.get("code", ""), None)
            who = None if code is None or not _is_proven(code, form) else self._account(code.account)
            nonce = None if code is None else code.nonce
        else:
            known = self.refresh_tokens.pop(form.get("refresh_token", ""), None)
            who = None if known is None else self._account(known)
        if who is None:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        refresh = secrets.token_urlsafe(24)
        self.refresh_tokens[refresh] = who.id
        return JSONResponse(_tokens(self.key, who, refresh=refresh, nonce=nonce))

    async def revoke(self, request: Request) -> Response:
        """Revoke a refresh token (RFC 7009)."""
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        self.refresh_tokens.pop(form.get("token", ""), None)
        return JSONResponse({})

    async def end_session(self, request: Request) -> Response:
        """Redirect to the portal after signing out: there is no session here."""
        back = request.query_params.get("post_logout_redirect_uri", "")
        ours = back == self.portal or back.startswith(f"{self.portal}/")
        return RedirectResponse(back if ours else "/", 303)

    def _account(self, account_id: str | UUID) -> Account | None:
        return next((each for each in accounts_in(self.directory) if str(each.id) == str(account_id)), None)


def create_app(endpoints: Endpoints) -> Starlette:
    """Return the provider's web application."""
    return Starlette(
        routes=[
            Route("/", endpoints.start),
            Route("/.well-known/openid-configuration", endpoints.described),
            Route("/jwks", endpoints.jwks),
            Route("/authorize", endpoints.authorize),
            Route("/token", endpoints.token, methods=["POST"]),
            Route("/revoke", endpoints.revoke, methods=["POST"]),
            Route("/end-session", endpoints.end_session),
        ]
    )


def _is_proven(code: _Code, form: Mapping[str, str]) -> bool:
    digest = sha256(form.get("code_verifier", "").encode()).digest()
    proof = urlsafe_b64encode(digest).decode().rstrip("=")
    return (
        time.monotonic() < code.until
        and code.redirect_uri == form.get("redirect_uri")
        and secrets.compare_digest(code.challenge.encode(), proof.encode())
    )


def _tokens(key: ECKey, account: Account, *, refresh: str, nonce: str | None) -> dict[str, Any]:
    access = Issuer(key, name=LOCAL_ISSUER).staff(
        person=account.id,
        organisation=account.organisation,
        roles={Role(role) for role in account.roles},
        seconds=_TOKEN_SECONDS,
    )
    now = int(time.time())
    claims = {
        "iss": LOCAL_ISSUER,
        "aud": CLIENT,
        "sub": str(account.id),
        "name": account.name,
        "iat": now,
        "exp": now + _TOKEN_SECONDS,
        **({"nonce": nonce} if nonce is not None else {}),
    }
    return {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": _TOKEN_SECONDS,
        "refresh_token": refresh,
        "id_token": jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key, algorithms=["ES256"]),
    }


def _links_in(directory: Path) -> list[dict[str, str]]:
    path = directory / "links.json"
    return json.loads(path.read_text()) if path.exists() else []


def _start_page(accounts: list[Account], links: list[dict[str, str]], *, portal: str) -> str:
    to = f"{portal}/sign-in"
    staff = _list_of(
        (f"{to}?{urlencode({'login_hint': each.id})}", each.name, each.what) for each in accounts
    )
    people = _list_of((each["link"], each["name"], each["what"]) for each in links)
    return _page(
        "Kring op deze computer",
        "<p>Kies wie je wil zijn. Alles wat je ziet is verzonnen, en er gaat niets naar buiten.</p>"
        f"<h2>Medewerkers en coördinatoren</h2>{staff}"
        + (f"<h2>Mensen met een persoonlijke link</h2>{people}" if links else "")
        + f"<h2>Iedereen</h2>{_list_of([(portal, 'De eerste pagina', 'zonder aanmelden')])}",
    )


def _choice_page(accounts: list[Account], query: dict[str, str]) -> str:
    def path(each: Account) -> str:
        return f"/authorize?{urlencode({**query, 'login_hint': each.id})}"

    return _page("Wie ben je?", _list_of((path(each), each.name, each.what) for each in accounts))


def _list_of(items: Iterable[tuple[str, str, str]]) -> str:
    rows = "".join(
        f'<li><a href="{escape(path)}"><bdi>{escape(name)}</bdi><span>{escape(what)}</span></a></li>'
        for path, name, what in items
    )
    return f"<ul>{rows}</ul>"


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="nl"><head><meta charset="utf-8"><title>'
        f'{title}</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    )


def main() -> None:
    """Read the command line and run until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.provider", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--portal", required=True)
    parser.add_argument("--key", type=Path, required=True)
    given = parser.parse_args()
    app = create_app(
        Endpoints(
            directory=given.directory,
            portal=given.portal,
            address=f"http://127.0.0.1:{given.port}",
            key=ECKey.import_key(json.loads(given.key.read_text())),
        )
    )
    # Addresses contain codes: they are not logged.
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=given.port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
