"""Indexes of an older version: found while they are there, and made anew by command."""

import hmac
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import text

from services.training.operations.reindexing import reindex_registrations
from shared.database import Scope
from shared.secrets import Secrets
from tests.integration.training.bank import Line, digits, statement
from tests.integration.training.house import House, person


def before_versions(house: House, tenant: UUID, about: str, value: str) -> bytes:
    """Return an index as it was made before there were versions."""
    secret = Secrets.load(house.context.settings.secrets_dir).index_key
    key = hmac.digest(secret, tenant.bytes, sha256)
    return hmac.digest(key, f"{about}\0{value}".encode(), sha256)


async def made_before(house: House, registered: dict[str, str], first_name: str) -> None:
    """Give a registration the index that it would have had."""
    body = person(first_name)
    value = f"{body['first_name']} {body['last_name']} {body['email']}".casefold()
    await change(
        house,
        registered["registration_id"],
        before_versions(house, house.tenant, "registration", value),
    )


async def change(house: House, registration: str, index: bytes) -> None:
    async with house.owner.transaction() as session:
        statement = text("UPDATE registration SET person_index = :index WHERE id = :id")
        await session.execute(statement, {"index": index, "id": UUID(registration)})


async def reindex(house: House) -> int:
    async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
        return await reindex_registrations(session, house.context.vault, tenant=house.tenant)


async def indexes(house: House) -> list[bytes]:
    rows = await house.rows(
        "SELECT person_index FROM registration WHERE tenant = :tenant ORDER BY id", tenant=house.tenant
    )
    return [bytes(row.person_index) for row in rows]


class TestAnOlderIndex:
    async def test_still_tells_that_somebody_is_registered(self, house: House) -> None:
        session = await house.session()
        await made_before(house, await house.register(session, "Annelies"), "Annelies")
        path = f"/v1/sessions/{session}/registrations"
        answer = await house.ask("POST", path, house.anyone, json=person("Annelies"), expect=409)
        assert answer.json()["type"].endswith("/already-registered")

    async def test_is_made_anew_and_still_tells_it(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        now = await indexes(house)
        await made_before(house, registered, "Annelies")
        assert [len(index) for index in await indexes(house)] == [32]
        assert await reindex(house) == 1
        assert await indexes(house) == now
        assert await reindex(house) == 0
        path = f"/v1/sessions/{session}/registrations"
        await house.ask("POST", path, house.anyone, json=person("Annelies"), expect=409)

    async def test_of_somebody_who_was_erased_stands_for_nobody(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        (now,) = await indexes(house)
        await made_before(house, registered, "Annelies")
        async with house.context.database.transaction(Scope(tenant=house.tenant)) as opened:
            subject = UUID(registered["registration_id"])
            await house.context.vault.destroy(opened, subjects=[subject])
        assert await reindex(house) == 1
        (anew,) = await indexes(house)
        assert (anew[:3], len(anew), anew != now) == (now[:3], 35, True)

    async def test_of_two_whom_newer_rules_take_for_one_person_both_keep_their_place(
        self, house: House
    ) -> None:
        session, email = await house.session(), "zelfde@voorbeeld.example"
        first = await house.register(session, "Renee", email=email)
        # As if accents had made a difference then.
        await change(house, first["registration_id"], b"o" * 32)
        await house.register(session, "Renée", email=email)
        before, second = await indexes(house)
        assert await reindex(house) == 1
        anew, kept = await indexes(house)
        assert (kept == second, anew != before, anew != second) == (True, True, True)
        assert await reindex(house) == 0


class TestStatements:
    async def test_an_entry_that_was_imported_before_there_were_versions_is_known(self, house: House) -> None:
        session = await house.session()
        registered = await house.register(session, "Annelies")
        line = Line(communication=digits(registered["payment"]))
        first = await house.import_file(statement(line))
        (row,) = await house.rows("SELECT id, fingerprint FROM payment")
        assert len(row.fingerprint) == 35
        house.clock.moment += timedelta(days=1)
        again = await house.import_file(statement(line, Line(text="iets anders")))
        assert again["payments"][0]["payment_id"] == first["payments"][0]["payment_id"]
