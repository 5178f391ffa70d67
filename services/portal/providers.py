"""The providers at which members of staff sign in: OpenID Connect, the code flow with PKCE.

Every issuer that the installation trusts and that says `sign_in` is one; on one machine, also the local provider.
Sources: OpenID Connect Core 1.0, 3.1; RFC 7636 (PKCE); RFC 7009 (revocation); RFC 9207 (the issuer in the answer).
"""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

import httpx2
import structlog
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.auth import LOCAL_ISSUER, Verifier
from shared.auth.issuers import SignIn, TrustedIssuer, check_url
from shared.errors import Operational
from shared.ids import derived
from shared.settings import Settings

log = structlog.get_logger(__name__)

BACK = "/sign-in/back"
# The portal's client at the local provider.
LOCAL_CLIENT = "kring-portal"
_DESCRIBED_FOR = 600.0
_SECONDS = 10.0
# How long a token counts if its provider does not say.
_UNSAID_SECONDS = 300.0


class SignInRefused(Exception):
    """A provider refused a sign-in, or its answer cannot be trusted."""


class Described(BaseModel):
    """A provider's own description (OpenID Connect Discovery 1.0, 3)."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    end_session_endpoint: str | None = None
    revocation_endpoint: str | None = None
    authorization_response_iss_parameter_supported: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What a provider granted: a token for the services, and how to get the next one."""

    access_token: str
    seconds: float
    refresh_token: str | None
    id_token: str | None


