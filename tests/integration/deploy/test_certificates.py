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

from deploy.local.certificates import OPERATOR, SERVER, ensure_certificates
from shared.errors import Operational
from shared.secrets import SecretMissing
from shared.services import SERVICES
from shared.settings import Settings
from shared.temporal import Temporal, prepare_namespace, tls_of


@asynccontextmanager
async def behind_tls(directory: Path, address: str) -> AsyncIterator[str]:
    """Yield an address where the server is asked as it is in containers: its certificate, and one of who asks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "temporal_cert.pem", directory / "temporal_key.pem")
    context.load_verify_locations(directory / "temporal_ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    host, _, port = address.rpartition(":")

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection(host, int(port))
        await asyncio.gather(pass_on(reader, behind_writer), pass_on(behind_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


def temporal(settings: Settings, address: str, process: str) -> Temporal:
    return Temporal(
        service=process,
        address=address,
        namespace=settings.temporal_namespace,
        codec_keys=[],
        tls=tls_of(settings, process),
    )


class TestMutualTls:
    async def test_lets_in_who_has_a_certificate_and_nobody_else(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        ours, others = tmp_path / "ours", tmp_path / "others"
        for directory in (ours, others):
            directory.mkdir()
            ensure_certificates(directory)
        with_tls = settings.model_copy(update={"temporal_tls": True, "secrets_dir": ours})
        elsewhere = with_tls.model_copy(update={"secrets_dir": others})
        # Of another authority, and still believing the server.
        mixed = tmp_path / "mixed"
        shutil.copytree(others / "intake", mixed)
        shutil.copy(ours / "temporal_ca.pem", mixed / "temporal_ca.pem")
        stranger = with_tls.model_copy(update={"secrets_dir": mixed})
        async with behind_tls(ours / SERVER, settings.temporal_address) as address:
            for process in (*SERVICES, OPERATOR):
                await temporal(with_tls, address, process).ping()
            await prepare_namespace(
                address=address, namespace=settings.temporal_namespace, tls=tls_of(with_tls, OPERATOR)
            )
            for refused in (settings, elsewhere, stranger):
                with pytest.raises(Operational):
                    await temporal(refused, address, "intake").ping()

    def test_wants_the_certificate_where_it_is_asked_for(self, tmp_path: Path) -> None:
        with pytest.raises(SecretMissing, match="the key file"):
            tls_of(Settings(temporal_tls=True, secrets_dir=tmp_path), "intake")
        assert tls_of(Settings(secrets_dir=tmp_path), "intake") is False


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
