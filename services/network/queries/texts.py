"""The wording of what people are asked: an organisation's own where it published one, else the one Kring ships.

Versions of a purpose are counted per organisation. Its own start after those Kring shipped at that time, so
that a number always means the same words to the same people.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.network.domain import Purpose
from services.network.domain.consents import Audience, UnknownText
from services.network.models import ConsentText
from shared.languages import FALLBACK

DIRECTORY = Path(__file__).parents[1] / "texts"
_PART = re.compile(r"^# (?P<audience>[a-z]+): (?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Words:
    """A text in one language."""

    title: str
    body: str


@dataclass(frozen=True)
class TextOf:
    """A version of a purpose's text, in all its audiences and languages."""

    purpose: Purpose
    version: int
    own: bool
    words: Mapping[tuple[str, str], Words]

    def for_reader(self, audience: str, language: str) -> tuple[str, Words]:
        """Return the text for a person, in their language or else in Dutch, and which language it is."""
        found = self.words.get((audience, language))
        return (language, found) if found is not None else (FALLBACK, self.words[audience, FALLBACK])


@cache
def shipped() -> Mapping[tuple[Purpose, int], Mapping[tuple[str, str], Words]]:
    """Return the texts shipped with Kring: files `<purpose>.<version>.<language>.txt`, one part per audience."""
    found: dict[tuple[Purpose, int], dict[tuple[str, str], Words]] = {}
    for path in sorted(DIRECTORY.glob("*.txt")):
        purpose, version, language = path.stem.split(".")
        words = found.setdefault((Purpose(purpose), int(version)), {})
        parts = _PART.split(path.read_text(encoding="utf-8"))[1:]
        for audience, title, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            words[Audience(audience), language] = Words(title.strip(), body.strip())
    return found


def newest_shipped(purpose: Purpose) -> int:
    """Return the newest version of a purpose that Kring ships."""
    return max(version for known, version in shipped() if known == purpose)


async def current_versions(session: AsyncSession, *, tenant: UUID) -> dict[Purpose, int]:
    """Return which version of each purpose's text an organisation uses now."""
    query = (
        select(ConsentText.purpose, func.max(ConsentText.version))
        .where(ConsentText.tenant == tenant)
        .group_by(ConsentText.purpose)
    )
    own = {Purpose(purpose): version for purpose, version in await session.execute(query)}
    return {purpose: own.get(purpose) or newest_shipped(purpose) for purpose in Purpose}


async def text(
    session: AsyncSession, *, tenant: UUID, purpose: Purpose, version: int | None = None
) -> TextOf:
    """Return a version of a purpose's text, or the current one. Raises: UnknownText."""
    current = (await current_versions(session, tenant=tenant))[purpose]
    wanted = current if version is None else version
    query = select(ConsentText).where(
        ConsentText.tenant == tenant, ConsentText.purpose == purpose, ConsentText.version == wanted
    )
    rows = (await session.execute(query)).scalars().all()
    if rows:
        words = {(row.audience, row.language): Words(row.title, row.body) for row in rows}
        return TextOf(purpose, wanted, True, words)
    # Versions that Kring shipped after an organisation began with its own text were never shown there.
    known = shipped().get((purpose, wanted))
    if known is None or wanted > current:
        raise UnknownText(current=current)
    return TextOf(purpose, wanted, False, known)