@dataclass(eq=False)
class Provider:
    """One provider, with the portal's client there."""

    issuer: str
    description_url: str
    sign_in: SignIn
    organisations: frozenset[Any]
    settings: Settings
    _described: tuple[float, Described] | None = field(default=None, init=False)

    @property
    def id(self) -> str:
        """Its id in addresses."""
        return derived("provider", self.issuer).hex[:12]

    @property
    def name(self) -> str:
        """The label of its button."""
        return self.sign_in.name or self.origin.partition("://")[2]

    @property
    def origin(self) -> str:
        """Its origin in browsers; services may reach it under another."""
        url = httpx2.URL(self.issuer if self.issuer.startswith("http") else self.description_url)
        return f"{url.scheme}://{url.netloc.decode()}"

    @property
    def back(self) -> str:
        """The address to which it sends people back."""
        return self.settings.public_url.rstrip("/") + BACK

    async def describe(self) -> Described:
        """Return its description; fetched again after ten minutes. Raises: Operational."""
        if self._described is not None and self._described[0] > time.monotonic():
            return self._described[1]
        try:
            async with httpx2.AsyncClient(timeout=_SECONDS, trust_env=False, verify=_trusted()) as http:
                answer = await http.get(self.description_url)
            answer.raise_for_status()
            described = Described.model_validate_json(answer.content)
            for url in (described.authorization_endpoint, described.token_endpoint):
                check_url(url, local=self.settings.local)
        except (httpx2.HTTPError, ValidationError, ValueError) as error:
            raise Operational(f"sign-in: {type(error).__name__}") from None
        if described.issuer != self.issuer:
            raise Operational("sign-in: the description is of another issuer")
        self._described = (time.monotonic() + _DESCRIBED_FOR, described)
        return described

    async def address(self, *, state: str, nonce: str, verifier: str, hint: str | None) -> str:
        """Return the address at which a person signs in. Raises: Operational."""
        described = await self.describe()
        async with self._client() as client:
            url, _ = client.create_authorization_url(
                described.authorization_endpoint,
                state=state,
                code_verifier=verifier,
                nonce=nonce,
                **({"login_hint": hint} if hint else {}),
            )
        return str(url)

    async def require_answer_of_its_own(self, issuer: str | None) -> None:
        """Refuse an answer from another provider than the one that was asked (RFC 9207).

        A provider that announces the issuer parameter must send it. Raises: SignInRefused, Operational.
        """
        described = await self.describe()
        if issuer is None and not described.authorization_response_iss_parameter_supported:
            return
        if issuer != self.issuer:
            raise SignInRefused

    async def exchange(self, *, code: str, verifier: str) -> Grant:
        """Exchange a code for tokens. Raises: SignInRefused, Operational."""
        described = await self.describe()
        return await self._grant(
            "fetch_token", described.token_endpoint, code=code, code_verifier=verifier, redirect_uri=self.back
        )

    async def renew(self, refresh_token: str) -> Grant:
        """Return the next tokens. Raises: SignInRefused if the session there has ended; Operational."""
        described = await self.describe()
        return await self._grant("refresh_token", described.token_endpoint, refresh_token=refresh_token)

    async def end(self, refresh_token: str | None) -> str | None:
        """Revoke its tokens, and return the address that ends its own session, if it has one."""
        try:
            described = await self.describe()
            if refresh_token is not None and described.revocation_endpoint is not None:
                async with self._client() as client:
                    await client.request(
                        "POST",
                        described.revocation_endpoint,
                        data={"token": refresh_token, "client_id": self.sign_in.client_id},
                        withhold_token=True,
                    )
        except (Operational, OAuthError, httpx2.HTTPError) as error:
            # Here the session is over all the same.
            log.warning("sign-in.not-revoked", cause=type(error).__name__)
            return None
        if described.end_session_endpoint is None:
            return None
        # Without the hint that identifies the user: that would put a name into an address.
        query = {"client_id": self.sign_in.client_id, "post_logout_redirect_uri": self.settings.public_url}
        return str(httpx2.URL(described.end_session_endpoint).copy_merge_params(query))

    async def _grant(self, how: str, url: str, **given: str) -> Grant:
        try:
            async with self._client() as client:
                answer = cast("Mapping[str, Any]", await getattr(client, how)(url, **given))
        except OAuthError:
            raise SignInRefused from None
        except (httpx2.HTTPError, ValueError) as error:
            raise Operational(f"sign-in: {type(error).__name__}") from None
        access, refresh, identity = (
            answer.get(name) for name in ("access_token", "refresh_token", "id_token")
        )
        if not isinstance(access, str):
            raise SignInRefused
        lasts = answer.get("expires_in")
        return Grant(
            access_token=access,
            seconds=float(lasts) if isinstance(lasts, int | float) else _UNSAID_SECONDS,
            refresh_token=refresh if isinstance(refresh, str) else None,
            id_token=identity if isinstance(identity, str) else None,
        )

    def _client(self) -> AsyncOAuth2Client:
        secret = self.sign_in.secret_file
        return AsyncOAuth2Client(
            self.sign_in.client_id,
            None if secret is None else (self.settings.secrets_dir / secret).read_text().strip(),
            redirect_uri=self.back,
            scope=self.sign_in.scope,
            code_challenge_method="S256",
            token_endpoint_auth_method="none" if secret is None else "client_secret_basic",
            timeout=_SECONDS,
            trust_env=False,
            verify=_trusted(),
        )


@cache
def _trusted() -> ssl.SSLContext:
    """Return the trusted certificate authorities. Reading them takes a tenth of a second."""
    return httpx2.create_ssl_context(trust_env=False)


def providers_of(settings: Settings, verifier: Verifier) -> list[Provider]:
    """Return every provider at which people can sign in."""
    found = [
        _provider(each, each.description_url, each.sign_in, settings)
        for each in verifier.issuers
        if each.sign_in is not None and each.description_url is not None
    ]
    local = next((each for each in verifier.issuers if each.issuer == LOCAL_ISSUER), None)
    # The verifier knows the local issuer in local mode only.
    if local is not None and settings.local_provider_url is not None:
        url = settings.local_provider_url + "/.well-known/openid-configuration"
        found.append(_provider(local, url, SignIn(client_id=LOCAL_CLIENT, name="Kring"), settings))
    return found


def _provider(trusted: TrustedIssuer, url: str, sign_in: SignIn, settings: Settings) -> Provider:
    return Provider(
        issuer=trusted.issuer,
        description_url=url,
        sign_in=sign_in,
        organisations=trusted.organisations,
        settings=settings,
    )
