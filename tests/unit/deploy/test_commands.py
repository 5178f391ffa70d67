"""Commands that need nothing to run: tokens, documents, keys, and the list of what there is to type."""

import asyncio
import json
import re
import subprocess
from pathlib import Path
from uuid import UUID

import pytest

from deploy.arguments import parser
from deploy.cli import main
from deploy.commands.documents import asyncapi_document
from deploy.local.secrets import ensure_secrets
from shared.auth import Principal, Role, TokenNotAccepted, Verifier
from shared.events.base import REGISTRY

ROOT = Path(__file__).parents[3]
ORGANISATION = "0198b5a2-0000-7000-8000-000000000001"


def typed(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Return the exit code and what was printed, and said, by a command."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    printed = capsys.readouterr()
    code = ended.value.code
    assert isinstance(code, int)
    return code, printed.out, printed.err


def verified(printed: str, secrets: Path, *, local: bool) -> Principal:
    """Return whom a printed token speaks for, at an installation with these secrets."""
    verifier = Verifier.load(secrets / "issuers.json", local=local)
    return asyncio.run(verifier.verify(printed.strip()))


class TestToken:
    def test_is_accepted_in_local_mode_only(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        ensure_secrets(tmp_path)
        options = ("--role", "finance", "--organisation", ORGANISATION, "--secrets", str(tmp_path))
        code, out, _ = typed("token", *options, capsys=capsys)

        principal = verified(out, tmp_path, local=True)
        assert code == 0
        assert (principal.organisation, principal.roles) == (UUID(ORGANISATION), frozenset({Role.FINANCE}))
        with pytest.raises(TokenNotAccepted):
            verified(out, tmp_path, local=False)

    @pytest.mark.parametrize("role", Role)
    def test_has_one_demo_user_for_each_role(
        self, role: Role, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ensure_secrets(tmp_path)
        first, again = (
            verified(
                typed("token", "--as", role, "--secrets", str(tmp_path), capsys=capsys)[1],
                tmp_path,
                local=True,
            )
            for _ in range(2)
        )
        assert (first.id, first.organisation) == (again.id, again.organisation)
        assert first.roles == {role}
        assert (first.organisation is None) == (role is Role.OPS)

    def test_knows_which_roles_there_are(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, _, said = typed("token", "--role", "king", "--secrets", str(tmp_path), capsys=capsys)

        assert code == 1
        assert said.startswith("kring: There is no role 'king'; there are administrator, coordinator")

    def test_is_not_made_outside_local_mode(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ensure_secrets(tmp_path)
        monkeypatch.setenv("KRING_LOCAL", "false")
        code, out, said = typed("token", "--as", "ops", "--secrets", str(tmp_path), capsys=capsys)

        assert (code, out) == (1, "")
        assert said.startswith("kring: This installation is not in local mode (KRING_LOCAL)")

    def test_says_where_its_key_should_be(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, _, said = typed("token", "--role", "ops", "--secrets", str(tmp_path), capsys=capsys)

        assert code == 1
        assert str(tmp_path / "local_issuer_key") in said


class TestSubject:
    def test_is_the_id_that_tokens_of_the_issuer_stand_for(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        entry = {"issuer": "https://login.example", "jwks_uri": "https://login.example/keys"}
        (tmp_path / "issuers.json").write_text(json.dumps([entry]))
        given = ("--issuer", "https://login.example", "--secrets", str(tmp_path))
        code, out, _ = typed("subject", "els", *given, capsys=capsys)

        assert (code, out.strip()) == (0, "67f00c7c-79b3-57d6-b598-43856ba1f4ae")

    def test_wants_an_issuer_that_is_trusted(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ensure_secrets(tmp_path)
        given = ("--issuer", "https://login.example", "--secrets", str(tmp_path))
        code, _, said = typed("subject", "els", *given, capsys=capsys)

        assert code == 1
        assert said == "kring: This issuer is not in issuers.json; there are kring, kring-local.\n"


class TestAsyncapi:
    def test_has_every_event_and_command(self) -> None:
        document = asyncapi_document()

        assert set(document["channels"]) == set(document["components"]["messages"]) == set(REGISTRY)
        assert json.dumps(document)

    def test_tells_who_receives_a_command(self) -> None:
        document = asyncapi_document()

        assert document["operations"]["network.notify-people.v1"]["action"] == "receive"
        assert document["operations"]["intake.case.opened.v1"]["action"] == "send"


class TestSecrets:
    def test_makes_keys_once(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        typed("secrets", str(tmp_path / "keys"), capsys=capsys)
        before = (tmp_path / "keys" / "plans" / "master_key").read_text()
        code, _, _ = typed("secrets", str(tmp_path / "keys"), capsys=capsys)

        assert code == 0
        assert (tmp_path / "keys" / "plans" / "master_key").read_text() == before


class TestDeadLetters:
    def test_want_to_know_which(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, _, said = typed("dead-letters", "discard", capsys=capsys)

        assert code == 1
        assert said == "kring: Say which: the id of one, --cause CAUSE, or --all.\n"


class TestHelp:
    def test_of_make_lists_every_command_of_the_readme(self) -> None:
        listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        named = set(re.findall(r"`make (\w+)`", (ROOT / "README.md").read_text()))

        assert {"up", "demo", "test", "lint", "fix", "bench"} <= named
        assert named <= set(re.findall(r"^make (\w+)", listed, re.MULTILINE))

    def test_of_kring_lists_every_command_of_the_readme(self) -> None:
        named = set(re.findall(r"`kring ([a-z][a-z-]+)", (ROOT / "README.md").read_text()))

        assert named <= set(re.findall(r"^    ([a-z-]+)", parser().format_help(), re.MULTILINE))
