"""CAMT.053 (ISO 20022 bank to customer statement), every version, streamed by a parser that expands nothing."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from lxml import etree

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
from shared.calendar import BELGIUM

FORMAT = "camt.053"
_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
_MAX_AMOUNT = Decimal("999999999.99")
_CENT = Decimal("0.01")
# xs:decimal: Decimal accepts more, such as exponents.
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
# Opening and closing tags: an honest file of 20,000 entries has fewer.
_MAX_TAGS = 2_000_000
_ENCODINGS = ("utf-8", "utf8", "utf-16", "us-ascii", "iso-8859-1", "iso-8859-15", "latin1", "windows-1252")
_DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_REFERENCES = ("EndToEndId", "TxId", "InstrId", "AcctSvcrRef")
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)


class _Unusable(Exception):
    """An entry cannot be used."""

    def __init__(self, reason: LeftOutReason) -> None:
        super().__init__(reason)
        self.reason = reason


def read_camt(content: bytes) -> Statement:
    """Return the credits and reversals in a CAMT.053 file.

    Raises: StatementNotReadable.
    """
    read = Statement(FORMAT)
    try:
        for number, (account, entry) in enumerate(_entries(_plain(content), read), start=1):
            try:
                read.entries.extend(_read_entry(entry, account, number))
            except _Unusable as unusable:
                read.left_out.append(LeftOut(number, unusable.reason))
            if max(number, len(read.entries)) > MAX_ENTRIES:
                raise StatementNotReadable(
                    f"A file may hold {MAX_ENTRIES} entries: send it in parts",
                    reason="too-many-entries",
                )
    except etree.XMLSyntaxError as error:
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from None
        # The parser's message quotes what it read.
        raise StatementNotReadable("The XML is damaged or not plain", reason="not-xml") from None
    return read


def _plain(content: bytes) -> bytes:
    """Check that a file is in the encoding that it declares, and return it. Raises: StatementNotReadable."""
    if content.count(b"<") > _MAX_TAGS:
        raise StatementNotReadable(
            "The file has more elements than a statement has", reason="too-many-entries"
        )
    declared = _DECLARED.match(content[:200])
    encoding = declared.group(1).decode().lower() if declared else "utf-8"
    if encoding not in _ENCODINGS:
        raise StatementNotReadable("Send the file in UTF-8", reason="not-xml")
    if encoding not in ("utf-8", "utf8") or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return _from_latin(content, error.start)
    return content


def _from_latin(content: bytes, byte: int) -> bytes:
    """Return as UTF-8 what some banks write in undeclared Latin-1, if nothing in the file is UTF-8."""
    try:
        if content.decode(errors="ignore").isascii():
            return content.decode("windows-1252").encode()
    except UnicodeDecodeError as error:
        byte = error.start
    raise StatementNotReadable("The file says that it is UTF-8 and is not", reason="encoding", byte=byte)


@dataclass
class _Sums:
    """A statement's balances against the sum of its entries; None: unknown."""

    opening: Decimal | None = None
    closing: Decimal | None = None
    moved: Decimal | None = field(default_factory=Decimal)

    def note_balance(self, balance: etree._Element) -> None:
        """Record the balance before the first entry, or after the last one."""
        code = _first(balance, "Tp", "CdOrPrtry", "Cd")
        amount = _signed(balance)
        if code in _OPENING and self.opening is None:
            self.opening = amount
        elif code in _CLOSING:
            self.closing = amount

    def note_entry(self, entry: etree._Element) -> None:
        """Add an entry's amount, if it is booked."""
        amount = _signed(entry)
        if _status(entry) == "BOOK":
            self.moved = None if self.moved is None or amount is None else self.moved + amount

    @property
    def differ(self) -> bool:
        """Tell whether the entries do not lead from the first balance to the last."""
        if self.opening is None or self.closing is None or self.moved is None:
            return False
        return self.opening + self.moved != self.closing


