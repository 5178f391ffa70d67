"""What every statement format is read into."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from shared.errors import Invalid

MAX_ENTRIES = 20_000
MAX_NAME = 140
MAX_TEXT = 1_000


class StatementNotReadable(Invalid):
    """The file is no statement, is damaged, or holds what no bank sends."""

    code = "statement-not-readable"
    title = "This is not a bank statement that can be read"


@dataclass(frozen=True)
class BankEntry:
    """Money that came to an account or was taken back from it. Amounts are positive euros."""

    account: str
    amount: Decimal
    booked_on: date
    reversal: bool = False
    payer_name: str = ""
    payer_iban: str = ""
    structured: str = ""
    text: str = ""
    # The bank's and the payer's references: they recognise an entry in another file, and what a reversal takes back.
    bank_reference: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statement:
    """The credits and reversals in a file, and how many other entries (debits, pending, not in euro) were left out."""

    format: str
    entries: list[BankEntry] = field(default_factory=list)
    ignored: int = 0
