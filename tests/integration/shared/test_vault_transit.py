"""A key management service in the place of the master key: against a server of our own that speaks its API."""

import asyncio
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from deploy.commands import vault as command
from deploy.local.errors import PlatformError
from deploy.local.postgres import PostgreSQL
from shared.database import Database
from shared.errors import Operational
from shared.secrets import SecretMissing, Secrets
from shared.settings import Settings
from shared.vault import (
    Erased,
    KeyStore,
    MasterKey,
    Transit,
    Vault,
    VaultError,
    Wrapper,
    wrappers_of,
)
from tests.support.backing import KEYS, PLATFORM, Databases
from tests.support.erased import destroy
from tests.support.notes import Note, NoteRow
from tests.support.transit import TOKEN, TransitServer

NOTE = uuid4()
MASTER = MasterKey(b"m" * 32)


@pytest.fixture
def server() -> Iterator[TransitServer]:
    """A key management service with one key."""
    found = TransitServer()
    yield found
    found.close()


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    """Where its token lies."""
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    return file


@pytest.fixture
def transit(server: TransitServer, token_file: Path) -> Transit:
    """The service as Kring speaks to it."""
    return Transit(address=server.address, key="kring", token_file=token_file)


class World:
    """A service's database and the store of keys."""

    def __init__(self, database: Database, keys: Database) -> None:
        self.database, self.keys = database, keys

    def store(self, master: Wrapper, *previous: Wrapper) -> KeyStore:
        return KeyStore(self.keys, master=master, previous=previous)

    def vault(self, master: Wrapper, *previous: Wrapper) -> Vault:
        return Vault(service="network", store=self.store(master, *previous), index_key=b"i" * 32)

    async def seal(self, vault: Vault, words: str, subject: UUID | None = None) -> bytes:
        row = NoteRow(id=NOTE, person=NOTE, subject=subject or uuid4())
        async with self.database.transaction() as session:
            await vault.seal(session, row, Note(words=words))
        return row.sealed

    async def open(self, vault: Vault, sealed: bytes) -> str:
        row = NoteRow(id=NOTE, person=NOTE, sealed=sealed)
        async with self.database.transaction() as session:
            return (await vault.open(session, row)).words


@pytest_asyncio.fixture
async def world(databases: Databases) -> World:
    """A world with no keys yet."""
    return World(await databases.fresh(PLATFORM), await databases.fresh(KEYS))


class TestWrapping:
    async def test_opens_what_it_wrapped_for_the_same_key_only(self, transit: Transit) -> None:
        keys = [(uuid4(), bytes([number]) * 32) for number in range(3)]
        wrapped = await transit.wrap(keys)
        pairs = [(key_id, each) for (key_id, _), each in zip(keys, wrapped, strict=True)]
        assert await transit.unwrap(pairs) == [key for _, key in keys]
        with pytest.raises(VaultError, match="cannot be unwrapped"):
            await transit.unwrap([(keys[1][0], wrapped[0])])

    async def test_binds_a_key_to_its_id_also_where_the_server_does_not(self, token_file: Path) -> None:
        server = TransitServer(knows_associated_data=False)
        transit = Transit(address=server.address, key="kring", token_file=token_file)
        one, other = uuid4(), uuid4()
        (wrapped,) = await transit.wrap([(one, b"k" * 32)])
        assert await transit.unwrap([(one, wrapped)]) == [b"k" * 32]
        with pytest.raises(VaultError, match="not what was wrapped"):
            await transit.unwrap([(other, wrapped)])
        server.close()

    async def test_asks_once_for_many(self, transit: Transit, server: TransitServer) -> None:
        await transit.wrap([(uuid4(), b"k" * 32) for _ in range(600)])
        assert server.asked == [("encrypt", 250), ("encrypt", 250), ("encrypt", 100)]
        assert await transit.wrap([]) == []

    @pytest.mark.parametrize("broken", [b"", b"\xff\xfe", b"vault:v1:xx", b"vault:v9:AAAA", b"x" * 5000])
    async def test_what_is_damaged_does_not_open(self, transit: Transit, broken: bytes) -> None:
        with pytest.raises(VaultError):
            await transit.unwrap([(uuid4(), broken)])

    async def test_a_new_version_of_its_key_opens_the_older(
        self, transit: Transit, server: TransitServer
    ) -> None:
        key_id = uuid4()
        (wrapped,) = await transit.wrap([(key_id, b"k" * 32)])
        server.rotate()
        assert await transit.unwrap([(key_id, wrapped)]) == [b"k" * 32]


