"""`kring status`: what every part is doing, from the file that the supervisor keeps."""

import json
from pathlib import Path
from typing import Any

from deploy.local.platform import running
from deploy.local.supervisor import State

GOOD = (State.READY, State.DONE)
COLOURS = {State.READY: "green", State.DONE: "green", State.FAILED: "red", State.RESTARTING: "yellow"}


def status(*, directory: Path, as_json: bool) -> int:
    """Print the state of every part; return 0 if all do their work, else 1."""
    is_up = running(directory)
    found = read(directory, is_up=is_up)
    parts: dict[str, dict[str, Any]] = found.get("parts", {})
    if as_json:
        print(json.dumps({"running": is_up, **found}, indent=1))
    elif not parts:
        print(f"Nothing runs in {directory}; `make up` starts Kring.")
    else:
        _print_table(parts)
    return 0 if is_up and all(part["state"] in GOOD for part in parts.values()) else 1


def read(directory: Path, *, is_up: bool) -> dict[str, Any]:
    """Return what the supervisor wrote last; if it is gone, so are its parts."""
    path = directory / "state.json"
    if not path.exists():
        return {"parts": {}}
    found: dict[str, Any] = json.loads(path.read_text())
    if not is_up:
        found["supervisor"] = None
        for part in found["parts"].values():
            part.update(state=State.STOPPED, pid=None)
    return found


def _print_table(parts: dict[str, dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("part", "state", "address", "pid", box=None, pad_edge=False)
    for name, part in parts.items():
        colour = COLOURS.get(State(part["state"]), "default")
        table.add_row(name, f"[{colour}]{part['state']}[/]", part["address"], str(part["pid"] or ""))
    Console(highlight=False).print(table)
