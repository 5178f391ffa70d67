"""A person's browser: a real Chromium on a phone, with checks of every page that they visit.

A page must answer successfully, without any script, no wider than the phone, and without violations that
axe-core finds (WCAG 2.2 A and AA).
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
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
SEND = "#page-form > button[type=submit]"
# What is filled in: by the name of a field its value, or of boxes those that are ticked; None leaves it as it is.
Fields = Mapping[str, Any]
# Other sizes that each page must fit.
_WIDTHS = (320, 840, 1280)
_AXE = Path(__file__).parents[3] / "services/portal/frontend/node_modules/axe-core/axe.min.js"
# In light mode everything; in dark mode colours only, as all else is the same.
_RULES: dict[Literal["light", "dark"], list[str]] = {
    "light": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "dark": ["color-contrast", "link-in-text-block"],
}
_FOUND = """async rules => {
    // Without what is not shown of the result: it costs most of the time.
    const found = await axe.run({runOnly: rules, resultTypes: ["violations"], selectors: false});
    return found.violations.map(each => `${each.id}: ${each.nodes[0].html}`);
}"""

_KINDS = "all => Object.fromEntries(all.map(each => [each.name, each.type]))"
_TICKED = "all => all.map(each => [each.value, each.checked])"


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
            # It stays there when the tab's content is set.
            await self._page.evaluate(await asyncio.to_thread(_AXE.read_text, encoding="utf-8"))
        return self._page


class Window:
    """The window in which people act in turn, each with cookies of their own: another window takes a second."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._page: Page | None = None
        self._owner: Player | None = None
        self._cookies: dict[Player | None, Any] = {}

    async def of(self, owner: Player) -> Page:
        """Return the page in somebody's hands."""
        if self._page is None:
            context = await self._browser.new_context(
                viewport={"width": PHONE, "height": 844},
                locale="nl-BE",
                timezone_id="Europe/Brussels",
                java_script_enabled=False,
                reduced_motion="reduce",
            )
            self._page = await context.new_page()
        if owner is not self._owner:
            context = self._page.context
            self._cookies[self._owner] = await context.cookies()
            await context.clear_cookies()
            await context.add_cookies(self._cookies.get(owner, []))
            self._owner = owner
        return self._page


@dataclass(eq=False, kw_only=True)
class Browsing(Player):
    """Somebody with a browser."""

    portal: ClassVar[str]
    pictures: ClassVar[Path | None]
    barriers: ClassVar["Barriers"]
    # Kinds of pages that were checked for violations, each once in a process.
    checked: ClassVar[set[tuple[str, ...]]] = set()
    window: ClassVar["Window"]
    _seen: int = field(default=0, init=False, repr=False)

    async def _open(self, path: str) -> Page:
        """Go to a page."""
        page = await self.window.of(self)
        await page.goto(f"{self.portal}{path}")
        await self._look(page)
        return page

    async def _fill(self, page: Page, fields: Fields, button: str = SEND) -> Page:
        """Fill in a form by the names of its fields, send it, and return the page to which it leads."""
        kinds = await page.locator("[name]:not([type=hidden])").evaluate_all(_KINDS)
        for name, value in fields.items():
            if value is not None:
                await _enter(page, name, value, kinds.get(name))
        await self._press(page, button)
        return page

    async def _press(self, page: Page, button: str) -> None:
        # A click returns before the next page is loaded: half of a page cannot be checked.
        async with page.expect_navigation() as leads:
            await page.click(button)
        await self._look(page)
        answer, self.sent = await leads.value, self.sent + 1
        if answer is None or not answer.ok or await page.locator("#errors").count():
            words = await page.locator("main").inner_text()
            raise WentWrong(f"{self.first_name} pressed {button}, and came to {page.url}: {words[:300]}")

    async def _look(self, page: Page) -> None:
        """Store a picture of a page, and fail if it is too wide or has violations."""
        self._seen += 1
        self.api.asked.append(page.url)
        await self._picture(page)
        await self._fits(page, PHONE)
        # A kind of page, of whomever it is, in a state: ids and tokens are the long parts of its address.
        parts = [part for part in self._address(page).split("/") if len(part) < 22]
        kind = (await page.title(), *parts)
        if kind in self.checked:
            return
        self.checked.add(kind)
        for width in _WIDTHS:
            await page.set_viewport_size({"width": width, "height": 844})
            await self._fits(page, width)
            await self._picture(page, str(width))
        await page.set_viewport_size({"width": PHONE, "height": 844})
        if self.pictures is not None:
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

    def _address(self, page: Page) -> str:
        return page.url.removeprefix(self.portal).partition("?")[0].strip("/")

    def _name_of(self, page: Page, view: str = "") -> str:
        address = self._address(page).replace("/", "-")[:40]
        parts = [self.first_name.lower(), f"{self._seen:03}", address or "start", *([view] if view else [])]
        return "-".join(parts)


async def _enter(page: Page, name: str, value: Any, kind: str | None) -> None:
    """Fill in a field of this kind as a finger does."""
    fields = page.locator(f"[name='{name}']:not([type=hidden])")
    folded = page.locator(f"details:not([open]):has([name='{name}']:not([type=hidden])) > summary")
    if await folded.count():
        await folded.click()
    match kind:
        case None:
            raise WentWrong(f"{page.url} does not ask for {name}")
        case "select-one":
            await fields.select_option(value)
        case "radio":
            # On its label, which covers or surrounds the input.
            label = "xpath=ancestor::label | following-sibling::label"
            await page.locator(f"input[name='{name}'][value='{value}']").locator(label).first.click()
        case "checkbox":
            for place, (code, ticked) in enumerate(await fields.evaluate_all(_TICKED)):
                if ticked != (code in value):
                    await fields.nth(place).set_checked(not ticked)
        case _:
            await fields.fill(str(value))
