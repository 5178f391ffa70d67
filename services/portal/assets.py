"""Styles and fonts of pages: built once from npm packages, served under names that change with their content.

`python -m services.portal.assets` builds them, when the environment is made.
"""

import shutil
import subprocess
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

from services.portal.theme import GREEN, THEME, accents, name_of, recolour
from shared.profiles import UNKNOWN, Profile

_HERE = Path(__file__).parent
FRONTEND = _HERE / "frontend"
BUILT = FRONTEND / "built"
_STYLES = "kring.css"
FONT = "figtree.woff2"
# The components of the design system that pages use.
_COMPONENTS = (
    "link", "validation-message", "button", "card", "field", "fieldset", "input", "label", "heading", "paragraph",
    "list", "table", "tag", "error-summary", "details", "skip-link", "alert", "divider",
)  # fmt: skip


def build() -> None:
    """Fetch the locked packages, and build what browsers get."""
    # The machine's own, or the one that was installed beside Python.
    npm = shutil.which("npm") or str(Path(sys.executable).with_name("npm"))
    fetch = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
    subprocess.run(fetch, cwd=FRONTEND, check=True)  # noqa: S603 - npm, by its own path
    system = FRONTEND / "node_modules" / "@digdir" / "designsystemet-css" / "dist"
    source = system / "src"
    parts = [
        "@layer ds.theme, ds.base, ds.components, kring;",
        recolour((system / "theme" / "designsystemet.css").read_text(), GREEN),
        # A component's own file is in no cascade layer; unlayered it would override the margins of pages.
        f"@layer ds.base{{{(source / 'base.css').read_text()}}}",
        *(
            f"@layer ds.components{{{path.read_text()}}}"
            for name in _COMPONENTS
            if (path := source / f"{name}.css").exists()
        ),
        (FRONTEND / _STYLES).read_text(),
    ]
    BUILT.mkdir(exist_ok=True)
    font = FRONTEND / "node_modules/@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2"
    shutil.copy(font, BUILT / FONT)
    (BUILT / THEME).write_text(accents((system / "theme" / "designsystemet.css").read_text()))
    (BUILT / _STYLES).write_text("\n".join(parts))


@cache
def fingerprint(name: str) -> str:
    """Return what distinguishes one build of a file from the next."""
    return sha256((BUILT / name).read_bytes()).hexdigest()[:12]


def address(name: str) -> str:
    """Return the address of a file for browsers; a new build has a new address."""
    return f"/static/{fingerprint(name)}/{name}"


def theme_address(profile: Profile) -> str | None:
    """Return the address of the style of an organisation's colours; None if it chose none."""
    name = name_of(profile)
    return None if name is None else f"/theme/{fingerprint(THEME)}/{name}.css"


def looks_of(profile: Profile, *, logo: str | None) -> dict[str, str | None]:
    """Return an organisation's appearance: its name, colours and logo address."""
    return {
        "logo": logo,
        "organisation": None if profile is UNKNOWN else profile.name,
        "theme": theme_address(profile),
    }


@cache
def accent_rules() -> str:
    """Return the rules from which themes are made."""
    return (BUILT / THEME).read_text()


if __name__ == "__main__":
    build()
