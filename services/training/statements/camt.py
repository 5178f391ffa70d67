"""CAMT.053 (ISO 20022 bank to customer statement), every version, read as a stream by a parser that expands nothing."""

import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation

from lxml import etree

from services.training.statements.entries import (
    MAX_ENTRIES,
    MAX_NAME,
    MAX_TEXT,
    BankEntry,
    Statement,
    StatementNotReadable,
)

FORMAT = "camt.053"
_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
_MAX_AMOUNT = Decimal("999999999.99")
_CENT = Decimal("0.01")
_NO_REFERENCE = {"", "NOTPROVIDED", "NONREF", "NONE"}


def read_camt(content: bytes) -> Statement:
    """Return the credits and reversals in a CAMT.053 file.

    Raises: StatementNotReadable.
    """
    entries: list[BankEntry] = []
    ignored = 0
    try:
        for account, entry in _entries(content):
            read = _read_entry(entry, account)
            ignored += not read
            entries += read
            if len(entries) + ignored > MAX_ENTRIES:
                raise StatementNotReadable(
                    f"A file may hold {MAX_ENTRIES} entries: send it in parts",
                    reason="too-many-entries",
                )
    except etree.XMLSyntaxError:
        # The parser's words quote what it read.
        raise StatementNotReadable("The XML is damaged or not plain", reason="not-xml") from None
    return Statement(FORMAT, entries, ignored)


def _entries(content: bytes) -> Iterator[tuple[str, etree._Element]]:
    """Yield (account, Ntry element) one after another; what was read is let go of."""
    _check_root(content)
    account, statements = "", 0
    for _, element in _parsing(content, "end", ["{*}Acct", "{*}Ntry", "{*}Stmt"]):
        name, parent = _local(element), element.getparent()
        if name == "Acct" and parent is not None and _local(parent) == "Stmt":
            account = _first(element, "Id", "IBAN").replace(" ", "").upper()
            statements += 1
        elif name == "Ntry":
            yield account, element
            _let_go(element)
        elif name == "Stmt":
            account = ""
            _let_go(element)
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
    """Look at how the file begins, before anything else of it is read."""
    _, root = next(iter(_parsing(content, "start", None)))
    # Banks send no document type; whoever does tries to make the parser fetch or expand something.
    if root.getroottree().docinfo.internalDTD is not None:
        raise StatementNotReadable("A statement has no document type declaration", reason="doctype")
    namespace, _, name = str(root.tag).removeprefix("{").rpartition("}")
    if name != "Document" or not namespace.startswith(_NAMESPACE):
        raise StatementNotReadable("Send a CAMT.053 statement (not 052 or 054)", reason="not-camt-053")


