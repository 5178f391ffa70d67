"""The APIs that other systems call: a change of their documents is seen by whoever reviews it, and is on purpose."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy import catalogue
from deploy.commands.documents import openapi_of
from shared.services import SERVICES

SNAPSHOTS = Path(__file__).parent
HINT = "run `python -m deploy.catalogue` after making sure that those who call this can go on doing so"


@pytest.mark.parametrize("service", SERVICES)
async def test_the_snapshot_is_that_of_now(service: str) -> None:
    kept = (SNAPSHOTS / f"{service}.openapi.json").read_text(encoding="utf-8")
    assert kept == catalogue.as_json(await openapi_of(service)), HINT


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


def _speaks(operation: dict[str, Any]) -> bool:
    says_who = "security" in operation
    refuses = any(code.startswith("4") for code in operation["responses"])
    return says_who and refuses and bool(operation.get("description"))
