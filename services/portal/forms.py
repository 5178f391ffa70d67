"""What a browser sends: whether one of our own pages sent it, its fields, and the ids in it."""

from urllib.parse import parse_qsl
from uuid import UUID

from starlette.requests import Request

_MAX_FIELDS = 200


def read_id(text: str) -> str:
    """Return an id from an address or a form; what is none is one that nothing has, so it is not found."""
    try:
        return str(UUID(text))
    except ValueError:
        return str(UUID(int=0))


def is_from_here(request: Request, public_url: str) -> bool:
    """Say whether a form was sent from one of our own pages, by what the browser says of it."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or origin.rstrip("/") == public_url.rstrip("/")


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form, by name."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    raw = (await request.body()).decode(errors="replace")
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return {}
    # What is chosen more than once is one value with commas: no text field is.
    form: dict[str, str] = {}
    for name, value in pairs:
        text = value.replace("\0", "")
        form[name] = f"{form[name]},{text}" if name in form and name.endswith("[]") else text
    return form
