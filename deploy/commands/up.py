"""`kring up`: all of Kring on this machine, with its addresses and the state of its parts, until Ctrl-C."""

import asyncio
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.commands.status import COLOURS
from deploy.local.example import Example
from deploy.local.platform import GIVEN, Platform, running
from deploy.local.supervisor import State, Supervised
from shared.retrying import first_of
from shared.services import PORTAL, PROCESSES, SERVICES

# Exists while an example is being played; a directory where it was left over is worthless.
_UNFINISHED = "example-unfinished"
_MADE = ("postgresql", "rabbitmq", "temporal", "mailbox")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def up(
    *, directory: Path, ports: Mapping[str, int], services: Sequence[str], empty: bool = False
) -> int:
    """Start everything, report progress, and stop everything at the first signal. Raises: PlatformError.

    An empty directory is filled with an example organisation, unless `empty` is set, or only some parts are run
    or use other servers.
    """
    console = Console(highlight=False)
    forgotten = _forget_unfinished(directory)
    filled = _may_be_filled(directory, services, os.environ) and not empty
    told: dict[str, tuple[State, str]] = {}

    def tell(part: Supervised) -> None:
        now = (part.state, part.detail)
        if told.get(part.name) != now:
            told[part.name] = now
            colour = COLOURS.get(part.state, "default")
            console.print(f"  {part.name:<12} [{colour}]{part.state}[/] {part.detail}", soft_wrap=True)

    platform = Platform(
        directory,
        ports="remembered",
        wanted_ports=ports,
        services=services,
        given=os.environ,
        extra=_settings_of(os.environ),
        example=Example(tell=partial(console.print, " ")) if filled else None,
        changed=tell,
    )
    console.print(f"Kring starts; its data is in {directory}.")
    if forgotten:
        console.print("The example in it was not completed, and is removed.")
    if filled:
        console.print("It is filled with an example organisation, which takes a minute or two.")
        _note_unfinished(directory)
    signalled = asyncio.Event()
    loop = asyncio.get_running_loop()
    presses = 0
    ending: list[asyncio.Task[None]] = []

    def press() -> None:
        nonlocal presses
        presses += 1
        signalled.set()
        if presses == 2:
            console.print("Stopping at once.")
            ending.append(loop.create_task(platform.kill()))

    for number in _SIGNALS:
        loop.add_signal_handler(number, press)
    await platform.start()
    for name, port in platform.moved_ports.items():
        console.print(f"Port {port} of {name} was taken by another program: {name} has a new one.")
    try:
        await first_of(platform.wait_ready(), signalled.wait())
        if not signalled.is_set():
            _say_where(platform, directory, console)
            await signalled.wait()
    finally:
        console.print("Kring stops.")
        await platform.stop()
    return 0


def _say_where(platform: Platform, directory: Path, console: Console) -> None:
    (directory / _UNFINISHED).unlink(missing_ok=True)
    console.print(_table_of(platform.addresses, directory))
    console.print("Kring is up. Ctrl-C stops it.")
    if PORTAL in platform.addresses:
        console.print(f"Choose an account: {platform.addresses['sign-in']}")


def _note_unfinished(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / _UNFINISHED).touch()


def _forget_unfinished(directory: Path) -> bool:
    """Remove an example that never ended; say whether there was one."""
    if not (directory / _UNFINISHED).exists() or running(directory):
        return False
    for name in _MADE:
        shutil.rmtree(directory / name, ignore_errors=True)
    (directory / _UNFINISHED).unlink()
    return True


def _may_be_filled(directory: Path, services: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Say whether this is all of Kring, on parts of its own, without data."""
    own = not any(name in environment for name in GIVEN)
    return own and {*services} == {*PROCESSES} and not (directory / "postgresql").exists()


def _settings_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the shell's settings that every service must get too."""
    wanted = (
        "KRING_LOG_LEVEL",
        "KRING_OTLP_ENDPOINT",
        "KRING_TRACES_FILE",
        "KRING_MAIL_FROM",
        "KRING_PUBLIC_URL",
    )
    return {name: environment[name] for name in wanted if name in environment}


def _table_of(addresses: Mapping[str, str], directory: Path) -> Table:
    table = Table("what", "address", "see also", box=None, pad_edge=False)
    if PORTAL in addresses:
        table.add_row("accounts", addresses["sign-in"], "choose an account to sign in")
        table.add_row("Kring in a browser", addresses[PORTAL], "what people see")
    for name in SERVICES:
        if name in addresses:
            inside = addresses[f"{name}-internal"]
            table.add_row(f"{name} API", addresses[name], f"/docs · {inside}/metrics")
    names = {
        "temporal-ui": ("workflows (Temporal)", ""),
        "mailbox": ("mailbox", "every mail lands here"),
        "rabbitmq-management": (
            "queues (RabbitMQ)",
            f"user kring, password in {directory}/rabbitmq/password",
        ),
        "rabbitmq": ("RabbitMQ", "AMQP"),
        "temporal": ("Temporal", "gRPC"),
        "postgresql": ("PostgreSQL", f"user postgres, password in {directory}/postgresql/password"),
    }
    for name, (what, more) in names.items():
        if name in addresses:
            table.add_row(what, addresses[name], more)
    return table
