"""The published language may grow; what consumers rely on may not change under them."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy import catalogue
from shared.events.base import REGISTRY

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


@pytest.mark.parametrize("name", sorted(catalogue.load()))
def test_events_carry_no_free_text(name: str) -> None:
    """A field for words is where a name gets into the broker: codes, ids, numbers and dates only."""
    words = {
        "name",
        "first_name",
        "last_name",
        "email",
        "phone",
        "address",
        "text",
        "note",
        "question",
        "title",
    }
    assert not words & set(REGISTRY[name].model_fields)


def test_a_field_taken_away_or_newly_required_is_noticed() -> None:
    before = {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}
    after = {"properties": {"a": {"type": "integer"}, "c": {"type": "string"}}, "required": ["a", "c"]}
    assert _breaks(before, after) == ["b is gone", "c is newly required", "a changed its type"]
