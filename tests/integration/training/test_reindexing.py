"""Indexes of an older version: found while they are there, and made anew by command."""

import hmac
from hashlib import sha256
from uuid import UUID

from sqlalchemy import text

from services.training.operations.reindexing import reindex_registrations
from shared.secrets import Secrets
from tests.integration.training.bank import Line, digits, statement
from tests.support.erased import destroy_in
from tests.support.world.training import Training, participant


def before_versions(world: Training, tenant: UUID, about: str, value: str) -> bytes:
    """Return an index as it was made before there were versions."""
    secret = Secrets.load(world.context.settings.secrets_of("training")).index_key
    key = hmac.digest(secret, tenant.bytes, sha256)
    return hmac.digest(key, f"{about}\0{value}".encode(), sha256)


async def made_before(world: Training, registered: dict[str, str], first_name: str) -> None:
    """Give a registration the index that it would have had."""
    body = participant(first_name)
    value = f"{body['first_name']} {body['last_name']} {body['email']}".casefold()
    await change(
        world,
        registered["registration_id"],
        before_versions(world, world.tenant, "registration", value),
    )


async def change(world: Training, registration: str, index: bytes) -> None:
    async with world.owner.transaction() as session:
        statement = text("UPDATE registration SET person_index = :index WHERE id = :id")
        await session.execute(statement, {"index": index, "id": UUID(registration)})


async def reindex(world: Training) -> int:
    async with world.transaction() as session:
        return await reindex_registrations(session, world.context.vault, tenant=world.tenant)


async def indexes(world: Training) -> list[bytes]:
    rows = await world.rows(
        "SELECT person_index FROM registration WHERE tenant = :tenant ORDER BY id", tenant=world.tenant
    )
    return [bytes(row.person_index) for row in rows]


class TestAnOlderIndex:
    async def test_still_tells_that_somebody_is_registered(self, world: Training) -> None:
        session = await world.session()
        await made_before(world, await world.register(session, "Annelies"), "Annelies")
        answer = await world.confirm(await world.ask_for_place(session, "Annelies"), expect=409)
        assert answer["type"].endswith("/already-registered")

    async def test_is_made_anew_and_still_tells_it(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        now = await indexes(world)
        await made_before(world, registered, "Annelies")
        assert [len(index) for index in await indexes(world)] == [32]
        assert await reindex(world) == 1
        assert await indexes(world) == now
        assert await reindex(world) == 0
        await world.confirm(await world.ask_for_place(session, "Annelies"), expect=409)

    async def test_of_somebody_who_was_erased_stands_for_nobody(self, world: Training) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        (now,) = await indexes(world)
        await made_before(world, registered, "Annelies")
        await destroy_in(world.context, UUID(registered["registration_id"]))
        assert await reindex(world) == 1
        (anew,) = await indexes(world)
        assert (anew[:3], len(anew), anew != now) == (now[:3], 35, True)

    async def test_of_two_whom_newer_rules_take_for_one_person_both_keep_their_place(
        self, world: Training
    ) -> None:
        session, email = await world.session(), "zelfde@voorbeeld.example"
        first = await world.register(session, "Renee", email=email)
        # As if accents had made a difference then.
        await change(world, first["registration_id"], b"o" * 32)
        await world.register(session, "Renée", email=email)
        before, second = await indexes(world)
        assert await reindex(world) == 1
        anew, kept = await indexes(world)
        assert (kept == second, anew != before, anew != second) == (True, True, True)
        assert await reindex(world) == 0


class TestStatements:
    async def test_an_entry_that_was_imported_before_there_were_versions_is_known(
        self, world: Training
    ) -> None:
        session = await world.session()
        registered = await world.register(session, "Annelies")
        line = Line(communication=digits(registered["payment"]))
        first = await world.import_file(statement(line))
        (row,) = await world.rows("SELECT camt FROM payment")
        assert len(row.camt) == 35
        world.later(days=1)
        again = await world.import_file(statement(line, Line(text="iets anders")))
        assert again["payments"][0]["payment_id"] == first["payments"][0]["payment_id"]
