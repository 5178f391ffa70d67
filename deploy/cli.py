"""The `kring` command. What a command does is imported only when it is used."""

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from deploy.arguments import parser, serve_one
from deploy.local.errors import PlatformError

Command = Callable[[argparse.Namespace], Coroutine[Any, Any, int]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; report an environment error in one sentence."""
    options = parser().parse_args(arguments)
    command: Command = options.command
    if getattr(options, "finds", False):
        from deploy.local.platform import adopt

        adopt(options.directory)
    try:
        with asyncio.Runner(loop_factory=_loop_factory(options)) as runner:
            code = runner.run(command(options))
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        code = 0
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        print(f"kring: {sentence}", file=sys.stderr)
        code = 1
    sys.exit(code)


def run() -> None:
    """Run the command in a process of its own, and end it."""
    try:
        main()
    except SystemExit as end:
        # Threads of Temporal's client outlive it, and abort an interpreter that is finalised while they ask for it.
        # So it is not finalised (https://github.com/temporalio/sdk-python/issues/300).
        if isinstance(end.code, int) and "temporalio.bridge.temporal_sdk_bridge" in sys.modules:
            _end_at_once(end.code)
        raise


def _end_at_once(code: int) -> None:
    """End the process after its exit handlers, without finalising the interpreter."""
    import atexit

    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        # The reader of the output may have left.
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)


def _loop_factory(options: argparse.Namespace) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return the faster event loop for serving; other commands start sooner without it."""
    if options.command is not serve_one:
        return None
    import uvloop

    return uvloop.new_event_loop


def _sentence(error: Exception) -> str | None:
    """Return the sentence for an expected failure, or None for a bug."""
    if isinstance(error, PlatformError):
        return str(error)
    from pydantic import ValidationError

    from shared.auth import IssuersNotUsable
    from shared.errors import DomainError, Operational
    from shared.secrets import SecretMissing

    if isinstance(error, ValidationError) and error.title == "Settings":
        wrong = ", ".join(
            f"KRING_{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors()
        )
        return f"The environment is not right: {wrong}."
    if isinstance(error, SecretMissing | IssuersNotUsable | Operational | DomainError):
        return str(error)
    return None


if __name__ == "__main__":
    run()
