"""docker-compose.yml fits the Compose specification, and holds together with the rest of the repository.

The schema is the Compose project's own, from the package check-jsonschema, which carries it.
"""

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from deploy.arguments import parser
from deploy.local.certificates import PAGES, SERVER, SERVER_NAMES
from deploy.local.secrets import ensure_secrets
from deploy.local.tokens import PUBLISHED, TOKEN
from shared.services import PROCESSES
from shared.settings import Settings

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)


def schema() -> dict[str, Any]:
    """Return the Compose specification's schema."""
    vendored = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    found: dict[str, Any] = json.loads(vendored.read_text())
    return found


class TestCompose:
    def test_fits_the_specification(self) -> None:
        jsonschema.validate(COMPOSE, schema())

    def test_the_schema_would_notice_a_mistake(self) -> None:
        wrong = {"services": {"intake": {"image": "kring", "comand": ["serve"]}}}

        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema())

    def test_runs_every_service(self) -> None:
        commands = [part["command"] for part in COMPOSE["services"].values() if part["image"] == "kring"]

        assert [command[1] for command in commands if command[0] == "serve"] == [*PROCESSES, "codec"]

    def test_types_only_commands_that_exist(self) -> None:
        for part in COMPOSE["services"].values():
            if part["image"] == "kring":
                assert parser().parse_args(part["command"]).command

    def test_says_only_settings_that_exist(self) -> None:
        said = {name for name in COMPOSE["x-environment"] if name.startswith("KRING_")}

        assert said <= {f"KRING_{name.upper()}" for name in Settings.model_fields}

    def test_depends_only_on_what_is_there(self) -> None:
        for part in COMPOSE["services"].values():
            assert set(part.get("depends_on", {})) <= set(COMPOSE["services"])
            for volume in part.get("volumes", []):
                source = volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
                assert source in COMPOSE["volumes"] or (ROOT / source).exists()

    def test_waits_for_health_only_where_it_is_checked(self) -> None:
        for part in COMPOSE["services"].values():
            for name, how in part.get("depends_on", {}).items():
                if how["condition"] == "service_healthy":
                    assert "healthcheck" in COMPOSE["services"][name]

    def test_our_parts_may_do_no_more_than_they_need(self) -> None:
        ours = [part for part in COMPOSE["services"].values() if part["image"] == "kring"]

        assert all(part["read_only"] and part["cap_drop"] == ["ALL"] for part in ours)
        # Where they may write is small, goes with them, and holds nothing that can be run.
        for part in ours:
            assert [place.partition(":")[0] for place in part["tmpfs"]] == ["/tmp"]  # noqa: S108 - of a container
            assert {"noexec", "nosuid", "nodev"} < set(part["tmpfs"][0].partition(":")[2].split(","))
            assert "user" not in part
            assert not part.get("privileged")

    def test_nothing_gets_more_rights_than_it_began_with(self) -> None:
        for name, part in COMPOSE["services"].items():
            assert part["security_opt"] == ["no-new-privileges:true"], name

    def test_only_what_makes_the_keys_can_change_them(self) -> None:
        writers = [
            name
            for name, part in COMPOSE["services"].items()
            if any(
                not volume["read_only"]
                if isinstance(volume, dict)
                else volume.startswith("secrets:") and not volume.endswith(":ro")
                for volume in part.get("volumes", [])
            )
        ]

        assert writers == ["secrets"]

    def test_each_process_is_given_its_own_secrets(self) -> None:
        for name in (*PROCESSES, "codec"):
            (volume,) = COMPOSE["services"][name]["volumes"]
            assert (volume["source"], volume["volume"]["subpath"]) == ("secrets", name)

    def test_temporal_asks_everybody_for_a_certificate(self) -> None:
        server, pages = COMPOSE["services"]["temporal"], COMPOSE["services"]["temporal-ui"]
        in_front = COMPOSE["services"]["temporal-pages"]

        assert server["environment"]["TEMPORAL_TLS_REQUIRE_CLIENT_AUTH"] == "true"
        assert all(
            COMPOSE["services"][name]["environment"]["KRING_TEMPORAL_TLS"] == "true" for name in PROCESSES
        )
        assert server["environment"]["TEMPORAL_TLS_FRONTEND_SERVER_NAME"] in SERVER_NAMES
        for part, own in ((server, SERVER), (pages, PAGES), (in_front, PAGES)):
            volume = part["volumes"][0]
            assert (volume["source"], volume["read_only"], volume["volume"]["subpath"]) == (
                "secrets",
                True,
                own,
            )

    def test_temporal_asks_everybody_but_its_own_parts_for_a_token(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path)
        said = COMPOSE["services"]["temporal"]["environment"]

        assert (said["TEMPORAL_AUTH_AUTHORIZER"], said["TEMPORAL_AUTH_CLAIM_MAPPER"]) == ("default",) * 2
        assert said["TEMPORAL_JWT_KEY_SOURCE1"] == f"file:///secrets/{PUBLISHED}"
        for value in said.values():
            if "/secrets/" in value:
                assert (tmp_path / SERVER / value.rpartition("/")[2]).exists()
        # Where its parts ask each other, no token is asked for: no certificate of a service is believed there.
        assert "internal-frontend" in said["TEMPORAL_SERVICES"].split(",")
        assert said["USE_INTERNAL_FRONTEND"] == "true"
        inner = (tmp_path / SERVER / Path(said["TEMPORAL_TLS_SERVER_CA_CERT"]).name).read_text()
        assert inner != (tmp_path / SERVER / Path(said["TEMPORAL_TLS_CLIENT1_CA_CERT"]).name).read_text()
        assert said["TEMPORAL_TLS_INTERNODE_SERVER_NAME"] in SERVER_NAMES

    def test_the_token_of_temporals_pages_is_used_where_no_service_reaches_it(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path)
        asks = (ROOT / "deploy" / "compose" / "Caddyfile").read_text()
        reached = {name for name, part in COMPOSE["services"].items() if "pages" in part.get("networks", {})}

        assert f"{{file./secrets/{TOKEN}}}" in asks
        assert (tmp_path / PAGES / TOKEN).exists()
        assert reached == {"temporal-ui", "temporal-pages"}
        assert COMPOSE["services"]["temporal-pages"]["networks"] == ["pages"]
        assert "ports" not in COMPOSE["services"]["temporal-ui"]

    def test_is_reached_from_this_machine_only(self) -> None:
        ports = [port for part in COMPOSE["services"].values() for port in part.get("ports", [])]

        assert ports
        assert all(port.startswith("127.0.0.1:") for port in ports)

    def test_no_internal_port_is_published(self) -> None:
        dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
        published = [port for part in COMPOSE["services"].values() for port in part.get("ports", [])]

        assert "KRING_INTERNAL_PORT=9000" in dockerfile
        assert "http://127.0.0.1:9000/health/live" in dockerfile
        assert not any(port.endswith(":9000") for port in published)

    def test_holds_no_password(self) -> None:
        lines = [line for line in TEXT.splitlines() if re.search("PASS|PWD", line)]

        assert len(lines) > 3
        assert all("${KRING_" in line for line in lines)


class TestImage:
    def test_runs_as_an_ordinary_user_from_hashed_packages(self) -> None:
        lines = (ROOT / "deploy" / "Dockerfile").read_text()

        assert "USER 10001:10001" in lines
        assert lines.count("--require-hashes") == 2

    def test_copies_only_what_the_context_holds(self) -> None:
        context = {
            line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
        }
        copied = re.findall(
            r"^COPY (?!--from)(.+) \S+$", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE
        )

        for sources in copied:
            for source in sources.split():
                assert source.split("/")[0] in context
                assert (ROOT / source).exists()
