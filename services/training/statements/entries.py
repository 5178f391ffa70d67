"""The common result of reading every statement format."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from shared.errors import Invalid

MAX_ENTRIES = 20_000
MAX_NAME = 140
MAX_TEXT = 1_000
# What banks write when there is no reference.
_PLACEHOLDERS = {"", "NOTPROVIDED", "NOTPROVIDE", "NONREF", "NONE", "NOREF", "NA", "0"}

LeftOutReason = Literal[
    "debit",
    "undone-debit",
    "no-transfer",
    "not-booked",
    "not-euro",
    "no-account",
    "other-account",
    "no-direction",
    "amount",
    "zero",
    "date",
]


class StatementNotReadable(Invalid):
    """The file is no statement, is damaged, or contains what no bank sends."""

    code = "statement-not-readable"
    title = "This is not a bank statement that can be read"


@dataclass(frozen=True)
class BankEntry:
    """Money that came to an account or was taken back from it. Amounts are positive euros.

    `number`: its position among the entries of the file, from 1. `several`: it is the sum of transfers whose
    amounts the bank does not give.
    """

    number: int
    account: str
    amount: Decimal
    booked_on: date
    reversal: bool = False
    several: bool = False
    payer_name: str = ""
    payer_iban: str = ""
    structured: str = ""
    text: str = ""
    # The bank's and the payer's references, without placeholders.
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A skipped entry of a file, which is no money for us or cannot be read, and why."""

    number: int
    reason: LeftOutReason


@dataclass
class Statement:
    """The credits and reversals in a file, and the skipped entries.

    `balances_differ`: the entries do not lead from the first balance to the last; banks' own examples have that
    too.
    """

    format: str
    entries: list[BankEntry] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    balances_differ: bool = False


def references_of(*written: str) -> tuple[str, ...]:
    """Return the real references, each once: placeholders do not identify a movement."""
    found = dict.fromkeys(clip(reference, 60) for reference in written)
    return tuple(reference for reference in found if not _is_placeholder(reference))


def _is_placeholder(reference: str) -> bool:
    bare = "".join(character for character in reference.upper() if character.isalnum())
    return bare in _PLACEHOLDERS or not bare.strip("0X")


def clip(text: str, length: int) -> str:
    """Return a text on one line, with single blanks, of at most so many characters."""
    return " ".join(text.split())[:length]
