"""Fetches an issuer's keys over HTTP, with limits on size and time, from where its own description says they are.

An issuer is another organisation's machine: it may be down, slow, broken, or lie.
"""

import asyncio
import json
from typing import Any

from shared.auth.issuers import TrustedIssuer, check_url
from shared.auth.keys import KeyRing, read_keys

SECONDS = 5.0
MAX_BYTES = 256 * 1024


class IssuerNotUnderstood(Exception):
    """The issuer's answer cannot be used. The text is fixed and repeats nothing of it."""


async def fetch_keys(trusted: TrustedIssuer, *, local: bool, seconds: float = SECONDS) -> KeyRing:
    """Return the current keys of an issuer.

    Raises: IssuerNotUnderstood; httpx2.HTTPError or TimeoutError if it does not answer completely and in time.
    """
    async with asyncio.timeout(seconds):
        url = trusted.jwks_uri
        if url is None:
            url = _keys_url(await _get(trusted.description_url or "", seconds), trusted, local=local)
        document = await _get(url, seconds)
    try:
        return read_keys(document, algorithms=trusted.algorithms)
    except ValueError:
        raise IssuerNotUnderstood("its keys are no key set") from None


def _keys_url(description: Any, trusted: TrustedIssuer, *, local: bool) -> str:
    # Another issuer's description would let that issuer speak in this one's name.
    if not isinstance(description, dict) or description.get("issuer") != trusted.issuer:
        raise IssuerNotUnderstood("its description is that of another issuer")
    url = description.get("jwks_uri")
    try:
        check_url(url if isinstance(url, str) else "", local=local)
    except ValueError:
        raise IssuerNotUnderstood("its description names no address of keys that may be used") from None
    return str(url)


async def _get(url: str, seconds: float) -> Any:
    import httpx2

    async with (
        # A proxy for leaving this network, if any, is in the environment; plain HTTP does not use it.
        httpx2.AsyncClient(
            timeout=seconds, follow_redirects=False, trust_env=url.startswith("https:")
        ) as client,
        # No compression: a few bytes could expand to very many.
        client.stream(
            "GET", url, headers={"accept": "application/json", "accept-encoding": "identity"}
        ) as answer,
    ):
        if answer.status_code != httpx2.codes.OK:
            raise IssuerNotUnderstood("it answers with another status than 200")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise IssuerNotUnderstood("it answers in a form that was not asked")
        body = bytearray()
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > MAX_BYTES:
                raise IssuerNotUnderstood("it answers with far more than keys")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise IssuerNotUnderstood("it answers with something else than JSON") from None
