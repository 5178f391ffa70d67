"""Makes a PDF of a page, in a process of its own: tagged, for screen readers.

The time depends on its words, which people write: `python -m services.portal.pdf`.
"""

from typing import Any

from services.portal.assets import BUILT, FONT
from shared import limited_process

# Processor seconds and address space: several times what the longest plan takes.
_SECONDS, _MEGABYTES = 15, 512
FONT_ADDRESS = f"kring:{FONT}"


async def make_pdf(html: str, *, seconds: int = _SECONDS, megabytes: int = _MEGABYTES) -> bytes:
    """Return a page as a PDF. Raises: TooMuchWork."""
    return await limited_process.run(__name__, html.encode(), seconds=seconds, megabytes=megabytes)


def _work(html: bytes) -> bytes:
    # The import takes a second, and only this process needs it.
    import weasyprint
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class OwnFiles(URLFetcher):  # type: ignore[misc]
        """Fetches our font, and nothing that user text could refer to."""

        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:  # noqa: ARG002 - as called
            if url != FONT_ADDRESS:
                raise FatalURLFetchingError(f"fetches {FONT_ADDRESS} only")
            return URLFetcherResponse(url, (BUILT / FONT).read_bytes(), {"Content-Type": "font/woff2"})

    page = weasyprint.HTML(string=html.decode(), url_fetcher=OwnFiles())
    made: bytes = page.write_pdf(pdf_variant="pdf/ua-1")
    return made


if __name__ == "__main__":
    limited_process.serve(_work)
