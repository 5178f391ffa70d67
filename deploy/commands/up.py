"""`kring up`: all of Kring on this machine, its addresses, and what its parts are doing, until Ctrl-C."""

import asyncio
import os
import signal
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.commands.status import COLOURS
from deploy.local.errors import PlatformError
from deploy.local.platform import GIVEN, Platform
from deploy.local.supervisor import State, Supervised
from shared.services import PORTAL, PROCESSES, SERVICES

# Settings with which the example is played: all people of it ask from one address.
EXAMPLE = {"KRING_ANONYMOUS_LIMIT": "0"}
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def up(
    *, directory: Path, ports: Mapping[str, int], services: Sequence[str], example: bool = False
) -> int:
    """Start everything, tell what happens, and stop everything at the first signal. Raises: PlatformError.

    `example`: an empty directory is filled with an organisation to look at.
    """
    console = Console(highlight=False)
    if example:
        _check_empty(directory, services, os.environ)
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
        extra={**_settings_of(os.environ), **(EXAMPLE if example else {})},
        changed=tell,
    )
    console.print(f"Kring starts; its data is in {directory}.")
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
        await _first_of(platform.wait_ready(), signalled.wait())
        if example and not signalled.is_set():
            await _first_of(_play_example(platform, console), signalled.wait())
        if not signalled.is_set():
            console.print(_table_of(platform.addresses, directory))
            console.print("Kring is up. Ctrl-C stops it.")
            await signalled.wait()
    finally:
        console.print("Kring stops.")
        await platform.stop()
    return 0


async def _play_example(platform: Platform, console: Console) -> None:
    from deploy.example.filling import fill
    from deploy.watch.failures import WentWrong

    try:
        await fill(platform, tell=console.print)
    except WentWrong as error:
        raise PlatformError(f"The example was not played to its end: {error}") from None


def _check_empty(directory: Path, services: Sequence[str], environment: Mapping[str, str]) -> None:
    """Raise PlatformError unless the example can be played: all of Kring, on parts of its own, without data."""
    if given := [name for name in GIVEN if name in environment]:
        raise PlatformError(
            f"The example is for parts that `kring up` starts itself: unset {', '.join(given)}."
        )
    if {*services} != {*PROCESSES}:
        raise PlatformError("The example needs all services.")
    if (directory / "postgresql").exists():
        raise PlatformError(f"The example fills an empty directory, and {directory} has data; name another.")


def _settings_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of the shell that every service shall have too."""
    wanted = (
        "KRING_LOG_LEVEL",
        "KRING_OTLP_ENDPOINT",
        "KRING_TRACES_FILE",
        "KRING_MAIL_FROM",
        "KRING_PUBLIC_URL",
    )
    return {name: environment[name] for name in wanted if name in environment}


async def _first_of(*waits: Coroutine[Any, Any, Any]) -> None:
    """Wait for the first to end and let the others go. Raises what that one raised."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()


def _table_of(addresses: Mapping[str, str], directory: Path) -> Table:
    table = Table("what", "address", "see also", box=None, pad_edge=False)
    if PORTAL in addresses:
        table.add_row("START HERE", addresses["sign-in"], "choose who you are")
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
