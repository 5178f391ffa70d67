"""Bank statements as files: each format is read into the same entries, and what is hostile or broken is refused."""

from services.training.statements.camt import read_camt
from services.training.statements.coda import looks_like_coda, read_coda
from services.training.statements.entries import (
    BankEntry,
    Statement,
    StatementNotReadable,
)

__all__ = ["BankEntry", "Statement", "StatementNotReadable", "read"]

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read(content: bytes) -> Statement:
    """Return the entries of a statement file, whose format is known by how it begins.

    Raises: StatementNotReadable, saying what was expected.
    """
    if content.startswith(_BOMS) or content[:1024].lstrip()[:1] == b"<":
        return read_camt(content)
    if looks_like_coda(content):
        return read_coda(content)
    raise StatementNotReadable("Send a CAMT.053 or CODA file as your bank gives it", reason="unknown-format")
