"""`kring status` and `kring restart`: the state of every part of a running platform; restarting one of them."""

import json
from pathlib import Path
from typing import Any

from deploy.local.control import ask
from deploy.local.errors import PlatformError
from deploy.local.platform import running
from deploy.local.supervisor import State

GOOD = (State.READY, State.DONE)
COLOURS = {
    State.READY: "green",
    State.DONE: "green",
    State.FAILED: "red",
    State.RESTARTING: "yellow",
    State.NOT_READY: "red",
}
# A part has four seconds to answer; a restart takes at most a stop and two starts.
_ASK_SECONDS, _RESTART_SECONDS = 8, 240


async def status(*, directory: Path, as_json: bool) -> int:
    """Print the state of every part; return 0 if all do their work, else 1.

    Raises: PlatformError if the supervisor does not answer.
    """
    is_up = running(directory)
    found = read(directory, is_up=is_up)
    if is_up:
        found = await ask(Path(found["socket"]), seconds=_ASK_SECONDS, do="status")
    parts: dict[str, dict[str, Any]] = found.get("parts", {})
    if as_json:
        print(json.dumps({"running": is_up, **found}, indent=1))
    elif not parts:
        print(f"Nothing runs in {directory}; `make up` starts Kring.")
    else:
        _print_table(parts)
    return 0 if is_up and all(part["state"] in GOOD for part in parts.values()) else 1


async def restart(service: str, *, directory: Path) -> int:
    """Restart one service, and return when it does its work. Raises: PlatformError."""
    if not running(directory):
        raise PlatformError(f"Nothing runs in {directory}; `make up` starts Kring.")
    socket = Path(read(directory, is_up=True)["socket"])
    await ask(socket, seconds=_RESTART_SECONDS, do="restart", part=service)
    print(f"{service} was restarted and is ready.")
    return 0


def read(directory: Path, *, is_up: bool) -> dict[str, Any]:
    """Return the supervisor's last status file; if the supervisor is gone, so are its parts."""
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
    from rich.markup import escape
    from rich.table import Table

    table = Table("part", "state", "address", "pid", "detail", box=None, pad_edge=False)
    for name, part in parts.items():
        colour = COLOURS.get(State(part["state"]), "default")
        state, pid = f"[{colour}]{part['state']}[/]", str(part["pid"] or "")
        table.add_row(name, state, part["address"], pid, escape(part["detail"]))
    Console(highlight=False).print(table)
