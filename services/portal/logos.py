"""Organisations' logos: uploaded pictures, redrawn before anybody sees them. They are public."""

import asyncio
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.portal.models import Logo
from shared.database import Scope, set_scope

# The maximum bytes of a file, and pixels once opened.
MAX_FILE = 1_000_000
_MAX_PIXELS = 4_000_000
# As large as a page shows it, on screens with two pixels for one.
_LARGEST = (480, 112)
_DRAWING = asyncio.Lock()


class NoPicture(Exception):
    """The file is no picture that can be a logo."""


async def draw(content: bytes) -> bytes:
    """Return a picture (PNG or JPEG) redrawn as PNG: only its pixels remain of the file.

    Raises: NoPicture.
    """
    # One at a time: an opened picture takes 4 bytes for each pixel, several times over.
    async with _DRAWING:
        return await asyncio.to_thread(_draw, content)


def _draw(content: bytes) -> bytes:
    # Imported when a logo is uploaded, which is rare.
    from PIL import Image

    if len(content) > MAX_FILE:
        raise NoPicture
    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as given:
            if given.width * given.height > _MAX_PIXELS:
                raise NoPicture
            # Its profile, comments and location are dropped.
            seen = given.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise NoPicture from None
    seen.thumbnail(_LARGEST)
    drawn = Image.new("RGBA", seen.size)
    drawn.paste(seen)
    written = BytesIO()
    drawn.save(written, "PNG", optimize=True)
    return written.getvalue()


async def keep(session: AsyncSession, *, tenant: UUID, image: bytes, now: datetime) -> None:
    """Store a redrawn picture as an organisation's logo."""
    await set_scope(session, Scope(tenant=tenant))
    values = {"fingerprint": sha256(image).hexdigest()[:16], "image": image, "changed_at": now}
    added = insert(Logo).values(tenant=tenant, **values)
    await session.execute(added.on_conflict_do_update(index_elements=["tenant"], set_=values))


async def forget(session: AsyncSession, *, tenant: UUID) -> None:
    """Delete an organisation's logo."""
    await set_scope(session, Scope(tenant=tenant))
    await session.execute(delete(Logo).where(Logo.tenant == tenant))


async def address_of(session: AsyncSession, *, tenant: UUID) -> str | None:
    """Return the address of an organisation's logo; a new logo has a new address. None if there is none."""
    found = await session.scalar(select(Logo.fingerprint).where(Logo.tenant == tenant))
    return None if found is None else f"/logo/{tenant}/{found}.png"


async def image_at(session: AsyncSession, *, tenant: UUID, fingerprint: str) -> bytes | None:
    """Return an organisation's logo; None if it has another one, or none."""
    wanted = Logo.tenant == tenant, Logo.fingerprint == fingerprint
    return await session.scalar(select(Logo.image).where(*wanted))