def _entries(content: bytes, read: Statement) -> Iterator[tuple[str, etree._Element]]:
    """Yield (account, Ntry element) one by one, freeing what was read. Records balances that differ."""
    _check_root(content)
    account, statements, sums = "", 0, _Sums()
    for _, element in _parsing(content, "end", ["{*}Acct", "{*}Bal", "{*}Ntry", "{*}Stmt"]):
        name, parent = _local(element), element.getparent()
        if parent is None or _local(parent) != ("BkToCstmrStmt" if name == "Stmt" else "Stmt"):
            continue
        if name == "Acct":
            account = account_of(_first(element, "Id", "IBAN") or _first(element, "Id", "Othr", "Id"))
            statements += 1
        elif name == "Bal":
            sums.note_balance(element)
        elif name == "Ntry":
            sums.note_entry(element)
            yield account, element
            _forget(element)
        else:
            read.balances_differ = read.balances_differ or sums.differ
            account, sums = "", _Sums()
            _forget(element)
    if not statements:
        raise StatementNotReadable("The file names no account", reason="no-account")


def _parsing(content: bytes, event: str, tags: list[str] | None) -> Iterator[tuple[str, etree._Element]]:
    """Parse without fetching, expanding or repairing anything, and within libxml2's own limits of depth and size."""
    parsing: Iterator[tuple[str, etree._Element]] = etree.iterparse(
        io.BytesIO(content),
        events=(event,),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=False,
    )
    return parsing


def _check_root(content: bytes) -> None:
    """Check the beginning of the file before reading the rest."""
    _, root = next(iter(_parsing(content, "start", None)))
    # Banks send no document type; a file with one tries to make the parser fetch or expand something.
    if root.getroottree().docinfo.internalDTD is not None:
        raise StatementNotReadable("A statement has no document type declaration", reason="doctype")
    namespace, _, name = str(root.tag).removeprefix("{").rpartition("}")
    if name != "Document" or not namespace.startswith(_NAMESPACE):
        raise StatementNotReadable("Send a CAMT.053 statement (not 052 or 054)", reason="not-camt-053")


