"""Temporal over mutual TLS: who shows no certificate of the installation learns and does nothing."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from deploy.local.certificates import OPERATOR, SERVER, ensure_certificates
from deploy.local.secrets import ensure_secrets
from deploy.local.temporal import TemporalServer, ensure_namespaces
from deploy.local.tokens import TOKEN
from shared.errors import Operational
from shared.secrets import SecretMissing
from shared.services import PROCESSES
from shared.settings import Settings
from shared.temporal import Access, Temporal, prepare_namespace


@asynccontextmanager
async def behind_tls(directory: Path, address: str, heard: bytearray | None = None) -> AsyncIterator[str]:
    """Yield an address where the server is asked as it is in containers: its certificate, and one of who asks.

    `heard` becomes what those who ask send.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "temporal_cert.pem", directory / "temporal_key.pem")
    context.load_verify_locations(directory / "temporal_ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    host, _, port = address.rpartition(":")

    async def pass_on(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: bytearray | None = None
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if heard is not None:
                    heard += data
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection(host, int(port))
        await asyncio.gather(pass_on(reader, behind_writer, heard), pass_on(behind_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


def temporal(settings: Settings, address: str, process: str) -> Temporal:
    return Temporal(
        service=process,
        address=address,
        namespace=settings.namespace_of(process),
        codec_keys=[],
        access=Access.of(settings, process),
    )


class TestMutualTls:
    async def test_lets_in_who_has_a_certificate_and_nobody_else(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        ours, others = tmp_path / "ours", tmp_path / "others"
        for directory in (ours, others):
            ensure_secrets(directory)
        with_tls = settings.model_copy(update={"temporal_tls": True, "secrets_dir": ours})
        elsewhere = with_tls.model_copy(update={"secrets_dir": others})
        # Of another authority, and still believing the server.
        mixed = tmp_path / "mixed"
        shutil.copytree(others / "intake", mixed)
        shutil.copy(ours / "temporal_ca.pem", mixed / "temporal_ca.pem")
        stranger = with_tls.model_copy(update={"secrets_dir": mixed})
        async with behind_tls(ours / SERVER, settings.temporal_address) as address:
            for process in (*PROCESSES, OPERATOR):
                await temporal(with_tls, address, process).ping()
            await prepare_namespace(
                address=address, namespace=settings.temporal_namespace, access=Access.of(with_tls, OPERATOR)
            )
            for refused in (settings, elsewhere, stranger):
                with pytest.raises(Operational):
                    await temporal(refused, address, "intake").ping()

    def test_wants_the_certificate_where_it_is_asked_for(self, tmp_path: Path) -> None:
        with pytest.raises(SecretMissing, match="the key file"):
            Access.of(Settings(temporal_tls=True, secrets_dir=tmp_path), "intake")
        assert Access.of(Settings(secrets_dir=tmp_path), "intake") == Access()


# The codes of RFC 7541, appendix B, for the characters of a token, by their length: the first, and whose it and the
# following are.
_CODES = (
    (5, 0x00, "012aceiost"),
    (6, 0x14, " %-./3456789=A_bdfghlmnpru"),
    (7, 0x5C, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
    (8, 0xF8, "&*,;XZ"),
)


def as_sent(value: str) -> bytes:
    """Return the value of a header as HTTP/2 sends it."""
    codes = {
        character: f"{first + place:0{bits}b}"
        for bits, first, characters in _CODES
        for place, character in enumerate(characters)
    }
    bits = "".join(codes[character] for character in value)
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


class TestTokens:
    async def test_are_sent_by_who_asks_and_nothing_of_them_where_there_is_no_tls(
        self, settings: Settings, temporal_dev: TemporalServer, tmp_path: Path
    ) -> None:
        ensure_secrets(tmp_path)
        with_tls = settings.model_copy(
            update={
                "temporal_tls": True,
                "secrets_dir": tmp_path,
                "temporal_namespace": temporal_dev.namespace,
            }
        )
        for process in ("plans", "portal"):
            heard = bytearray()
            async with behind_tls(tmp_path / SERVER, temporal_dev.address, heard) as address:
                asking = temporal(with_tls, address, process)
                # To wake a workflow that is not there is a request like any other.
                assert not await asking.look_again("follow-up/not-there")
            assert as_sent("Bearer " + (tmp_path / process / TOKEN).read_text()) in heard
        heard = bytearray()
        async with behind_tls(tmp_path / SERVER, temporal_dev.address, heard) as address:
            await ensure_namespaces(
                temporal_dev.namespaces, address=address, access=Access.of(with_tls, OPERATOR)
            )
        assert as_sent("Bearer " + (tmp_path / OPERATOR / TOKEN).read_text()) in heard


class TestCertificates:
    def test_stay_as_long_as_they_are_good_and_are_made_anew_in_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def of_intake() -> x509.Certificate:
            return x509.load_pem_x509_certificate((tmp_path / "intake" / "temporal_cert.pem").read_bytes())

        ensure_certificates(tmp_path)
        first = of_intake()
        ensure_certificates(tmp_path)
        assert of_intake() == first
        left = first.not_valid_after_utc - datetime.now(UTC)
        monkeypatch.setattr("deploy.local.certificates._RENEWED", left)
        ensure_certificates(tmp_path)
        assert of_intake() != first
        assert of_intake().issuer == first.issuer

    def test_of_processes_are_not_believed_among_temporals_own_parts(self, tmp_path: Path) -> None:
        ensure_certificates(tmp_path)
        inner = x509.load_pem_x509_certificate((tmp_path / SERVER / "internode_ca.pem").read_bytes())

        def signed_by_it(path: Path) -> bool:
            try:
                x509.load_pem_x509_certificate(path.read_bytes()).verify_directly_issued_by(inner)
            except (ValueError, InvalidSignature):
                return False
            return True

        found = [path for path in tmp_path.rglob("*_cert.pem") if signed_by_it(path)]
        assert found == [tmp_path / SERVER / "internode_cert.pem"]
