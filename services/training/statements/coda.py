"""CODA, the coded statement of Belgian banks: read by febelfin-coda, whose checks are repeated here.

The library checks with `assert`, which an optimised run leaves out, and fails on details of details; its
exceptions mean nothing to users.
"""

import io
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import coda

from services.training.statements.accounts import account_of
from services.training.statements.entries import (
    MAX_ENTRIES,
    MAX_NAME,
    MAX_TEXT,
    BankEntry,
    LeftOut,
    LeftOutReason,
    Statement,
    StatementNotReadable,
    clip,
    references_of,
)

FORMAT = "coda"
_LENGTH = 128
# The position of a movement's type; 9 is a detail of a detail.
_KIND = 53
_DETAIL_OF_DETAIL, _DETAIL = "9", "8"
# Totals of several transfers, by the customer or by the bank, and the transfers in them.
_TOTALS, _PARTS = ("1", "2"), ("5", "6", "7")
_STRUCTURED = ("100", "101", "102", "103")
# Credit transfers (including instant and international ones), and their reversals.
_TRANSFERS, _CORRECTIONS = ("01", "02", "41"), ("49", "99")
# Counted by the trailer: balances, movements and information.
_COUNTED = ("1", "2", "3", "8")
# A return or a reversal has a type and, mostly, a reason (ISO 20022); older versions use the field differently.
_RETURNS, _REASON = ("1", "2", "3", "4", "5"), re.compile(r"[A-Z]{2}[0-9]{2}|")
# Where records have dates (from, to), and which of them matter.
_DAY = 6
_HEADER_DAY, _OLD_DAY, _NEW_DAY, _VALUE_DAY, _ENTRY_DAY = 5, 58, 57, 47, 115
_NO_DAY, _ANY_DAY = ("000000", "      "), "010100"
_NAMED = ("001", "008", "009")
_CENT = Decimal("0.01")


def looks_like_coda(content: bytes) -> bool:
    """Tell whether a file begins as CODA does: with a header record of 128 characters."""
    first = content[: 4 * _LENGTH].splitlines()
    return content.startswith(b"0") and bool(first) and _LENGTH <= len(first[0]) < 2 * _LENGTH


def read_coda(content: bytes) -> Statement:
    """Return the credits and reversals in a CODA file.

    Raises: StatementNotReadable.
    """
    records = _records(content)
    try:
        statements = coda.CODA(io.StringIO("\n".join(records))).statements
        counted = list(zip(statements, _counts(records), strict=True))
        numbers = count(1)
        found = [read for each, records_of in counted for read in _checked(each, records_of, numbers)]
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError):
        # Any of these means a record that violates the standard; the messages quote what was read.
        raise StatementNotReadable("A CODA record is damaged", reason="record") from None
    if len(found) > MAX_ENTRIES:
        raise StatementNotReadable(
            f"A file may hold {MAX_ENTRIES} entries: send it in parts", reason="too-many-entries"
        )
    return Statement(
        FORMAT,
        [read for read in found if isinstance(read, BankEntry)],
        [read for read in found if isinstance(read, LeftOut)],
    )


def _records(content: bytes) -> list[str]:
    lines = re.split(r"\r\n|\r|\n", _decoded(content).rstrip("\x1a\r\n\x00"))
    # Unprintable characters, including no-break blanks, become blanks.
    records = ["".join(one if one.isprintable() else " " for one in line) for line in lines if line]
    if any(len(record) != _LENGTH for record in records):
        raise StatementNotReadable("A CODA record has 128 characters", reason="record")
    if records[-1][0] != "9":
        raise StatementNotReadable("The file does not end with a trailer record", reason="incomplete")
    return list(_mended(records))


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        # Of the two encodings that banks use, the one that gives more letters (and no-break blanks).
        ways = [content.decode(name, "replace") for name in ("windows-1252", "cp850")]
        return max(ways, key=lambda text: sum(one.isalpha() or one == "\xa0" for one in text))


def _mended(records: list[str]) -> Iterator[str]:
    """Yield records in which optional fields, and what the library fails on, are filled in."""
    balance_day = _ANY_DAY
    for record in records:
        kind = record[0]
        if kind == "0":
            yield _with(
                record, _HEADER_DAY, _day(record, _HEADER_DAY) or _ANY_DAY, f"{_digits(record[11:14]):>03}"
            )
        elif kind == "1":
            balance_day = _day(record, _OLD_DAY) or balance_day
            yield "1" + _structure(record) + _with(record, _OLD_DAY, balance_day)[2:]
        elif kind == "8":
            yield _with(record, _NEW_DAY, _day(record, _NEW_DAY) or balance_day)
        elif record.startswith("21"):
            depth = _DETAIL if record[_KIND] == _DETAIL_OF_DETAIL else record[_KIND]
            booked = _day(record, _ENTRY_DAY) or _day(record, _VALUE_DAY) or balance_day
            valued = _with(record, _VALUE_DAY, _day(record, _VALUE_DAY) or booked)
            yield _with(_with(valued, _KIND, depth), _ENTRY_DAY, booked)
        else:
            yield record


def _day(record: str, start: int) -> str:
    written = record[start : start + _DAY]
    return "" if written in _NO_DAY else written


