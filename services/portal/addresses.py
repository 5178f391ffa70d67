"""Addresses of pages: none may hide another."""

from collections.abc import Iterable


class Hidden(ValueError):
    """An address answers wherever a later one is meant."""


def require_apart(paths: Iterable[str]) -> None:
    """Let pass addresses, in the order in which they are tried, of which none hides a later one. Raises: Hidden.

    `/people/new` may come before `/people/{person_id}`, never after it; and nothing may come twice.
    """
    tried: list[list[str]] = []
    for path in paths:
        parts = path.split("/")
        for earlier in tried:
            if len(earlier) == len(parts) and all(map(_takes, earlier, parts)):
                raise Hidden(f"{'/'.join(earlier)} answers before {path}")
        tried.append(parts)


def _takes(earlier: str, part: str) -> bool:
    return earlier == part or earlier.startswith("{")
