"""The table of who may do what, read."""

from pathlib import Path
from typing import Any

import yaml

PAGE = "page"
TABLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("matrix.yaml").read_text())


def spelled_out(names: list[str]) -> set[str]:
    """Return the askers that names of askers and of groups stand for."""
    groups: dict[str, list[str]] = TABLE["groups"]
    found: set[str] = set()
    for name in names:
        found |= spelled_out(groups[name]) if name in groups else {name}
    return found


def written(service: str, everybody: set[str]) -> dict[str, dict[str, str]]:
    """Return by row what the table says of each asker: those it does not name get a plain no."""
    rows: dict[str, dict[str, str]] = {}
    for row, outcomes in TABLE["services"][service]["rows"].items():
        rows[row] = dict.fromkeys(everybody, "no")
        for outcome, names in outcomes.items():
            if outcome == PAGE:
                continue
            for asker in spelled_out(names):
                assert asker in everybody, f"{row}: nobody is called {asker}"
                assert rows[row][asker] == "no", f"{row}: {asker} stands there twice"
                rows[row][asker] = outcome
    return rows


def pages(service: str) -> dict[str, str]:
    """Return by operation which page uses it, or why none does: its first row says so."""
    rows: dict[str, dict[str, str]] = TABLE["services"][service]["rows"]
    first = reversed(rows.items())
    return {row.partition(" (")[0]: outcomes[PAGE] for row, outcomes in first if PAGE in outcomes}


def readers(service: str) -> dict[str, set[str]]:
    """Return who is ever shown what is sealed."""
    return {what: spelled_out(names) for what, names in TABLE["services"][service]["contents"].items()}
