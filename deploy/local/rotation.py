"""Replacing the secrets of running services: in three steps, between which old and new ones are both accepted.

Each step may be interrupted and repeated. A secret in use is `NAME`; `NAME_next` is accepted before it is used,
and `NAME_previous` after.
"""

import secrets
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from deploy.local.errors import PlatformError
from deploy.local.secrets import MAKERS, TOKEN_KEY, hand_out, new_issuer_key, write_private
from shared.retention import DEAD_LETTER_DAYS
from shared.services import PROCESSES

_ROTATED = ("database_login", "broker_login", "signing_key", "codec_key")


def begin(directory: Path) -> None:
    """Make the next secrets, to be accepted everywhere before anybody uses them."""
    for used, make in _rotated(directory).items():
        following = used.with_name(f"{used.name}_next")
        if not following.exists():
            write_private(following, make())
    hand_out(directory)


def switch(directory: Path) -> None:
    """Start using the next secrets; the previous ones are still accepted. Raises: PlatformError."""
    if not any(_all(directory, "_next")):
        raise PlatformError(f"Nothing in {directory} is prepared: begin the rotation first.")
    for following in _all(directory, "_next"):
        used = following.with_name(following.name.removesuffix("_next"))
        write_private(used.with_name(f"{used.name}_previous"), used.read_text())
        following.replace(used)
    hand_out(directory)


def finish(directory: Path, *, now: bool) -> None:
    """Remove the previous secrets, except codec keys: histories encrypted with them last for years.

    Dead letters are signed with the old key: before they have expired this needs `now`. Raises: PlatformError.
    """
    youngest = max((path.stat().st_mtime for path in _all(directory, "_previous")), default=0)
    if not now and time.time() - youngest < DEAD_LETTER_DAYS * 86_400:
        raise PlatformError(
            f"Secrets were switched less than {DEAD_LETTER_DAYS} days ago: dead letters with the old signatures"
            " would be refused when they are replayed. If there are none, say --now."
        )
    for former in _all(directory, "_previous"):
        if former.name == "codec_key_previous":
            former.replace(former.with_name(f"{former.name}_{secrets.token_hex(4)}"))
        else:
            former.unlink()
    hand_out(directory)


def _rotated(directory: Path) -> dict[Path, Callable[[], str]]:
    """Return what is replaced, and the functions that make replacements."""
    own = {
        directory / service / name: partial(MAKERS[name], service)
        for service in PROCESSES
        for name in _ROTATED
    }
    return {**own, directory / TOKEN_KEY: new_issuer_key}


def _all(directory: Path, ending: str) -> list[Path]:
    return [path for used in _rotated(directory) if (path := used.with_name(used.name + ending)).exists()]
