"""The manifests for Kubernetes: every service, with no more rights than it needs, and settings that exist."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.arguments import parser
from deploy.local.certificates import OPERATOR
from shared.services import PROCESSES
from shared.settings import Settings

DIRECTORY = Path(__file__).parents[3] / "deploy" / "kubernetes"
ALL: list[dict[str, Any]] = [
    document
    for name in yaml.safe_load((DIRECTORY / "kustomization.yaml").read_text())["resources"]
    for document in yaml.safe_load_all((DIRECTORY / name).read_text())
]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {document["metadata"]["name"]: document for document in ALL if document["kind"] == kind}


WORKLOADS = of_kind("Deployment") | of_kind("Job")
NETWORK = of_kind("NetworkPolicy")


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = workload["spec"]["template"]["spec"]
    return found


class TestManifests:
    def test_all_belong_to_the_namespace_that_restricts_them(self) -> None:
        (namespace,) = of_kind("Namespace").values()

        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
        assert {document["metadata"]["namespace"] for document in ALL if document["kind"] != "Namespace"} == {
            namespace["metadata"]["name"]
        }

    def test_run_and_reach_every_service(self) -> None:
        assert set(of_kind("Deployment")) == set(of_kind("Service")) == set(PROCESSES)
        for name, service in of_kind("Service").items():
            labels = of_kind("Deployment")[name]["spec"]["template"]["metadata"]["labels"]
            assert service["spec"]["selector"].items() <= labels.items()

    @pytest.mark.parametrize("name", WORKLOADS)
    def test_run_an_ordinary_user_where_nobody_writes(self, name: str) -> None:
        spec = pod(WORKLOADS[name])
        (container,) = spec["containers"]

        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] == 10001
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
        assert writable == {"/tmp"}  # noqa: S108 - of a container
        mounted = {volume["secret"]["secretName"] for volume in spec["volumes"] if volume["name"] != "tmp"}
        # The job prepares what all of them log in to; a service is given its own secrets and nothing of another's.
        assert mounted == {
            f"kring-{each}" for each in ([*PROCESSES, OPERATOR] if name == "migrate" else [name])
        }
        assert {volume["secret"]["defaultMode"] for volume in spec["volumes"] if volume["name"] != "tmp"} == {
            0o440
        }
        assert container["resources"]["limits"]["memory"]

    @pytest.mark.parametrize("name", WORKLOADS)
    def test_type_commands_and_settings_that_exist(self, name: str) -> None:
        (container,) = pod(WORKLOADS[name])["containers"]
        own = container.get("env", [])
        said = {variable["name"] for variable in own} | set(of_kind("ConfigMap")["kring"]["data"])

        assert parser().parse_args(container["args"]).command
        assert said <= {f"KRING_{field.upper()}" for field in Settings.model_fields}
        # Who owns tables and queues is known to the job alone.
        assert bool(own) == (name == "migrate")
        assert not any(variable.get("value") for variable in own), "what is secret comes from a Secret"

    def test_settings_let_services_find_each_other(self) -> None:
        data = of_kind("ConfigMap")["kring"]["data"]
        for name, service in of_kind("Service").items():
            assert data[f"KRING_{name.upper()}_URL"] == f"http://{name}:{service['spec']['ports'][0]['port']}"
        assert "@" not in data["KRING_DATABASE_URL"] + data["KRING_BROKER_URL"]
        assert "KRING_LOCAL" not in data
        assert data["KRING_TEMPORAL_TLS"] == "true"

    def test_each_process_is_given_its_own_secrets(self) -> None:
        for name in PROCESSES:
            spec = pod(of_kind("Deployment")[name])
            named = [each["secret"]["secretName"] for each in spec["volumes"] if "secret" in each]
            assert named == [f"kring-{name}"]
            # None comes by the environment either: the logins of owners are for the jobs that migrate.
            assert "secretKeyRef" not in str(spec["containers"])

    def test_settings_ask_temporal_for_a_certificate_and_show_it_one(self) -> None:
        (settings,) = of_kind("ConfigMap").values()
        assert settings["data"]["KRING_TEMPORAL_TLS"] == "true"

    def test_settings_believe_no_whole_cluster_for_whom_it_asks(self) -> None:
        named = of_kind("ConfigMap")["kring"]["data"]["KRING_TRUSTED_PROXIES"]
        believed = Settings(trusted_proxies=named).trusted_proxies
        assert believed
        assert all(network.num_addresses == 1 for network in believed)

    @pytest.mark.parametrize("name", PROCESSES)
    def test_are_probed_where_the_public_does_not_reach(self, name: str) -> None:
        (container,) = pod(WORKLOADS[name])["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        (asked_by_people, asked_by_machines) = NETWORK["asked-by"]["spec"]["ingress"]

        assert ports == {"http": 8000, "internal": 9000}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert container[probe]["httpGet"]["port"] == "internal"
        assert [port["port"] for port in of_kind("Service")[name]["spec"]["ports"]] == [8000]
        assert [port["port"] for port in asked_by_people["ports"]] == [8000]
        assert [port["port"] for port in asked_by_machines["ports"]] == [9000]
        assert [each["namespaceSelector"]["matchLabels"] for each in asked_by_machines["from"]] == [
            {"kubernetes.io/metadata.name": "monitoring"}
        ]


class TestNetwork:
    def test_allows_nothing_that_is_not_said(self) -> None:
        nothing = NETWORK["nothing-else"]["spec"]

        assert nothing == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}

    def test_says_of_every_way_in_and_out_with_whom_and_on_which_port(self) -> None:
        ways = [
            (way.get("from") or way.get("to"), way.get("ports"))
            for policy in NETWORK.values()
            for way in policy["spec"].get("ingress", []) + policy["spec"].get("egress", [])
        ]

        assert len(ways) > 4
        assert all(whom and ports for whom, ports in ways)

    def test_lets_only_services_be_asked_and_speak_to_outside(self) -> None:
        for name in ("asked-by", "speaks-to-outside"):
            (expression,) = NETWORK[name]["spec"]["podSelector"]["matchExpressions"]
            assert (expression["operator"], set(expression["values"])) == ("In", set(PROCESSES))

    def test_reaches_outside_over_tls_and_no_private_address(self) -> None:
        (way,) = NETWORK["speaks-to-outside"]["spec"]["egress"]

        assert way["ports"] == [{"protocol": "TCP", "port": 443}]
        # The last of these tells programs of a cloud who they are.
        assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(
            way["to"][0]["ipBlock"]["except"]
        )
