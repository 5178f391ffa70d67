"""Ops sees which emails did not arrive, of the organisation that is asked for, and nobody else does."""

from datetime import timedelta
from uuid import UUID

from shared.auth import Role
from shared.ids import uuid7
from tests.support.world.training import Training

EMAIL = """
    INSERT INTO message (id, kind, recipient, role, tenant, stream, parameters, state, queued_at, settled_at)
    VALUES (:id, 'confirm', :id, 'participant', :tenant, :id, '{}', :state, :at, :at)
"""
PATH = "/v1/undelivered-emails"


async def _write(world: Training, state: str, *, tenant: UUID | None = None, hours: int = 0) -> str:
    email = uuid7()
    at = await world.now() - timedelta(hours=hours)
    await world.execute(EMAIL, id=email, tenant=tenant or world.tenant, state=state, at=at)
    return str(email)


async def test_lists_what_did_not_arrive_newest_first_in_pages(world: Training) -> None:
    older = await _write(world, "no-address", hours=2)
    newer = await _write(world, "refused", hours=1)
    for state in ("sent", "cancelled"):
        await _write(world, state)
    await _write(world, "refused", tenant=uuid7())
    ops = world.colleague(Role.OPS)
    first = (await world.ask("GET", PATH, ops, params={"limit": "1"}, expect=200)).json()
    assert [(each["message_id"], each["reason"]) for each in first["items"]] == [(newer, "refused")]
    rest = {"limit": "1", "cursor": first["next"]}
    second = (await world.ask("GET", PATH, ops, params=rest, expect=200)).json()
    assert [(each["message_id"], each["reason"]) for each in second["items"]] == [(older, "no-address")]
    assert second["next"] is None


async def test_is_for_ops_alone(world: Training) -> None:
    for role in set(Role) - {Role.OPS}:
        await world.ask("GET", PATH, world.colleague(role), expect=403)
