"""The HTTP client of services and the portal: persistent connections, no redirects, no cookies."""

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
# Shorter than servers keep an idle connection, so that none is used while its server closes it.
_KEPT_SECONDS = 10
_JSON = "application/json"
Query = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer. Header names are in lower case."""

    status: int
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        """Tell whether it is a success."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def problem(self) -> str:
        """Return the code of a service's problem (RFC 9457); "unknown" if it is none."""
        try:
            return str(orjson.loads(self.content)["type"]).rpartition("/")[2]
        except (ValueError, KeyError, TypeError):
            return "unknown"


class HttpClient:
    """An HTTP/1.1 client that connects on first use. `seconds`: the time limit of a whole answer."""

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
        """Return the answer, whatever its status. A body that is not bytes is sent as JSON.

        Raises: Operational, which names `whom` was asked but not what.
        """
        import aiohttp
        from yarl import URL

        address = f"{url}?{urlencode(query, doseq=True)}" if query else url
        typed = {"content-type": _JSON} if body is not None and not isinstance(body, bytes) else {}
        data = orjson.dumps(body) if typed else body
        try:
            async with self._connected().request(
                method,
                # Used literally: the caller, who knows its parts, has quoted it.
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
                # Traffic between services is not worth compressing.
                headers={"accept-encoding": "identity"},
                skip_auto_headers=("user-agent",),
                # A proxy from the environment must not see it.
                trust_env=False,
            )
        return self._session
