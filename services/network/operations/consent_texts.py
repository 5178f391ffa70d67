"""Publishing an organisation's own wording of what it asks."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network.domain import Purpose
from services.network.domain.consents import AUDIENCES, TextIncomplete
from services.network.models import ConsentText
from services.network.queries import texts
from services.network.queries.texts import TextOf, Words
from services.network.schemas.consents import NewText
from shared import locks
from shared.errors import require_version
from shared.languages import FALLBACK


async def publish(
    session: AsyncSession,
    *,
    tenant: UUID,
    purpose: Purpose,
    version: int,
    new: Sequence[NewText],
    published_by: UUID,
    now: datetime,
) -> TextOf:
    """Publish a new version of a purpose's text; the current words again make none. `version`: the one that was read.

    Raises: TextIncomplete, OtherVersion.

    A yes to an earlier version is not a yes to this one.
    """
    words: dict[tuple[str, str], Words] = {
        (text.audience, text.language): Words(text.title, text.body) for text in new
    }
    complete = all((audience, FALLBACK) in words for audience in AUDIENCES[purpose])
    if not complete or len(words) < len(new) or any(text.audience not in AUDIENCES[purpose] for text in new):
        raise TextIncomplete
    await locks.hold(session, "consent-text", f"{tenant}/{purpose}")
    present = await texts.text(session, tenant=tenant, purpose=purpose)
    require_version(version, of=present.version)
    if dict(present.words) == words:
        return present
    following = max(present.version, texts.newest_shipped(purpose)) + 1
    session.add_all(
        ConsentText(
            tenant=tenant,
            purpose=purpose,
            version=following,
            audience=text.audience,
            language=text.language,
            title=text.title,
            body=text.body,
            published_by=published_by,
            created_at=now,
        )
        for text in new
    )
    await session.flush()
    return TextOf(purpose, following, True, words)
