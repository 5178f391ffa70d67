"""The APIs that other systems call: a change of their documents is seen by whoever reviews it, and is on purpose."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from deploy import catalogue
from deploy.commands.documents import openapi_of
from services.portal.of_services import FILE
from services.portal.routes.settings import FIELDS
from shared.auth import Role
from shared.services import SERVICES
from tests.access.table import spelled_out, written

SNAPSHOTS = Path(__file__).parent
# On a page of its own, or on none.
_SET_ELSEWHERE = {
    "network": {"legal_basis"},
    "scheduling": {"own_school_holidays"},
    "plans": {"morning"},
    "training": {"qr_communication"},
}
HINT = "run `python -m deploy.catalogue` after making sure that those who call this can go on doing so"


@pytest.mark.parametrize("service", SERVICES)
async def test_the_snapshot_is_that_of_now(service: str) -> None:
    kept = (SNAPSHOTS / f"{service}.openapi.json").read_text(encoding="utf-8")
    assert kept == catalogue.as_json(await openapi_of(service)), HINT


def test_the_portal_calls_lengths_and_emails_what_the_services_do() -> None:
    assert FILE.read_text("utf-8") == catalogue.as_json(catalogue.of_services(), sort=False), HINT


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_an_organisation_sets_has_a_label(service: str) -> None:
    policy = import_module(f"services.{service}.settings").policies.settings
    [shown] = [fields for fields in FIELDS if fields.service == service]
    assert shown.labels.keys() | policy.SAFEGUARDS | _SET_ELSEWHERE.get(service, set()) == set(
        policy.model_fields
    )


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_says_who_may_call_it_and_how_it_refuses(service: str) -> None:
    document = json.loads((SNAPSHOTS / f"{service}.openapi.json").read_text(encoding="utf-8"))
    silent = [
        f"{verb} {path}"
        for path, operations in document["paths"].items()
        for verb, operation in operations.items()
        if not _speaks(operation)
    ]
    assert silent == []


def _documents() -> dict[str, dict[str, Any]]:
    return {name: json.loads((SNAPSHOTS / f"{name}.openapi.json").read_text("utf-8")) for name in SERVICES}


def test_every_field_and_parameter_says_what_it_means() -> None:
    """By itself, or by its name in shared/contracts/fields.toml."""
    silent = set()
    for service, document in _documents().items():
        for model, schema in document["components"]["schemas"].items():
            fields = schema.get("properties", {}).items()
            silent |= {f"{service}: {model}.{name}" for name, field in fields if not field.get("description")}
        for path, operations in document["paths"].items():
            for verb, operation in operations.items():
                given = operation.get("parameters", ())
                silent |= {f"{verb} {path} {each['name']}" for each in given if not each.get("description")}
    assert silent == set(), "a sentence in shared/contracts/fields.toml, or a `Field(description=...)`"


def test_every_model_has_an_example_that_it_takes() -> None:
    """Also whatever is in it: the example of a whole is made of those of its parts."""
    wrong = []
    for service, document in _documents().items():
        for model, schema in document["components"]["schemas"].items():
            if schema.get("type") != "object":
                continue
            validator = Draft202012Validator(
                {"$ref": f"#/components/schemas/{model}", "components": document["components"]},
                format_checker=Draft202012Validator.FORMAT_CHECKER,
            )
            errors = validator.iter_errors(schema["examples"][0])
            wrong += [
                f"{service}: {model}.{'.'.join(map(str, each.path))}: {each.message}" for each in errors
            ]
    assert wrong == []


def test_every_operation_says_that_it_waits_for_what_its_caller_knows() -> None:
    """All but those that read no rows."""
    silent = []
    for service, document in _documents().items():
        for path, operations in document["paths"].items():
            for verb, operation in operations.items():
                said = "Kring-After" in {each["name"] for each in operation["parameters"]}
                changed = verb != "get"
                answers = [each for status, each in operation["responses"].items() if status.startswith("2")]
                told = all(("Kring-After" in each.get("headers", {})) is changed for each in answers)
                if not (said and told and "409" in operation["responses"]):
                    silent.append(f"{service}: {verb} {path}")
    letters = ("get /v1/dead-letters", "post /v1/dead-letters/discard", "post /v1/dead-letters/replay")
    without_rows = {f"{service}: {each}" for service in SERVICES for each in ("get /v1/state", *letters)}
    assert set(silent) == without_rows


def test_every_operation_says_for_whom_it_is_as_the_table_of_access_does() -> None:
    """Of those in the table who are called by nothing but their role."""
    differ = []
    roles = {role.value for role in Role}
    for service, document in _documents().items():
        for row, askers in written(service, spelled_out(["everyone"])).items():
            verb, path = row.split(" (")[0].split(" ")
            operation = document["paths"][path][verb.lower()]
            if "x-roles" not in operation or not roles & set(operation["x-roles"]):
                continue
            let_in = {asker for asker in roles & askers.keys() if askers[asker] != "no"}
            if let_in != set(operation["x-roles"]) & roles & askers.keys():
                differ.append(f"{service} {row}: {sorted(let_in)}, not {operation['x-roles']}")
    assert differ == []


def test_every_kind_of_problem_is_listed() -> None:
    listed = {name: document["x-problem-types"] for name, document in _documents().items()}
    assert listed["intake"]["offer-over"] == {"status": 409, "title": "This offer no longer stands"}
    assert all("case-not-found" in types for name, types in listed.items() if name != "training")


def _speaks(operation: dict[str, Any]) -> bool:
    says_who = "security" in operation
    refuses = any(code.startswith("4") for code in operation["responses"])
    return says_who and refuses and bool(operation.get("description"))