def _forget(element: etree._Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _status(entry: etree._Element) -> str:
    # A statement contains booked entries; not every bank marks each entry as such.
    return _first(entry, "Sts", "Cd") or _first(entry, "Sts") or "BOOK"


def _read_entry(entry: etree._Element, account: str, number: int) -> list[BankEntry]:
    """Return the transfers of an entry. Raises: _Unusable."""
    direction = _first(entry, "CdtDbtInd")
    undone = _first(entry, "RvslInd").lower() in ("true", "1")
    parts = list(_each(entry, "NtryDtls", "TxDtls"))
    if not account:
        raise _Unusable("no-account")
    if _status(entry) != "BOOK":
        raise _Unusable("not-booked")
    if direction not in ("CRDT", "DBIT"):
        raise _Unusable("no-direction")
    debit, returned = direction == "DBIT", any(_child(part, "RtrInf") is not None for part in parts)
    if debit and not (undone or returned):
        raise _Unusable("debit")
    if not debit and (undone or returned):
        # A reversed debit, or returned money that we had sent: not a payment to us.
        raise _Unusable("undone-debit")
    amount, booked_on = _amount(_child(entry, "Amt")), _day(entry)
    amounts = [_part_amount(part) for part in parts]
    divided = len(parts) > 1 and all(amounts) and sum(part or 0 for part in amounts) == amount
    groups = [([part], of) for part, of in zip(parts, amounts, strict=True)] if divided else [(parts, amount)]
    return [
        _entry(
            entry,
            group,
            number=number,
            account=account,
            amount=of or amount,
            booked_on=booked_on,
            debit=debit,
        )
        for group, of in groups
    ]


def _entry(
    entry: etree._Element,
    parts: list[etree._Element],
    *,
    number: int,
    account: str,
    amount: Decimal,
    booked_on: date,
    debit: bool,
) -> BankEntry:
    several = len(parts) > 1
    structured = [found for part in parts for found in _structured(part)]
    texts = [text for part in parts for text in _texts(part)] or [_first(entry, "AddtlNtryInf")]
    # Each of several transfers is named, so that a person sees all of them.
    names = [name for part in parts if (name := _party(part, "Nm", debit=debit))]
    return BankEntry(
        number=number,
        account=account,
        amount=amount,
        booked_on=booked_on,
        reversal=debit,
        several=several,
        payer_name=clip(", ".join(dict.fromkeys(names)), MAX_NAME),
        payer_iban="" if several else clip("".join(_party(part, "IBAN", debit=debit) for part in parts), 34),
        structured=clip(structured[0], 35) if len(structured) == 1 else "",
        text=clip(" ".join(filter(None, [*(structured if len(structured) > 1 else ()), *texts])), MAX_TEXT),
        references=references_of(
            *(_first(part, "Refs", name) for part in parts for name in _REFERENCES),
            _first(entry, "AcctSvcrRef"),
        ),
    )


def _party(part: etree._Element, what: str, *, debit: bool) -> str:
    # For money that is taken back, some banks name the receiver.
    sides = ("Dbtr", "UltmtDbtr", "Cdtr") if debit else ("Dbtr", "UltmtDbtr")
    for side in sides:
        # From version 8 on a party has one more wrapper (Pty).
        ways = (
            [(f"{side}Acct", "Id", "IBAN"), (f"{side}Acct", "Id", "Othr", "Id")]
            if what == "IBAN"
            else [(side, "Nm"), (side, "Pty", "Nm")]
        )
        for way in ways:
            if found := _first(part, "RltdPties", *way):
                return account_of(found) if what == "IBAN" else found
    return ""


def _structured(part: etree._Element) -> list[str]:
    found = (_first(remittance, "CdtrRefInf", "Ref") for remittance in _each(part, "RmtInf", "Strd"))
    return [reference for reference in found if reference]


def _texts(part: etree._Element) -> list[str]:
    free = [_text(line) for line in _each(part, "RmtInf", "Ustrd")]
    more = [_first(strd, "AddtlRmtInf") for strd in _each(part, "RmtInf", "Strd")]
    return [text for text in (*free, *more, _first(part, "AddtlTxInf")) if text]


def _part_amount(part: etree._Element) -> Decimal | None:
    for way in (("Amt",), ("AmtDtls", "TxAmt", "Amt")):
        for found in _each(part, *way):
            try:
                return _amount(found)
            except _Unusable:
                return None
    return None


def _amount(element: etree._Element | None) -> Decimal:
    """Return euros and cents. Raises: _Unusable."""
    amount = _number(element)
    if element is not None and element.get("Ccy") != "EUR":
        raise _Unusable("not-euro")
    if amount is None or amount < 0 or amount != amount.quantize(_CENT):
        raise _Unusable("amount")
    if not amount:
        raise _Unusable("zero")
    return amount.quantize(_CENT)


def _number(element: etree._Element | None) -> Decimal | None:
    written = "" if element is None else _text(element)
    if not _DECIMAL.fullmatch(written):
        return None
    amount = Decimal(written)
    return amount if abs(amount) <= _MAX_AMOUNT else None


def _signed(element: etree._Element) -> Decimal | None:
    """Return the amount of an entry or a balance, negative if it is a debit; None if unknown."""
    amount, direction = _number(_child(element, "Amt")), _first(element, "CdtDbtInd")
    if amount is None or amount < 0 or direction not in ("CRDT", "DBIT"):
        return None
    return amount if direction == "CRDT" else -amount


def _day(entry: etree._Element) -> date:
    """Return an entry's booking date, else its value date. Raises: _Unusable."""
    for what in ("BookgDt", "ValDt"):
        written = _first(entry, what, "DtTm") or _first(entry, what, "Dt")
        try:
            at = datetime.fromisoformat(written)
            # A date may have a time zone, which does not shift it.
            timed = at.tzinfo is not None and "T" in written
            return BELGIUM.day_of(at) if timed else at.date()
        except ValueError:
            try:
                return date.fromisoformat(written[:10])
            except ValueError:
                continue
    raise _Unusable("date")


def _local(element: etree._Element) -> str:
    tag = element.tag
    # The tag of an entity reference is a function.
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in element if _local(child) == name), None)


def _each(element: etree._Element, *way: str) -> Iterator[etree._Element]:
    if not way:
        yield element
        return
    for child in element:
        if _local(child) == way[0]:
            yield from _each(child, *way[1:])


def _first(element: etree._Element, *way: str) -> str:
    found = next(_each(element, *way), None)
    return "" if found is None else _text(found)


def _text(element: etree._Element) -> str:
    return "".join(
        character
        for character in (element.text or "").strip()
        if character.isprintable() or character in "\t\n"
    )
