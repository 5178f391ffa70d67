"""Secrets are made once, stay, are nobody else's to read, and each process has its own."""

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from deploy.commands.secrets import secrets
from deploy.local.certificates import OPERATOR, PAGES, SERVER
from deploy.local.secrets import TOKEN_KEY, ensure_secrets
from deploy.local.tokens import PUBLISHED, TOKEN
from shared.secrets import Login, Secrets
from shared.services import PORTAL, PROCESSES, SERVICES


def files(directory: Path) -> dict[Path, str]:
    """Return what stands in all files below a directory."""
    return {path.relative_to(directory): path.read_text() for path in directory.rglob("*") if path.is_file()}


class TestEnsureSecrets:
    def test_makes_what_each_service_reads_and_for_each_another(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path / "secrets")

        found: list[bytes | str | None] = []
        for service in SERVICES:
            secrets = Secrets.load(tmp_path / "secrets" / service)
            found += [secrets.master_key, secrets.index_key, secrets.audit_key, *secrets.codec_keys]
            for name in ("database_login", "broker_login"):
                login = Login.read(tmp_path / "secrets" / service / name)
                assert service in login.user
                found.append(login.password)
        assert len(set(found)) == len(found) == 6 * len(SERVICES)
        assert None not in found

    def test_gives_to_no_process_what_another_holds(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path)

        given = {name: set(files(tmp_path / name).values()) for name in PROCESSES}
        public = (tmp_path / "issuers.json").read_text()
        for name in PROCESSES:
            others = set().union(*(given[other] for other in PROCESSES if other != name))
            assert given[name] & others == {public, (tmp_path / "temporal_ca.pem").read_text()}
        assert {name for name in SERVICES if (tmp_path / name / "link_key").exists()} == {"network"}

    def test_keeps_what_is_there(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path)
        before = files(tmp_path)
        ensure_secrets(tmp_path)

        assert files(tmp_path) == before

    def test_lets_only_the_owner_read(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path / "secrets")

        found = [path for path in (tmp_path / "secrets").rglob("*") if not {SERVER, PAGES} & set(path.parts)]
        modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in found}
        assert modes == {(True, 0o700), (False, 0o600)}
        # Others look into these only where they are mounted by themselves.
        assert {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets" / SERVER).iterdir()} == {0o644}
        assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700

    def test_trusts_public_keys_only(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path)

        issuers = json.loads((tmp_path / "issuers.json").read_text())

        assert [issuer["issuer"] for issuer in issuers] == ["kring", "kring-local"]
        assert all("d" not in key for issuer in issuers for key in issuer["jwks"]["keys"])
        assert [key["kid"].partition("/")[0] for key in issuers[0]["jwks"]["keys"]] == list(SERVICES)

    def test_gives_a_changed_list_of_issuers_to_all(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path)
        entries = json.loads((tmp_path / "issuers.json").read_text())
        entries.append({"issuer": "https://login.example.org", "discovery": True})
        (tmp_path / "issuers.json").write_text(json.dumps(entries))
        ensure_secrets(tmp_path)

        for service in SERVICES:
            assert json.loads((tmp_path / service / "issuers.json").read_text()) == entries


def claims(directory: Path, process: str) -> dict[str, Any]:
    """Return what the token of a process says, if one of the keys that the server reads has signed it."""
    keys = json.loads((directory / SERVER / PUBLISHED).read_text())
    assert all(key["alg"] == "ES256" and "d" not in key for key in keys["keys"])
    token = jwt.decode((directory / process / TOKEN).read_text(), KeySet.import_key_set(keys), ["ES256"])
    assert token.header["kid"] in {key["kid"] for key in keys["keys"]}
    return token.claims


class TestTokensForTemporal:
    def test_let_each_work_in_its_own_namespace(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path)

        for name in SERVICES:
            assert claims(tmp_path, name) == {"sub": name, "permissions": [f"kring-{name}:write"]}
        assert claims(tmp_path, PORTAL)["permissions"] == [
            "kring-portal:write",
            *(f"kring-{name}:read" for name in SERVICES),
        ]
        assert claims(tmp_path, OPERATOR)["permissions"] == [f"kring-{name}:admin" for name in PROCESSES]
        assert claims(tmp_path, PAGES)["permissions"] == ["temporal-system:read"]

    def test_are_signed_by_a_key_that_no_process_is_given(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path)

        private = json.loads((tmp_path / TOKEN_KEY).read_text())["d"]
        holders = {
            path.parent for path in tmp_path.rglob("*") if path.is_file() and private in path.read_text()
        }
        assert holders == {tmp_path}

    def test_name_the_namespaces_of_the_installation(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ensure_secrets(tmp_path)
        monkeypatch.setenv("KRING_TEMPORAL_NAMESPACE", "one")
        ensure_secrets(tmp_path)

        assert (
            claims(tmp_path, "plans")["permissions"]
            == claims(tmp_path, PORTAL)["permissions"]
            == ["one:write"]
        )
        assert claims(tmp_path, OPERATOR)["permissions"] == ["one:admin"]

    def test_are_replaced_while_old_and_new_count(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path)
        old = (tmp_path / "plans" / TOKEN).read_text()

        def counts(token: str) -> bool:
            keys = json.loads((tmp_path / SERVER / PUBLISHED).read_text())
            try:
                jwt.decode(token, KeySet.import_key_set(keys), ["ES256"])
            except (JoseError, ValueError):
                return False
            return True

        secrets(tmp_path, rotate="begin")
        following = ECKey.import_key(json.loads((tmp_path / f"{TOKEN_KEY}_next").read_text()))
        assert (tmp_path / "plans" / TOKEN).read_text() == old
        # The server knows the next key before anybody shows a token of it.
        assert counts(jwt.encode({"alg": "ES256", "kid": following.kid}, {"sub": "plans"}, following))
        secrets(tmp_path, rotate="switch")
        assert claims(tmp_path, "plans")["permissions"] == ["kring-plans:write"]
        assert (tmp_path / "plans" / TOKEN).read_text() != old
        assert counts(old)
        secrets(tmp_path, rotate="finish", now=True)
        assert claims(tmp_path, "plans")["permissions"] == ["kring-plans:write"]
        assert not counts(old)
