"""Keys are made once, stay, and are nobody else's to read."""

import json
from pathlib import Path

from deploy.local.secrets import KEYS, ensure_secrets
from shared.secrets import Secrets, database_key


class TestEnsureSecrets:
    def test_makes_keys_that_services_can_read(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path / "secrets")

        secrets = Secrets.load(tmp_path / "secrets")
        keys = {
            secrets.master_key,
            secrets.index_key,
            secrets.codec_key,
            secrets.link_key,
            secrets.audit_key,
            database_key(tmp_path / "secrets"),
        }
        assert len(keys) == len(KEYS)

    def test_keeps_what_is_there(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path)
        before = {path.name: path.read_text() for path in tmp_path.iterdir()}
        ensure_secrets(tmp_path)

        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before

    def test_lets_only_the_owner_read(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path / "secrets")

        assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets").iterdir()} == {0o600}

    def test_trusts_public_keys_only(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path)

        issuers = json.loads((tmp_path / "issuers.json").read_text())

        assert [issuer["issuer"] for issuer in issuers] == ["kring", "kring-local"]
        assert all("d" not in key for issuer in issuers for key in issuer["jwks"]["keys"])
