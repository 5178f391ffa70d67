"""Secrets are made once, stay, are nobody else's to read, and each process has its own."""

import json
from pathlib import Path

from deploy.local.certificates import PAGES, SERVER
from deploy.local.secrets import ensure_secrets
from shared.secrets import Login, Secrets
from shared.services import SERVICES


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

        given = {name: set(files(tmp_path / name).values()) for name in SERVICES}
        public = (tmp_path / "issuers.json").read_text()
        for name in SERVICES:
            others = set().union(*(given[other] for other in SERVICES if other != name))
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
