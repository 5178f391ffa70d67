"""Personal links: made when first needed, included in every mail, renewed, revoked, and exchanged for access."""

import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import (
    NotInCircle,
    PersonState,
    UnknownLink,
    check_link,
    is_under_twelve,
)
from services.network.models import Person, PersonalLink
from services.network.operations import notifying
from services.network.queries import consents
from services.network.settings import policies
from shared import outbox, profiles
from shared.auth import LinkToken, link_token, read_link_token
from shared.case_access import NoLongerInCircle
from shared.case_state import lock_row, lock_rows, require_not_erased
from shared.context import Context
from shared.database import Scope, set_scope
from shared.events import network
from shared.ids import uuid7
from shared.secrets import read_key

# How far back a token of an earlier email is still recognised, to answer that a newer one was sent.
_REMEMBERED = 20
# Of a target its page; and which agreement, as somebody may have several.
_PAGE = re.compile(r"agreements/[0-9a-f-]{36}$|[a-z][a-z-]{0,39}(?=/|$)")


def link_key(context: Context) -> bytes:
    """Return the key that signs personal links."""
    return _read_key(context.settings.secrets_of(context.service) / "link_key")


@lru_cache(maxsize=4)
def _read_key(path: Path) -> bytes:
    return read_key(path)


async def usable(session: AsyncSession, *, person: Person, now: datetime) -> PersonalLink | None:
    """Return a person's link, created or extended so that it is valid from now on; None if it was revoked.

    An expired link gets a new generation, so that old emails do not become valid again.
    """
    lasts_until = await _until(session, person, now)
    found = await _locked(session, person, now, lasts_until)
    if found.revoked_at is not None:
        return None
    if found.expires_at <= now:
        found.generation += 1
    found.expires_at = max(found.expires_at, lasts_until)
    await session.flush()
    return found


def url(link: PersonalLink, *, key: bytes, public_url: str, target: str) -> str:
    """Return the address for a mail; it reveals neither the person nor the subject.

    Of the target only what the page needs is kept: browsers and servers store addresses.
    """
    address = f"{public_url.rstrip('/')}/l/{link_token(key, link.id, link.generation)}"
    page = _PAGE.match(target)
    return f"{address}?to={page[0]}" if page else address


async def renew(session: AsyncSession, *, person: Person, now: datetime) -> PersonalLink:
    """Invalidate every earlier email and mail a new link. Raises: NotInCircle."""
    if person.state != PersonState.ACTIVE:
        raise NotInCircle(person_id=str(person.id))
    lasts_until = await _until(session, person, now)
    found = await _locked(session, person, now, lasts_until)
    found.generation += 1
    found.expires_at = lasts_until
    found.revoked_at = None
    await session.flush()
    await _end_access(session, person, before=found.generation, now=now)
    # Also when the case has stopped by then: the old link no longer works.
    await notifying.notify(session, person=person, kind="link-renewed", now=now, even_if_stopped=True)
    return found


async def revoke(session: AsyncSession, *, person: Person, now: datetime) -> PersonalLink:
    """Revoke a person's link: nobody gets in with it, and no mail carries one, until it is renewed."""
    found = await _locked(session, person, now, now)
    found.revoked_at = found.revoked_at or now
    await session.flush()
    return found


async def revoke_access(session: AsyncSession, *, person: Person, now: datetime) -> None:
    """Revoke the link of a person who stays in the case, and the access of whoever came with it."""
    found = await revoke(session, person=person, now=now)
    # A renewed link will be of the next generation.
    await _end_access(session, person, before=found.generation + 1, now=now)


async def _end_access(session: AsyncSession, person: Person, *, before: int, now: datetime) -> None:
    """Let tokens from before a generation of the link give no access any more, in any service."""
    fact = network.LinkRevoked(case_id=person.case_id, person_id=person.id, first_link=before)
    await outbox.publish(
        session, fact, stream=person.case_id, tenant=person.tenant, case=person.case_id, now=now
    )


async def distrust(session: AsyncSession, *, person: Person) -> None:
    """Invalidate all emails sent so far, because they may have gone to somebody else."""
    query = select(PersonalLink).where(
        PersonalLink.tenant == person.tenant, PersonalLink.person_id == person.id
    )
    found = await lock_row(session, query)
    if found is not None:
        found.generation += 1
        await session.flush()


def proves_older(claimed: LinkToken, link: PersonalLink, key: bytes) -> bool:
    """Tell whether a token was valid before a newer link was sent."""
    oldest = max(1, link.generation - _REMEMBERED)
    return any(claimed.proves(key, older) for older in range(oldest, link.generation))


async def exchange(
    session: AsyncSession, *, token: str, key: bytes, now: datetime
) -> tuple[PersonalLink, Person]:
    """Return the link and the person that a token proves.

    Raises: UnknownLink, LinkReplaced, LinkRevoked, LinkExpired, CaseErased, NoLongerInCircle.
    """
    claimed = read_link_token(token)
    found = None if claimed is None else await queries.link(session, link_id=claimed.link_id)
    if claimed is None or found is None:
        raise UnknownLink
    await set_scope(session, Scope(tenant=found.tenant, subject=found.person_id))
    check_link(
        now=now,
        expires_at=found.expires_at,
        revoked_at=found.revoked_at,
        proves=claimed.proves(key, found.generation),
        proves_older=proves_older(claimed, found, key),
    )
    await require_not_erased(session, case_id=found.case_id)
    person = await queries.person(session, tenant=found.tenant, person_id=found.person_id)
    if person.state != PersonState.ACTIVE:
        raise NoLongerInCircle
    return found, person


async def _until(session: AsyncSession, person: Person, now: datetime) -> datetime:
    policy = await policies.in_force(session, tenant=person.tenant)
    return policy.after(now, policy.settings.link_expires)


async def _locked(session: AsyncSession, person: Person, now: datetime, expires_at: datetime) -> PersonalLink:
    query = select(PersonalLink).where(
        PersonalLink.tenant == person.tenant, PersonalLink.person_id == person.id
    )
    found = await lock_row(session, query)
    if found is not None:
        return found
    values = {
        "id": uuid7(),
        "tenant": person.tenant,
        "case_id": person.case_id,
        "person_id": person.id,
        "generation": 1,
        "created_at": now,
        "expires_at": expires_at,
    }
    await session.execute(insert(PersonalLink).values(values).on_conflict_do_nothing())
    return (await lock_rows(session, query, case_id=person.case_id))[0]


async def issue(
    session: AsyncSession, context: Context, *, link: PersonalLink, person: Person, now: datetime
) -> str:
    """Return a short-lived token for the person behind a verified link.

    It states whether they are a child under twelve, or decide for one.
    """
    (fields,) = await context.vault.open_readable(session, [person])
    today = await profiles.today(session, tenant=link.tenant, now=now)
    return context.issuer.person(
        person=person.id,
        tenant=link.tenant,
        case=link.case_id,
        case_role=person.role,
        link=link.generation,
        under_twelve=fields is not None and is_under_twelve(fields.birth_date, today),
        decides_for=await consents.decides_for(session, context.vault, person=person, today=today),
    )
