"""Makes PDFs of pages: tagged, so that they can be read aloud; in a thread, since each takes up to a second."""

import asyncio
import threading
from ctypes.util import find_library
from functools import cache
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from services.portal.assets import BUILT, FONT
from services.portal.theme import GREEN
from services.portal.visits import PageModel, Visit
from services.portal.wording import environment
from shared.colours import INK, WHITE, nearest_readable
from shared.profiles import Profile

_FONT_ADDRESS = f"kring:{FONT}"
# The library shares what it knows of fonts between threads.
_alone = threading.Lock()


@cache
def _has_pango() -> bool:
    return all(find_library(name) for name in ("pango-1.0", "pangoft2-1.0"))


async def can_make() -> bool:
    """Say whether this machine can make PDFs: the library needs Pango, which Python packages do not bring."""
    return await asyncio.to_thread(_has_pango)


async def paper(visit: Visit, profile: Profile, template: str, model: PageModel, *, name: str) -> Response:
    """Return a page as a PDF in the reader's language and the organisation's colours; `name` names the file.

    Where this machine cannot make any, the answer is 501: pages show no way to it there.
    """
    if not await can_make():
        return Response(status_code=HTTPStatus.NOT_IMPLEMENTED)
    html = (
        environment(visit.language)
        .get_template(template)
        .render(
            **{field: getattr(model, field) for field in type(model).model_fields},
            organisation=profile.name,
            accent=nearest_readable(profile.accent_colour or GREEN, beside=[WHITE]),
            ink=profile.heading_colour or INK,
            font=_FONT_ADDRESS,
        )
    )
    content = await asyncio.to_thread(_render, html)
    headers = {"content-disposition": f'inline; filename="{name}.pdf"', "content-language": visit.language}
    return Response(content, media_type="application/pdf", headers=headers)


def _render(html: str) -> bytes:
    # Takes a second, and only who prints needs it.
    import weasyprint
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class OwnFiles(URLFetcher):  # type: ignore[misc]
        """Fetches our font, and nothing that words of people could point to."""

        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:  # noqa: ARG002 - as called
            if url != _FONT_ADDRESS:
                raise FatalURLFetchingError(f"fetches {_FONT_ADDRESS} only")
            return URLFetcherResponse(url, (BUILT / FONT).read_bytes(), {"Content-Type": "font/woff2"})

    with _alone:
        made: bytes = weasyprint.HTML(string=html, url_fetcher=OwnFiles()).write_pdf(pdf_variant="pdf/ua-1")
    return made
