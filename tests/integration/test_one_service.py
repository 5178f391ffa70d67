"""One service that is taken over is one service: with everything that it mounts, what is another's stays closed."""

import json
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import aio_pika
import asyncpg
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractChannel
from aiormq.exceptions import ChannelAccessRefused
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from deploy.local.certificates import SERVER
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.secrets import TOKEN_KEY
from deploy.local.tokens import PUBLISHED, TOKEN
from shared import broker
from shared.auth import Issuer, TokenNotAccepted, Verifier
from shared.database import Database, Scope
from shared.errors import NotYet
from shared.events import intake, network, training
from shared.events.base import COMMANDS, EVENTS, REGISTRY
from shared.runtime import connected
from shared.secrets import Login, SecretMissing, Secrets, secrets_of
from shared.services import PORTAL, PROCESSES, SERVICES
from shared.settings import Settings
from shared.signing import Forged, Signatures, Signer
from shared.subscriptions import Malformed, parse
from shared.temporal import PayloadRefused, data_converter
from shared.vault import KeyStore, MasterKey, VaultError
from tests.support.backing import Databases
from tests.support.notes import Note, NoteRow

TAKEN, OTHER = "training", "network"


@dataclass
class Taken:
    """A service that was taken over: its settings with what it mounts, and its own way to the store of keys."""

    settings: Settings
    keys: Database
    # A key of another service, and one of its own.
    theirs: UUID
    own: UUID
    owner: Database

    def url(self, name: str) -> str:
        return self.settings.database_for(TAKEN, name=name).replace("+asyncpg", "")

    async def in_keys(self, statement: str, **values: object) -> list[object]:
        async with self.keys.transaction() as session:
            return list((await session.execute(text(statement), values)).scalars())


async def _sealed(settings: Settings, service: str) -> UUID:
    """Return the id of the key with which a service has sealed something."""
    row = NoteRow(person=uuid4())
    async with (
        connected(service, settings) as context,
        context.database.transaction(Scope(tenant=uuid4())) as session,
    ):
        await context.vault.seal(session, row, Note(words="geheim"))
    return UUID(bytes=row.sealed[1:17])


@pytest.fixture
def settings(settings_without_broker: Settings) -> Settings:
    """Those who speak to the broker ask for it."""
    return settings_without_broker


@pytest_asyncio.fixture
async def taken(settings: Settings, databases: Databases, tmp_path: Path) -> AsyncIterator[Taken]:
    """A service that was taken over, beside another that has sealed something."""
    for service in (TAKEN, OTHER):
        await databases.fresh(service)
    shutil.copytree(secrets_of(settings.secrets_dir, TAKEN), tmp_path / "secrets")
    theirs, own = await _sealed(settings, OTHER), await _sealed(settings, TAKEN)
    mounted = settings.model_copy(update={"secrets_dir": tmp_path / "secrets"})
    keys = Database.connect(mounted.database_for(TAKEN, name="keys"), application_name="taken", pool_size=1)
    yield Taken(mounted, keys, theirs, own, databases.owned("keys"))
    await keys.close()
    await databases.close()


class TestDatabases:
    async def test_of_others_do_not_let_it_in(self, taken: Taken, databases: Databases) -> None:
        await (await asyncpg.connect(taken.url(TAKEN))).close()
        for service in SERVICES:
            if service != TAKEN:
                await databases.recreate(service)
                # The ones that migrations made: a copy is made without the word on who may connect.
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="CONNECT"):
                    await asyncpg.connect(
                        taken.url(service).replace(f"/kring_{service}", f"/template_{service}")
                    )
        for shared in ("postgres", "template1"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="CONNECT"):
                await asyncpg.connect(taken.url("keys").replace("/kring_keys", f"/{shared}"))

    async def test_take_no_table_of_its_own_for_an_hour_either(self, taken: Taken) -> None:
        # The ones that migrations made, as above.
        server, _, _ = taken.url(TAKEN).rpartition("/")
        for url in (f"{server}/template_{TAKEN}", f"{server}/template_keys"):
            connection = await asyncpg.connect(url)
            try:
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="temporary"):
                    await connection.execute("CREATE TEMPORARY TABLE hidden (id int)")
            finally:
                await connection.close()

    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT lo_create(0)",
            "SELECT lo_from_bytea(0, 'x')",
            "CREATE TABLE hidden (id int)",
            "SET ROLE kring_network",
            "GRANT kring_network TO CURRENT_USER",
            "SET SESSION AUTHORIZATION kring_network",
        ],
    )
    async def test_of_its_own_are_for_its_own_rows_alone(self, taken: Taken, statement: str) -> None:
        for name in (TAKEN, "keys"):
            connection = await asyncpg.connect(taken.url(name))
            try:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
            finally:
                await connection.close()


