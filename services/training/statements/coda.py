"""CODA, the coded statement of Belgian banks: read by febelfin-coda, whose checks are repeated here.

The library checks with `assert`, which an optimised run leaves out, and stumbles over details of details; what it
raises says nothing to people.
"""

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import coda
from stdnum import iban as iban_rules

from services.training.statements.entries import (
    MAX_ENTRIES,
    MAX_NAME,
    MAX_TEXT,
    BankEntry,
    Statement,
    StatementNotReadable,
)

FORMAT = "coda"
_LENGTH = 128
# Where a movement says what kind it is; 9 is a detail of a detail.
_KIND = 53
_DETAIL_OF_DETAIL, _DETAIL = "9", "8"
# Totals of several transfers, by the customer or by the bank, and the transfers in them.
_TOTALS, _PARTS = ("1", "2"), ("5", "6", "7")
_STRUCTURED = ("101", "102")
# Credit transfers (also instant and from far away), and in them what undoes another.
_TRANSFERS, _CORRECTIONS = ("01", "02", "41"), ("49", "99")
# Counted by the trailer: balances, movements and information.
_COUNTED = ("1", "2", "3", "8")
_CENT = Decimal("0.01")


def looks_like_coda(content: bytes) -> bool:
    """Say whether a file begins as CODA does: with a header record of 128 characters."""
    first = content[: _LENGTH + 2].splitlines()
    return content.startswith(b"0") and bool(first) and len(first[0]) == _LENGTH


def read_coda(content: bytes) -> Statement:
    """Return the credits and reversals in a CODA file.

    Raises: StatementNotReadable.
    """
    records = _records(content)
    try:
        statements = coda.CODA(io.StringIO("\n".join(records))).statements
        counted = zip(statements, _counts(records), strict=True)
        found = [entry for statement, count in counted for entry in _checked(statement, count)]
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError):
        # Any of these means a record that is not as the standard says; the words quote what was read.
        raise StatementNotReadable("A CODA record is damaged", reason="record") from None
    if len(found) > MAX_ENTRIES:
        raise StatementNotReadable(
            f"A file may hold {MAX_ENTRIES} entries: send it in parts", reason="too-many-entries"
        )
    entries = [entry for entry in found if entry is not None]
    return Statement(FORMAT, entries, len(found) - len(entries))


def _records(content: bytes) -> list[str]:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("windows-1252", "replace")
    records = [line for line in text.rstrip("\x1a\r\n").replace("\r\n", "\n").split("\n") if line]
    if any(len(record) != _LENGTH or not record.isprintable() for record in records):
        raise StatementNotReadable("A CODA record has 128 characters", reason="record")
    if records[-1][0] != "9":
        raise StatementNotReadable("The file does not end with a trailer record", reason="incomplete")
    return [_without_depth(record) for record in records]


def _without_depth(record: str) -> str:
    if record.startswith("21") and record[_KIND] == _DETAIL_OF_DETAIL:
        return record[:_KIND] + _DETAIL + record[_KIND + 1 :]
    return record


def _counts(records: list[str]) -> list[int]:
    """Return for each statement how many of its records count."""
    counts = [0]
    for record in records:
        counts[-1] += record[0] in _COUNTED
        if record[0] == "9":
            counts.append(0)
    return counts[:-1]


def _checked(statement: Any, count: int) -> Iterator[BankEntry | None]:
    """Yield the entries of one statement, None for what is no money for us, if its sums are right."""
    credit = sum((move.amount for move in statement.moves if move.amount > 0), Decimal(0))
    debit = -sum((move.amount for move in statement.moves if move.amount < 0), Decimal(0))
    right = (
        statement.total_credit == credit
        and statement.total_debit == debit
        and statement.new_balance - statement.old_balance == credit - debit
        and statement.number_records == count
    )
    if not right:
        raise StatementNotReadable("The sums in the CODA file are not right", reason="sums")
    account = _account(statement)
    for move in statement.moves:
        for part in _parts(move):
            yield _entry(part, account) if statement.account_currency == "EUR" else None


def _account(statement: Any) -> str:
    account = str(statement.account).replace(" ", "").upper()
    if account.isdigit():
        # A Belgian account number from before IBAN.
        return "BE" + str(iban_rules.calc_check_digits(f"BE00{account}")) + account
    return account


def _parts(move: Any) -> list[Any]:
    """Return the transfers in a total if they add up to it, else the movement as it is."""
    parts = [part for part in move.moves if part.transaction_type in _PARTS]
    is_split = move.transaction_type in _TOTALS and sum(part.amount for part in parts) == move.amount
    return parts if is_split else [move]


def _entry(move: Any, account: str) -> BankEntry | None:
    undone = move.transaction_transaction in _CORRECTIONS or bool((move.r_transaction or "").strip("0 "))
    if (move.amount > 0) == undone or not move.amount:
        # A plain debit, or a debit that was undone.
        return None
    if undone and move.transaction_family not in _TRANSFERS:
        # A correction of costs, cheques and the like.
        return None
    amount = abs(move.amount)
    if not amount.is_finite() or amount != amount.quantize(_CENT):
        raise ValueError("amount")
    structured = move.communication_type in _STRUCTURED
    communication = " ".join(str(move.communication or "").split())
    bank_reference = str(move.bank_reference or "").strip()
    references = (bank_reference, str(move.customer_reference or "").strip())
    return BankEntry(
        account=account,
        amount=amount.quantize(_CENT),
        booked_on=move.entry_date,
        reversal=move.amount < 0,
        payer_name=" ".join(str(move.counterparty_name or "").split())[:MAX_NAME],
        payer_iban=str(move.counterparty_account or "")[:34].strip().lstrip("0"),
        structured=communication if structured else "",
        text="" if structured else communication[:MAX_TEXT],
        bank_reference=bank_reference,
        references=tuple(reference for reference in dict.fromkeys(references) if reference),
    )
