"""What every statement format is read into."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from shared.errors import Invalid

MAX_ENTRIES = 20_000
MAX_NAME = 140
MAX_TEXT = 1_000
# What banks write where there is no reference.
_PLACEHOLDERS = {"", "NOTPROVIDED", "NOTPROVIDE", "NONREF", "NONE", "NOREF", "NA", "0"}

Why = Literal[
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
    """The file is no statement, is damaged, or holds what no bank sends."""

    code = "statement-not-readable"
    title = "This is not a bank statement that can be read"


@dataclass(frozen=True)
class BankEntry:
    """Money that came to an account or was taken back from it. Amounts are positive euros.

    `number`: its place among the entries of the file, from 1. `several`: it is the sum of transfers of which the bank
    does not say how much each was.
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
    # The bank's and the payer's references, without what banks write where there is none.
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """An entry of a file that is no money for us, or that cannot be read, and why."""

    number: int
    why: Why


@dataclass
class Statement:
    """The credits and reversals in a file, and which other entries were left out.

    `balances_differ`: the entries do not make the last balance of the first; banks' own examples do that too.
    """

    format: str
    entries: list[BankEntry] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    balances_differ: bool = False


def references_of(*written: str) -> tuple[str, ...]:
    """Return the references that are ones, each once: placeholders say nothing of which movement it is."""
    found = dict.fromkeys(clip(reference, 60) for reference in written)
    return tuple(reference for reference in found if not _is_placeholder(reference))


def _is_placeholder(reference: str) -> bool:
    bare = "".join(character for character in reference.upper() if character.isalnum())
    return bare in _PLACEHOLDERS or not bare.strip("0X")


def clip(text: str, length: int) -> str:
    """Return a text on one line, with single blanks, of at most so many characters."""
    return " ".join(text.split())[:length]