def _let_go(element: etree._Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _read_entry(entry: etree._Element, account: str) -> list[BankEntry]:
    status = _first(entry, "Sts", "Cd") or _first(entry, "Sts")
    amount = _amount(_child(entry, "Amt"))
    direction, undone = (
        _first(entry, "CdtDbtInd"),
        _first(entry, "RvslInd").lower() in ("true", "1"),
    )
    # An undone debit is no payment to us.
    wanted = (direction == "CRDT" and not undone) or direction == "DBIT"
    if status != "BOOK" or amount is None or not account or not wanted:
        return []
    parts = list(_each(entry, "NtryDtls", "TxDtls"))
    amounts = [_part_amount(part) for part in parts]
    booked_on = _day(entry)
    whole = len(parts) <= 1 or sum(part or 0 for part in amounts) != amount
    if whole:
        amounts = [amount]
        groups = [parts]
    else:
        groups = [[part] for part in parts]
    read = [
        _entry(
            entry,
            group,
            account=account,
            amount=part,
            booked_on=booked_on,
            debit=direction == "DBIT",
            undone=undone,
        )
        for group, part in zip(groups, amounts, strict=True)
        if part
    ]
    return [one for one in read if one is not None]


def _entry(
    entry: etree._Element,
    parts: list[etree._Element],
    *,
    account: str,
    amount: Decimal,
    booked_on: date,
    debit: bool,
    undone: bool,
) -> BankEntry | None:
    returned = any(_child(part, "RtrInf") is not None for part in parts)
    if debit and not (undone or returned):
        return None
    if not debit and returned:
        # Money that we had sent out comes back.
        return None
    texts = [text for part in parts for text in _texts(part)] or [_first(entry, "AddtlNtryInf")]
    bank_reference = next(filter(None, (_first(part, "Refs", "AcctSvcrRef") for part in parts)), "")
    bank_reference = bank_reference or _first(entry, "AcctSvcrRef")
    references = [
        _first(part, "Refs", name)
        for part in parts
        for name in ("EndToEndId", "TxId", "InstrId", "AcctSvcrRef")
    ]
    return BankEntry(
        account=account,
        amount=amount,
        booked_on=booked_on,
        reversal=debit,
        payer_name=_clip(_party(parts, "Nm"), MAX_NAME),
        payer_iban=_clip(_party(parts, "IBAN").replace(" ", "").upper(), 34),
        structured=_clip(_structured(parts), 35),
        text=_clip(" ".join(filter(None, texts)), MAX_TEXT),
        bank_reference=_clip(bank_reference, 60),
        references=tuple(
            _clip(ref, 60) for ref in dict.fromkeys(references) if ref.upper() not in _NO_REFERENCE
        ),
    )


def _party(parts: list[etree._Element], what: str) -> str:
    for part in parts:
        # From version 8 on a party is wrapped once more (Pty).
        ways = (
            [("RltdPties", "DbtrAcct", "Id", "IBAN")]
            if what == "IBAN"
            else [
                ("RltdPties", "Dbtr", "Nm"),
                ("RltdPties", "Dbtr", "Pty", "Nm"),
                ("RltdPties", "UltmtDbtr", "Nm"),
            ]
        )
        for way in ways:
            if found := _first(part, *way):
                return found
    return ""


def _structured(parts: list[etree._Element]) -> str:
    for part in parts:
        for remittance in _each(part, "RmtInf", "Strd"):
            if found := _first(remittance, "CdtrRefInf", "Ref"):
                return found
    return ""


def _texts(part: etree._Element) -> list[str]:
    free = [_text(line) for line in _each(part, "RmtInf", "Ustrd")]
    more = [_first(strd, "AddtlRmtInf") for strd in _each(part, "RmtInf", "Strd")]
    return [text for text in (*free, *more, _first(part, "AddtlTxInf")) if text]


def _part_amount(part: etree._Element) -> Decimal | None:
    for way in (("Amt",), ("AmtDtls", "TxAmt", "Amt")):
        for found in _each(part, *way):
            return _amount(found)
    return None


def _amount(element: etree._Element | None) -> Decimal | None:
    """Return euros and cents; None for another currency."""
    if element is None or element.get("Ccy") != "EUR":
        return None
    written = _text(element)
    try:
        amount = Decimal(written) if written.isascii() else Decimal("NaN")
        if not (amount.is_finite() and 0 <= amount <= _MAX_AMOUNT and amount == amount.quantize(_CENT)):
            raise InvalidOperation
    except InvalidOperation:
        raise StatementNotReadable("An amount is not a number of euros and cents", reason="amount") from None
    return amount.quantize(_CENT)


def _day(entry: etree._Element) -> date:
    for way in (
        ("BookgDt", "Dt"),
        ("BookgDt", "DtTm"),
        ("ValDt", "Dt"),
        ("ValDt", "DtTm"),
    ):
        if written := _first(entry, *way):
            try:
                return date.fromisoformat(written[:10])
            except ValueError:
                break
    raise StatementNotReadable("An entry has no booking date", reason="date")


def _local(element: etree._Element) -> str:
    tag = element.tag
    # Of an entity reference the tag is a function.
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


def _clip(text: str, length: int) -> str:
    return " ".join(text.split())[:length]
