"""The three classes of error: expected (DomainError), operational (retry), and the rest, which are bugs.

A domain error names a rule that the caller ran into. It is acknowledged and logged by consumers and becomes
problem+json over HTTP; the mapping to status codes is in shared.http, not here.
"""

from typing import ClassVar

FactValue = str | int | bool | None


class DomainError(Exception):
    """Expected: the rules forbid what was asked. `facts` may hold ids, codes, numbers and dates only."""

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request was refused"

    def __init__(self, detail: str = "", **facts: FactValue) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts = facts


class NotFound(DomainError):
    """The thing does not exist, or the caller may not see it."""

    code = "not-found"
    title = "There is no such thing here"


class Conflict(DomainError):
    """The thing is in a state in which this cannot be done."""

    code = "conflict"
    title = "This cannot be done in the present state"


class OtherVersion(Conflict):
    """It was changed since the caller read it. `version`: the current one."""

    code = "other-version"
    title = "There is a newer version: read it first, and make your change there"


def require_version(read: int | None, *, of: int) -> None:
    """Check that a change is based on the current version. The caller holds the lock. Raises: OtherVersion."""
    if read != of:
        raise OtherVersion(version=of)


class Forbidden(DomainError):
    """The caller is known and may not do this."""

    code = "forbidden"
    title = "You may not do this"


class Invalid(DomainError):
    """The request is well-formed but its content breaks a rule."""

    code = "invalid"
    title = "The content is not right"


class Unauthenticated(DomainError):
    """The caller is not authenticated."""

    code = "unauthenticated"
    title = "Say who you are: a valid token is needed"


class Gone(DomainError):
    """It existed and has been erased or withdrawn."""

    code = "gone"
    title = "This is no longer here"


class TooManyRequests(DomainError):
    """The caller sends too many requests."""

    code = "too-many-requests"
    title = "Too many requests; try again later"


class NotYet(Exception):
    """A fact that this message or call depends on has not arrived here yet: try again later."""


class Operational(Exception):
    """A part we depend on did not answer: try again later. The text may hold names of parts, never values."""