class TestKeys:
    async def test_of_others_are_not_there_for_it(self, taken: Taken) -> None:
        seen = await taken.in_keys("SELECT DISTINCT owner FROM data_key")
        assert seen == [TAKEN]
        assert await taken.in_keys("SELECT id FROM data_key WHERE id = :id", id=taken.theirs) == []

    async def test_of_others_would_not_open_with_its_master_key(self, taken: Taken) -> None:
        async with connected(TAKEN, taken.settings) as context:
            store = KeyStore(taken.owner, master=MasterKey(bytes(32)))
            with pytest.raises(VaultError, match="not here"):
                await store.fetch([taken.theirs])
            assert await context.vault._store.fetch([taken.theirs]) == {}

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE data_key SET wrapped = NULL",
            "UPDATE data_key SET wrapped = 'x' WHERE owner = 'training'",
            "DELETE FROM data_key",
            "TRUNCATE data_key",
            "DELETE FROM decision",
            "INSERT INTO decision VALUES ('case', gen_random_uuid(), now())",
            "INSERT INTO decision VALUES ('person', gen_random_uuid(), now())",
            "INSERT INTO decision VALUES ('access', gen_random_uuid(), now())",
            "INSERT INTO decision VALUES ('unheard-of', gen_random_uuid(), now())",
            "INSERT INTO data_key VALUES (gen_random_uuid(), 'network', 'x', 'x', now())",
            "INSERT INTO data_key VALUES (gen_random_uuid(), 'training', NULL, 'x', now(), now())",
            "SELECT destroy_keys('network', '{}', ARRAY(SELECT id FROM data_key), now())",
        ],
    )
    async def test_are_neither_changed_nor_destroyed_by_it(self, taken: Taken, statement: str) -> None:
        before = await self._living(taken)
        connection = await asyncpg.connect(taken.url("keys"))
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        finally:
            await connection.close()
        assert await self._living(taken) == before

    async def test_are_destroyed_for_an_erasure_that_its_owner_decided(self, taken: Taken) -> None:
        async with connected(TAKEN, taken.settings) as context:
            case, registration = uuid4(), uuid4()
            with pytest.raises(NotYet):
                await context.vault.destroy_keys([taken.own], erased=case)
            with pytest.raises(NotYet):
                await context.vault.confirm_decision(case, kind="case")
            # What it may decide about something else is no decision about this.
            await context.vault.confirm_decision(case, kind="registration")
            with pytest.raises(NotYet):
                await context.vault.confirm_decision(case, kind="case")
            before = await self._living(taken)

            await context.vault.confirm_decision(registration, kind="registration")
            await context.vault.destroy_keys([taken.own, taken.theirs], erased=registration)

        # One that it names and that is another's stays.
        assert before - await self._living(taken) == {taken.own}

    @staticmethod
    async def _living(taken: Taken) -> set[UUID]:
        async with taken.owner.transaction() as session:
            return set(await _ids(session))


async def _ids(session: AsyncSession) -> list[UUID]:
    return list((await session.execute(text("SELECT id FROM data_key WHERE wrapped IS NOT NULL"))).scalars())


@pytest_asyncio.fixture
async def channel(
    settings: Settings, broker_url: str, rabbitmq: RabbitMQ
) -> AsyncIterator[Callable[[], Awaitable[AbstractChannel]]]:
    """Return what opens channels of a service that was taken over, beside the queues of all services."""
    bindings = {
        TAKEN: [(training.RegistrationErased.TYPE, EVENTS)],
        OTHER: [(intake.CaseErased.TYPE, EVENTS)],
    }
    await broker.declare_all(broker_url, bindings)
    logins = {name: [Login.read(settings.secrets_of(name) / "broker_login")] for name in (TAKEN, OTHER)}
    await broker.let_services_in(rabbitmq.management, broker_url, logins, scale=1.0)
    anonymous = urlsplit(broker_url)
    place = anonymous._replace(netloc=anonymous.netloc.rpartition("@")[2]).geturl()
    own = settings.model_copy(update={"broker_url": SecretStr(place)})
    connection = await aio_pika.connect(own.broker_for(TAKEN))
    async with connection:
        yield connection.channel


Attack = Callable[[AbstractChannel], Awaitable[object]]


def _message() -> aio_pika.Message:
    return aio_pika.Message(b"{}", message_id=str(uuid4()))


