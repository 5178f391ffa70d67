"""Shows where a person lives, only as closely as a coordinator needs to tell whether they know them."""

import re

# A Belgian postal code and what follows it at the end of an address: "9000 Gent".
_MUNICIPALITY = re.compile(r"\b[1-9]\d{3} +[^\d,;]+$")


def municipality_of(address: str | None) -> str | None:
    """Return the postal code and municipality at the end of an address, without street and number."""
    found = _MUNICIPALITY.search((address or "").strip())
    return None if found is None else found[0]
