"""Bank statement files: each format is read into the same entries, and hostile or broken files are refused."""

import codecs

from services.training.statements.camt import read_camt
from services.training.statements.coda import FORMAT as CODA
from services.training.statements.coda import looks_like_coda, read_coda
from services.training.statements.entries import (
    BankEntry,
    LeftOut,
    Statement,
    StatementNotReadable,
)

__all__ = ["CODA", "BankEntry", "LeftOut", "Statement", "StatementNotReadable", "read"]

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read(content: bytes) -> Statement:
    """Return the entries of a statement file, whose format is recognised by its beginning.

    A byte order mark and leading blanks are ignored. Raises: StatementNotReadable, saying what was expected.
    """
    if content.startswith(_WIDE):
        try:
            text = content.decode("utf-16").lstrip()
        except UnicodeDecodeError as error:
            raise StatementNotReadable(
                "The file is not UTF-16", reason="encoding", byte=error.start
            ) from None
        return read_camt(content) if text.startswith("<") else _read_coda(text.encode())
    content = content.removeprefix(codecs.BOM_UTF8).lstrip()
    return read_camt(content) if content.startswith(b"<") else _read_coda(content)


def _read_coda(content: bytes) -> Statement:
    if looks_like_coda(content):
        return read_coda(content)
    raise StatementNotReadable("Send a CAMT.053 or CODA file as your bank gives it", reason="unknown-format")