def _with(record: str, start: int, *values: str) -> str:
    value = "".join(values)
    return record[:start] + value + record[start + len(value) :]


def _digits(written: str) -> str:
    return written.strip() if written.strip().isdigit() else "0"


def _structure(record: str) -> str:
    """Return how the account is written: as declared, else as it looks."""
    if record[1] in "0123":
        return record[1]
    return ("2" if record[5:7] == "BE" else "3") if record[5].isalpha() else "0"


def _counts(records: list[str]) -> list[int]:
    """Return, for each statement, how many of its records count."""
    counts = [0]
    for record in records:
        counts[-1] += record[0] in _COUNTED
        if record[0] == "9":
            counts.append(0)
    return counts[:-1]


def _checked(statement: Any, records: int, numbers: Iterator[int]) -> Iterator[BankEntry | LeftOut]:
    """Yield the entries of one statement, if its sums are right."""
    credit = sum((move.amount for move in statement.moves if move.amount > 0), Decimal(0))
    debit = -sum((move.amount for move in statement.moves if move.amount < 0), Decimal(0))
    right = (
        statement.total_credit == credit
        and statement.total_debit == debit
        and statement.new_balance - statement.old_balance == credit - debit
        and statement.number_records == records
    )
    if not right:
        raise StatementNotReadable("The sums in the CODA file are not right", reason="sums")
    account = account_of(str(statement.account))
    told = _Told(statement)
    for move in statement.moves:
        for part in _parts(move):
            number = next(numbers)
            reason = _unusable(part, account, str(statement.account_currency))
            yield _entry(part, number, account, told) if reason is None else LeftOut(number, reason)


class _Told:
    """The information records about the movements before them."""

    def __init__(self, statement: Any) -> None:
        self._by_sequence: dict[str, list[Any]] = {}
        self._moves: dict[str, list[str]] = {}
        for found in statement.informations.values():
            for information in found:
                self._by_sequence.setdefault(information.sequence, []).append(information)
        for move in statement.all_moves:
            self._moves.setdefault(move.sequence, []).append(move.detail_sequence)

    def of(self, move: Any) -> list[Any]:
        """Return the information about a movement: up to the next movement of the same sequence."""
        later = [detail for detail in self._moves[move.sequence] if detail > move.detail_sequence]
        end = min(later, default="99999")
        return sorted(
            (
                each
                for each in self._by_sequence.get(move.sequence, ())
                if move.detail_sequence < each.detail_sequence < end
            ),
            key=lambda each: str(each.detail_sequence),
        )


def _parts(move: Any) -> list[Any]:
    """Return the transfers in a total if they add up to it, else the movement itself."""
    parts = [part for part in move.moves if part.transaction_type in _PARTS]
    is_split = move.transaction_type in _TOTALS and sum(part.amount for part in parts) == move.amount
    return parts if is_split else [move]


def _undone(move: Any) -> bool:
    returned = str(move.r_transaction or "") in _RETURNS and _REASON.fullmatch(
        str(move.r_reason or "").strip()
    )
    return move.transaction_transaction in _CORRECTIONS or bool(returned)


def _unusable(move: Any, account: str, currency: str) -> LeftOutReason | None:
    amount, undone = move.amount, _undone(move)
    if not amount.is_finite() or amount != amount.quantize(_CENT):
        return "amount"
    wrong: list[tuple[LeftOutReason, bool]] = [
        ("zero", not amount),
        ("no-account", not account),
        ("not-euro", currency.strip() not in ("EUR", "")),
        ("undone-debit", amount > 0 and undone),
        ("debit", amount < 0 and not undone),
        # Corrections of costs, cheques and the like.
        ("no-transfer", amount < 0 and move.transaction_family not in _TRANSFERS),
    ]
    return next((reason for reason, is_wrong in wrong if is_wrong), None)


def _entry(move: Any, number: int, account: str, told: _Told) -> BankEntry:
    information = told.of(move)
    named = next((str(each.name) for each in information if each.communication_type in _NAMED), "")
    more = [str(each._communication)[1:] for each in information if each.communication_type is None] + [
        str(each.communication) for each in information if each.communication_type == "002"
    ]
    # The lines of a text are joined: a word may continue on the next.
    communication = str(move.communication or "")
    structured = move.communication_type in _STRUCTURED
    parts = [part for part in move.moves if part.transaction_type in _PARTS]
    if move.transaction_type in _TOTALS:
        more += [str(part.communication or "") for part in parts]
    text = [*([] if structured else [communication]), *more]
    return BankEntry(
        number=number,
        account=account,
        amount=abs(move.amount).quantize(_CENT),
        booked_on=move.entry_date,
        reversal=move.amount < 0,
        several=move.transaction_type in _TOTALS and len(parts) != 1,
        payer_name=clip(str(move.counterparty_name or "") or named, MAX_NAME),
        payer_iban=account_of(str(move.counterparty_account or "")[:34].strip().lstrip("0")),
        structured=clip(communication, 35) if structured else "",
        text=clip(" ".join(text), MAX_TEXT),
        references=references_of(str(move.bank_reference or ""), str(move.customer_reference or "")),
    )
