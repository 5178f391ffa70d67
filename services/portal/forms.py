"""What a browser sends: whether it came from our own page, its fields, its file, and the ids in it."""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from urllib.parse import parse_qsl
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request

from shared.languages import FALLBACK, LANGUAGES, Language

LANGUAGE_COOKIE = "kring-language"
# More than any of our forms has: a plan of a hundred agreements, each with the whole circle to tick.
_MAX_FIELDS = 2_000
# All our numbers have fewer digits; no service accepts a longer one.
_DIGITS = 16
# Longer than browsers write. Parsing a header may take time that grows faster than its length.
_MAX_CONTENT_TYPE = 200
# The name of a part: browsers quote it, and write a quote in it as %22. Matched at the beginning of a line only, so
# that the time is proportional to the body's length.
_NAMED = re.compile(rb'^content-disposition:[^\r\n]*?;[ \t]*name="([^"\r\n]*)"', re.IGNORECASE | re.MULTILINE)
# Characters that HTML excludes (https://infra.spec.whatwg.org/#control, #noncharacter), and nobody types.
_UNPRINTABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


class NotThere(Exception):
    """An address names something that does not exist."""


def read_id(text: str) -> str:
    """Return an id from an address or a form; anything else becomes an id that nothing has, so it is not found."""
    try:
        return str(UUID(text))
    except ValueError:
        return str(UUID(int=0))


def read_number(text: str) -> int:
    """Return a whole number from an address or a form; anything else becomes 0."""
    return int(text) if len(text) < _DIGITS and text.isdecimal() else 0


def rows_sent(form: Mapping[str, str], name: str) -> list[int]:
    """Return which rows of a list a form contains, by fields numbered `name-1`, `name-2`."""
    numbers = (field.removeprefix(f"{name}-") for field in form if field.startswith(f"{name}-"))
    return sorted(int(number) for number in numbers if number.isdecimal() and len(number) < 3)


def read_choice(text: str, choices: Container[str]) -> str:
    """Return a word of an address that must be one of some. Raises: NotThere."""
    if text not in choices:
        raise NotThere
    return text


def is_from_here(request: Request, public_url: str) -> bool:
    """Tell whether a form was sent from one of our own pages, by the browser's headers."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or origin.rstrip("/") == public_url.rstrip("/")


def names_its_site(request: Request) -> bool:
    """Tell whether a browser says at all from which site a form was sent: old ones do not."""
    return not {"sec-fetch-site", "origin"}.isdisjoint(request.headers.keys())


@dataclass(frozen=True, slots=True)
class Sent:
    """The content of a form: its fields by name, and its file if there is one that is not empty."""

    fields: dict[str, str]
    file: bytes | None = None


async def read_sent(request: Request) -> Sent:
    """Return what a browser sent; empty if it is no form. Raises: HTTPException if it is too large or too much."""
    kind, options = _options(request.headers.get("content-type", ""))
    body = await request.body()
    if kind == "application/x-www-form-urlencoded":
        try:
            pairs = parse_qsl(
                body.decode(errors="replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS
            )
        except ValueError:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE) from None
        return Sent(_fields(pairs))
    if kind == "multipart/form-data" and options.get("boundary"):
        return _parts(body, options["boundary"].encode(errors="replace"))
    return Sent({})


def _options(value: str) -> tuple[str, dict[str, str]]:
    """Return the value of a header, and its options."""
    message = Message()
    message["content-type"] = value[:_MAX_CONTENT_TYPE]
    [(kind, _), *options] = message.get_params(failobj=[("", "")])
    return kind.lower(), dict(options)


def _parts(body: bytes, boundary: bytes) -> Sent:
    """Return the fields and the file of a form with a file (RFC 7578)."""
    pairs: list[tuple[str, str]] = []
    file = None
    # Before the first boundary there is nothing, and after the last one two dashes.
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary, _MAX_FIELDS + 2)[1:-1]
    if len(parts) > _MAX_FIELDS:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    for part in parts:
        head, _, content = part.partition(b"\r\n\r\n")
        named = _NAMED.search(head)
        if named is None:
            continue
        if b"filename=" in head.lower():
            file = content or None
        else:
            pairs.append((named[1].decode(errors="replace"), content.decode(errors="replace")))
    return Sent(_fields(pairs), file)


def _fields(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    # Multiple choices become one value with commas: no text field is repeated.
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        text = _UNPRINTABLE.sub("", value)
        if name.endswith("[]"):
            form.setdefault(name, []).extend([text] if text else [])
        else:
            form[name] = [text]
    return {name: ",".join(texts) for name, texts in form.items()}


def language_of(request: Request) -> Language:
    """Return the language that a reader chose, else the first supported one that the browser asks for."""
    kept = request.cookies.get(LANGUAGE_COOKIE)
    wanted = request.headers.get("accept-language", "").lower().split(",")
    for code in (kept, *(part.strip()[:2] for part in wanted)):
        for language in LANGUAGES:
            if language == code:
                return language
    return FALLBACK