async def _publish(channel: AbstractChannel, exchange: str, key: str) -> object:
    found = await channel.get_exchange(exchange) if exchange else channel.default_exchange
    return await found.publish(_message(), routing_key=key, mandatory=False)


async def _consume(channel: AbstractChannel, queue: str) -> object:
    found = await channel.get_queue(queue)
    return await found.get(fail=False)


async def _bind(channel: AbstractChannel, queue: str, exchange: str, key: str) -> object:
    return await (await channel.get_queue(queue)).bind(exchange, routing_key=key)


_OWN_QUEUE = broker.queue_of(TAKEN, training.RegistrationErased.TYPE)
_THEIR_QUEUE = broker.queue_of(OTHER, intake.CaseErased.TYPE)
_RETRY = broker.retry_exchange(1, 1.0)


class TestBroker:
    async def test_lets_it_do_its_work(self, channel: Callable[[], Awaitable[AbstractChannel]]) -> None:
        opened = await channel()
        await _publish(opened, EVENTS, training.RegistrationErased.TYPE)
        await _publish(opened, _RETRY, _OWN_QUEUE)
        await _publish(opened, broker.DEAD, broker.dead_queue_of(TAKEN))
        await _consume(opened, _OWN_QUEUE)
        await _consume(opened, broker.dead_queue_of(TAKEN))

    async def test_refuses_it_what_is_not_its_work(
        self, channel: Callable[[], Awaitable[AbstractChannel]]
    ) -> None:
        attacks: list[Attack] = [
            lambda open_: _publish(open_, EVENTS, intake.CaseErased.TYPE),
            lambda open_: _publish(open_, EVENTS, intake.BreakGlassOpened.TYPE),
            lambda open_: _publish(open_, EVENTS, "trainingx.case.erased.v1"),
            lambda open_: _publish(open_, COMMANDS, network.NotifyPeople.TYPE),
            lambda open_: _publish(open_, _RETRY, _THEIR_QUEUE),
            lambda open_: _publish(open_, broker.DEAD, broker.dead_queue_of(OTHER)),
            lambda open_: _publish(open_, "", _THEIR_QUEUE),
            lambda open_: _publish(open_, "amq.topic", "anything"),
            lambda open_: _consume(open_, _THEIR_QUEUE),
            lambda open_: _consume(open_, broker.dead_queue_of(OTHER)),
            lambda open_: _bind(open_, _OWN_QUEUE, EVENTS, "#"),
            lambda open_: open_.declare_queue("training/hidden"),
            lambda open_: open_.declare_exchange("training.hidden"),
            lambda open_: open_.queue_delete(_OWN_QUEUE),
        ]
        for attack in attacks:
            # The broker closes a channel on which it refuses something.
            with pytest.raises(ChannelAccessRefused):
                await attack(await channel())

    def test_every_command_says_who_may_give_it(self) -> None:
        for data in REGISTRY.values():
            assert data.SOURCES
            assert set(SERVICES) >= data.SOURCES


class TestEvents:
    def test_signed_by_it_are_its_own_or_refused(self, taken: Taken) -> None:
        signer = Signer.load(taken.settings.secrets_dir / "signing_key")
        signatures = Signatures.load(taken.settings.secrets_dir / "issuers.json")
        body = b"{}"
        own = training.RegistrationErased.TYPE
        assert signatures.check(signer.sign(own, body), own, body) == TAKEN
        for event_type in REGISTRY:
            if not event_type.startswith(f"{TAKEN}."):
                with pytest.raises(Forged):
                    signatures.check(signer.sign(event_type, body), event_type, body)

    def test_of_its_own_hold_no_event_of_another(self) -> None:
        inner = {"id": str(uuid4()), "source": "urn:kring:intake", "type": intake.CaseErased.TYPE}
        event = {
            **inner,
            "time": "2026-03-02T09:00:00Z",
            "sequence": "1",
            "tenant": str(uuid4()),
            "data": {"registration_id": str(uuid4())},
        }
        with pytest.raises(Malformed, match="type"):
            parse(json.dumps(event).encode(), training.RegistrationErased)


# What a method of Temporal asks for at least, and what a permission gives.
_READS, _WRITES, _ADMINISTERS = 2, 4, 8
_ROLES = {"worker": 1, "read": _READS, "write": _WRITES, "admin": _ADMINISTERS}


