"""Links that people request themselves: with one that no longer works, or because theirs was passed on.

A new link goes only to the address that is known of the person, whoever asks.
"""

from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import LinkAskedOften, NotReachable, PersonState, Purpose
from services.network.models import Person, PersonalLink
from services.network.operations import links, notifying
from services.network.settings import policies
from shared import case_state, profiles
from shared.auth import read_link_token
from shared.database import Scope, set_scope
from shared.fields import is_email
from shared.tables import message
from shared.vault import Vault

_KINDS = ("link-asked", "link-renewed")
_A_DAY = timedelta(days=1)


async def request(session: AsyncSession, *, token: str, key: bytes, now: datetime) -> None:
    """Mail a new link to the person an expired or replaced one belonged to.

    Any other token does nothing, and the answer does not reveal which it was. A working link keeps working: an
    old email in other hands takes nothing from its owner. A revoked link is restored by the coordinator alone.
    """
    claimed = read_link_token(token)
    found = None if claimed is None else await queries.link(session, link_id=claimed.link_id)
    if claimed is None or found is None:
        return
    await set_scope(session, Scope(tenant=found.tenant, subject=found.person_id))
    # Two simultaneous requests are counted one after the other.
    query = select(PersonalLink).where(PersonalLink.id == found.id)
    (link,) = await case_state.lock_rows(session, query, case_id=found.case_id)
    was_good = links.proves_older(claimed, link, key) or (
        claimed.proves(key, link.generation) and link.expires_at <= now
    )
    if link.revoked_at is not None or not was_good:
        return
    person = await queries.person(session, tenant=link.tenant, person_id=link.person_id)
    state = await case_state.read(session, link.case_id)
    if person.state != PersonState.ACTIVE or state is None or state.status == "erased":
        return
    if await _wait(session, person, now) is None:
        await notifying.notify(session, person=person, kind="link-asked", now=now, even_if_stopped=True)


async def renew_own(session: AsyncSession, vault: Vault, *, person: Person, now: datetime) -> None:
    """Withdraw the link of a person (locked) who asks for it, and mail them a new one.

    Raises: NotReachable, LinkAskedOften.
    """
    fields = await vault.open(session, person)
    today = await profiles.today(session, tenant=person.tenant, now=now)
    wanted = await queries.consent_allows(session, vault, person=person, purpose=Purpose.MAIL, today=today)
    if fields.email is None or not is_email(fields.email) or not wanted:
        raise NotReachable
    wait = await _wait(session, person, now)
    if wait is not None:
        raise LinkAskedOften(retry_after=max(1, ceil(wait.total_seconds())))
    await links.renew(session, person=person, now=now)


async def _wait(session: AsyncSession, person: Person, now: datetime) -> timedelta | None:
    """Return how long to wait before another link may be sent; None if one may go now."""
    most = (await policies.in_force(session, tenant=person.tenant)).settings.links_a_day
    lately = (
        select(message.c.queued_at)
        .where(
            message.c.recipient == person.id,
            message.c.kind.in_(_KINDS),
            message.c.queued_at > now - _A_DAY,
        )
        .order_by(message.c.queued_at.desc())
    )
    moments = (await session.execute(lately.limit(most))).scalars().all()
    return None if len(moments) < most else moments[-1] + _A_DAY - now
