"""Route order: no page's address may hide another."""

from collections.abc import Iterable


class Hidden(ValueError):
    """An address matches where a later one is meant."""


def require_apart(paths: Iterable[str]) -> None:
    """Check that no address, in the order in which they are matched, hides a later one. Raises: Hidden.

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
