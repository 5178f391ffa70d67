"""Completes an API description: a sentence for each field, an example for each model, and the problems."""

import importlib
import pkgutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared import case_access
from shared.case_state import CaseErased
from shared.errors import DomainError
from shared.http.problems import status_of
from shared.vault.fields import SealedFields

_FIELDS = tomllib.loads((Path(__file__).parents[1] / "contracts" / "fields.toml").read_text(encoding="utf-8"))
_BY_FORMAT = {
    "date-time": "2026-03-02T13:30:00Z",
    "date": "2026-03-02",
    "time": "13:30:00",
    "email": "els@example.org",
    "uri": "https://example.org",
    "duration": "P7D",
}
_TYPES = {str: "string", int: "integer", list: "array"}
_PARTS_WITH_ERRORS = ("domain", "permissions", "operations", "routes")
# Errors that callers with access to a case can get, raised by functions of `shared.case_access`.
_OF_ACCESS = (CaseErased, case_access.NoLongerInCircle)
_DECIDING = (case_access.access_of, case_access.relations, case_access.require)


def describe_fields(document: dict[str, Any], *, service: str) -> None:
    """Give every undescribed field and parameter its sentence, and every object an example."""
    schemas: dict[str, Any] = document["components"]["schemas"]
    texts: dict[str, str] = _FIELDS["descriptions"] | _of_sealed(service)
    for model, schema in schemas.items():
        for name, field in schema.get("properties", {}).items():
            _say(field, texts.get(f"{model}.{name}", texts.get(name)))
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                _say(parameter, texts.get(parameter["name"]))
    for model, schema in schemas.items():
        if schema.get("type") == "object" and "examples" not in schema:
            schema["examples"] = [Examples(schemas).of(schema, model)]


def _of_sealed(service: str) -> dict[str, str]:
    """Return what those of a service's sealed fields mean that say so themselves: it shows them by the same names."""
    own = (
        each for each in SealedFields.__subclasses__() if each.__module__.startswith(f"services.{service}.")
    )
    fields = (each for model in own for each in model.model_fields.items())
    return {name: field.description for name, field in fields if field.description}


def _say(field: dict[str, Any], text: str | None) -> None:
    if text is not None:
        field.setdefault("description", text)


class Examples:
    """Makes example values for schemas: the same for fields of the same name, so that they fit together."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def of(self, schema: Mapping[str, Any], name: str, within: tuple[str, ...] = ()) -> Any:
        """Return an example; the list of a recursive model is empty."""
        if "$ref" in schema:
            model = schema["$ref"].rpartition("/")[2]
            return None if model in within else self.of(self._schemas[model], name, (*within, model))
        for given in ("const", "default"):
            if schema.get(given) not in (None, "", []):
                return schema[given]
        if examples := schema.get("examples"):
            return examples[0]
        if choices := schema.get("enum"):
            return choices[0]
        if parts := schema.get("anyOf", schema.get("oneOf", schema.get("allOf"))):
            # Money may be sent as a number too; it is shown as text.
            return self.of(min(parts, key=_liked), name, within)
        return self._by_type(schema, name, within)

    def _by_type(self, schema: Mapping[str, Any], name: str, within: tuple[str, ...]) -> Any:
        if name in _FIELDS["examples"]:
            example = _FIELDS["examples"][name]
            if _TYPES[type(example)] == schema.get("type"):
                return example
        match schema.get("type"):
            case "object":
                fields: dict[str, Any] = schema.get("properties", {})
                if not fields and isinstance(schema.get("additionalProperties"), dict):
                    key = self.of(
                        {"type": "string", "format": "uuid", **schema.get("propertyNames", {})}, "key"
                    )
                    return {key: self.of(schema["additionalProperties"], name, within)}
                example = {field: self.of(each, field, within) for field, each in fields.items()}
            case "array":
                many = range(max(schema.get("minItems", 1), 1))
                items = [self.of(schema.get("items", {}), f"{name}.{n}" if n else name, within) for n in many]
                example = [item for item in items if item is not None]
            case "string" if schema.get("format") == "uuid":
                example = str(uuid5(NAMESPACE_URL, name))
            case "string":
                example = _BY_FORMAT.get(schema.get("format", ""), name.replace("_", " "))
            case kind:
                example = {"integer": max(schema.get("minimum", 1), 1), "number": 0.9, "boolean": True}.get(
                    kind or ""
                )
        return example


def _liked(schema: Mapping[str, Any]) -> int:
    kinds = ["string", "number", "null"]
    return kinds.index(schema["type"]) if schema.get("type") in kinds else 0


def problem_types(service: str) -> dict[str, dict[str, Any]]:
    """Return every expected error of a service: by its code, with its status and title."""
    found = sorted(_errors_of(f"services.{service}"), key=lambda error: error.code)
    return {error.code: {"status": status_of(error), "title": error.title} for error in found}


def _errors_of(package: str) -> list[type[DomainError]]:
    """Return the errors that a service's code names, wherever they are defined, and those of functions it calls."""
    found: dict[type[DomainError], None] = {}
    root = importlib.import_module(package)
    for part in pkgutil.walk_packages(root.__path__, f"{package}."):
        if part.name.split(".")[2] in _PARTS_WITH_ERRORS:
            for value in vars(importlib.import_module(part.name)).values():
                if isinstance(value, type) and issubclass(value, DomainError):
                    found[value] = None
                elif value in _DECIDING:
                    found |= dict.fromkeys(_OF_ACCESS)
    return list(found)
