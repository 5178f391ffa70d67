"""How services and the portal ask over HTTP: connections are kept, no redirect is followed, no cookie is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import orjson

from shared.errors import Operational

if TYPE_CHECKING:
    import aiohttp

_CONNECT_SECONDS = 2
# Shorter than servers keep a connection that says nothing: none is used as its server closes it.
_KEPT_SECONDS = 10
_JSON = "application/json"
Query = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered, read to its end. Names of headers are in small letters."""

    status: int
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        """Say whether it is what was asked for."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def problem(self) -> str:
        """Return the code of the problem (RFC 9457) that a service answers; "unknown" if it answers none."""
        try:
            return str(orjson.loads(self.content)["type"]).rpartition("/")[2]
        except (ValueError, KeyError, TypeError):
            return "unknown"


class HttpClient:
    """Asks over HTTP/1.1, connecting when that is first needed. `seconds`: for a whole answer."""

    def __init__(self, *, seconds: float, connections: int) -> None:
        self._seconds = seconds
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        whom: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        query: Query | None = None,
        body: Mapping[str, object] | bytes | None = None,
    ) -> Response:
        """Return what is answered, whatever its status. A body that is no bytes is sent as JSON.

        Raises: Operational, which names `whom` was asked and nothing of what.
        """
        import aiohttp
        from yarl import URL

        address = f"{url}?{urlencode(query, doseq=True)}" if query else url
        typed = {"content-type": _JSON} if body is not None and not isinstance(body, bytes) else {}
        data = orjson.dumps(body) if typed else body
        try:
            async with self._connected().request(
                method,
                # As it stands: it was quoted by who knows what is in it.
                URL(address, encoded=True),
                headers={**typed, **headers},
                data=data,
                allow_redirects=False,
            ) as answer:
                content = await answer.read()
                return Response(
                    answer.status, content, {name.lower(): value for name, value in answer.headers.items()}
                )
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Operational(f"{whom}: {type(error).__name__}") from None

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _connected(self) -> "aiohttp.ClientSession":
        if self._session is None:
            import aiohttp

            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections, keepalive_timeout=_KEPT_SECONDS, use_dns_cache=False
                ),
                timeout=aiohttp.ClientTimeout(total=self._seconds, sock_connect=_CONNECT_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                # What services tell each other is not worth compressing on its way.
                headers={"accept-encoding": "identity"},
                skip_auto_headers=("user-agent",),
                # A proxy of the environment must not see it.
                trust_env=False,
            )
        return self._session
