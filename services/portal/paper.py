"""Pages as PDFs: one at a time, so that printing does not slow down reading."""

import asyncio
import re
from contextlib import AsyncExitStack
from ctypes.util import find_library
from functools import cache
from http import HTTPStatus
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

from jinja2 import Environment
from starlette.responses import Response

from services.portal.pdf import FONT_ADDRESS, make_pdf
from services.portal.theme import GREEN
from services.portal.visits import PageModel, Visit
from services.portal.wording import environment
from shared.colours import INK, WHITE, nearest_readable
from shared.errors import Operational
from shared.languages import Language
from shared.limited_process import TooMuchWork
from shared.profiles import Profile

_one_at_a_time = asyncio.Lock()
# Each reader has one request in the queue: others' come between theirs, however many they send.
_of_readers: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
# A longer wait is refused with a retry: sooner than the request would time out.
_WAITS_SECONDS = 10
# About the letters in one line on paper.
_LONG_WORD = re.compile(r"\S{40}(?=\S)")


@cache
def _printing(language: Language) -> Environment:
    return environment(language).overlay(finalize=_breakable)


def _breakable(value: Any) -> Any:
    """Return a text with break points in its longest words: the library takes very long to find them itself."""
    return _LONG_WORD.sub("\\g<0>\N{ZERO WIDTH SPACE}", value) if type(value) is str else value


@cache
def _has_pango() -> bool:
    return all(find_library(name) for name in ("pango-1.0", "pangoft2-1.0"))


async def can_make() -> bool:
    """Tell whether this machine can make PDFs: the library needs Pango, which Python packages do not include."""
    return await asyncio.to_thread(_has_pango)


async def paper(
    visit: Visit, profile: Profile, template: str, model: PageModel, *, name: str, reader: UUID
) -> Response:
    """Return a page as a PDF in the reader's language and the organisation's colours; `name` names the file.

    On a machine that cannot make PDFs the answer is 501, and pages do not link to it. Raises: Operational if
    too many are being made now, or the page is far too long.
    """
    if not await can_make():
        return Response(status_code=HTTPStatus.NOT_IMPLEMENTED)
    html = (
        _printing(visit.language)
        .get_template(template)
        .render(
            **{field: getattr(model, field) for field in type(model).model_fields},
            organisation=profile.name,
            accent=nearest_readable(profile.accent_colour or GREEN, beside=[WHITE]),
            ink=profile.heading_colour or INK,
            font=FONT_ADDRESS,
        )
    )
    content = await _in_turn(html, reader)
    headers = {"content-disposition": f'inline; filename="{name}.pdf"', "content-language": visit.language}
    return Response(content, media_type="application/pdf", headers=headers)


async def _in_turn(html: str, reader: UUID) -> bytes:
    own = _of_readers.setdefault(reader, asyncio.Lock())
    async with AsyncExitStack() as turn:
        try:
            async with asyncio.timeout(_WAITS_SECONDS):
                await turn.enter_async_context(own)
                await turn.enter_async_context(_one_at_a_time)
        except TimeoutError:
            raise Operational("too many print at once") from None
        try:
            return await make_pdf(html)
        except TooMuchWork:
            raise Operational(f"a page of {len(html)} letters could not be printed") from None