def may(token: str, keys: Path, namespace: str | None, wanted: int) -> bool:
    """Decide as Temporal's server does that reads these keys; a namespace of None: a method of the whole cluster.

    After common/authorization/default_jwt_claim_mapper.go and default_authorizer.go of its source (1.32). They ask
    nobody for a token who asks whether the server is well, and what it can do (GetSystemInfo).
    """
    published = KeySet.import_key_set(json.loads(keys.read_text()))
    roles = dict[str, int]()
    for permission in jwt.decode(token, published, ["RS256", "ES256"]).claims["permissions"]:
        place, _, role = permission.partition(":")
        roles[place] = roles.get(place, 0) | _ROLES.get(role.lower(), 0)
    everywhere = roles.get("temporal-system", 0)
    return (everywhere | (0 if namespace is None else roles.get(namespace, 0))) >= wanted


class TestWorkflows:
    """No server in tests asks for tokens: what follows from them is decided here as a server that does would."""

    def test_are_its_own_alone(self, taken: Taken, settings: Settings) -> None:
        keys = settings.secrets_dir / SERVER / PUBLISHED
        private = json.loads((settings.secrets_dir / TOKEN_KEY).read_text())["d"]
        mounted = {path: path.read_text() for path in taken.settings.secrets_dir.rglob("*") if path.is_file()}
        assert not [path for path, words in mounted.items() if private in words]
        # Everything in it that has the form of a token.
        tokens = [words for words in mounted.values() if re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", words)]
        assert tokens == [mounted[taken.settings.secrets_dir / TOKEN]]
        (token,) = tokens
        own = f"kring-{TAKEN}"
        assert may(token, keys, own, _WRITES)
        assert not may(token, keys, own, _ADMINISTERS)
        others = {f"kring-{name}" for name in (*PROCESSES, "x")} - {own}
        for namespace in (*others, "default", "temporal-system", own.upper(), "", None):
            assert not may(token, keys, namespace, _READS)

    def test_are_not_let_in_by_a_token_that_it_makes(self, taken: Taken, settings: Settings) -> None:
        keys = settings.secrets_dir / SERVER / PUBLISHED
        key = ECKey.import_key(json.loads((taken.settings.secrets_dir / "signing_key").read_text()))
        (published,) = json.loads(keys.read_text())["keys"]
        wanted = {"sub": OTHER, "permissions": [f"kring-{OTHER}:write"]}
        for kid in (key.kid, published["kid"]):
            with pytest.raises((JoseError, ValueError)):
                may(jwt.encode({"alg": "ES256", "kid": kid}, wanted, key), keys, f"kring-{OTHER}", _READS)

    def test_of_all_are_seen_by_the_portal_and_changed_by_none_of_the_services(
        self, settings: Settings
    ) -> None:
        keys = settings.secrets_dir / SERVER / PUBLISHED
        for process in PROCESSES:
            token = (settings.secrets_dir / process / TOKEN).read_text()
            for other in PROCESSES:
                namespace = f"kring-{other}"
                assert may(token, keys, namespace, _READS) is (process in (other, PORTAL))
                assert may(token, keys, namespace, _WRITES) is (process == other)
            assert not may(token, keys, None, _READS)

    async def test_of_others_are_neither_read_nor_given_anything_by_it(
        self, taken: Taken, settings: Settings
    ) -> None:
        mine = data_converter(Secrets.load(taken.settings.secrets_of(TAKEN)).codec_keys)
        other = data_converter(Secrets.load(settings.secrets_of(OTHER)).codec_keys)
        own, foreign = await mine.encode(["mine"]), await other.encode(["theirs"])
        assert await mine.decode(own, [str]) == ["mine"]
        with pytest.raises(PayloadRefused):
            await mine.decode(foreign, [str])
        # A signal, or a workflow that it starts on the other's queue.
        for forged in (own, await data_converter([]).encode(["theirs"])):
            with pytest.raises(PayloadRefused):
                await other.decode(forged, [str])


class TestTokens:
    async def test_speak_for_it_and_for_nobody_else(self, taken: Taken) -> None:
        verifier = Verifier.load(taken.settings.secrets_dir / "issuers.json", local=True)
        issuer = Issuer.load(taken.settings.secrets_dir / "signing_key")
        assert (await verifier.verify(issuer.service(service=TAKEN, purpose="any"))).service == TAKEN
        for forged in (
            issuer.service(service=OTHER, purpose="copy-for-person", tenant=uuid4()),
            issuer.person(person=uuid4(), tenant=uuid4(), case=uuid4(), case_role="central"),
        ):
            with pytest.raises(TokenNotAccepted):
                await verifier.verify(forged)

    async def test_of_links_are_not_made_by_it(self, taken: Taken) -> None:
        from services.network.operations import links

        async with connected(TAKEN, taken.settings) as context:
            with pytest.raises(SecretMissing):
                links.link_key(context)
