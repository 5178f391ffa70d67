"""How a connection or request is attributed to a client, and how many one client may have at once."""

from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from shared.settings import Network

# The smallest network that a provider gives one customer, who can use any address in it.
_CUSTOMER_BITS = 64


def counted_as(address: str) -> str:
    """Return the key of a client: an IPv4 address, or the /64 of an IPv6 address; "" if it is no address."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found), _CUSTOMER_BITS), strict=False))
    return str(found or "")


def is_of(address: str, networks: Sequence[Network]) -> bool:
    """Tell whether an address is in one of these networks."""
    found = _read(address)
    return found is not None and any(found in network for network in networks)


def _read(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    # A dual-stack socket writes IPv4 addresses this way.
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


class AtOnce:
    """The current number of connections or requests of each client, up to a limit."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._now: Counter[str] = Counter()

    def enter(self, client: str) -> bool:
        """Count one more and return True; return False if the client has reached the limit."""
        if self._now[client] >= self._most:
            return False
        self._now[client] += 1
        return True

    def leave(self, client: str) -> None:
        """Count one less."""
        self._now[client] -= 1
        if not self._now[client]:
            del self._now[client]
