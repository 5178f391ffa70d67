"""What people are asked, in words: an organisation's own where it published some, else those that Kring comes with.

A purpose's versions are counted per organisation. Its own begin after the ones that Kring came with at that time, so
a number always means the same words to the same people.
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
    """A text as somebody reads it."""

    title: str
    body: str


@dataclass(frozen=True)
class TextOf:
    """A version of a purpose's text, in every audience and language that there is."""

    purpose: Purpose
    version: int
    own: bool
    words: Mapping[tuple[str, str], Words]

    def for_reader(self, audience: str, language: str) -> tuple[str, Words]:
        """Return the text for somebody, in their language or else in Dutch, and which language it is."""
        found = self.words.get((audience, language))
        return (language, found) if found is not None else (FALLBACK, self.words[audience, FALLBACK])


@cache
def shipped() -> Mapping[tuple[Purpose, int], Mapping[tuple[str, str], Words]]:
    """Return the texts that Kring comes with: files `<purpose>.<version>.<language>.txt`, a part for each audience."""
    found: dict[tuple[Purpose, int], dict[tuple[str, str], Words]] = {}
    for path in sorted(DIRECTORY.glob("*.txt")):
        purpose, version, language = path.stem.split(".")
        words = found.setdefault((Purpose(purpose), int(version)), {})
        parts = _PART.split(path.read_text(encoding="utf-8"))[1:]
        for audience, title, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            words[Audience(audience), language] = Words(title.strip(), body.strip())
    return found


def newest_shipped(purpose: Purpose) -> int:
    """Return the newest version of a purpose that Kring comes with."""
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
    """Return a version of a purpose's text, or the one of now. Raises: UnknownText."""
    current = (await current_versions(session, tenant=tenant))[purpose]
    wanted = current if version is None else version
    query = select(ConsentText).where(
        ConsentText.tenant == tenant, ConsentText.purpose == purpose, ConsentText.version == wanted
    )
    rows = (await session.execute(query)).scalars().all()
    if rows:
        words = {(row.audience, row.language): Words(row.title, row.body) for row in rows}
        return TextOf(purpose, wanted, True, words)
    # What Kring came to ship after an organisation began with its own text was never shown there.
    known = shipped().get((purpose, wanted))
    if known is None or wanted > current:
        raise UnknownText(current=current)
    return TextOf(purpose, wanted, False, known)