class TestWhenItDoesNotAnswer:
    async def test_it_is_for_later(self, transit: Transit, server: TransitServer, token_file: Path) -> None:
        keys = [(uuid4(), b"k" * 32)]
        server.sealed = True
        with pytest.raises(Operational, match="answered 503"):
            await transit.wrap(keys)
        server.sealed = False
        server.silent.set()
        with pytest.raises(Operational, match="RemoteProtocolError"):
            await transit.wrap(keys)
        server.silent.clear()
        token_file.write_text("ran out")
        with pytest.raises(Operational, match="answered 403"):
            await transit.wrap(keys)
        token_file.unlink()
        with pytest.raises(Operational, match="token cannot be read"):
            await transit.wrap(keys)
        # Whoever renews the token writes it there; nobody has to start anything again.
        token_file.write_text(TOKEN)
        assert len(await transit.wrap(keys)) == 1

    async def test_a_key_that_is_not_there_and_a_server_that_is_not(
        self, server: TransitServer, token_file: Path
    ) -> None:
        elsewhere = Transit(address=server.address, key="other", token_file=token_file)
        with pytest.raises(Operational, match="answered 404"):
            await elsewhere.wrap([(uuid4(), b"k" * 32)])
        server.close()
        with pytest.raises(Operational, match="ConnectError"):
            await Transit(address=server.address, key="kring", token_file=token_file).wrap(
                [(uuid4(), b"k" * 32)]
            )

    async def test_nothing_is_lost(self, world: World, transit: Transit, server: TransitServer) -> None:
        before = world.vault(transit)
        sealed = await world.seal(before, "eerst")
        server.sealed = True
        after = world.vault(transit)
        with pytest.raises(Operational):
            await world.open(after, sealed)
        with pytest.raises(Operational):
            await world.seal(after, "tweede")
        # Destroying asks the service for nothing: an erasure does not wait for it.
        await destroy(after, world.database, world.keys, uuid4())
        server.sealed = False
        assert await world.open(after, sealed) == "eerst"
        assert await world.open(after, await world.seal(after, "tweede")) == "tweede"


class TestMoving:
    async def test_to_it_and_back_while_services_go_on(self, world: World, transit: Transit) -> None:
        sealed = await world.seal(world.vault(MASTER), "oud")
        busy = [world.vault(transit, MASTER) for _ in range(3)]
        fresh, moved = await asyncio.gather(
            asyncio.gather(*(world.seal(vault, f"{number}") for number, vault in enumerate(busy))),
            world.store(transit, MASTER).rewrap(owner="network", batch=9),
        )
        assert moved >= 64
        alone = world.vault(transit)
        assert [await world.open(alone, each) for each in (sealed, *fresh)] == ["oud", "0", "1", "2"]
        await world.store(MASTER, transit).rewrap(owner="network")
        assert await world.open(world.vault(MASTER), sealed) == "oud"

    async def test_never_brings_back_what_is_destroyed_meanwhile(
        self, world: World, transit: Transit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject, before = uuid4(), world.vault(MASTER)
        sealed = await world.seal(before, "weg", subject)
        wrap = transit.wrap

        async def erased_meanwhile(keys: list[tuple[UUID, bytes]]) -> list[bytes]:
            await destroy(before, world.database, world.keys, subject)
            return await wrap(keys)

        monkeypatch.setattr(transit, "wrap", erased_meanwhile)
        await world.store(transit, MASTER).rewrap(owner="network")
        with pytest.raises(Erased):
            await world.open(world.vault(transit, MASTER), sealed)

    async def test_by_command(
        self,
        *,
        world: World,
        postgres: PostgreSQL,
        server: TransitServer,
        secrets_dir: Path,
        token_file: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("KRING_DATABASE_URL", postgres.url)
        monkeypatch.setenv("KRING_SECRETS_DIR", str(secrets_dir))
        master, _ = wrappers_of(Settings(), Secrets.load(secrets_dir / "network"))
        await world.store(master).make(3, owner="network")
        monkeypatch.setenv("KRING_KMS_ADDRESS", server.address)
        monkeypatch.setenv("KRING_KMS_TOKEN_FILE", str(token_file))
        monkeypatch.setenv("KRING_KMS_WRAPS", "true")
        server.sealed = True
        with pytest.raises(PlatformError, match="Begin again later"):
            await command.rotate()
        server.sealed = False
        assert await command.rotate() == 0
        assert "rewrapped: 3 keys" in capsys.readouterr().out
        await command.status()
        assert "network     transit:transit/kring  3 keys  wraps new keys" in capsys.readouterr().out


class TestSettings:
    def test_a_token_never_travels_in_the_open(self) -> None:
        with pytest.raises(ValidationError):
            Settings(kms_address="http://kms.example.org")
        with pytest.raises(ValidationError):
            Settings(kms_address="http://localhost.example.org")
        assert Settings(kms_address="http://127.0.0.1:8200").kms_address == "http://127.0.0.1:8200"

    def test_what_is_to_wrap_must_be_there(self, secrets_dir: Path, tmp_path: Path) -> None:
        own = secrets_dir / "network"
        secrets = Secrets.load(own)
        with pytest.raises(SecretMissing, match="KRING_KMS_ADDRESS"):
            wrappers_of(Settings(kms_wraps=True), secrets)
        for file in own.iterdir():
            if file.name != "master_key":
                (tmp_path / file.name).write_bytes(file.read_bytes())
        without = Secrets.load(tmp_path)
        with pytest.raises(SecretMissing, match="master_key"):
            wrappers_of(Settings(secrets_dir=tmp_path), without)
        kms = Settings(kms_address="https://kms.example.org", kms_wraps=True, secrets_dir=tmp_path)
        assert wrappers_of(kms, without)[0].id == "transit:transit/kring"


class TestTls:
    async def test_only_a_server_whose_certificate_is_trusted(self, token_file: Path, tmp_path: Path) -> None:
        certificate = self_signed(tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, tmp_path / "key.pem")
        server = TransitServer(tls=context)
        keys = [(uuid4(), b"k" * 32)]
        trusting = Transit(address=server.address, key="kring", token_file=token_file, ca_file=certificate)
        assert len(await trusting.wrap(keys)) == 1
        with pytest.raises(Operational, match="ConnectError"):
            await Transit(address=server.address, key="kring", token_file=token_file).wrap(keys)
        await trusting.close()
        server.close()


def self_signed(directory: Path) -> Path:
    """Write a certificate for localhost and its key, and return where the certificate is."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    (directory / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    file = directory / "certificate.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return file
