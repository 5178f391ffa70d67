"""What commands of `kring` share: the data directory, and the names of services, roles and ports."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from shared.services import PROCESSES, SERVICES

DIRECTORY = Path(".kring")
ROLES = ("api", "consumer", "worker")


def _one_of(*names: str) -> Callable[[str], str]:
    def choose(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"there is no service {text!r}; there are {', '.join(names)}")
        return text

    return choose


service, process = _one_of(*SERVICES), _one_of(*PROCESSES)
process_or_codec = _one_of(*PROCESSES, "codec")


def roles(text: str) -> set[str]:
    """Return roles from a comma-separated list."""
    chosen = {role.strip() for role in text.split(",")}
    if not chosen <= set(ROLES):
        raise argparse.ArgumentTypeError(f"roles are {', '.join(ROLES)}, separated by commas")
    return chosen


def port(text: str) -> tuple[str, int]:
    """Return a part and its port."""
    part, _, number = text.partition("=")
    if not part or not number.isdigit() or not 0 < int(number) < 65536:
        raise argparse.ArgumentTypeError("a port is given as PART=NUMBER, for example intake=8001")
    return part, int(number)


def add_directory(one: argparse.ArgumentParser) -> None:
    """Add the option for the platform's data directory."""
    one.add_argument("--directory", type=Path, default=DIRECTORY, help="where its data is kept (%(default)s)")


def looks_after(one: argparse.ArgumentParser) -> None:
    """Make a command use the platform that runs on this machine, if the environment names no installation."""
    add_directory(one)
    one.set_defaults(finds=True)


async def services_here(options: argparse.Namespace) -> Sequence[str]:
    """Return the services with a database here, or the named one."""
    from deploy.commands.databases import with_database
    from shared.settings import Settings

    return await with_database(Settings(), options.service)
