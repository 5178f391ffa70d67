"""A person's browser: a real Chromium on a phone, with checks of every page that they visit.

A page must answer successfully, without any script, no wider than the phone, and without violations that
axe-core finds (WCAG 2.2 A and AA).
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from playwright.async_api import Browser, Page, async_playwright

from deploy.demo.acting import Player
from deploy.local.errors import PlatformError
from deploy.watch.failures import WentWrong

# The first is headless only, and needs a third of the processor time of the others.
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# Pictures are not compared, so smoothing is not needed; and no sandbox: the pages are our own.
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--font-render-hinting=none",
]
PHONE = 390
# Other sizes that each page must fit, and variants of its pictures: dark mode, forced colours, print.
_WIDTHS = (320, 1280)
_MEDIA: dict[str, Any] = {
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active"},
    "print": {"media": "print"},
}
_USUAL: Any = {"color_scheme": "light", "forced_colors": "none", "media": "screen"}
_AXE = Path(__file__).parents[3] / "services/portal/frontend/node_modules/axe-core/axe.min.js"
# In light mode everything; in dark mode colours only, as all else is the same.
_RULES: dict[Literal["light", "dark"], list[str]] = {
    "light": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "dark": ["color-contrast", "link-in-text-block"],
}
_FOUND = """async rules => {
    const found = await axe.run({runOnly: rules});
    return found.violations.map(each => `${each.id}: ${each.nodes[0].html}`);
}"""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Give a Chromium. Raises: PlatformError if the machine has none."""
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if found is None:
        raise PlatformError(
            "Chromium is missing; install it (on Debian: apt-get install chromium-headless-shell)."
        )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


class Barriers:
    """Violations found by axe-core: in one tab of its own, because it is a script and a new window takes a second."""

    def __init__(self, browser: Browser, portal: str) -> None:
        self._browser = browser
        self._portal = portal
        self._page: Page | None = None
        # People act in parallel, and the tab shows one page at a time.
        self._lock = asyncio.Lock()

    async def found(self, html: str) -> list[str]:
        """Return the violations on a page, in light and dark mode."""
        async with self._lock:
            tab = await self._tab()
            await tab.set_content(html)
            await tab.evaluate(await asyncio.to_thread(_AXE.read_text, encoding="utf-8"))
            found: list[str] = []
            for scheme, rules in _RULES.items():
                await tab.emulate_media(color_scheme=scheme)
                found += await tab.evaluate(_FOUND, rules)
            return found

    async def _tab(self) -> Page:
        if self._page is None:
            context = await self._browser.new_context(
                viewport={"width": PHONE, "height": 844}, bypass_csp=True, locale="nl-BE"
            )
            self._page = await context.new_page()
            await self._page.goto(f"{self._portal}/")
        return self._page


@dataclass(eq=False, kw_only=True)
class Browsing(Player):
    """Somebody with a browser of their own."""

    browser: ClassVar[Browser]
    portal: ClassVar[str]
    pictures: ClassVar[Path | None]
    barriers: ClassVar["Barriers"]
    # Pages that were checked for violations, each once.
    checked: ClassVar[set[str]]
    _page: Page | None = field(default=None, init=False, repr=False)
    _seen: int = field(default=0, init=False, repr=False)

    async def _tab(self) -> Page:
        if self._page is None:
            context = await self.browser.new_context(
                viewport={"width": PHONE, "height": 844},
                locale="nl-BE",
                timezone_id="Europe/Brussels",
                java_script_enabled=False,
            )
            self._page = await context.new_page()
        return self._page

    async def _send(self, page: Page, leads_to: str) -> None:
        await self._press(page, "#page-form > button[type=submit]", leads_to)

    async def _press(self, page: Page, button: str, path: str) -> None:
        # A click returns before the next page is loaded: half of a page cannot be checked.
        async with page.expect_navigation():
            await page.click(button)
        await self._look(page)
        if not page.url.removeprefix(self.portal).startswith(path) or await page.locator("#errors").count():
            words = await page.locator("main").inner_text()
            raise WentWrong(f"{self.first_name} came to {page.url}, not to {path}: {words[:300]}")

    async def _look(self, page: Page) -> None:
        """Store a picture of a page, and fail if it is too wide or has violations."""
        self._seen += 1
        await self._picture(page)
        await self._fits(page, PHONE)
        title = await page.title()
        if title in self.checked:
            return
        self.checked.add(title)
        for width in _WIDTHS:
            await page.set_viewport_size({"width": width, "height": 844})
            await self._fits(page, width)
            await self._picture(page, str(width))
        await page.set_viewport_size({"width": PHONE, "height": 844})
        if self.pictures is not None:
            for name, media in _MEDIA.items():
                await page.emulate_media(**media)
                await self._picture(page, name)
                await page.emulate_media(**_USUAL)
            path = self.pictures / f"{self._name_of(page)}.html"
            # As it was sent, for an HTML checker: the browser repairs what it reads.
            raw = await (await page.context.request.get(page.url)).text()
            await asyncio.to_thread(path.write_text, raw)
        found = await self.barriers.found(await page.content())
        if found:
            raise WentWrong(f"{page.url} keeps somebody out: {'; '.join(found)}")

    async def _fits(self, page: Page, width: int) -> None:
        wide = await page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            raise WentWrong(f"{page.url} is {wide} wide on a screen of {width}")

    async def _picture(self, page: Page, view: str = "") -> None:
        if self.pictures is not None:
            path = self.pictures / f"{self._name_of(page, view)}.png"
            await page.screenshot(path=path, full_page=True)

    def _name_of(self, page: Page, view: str = "") -> str:
        address = page.url.removeprefix(self.portal).partition("?")[0].strip("/").replace("/", "-")[:40]
        parts = [self.first_name.lower(), f"{self._seen:03}", address or "start", *([view] if view else [])]
        return "-".join(parts)


async def choose(page: Page, name: str, value: str) -> None:
    """Choose an option as a finger does: on its label, which covers or surrounds the input."""
    circle = page.locator(f"input[name='{name}'][value='{value}']")
    await circle.locator("xpath=ancestor::label | following-sibling::label").first.click()
