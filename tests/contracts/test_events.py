"""The published language may grow; what consumers rely on may not change under them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from deploy import catalogue
from shared.events.base import REGISTRY, Code, Reference

SNAPSHOT = Path(__file__).with_name("events.json")
EVENTS_PAGE = Path(__file__).parents[2] / "docs" / "events.md"
HINT = "run `python -m deploy.catalogue` after making sure that old consumers can read new events"


def _breaks(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return in what way a consumer of the old schema, or an old event, no longer fits the new one."""
    broken = [f"{name} is gone" for name in before["properties"] if name not in after["properties"]]
    broken += [
        f"{name} is newly required"
        for name in after.get("required", [])
        if name not in before.get("required", [])
    ]
    for name, shape in before["properties"].items():
        now = after["properties"].get(name)
        if now is not None and _shape(now) != _shape(shape):
            broken.append(f"{name} changed its type")
    return broken


def _shape(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in ("title", "description", "default")}


def test_no_event_changed_in_a_way_that_breaks_its_consumers() -> None:
    before, after = json.loads(SNAPSHOT.read_text()), catalogue.schemas()
    broken = {name: ["the type is gone"] for name in before if name not in after}
    for name, schema in before.items():
        if name in after and (
            found := _breaks({"properties": {}, **schema}, {"properties": {}, **after[name]})
        ):
            broken[name] = found
    assert broken == {}, "publish a .v2 beside it instead"


def test_the_snapshot_is_that_of_now() -> None:
    assert json.loads(SNAPSHOT.read_text()) == catalogue.schemas(), HINT


def test_the_page_of_events_is_that_of_now() -> None:
    assert EVENTS_PAGE.read_text() == catalogue.markdown(), HINT


def _texts(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield the schemas in one that take any text, or anything: not an id, a time, or one of some constants."""
    if isinstance(schema, list):
        for item in schema:
            yield from _texts(item)
    elif isinstance(schema, dict):
        takes_text = schema.get("type") == "string" and not {"format", "enum", "const"} & set(schema)
        if takes_text or schema.get("additionalProperties") is True:
            yield schema
        for item in schema.values():
            yield from _texts(item)


def _patterns(kind: Any) -> str:
    return str(TypeAdapter(kind).json_schema()["pattern"])


@pytest.mark.parametrize("name", sorted(catalogue.load()))
def test_events_carry_no_free_text(name: str) -> None:
    """A field for words is where a name gets into the broker: only ids, numbers, times, codes and references fit."""
    schema = REGISTRY[name].model_json_schema()
    closed = {_patterns(Code), _patterns(Reference)}
    open_ = [each for each in _texts(schema) if each.get("pattern") not in closed and not _is_number(each)]
    published = [each for each in open_ if each.get("x-published")]
    assert [each for each in open_ if each not in published] == []
    # The events in which an organisation presents itself.
    assert bool(published) == (name in ("intake.organisation.entered.v1", "intake.organisation.changed.v1"))


def _is_number(schema: dict[str, Any]) -> bool:
    return str(schema.get("pattern", "")).startswith("^(?!^[-+.]*$)")


@pytest.mark.parametrize("words", ["Amir", "Amir Testman", "amir@example.org", "ruzie thuis", "", "é"])
def test_a_code_is_no_name_and_no_sentence(words: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Code).validate_python(words)


@pytest.mark.parametrize("words", ["Amir Testman", "amir@example.org", "ruzie thuis", "Zoë"])
def test_a_reference_is_no_sentence_and_no_address(words: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Reference).validate_python(words)


def test_a_field_taken_away_or_newly_required_is_noticed() -> None:
    before = {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}
    after = {"properties": {"a": {"type": "integer"}, "c": {"type": "string"}}, "required": ["a", "c"]}
    assert _breaks(before, after) == ["b is gone", "c is newly required", "a changed its type"]
