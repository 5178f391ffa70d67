"""Makes a bank's account statement (CAMT.053.001.02, as Belgian banks deliver it) from what a story says was paid."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from lxml import etree

_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"


@dataclass(frozen=True)
class Transfer:
    """One transfer as the payer made it: a structured communication (OGM) or free text, never both."""

    payer: str
    payer_iban: str
    amount: Decimal
    booked_on: date
    communication: str | None = None
    text: str | None = None
    # Taken from the account: a reversal of what came before.
    reversal: bool = False


def statement(
    transfers: list[Transfer],
    *,
    iban: str,
    owner: str,
    made_at: datetime,
    number: int,
    opening: Decimal = Decimal(1000),
) -> bytes:
    """Return the statement of one account as the bytes of a file."""
    document = etree.Element(f"{{{_NAMESPACE}}}Document", nsmap={None: _NAMESPACE})  # type: ignore[dict-item]
    root = _add(document, "BkToCstmrStmt")
    identity = f"STMT{made_at:%Y%m%d}{number:04d}"
    header = _add(root, "GrpHdr")
    _add(header, "MsgId", identity)
    _add(header, "CreDtTm", made_at.strftime("%Y-%m-%dT%H:%M:%S"))
    stmt = _add(root, "Stmt")
    _add(stmt, "Id", identity)
    _add(stmt, "ElctrncSeqNb", str(number))
    _add(stmt, "CreDtTm", made_at.strftime("%Y-%m-%dT%H:%M:%S"))
    account = _add(stmt, "Acct")
    _add(_add(account, "Id"), "IBAN", _compact(iban))
    _add(account, "Ccy", "EUR")
    _add(_add(account, "Ownr"), "Nm", owner)
    change = sum((-each.amount if each.reversal else each.amount for each in transfers), Decimal(0))
    _balance(stmt, "OPBD", opening, made_at.date())
    _balance(stmt, "CLBD", opening + change, made_at.date())
    for ordinal, transfer in enumerate(transfers, start=1):
        _entry(stmt, transfer, reference=f"{identity}-{ordinal:04d}")
    return bytes(etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _balance(stmt: etree._Element, code: str, amount: Decimal, day: date) -> None:
    balance = _add(stmt, "Bal")
    _add(_add(_add(balance, "Tp"), "CdOrPrtry"), "Cd", code)
    _add(balance, "Amt", f"{amount:.2f}").set("Ccy", "EUR")
    _add(balance, "CdtDbtInd", "CRDT")
    _add(_add(balance, "Dt"), "Dt", day.isoformat())


def _entry(stmt: etree._Element, transfer: Transfer, *, reference: str) -> None:
    entry = _add(stmt, "Ntry")
    _add(entry, "NtryRef", reference)
    _add(entry, "Amt", f"{transfer.amount:.2f}").set("Ccy", "EUR")
    _add(entry, "CdtDbtInd", "DBIT" if transfer.reversal else "CRDT")
    if transfer.reversal:
        _add(entry, "RvslInd", "true")
    _add(entry, "Sts", "BOOK")
    _add(_add(entry, "BookgDt"), "Dt", transfer.booked_on.isoformat())
    _add(_add(entry, "ValDt"), "Dt", transfer.booked_on.isoformat())
    _add(entry, "AcctSvcrRef", sha256(reference.encode()).hexdigest()[:20].upper())
    family = _add(_add(entry, "BkTxCd"), "Domn")
    _add(family, "Cd", "PMNT")
    kind = _add(family, "Fmly")
    _add(kind, "Cd", "RCDT")
    _add(kind, "SubFmlyCd", "ESCT")
    details = _add(_add(entry, "NtryDtls"), "TxDtls")
    references = _add(details, "Refs")
    _add(references, "AcctSvcrRef", sha256(reference.encode()).hexdigest()[:20].upper())
    _add(references, "EndToEndId", "NOTPROVIDED")
    amount = _add(_add(_add(details, "AmtDtls"), "TxAmt"), "Amt", f"{transfer.amount:.2f}")
    amount.set("Ccy", "EUR")
    parties = _add(details, "RltdPties")
    _add(_add(parties, "Dbtr"), "Nm", transfer.payer)
    _add(_add(_add(parties, "DbtrAcct"), "Id"), "IBAN", _compact(transfer.payer_iban))
    information = _add(details, "RmtInf")
    if transfer.communication is not None:
        creditor = _add(_add(information, "Strd"), "CdtrRefInf")
        kind = _add(creditor, "Tp")
        _add(_add(kind, "CdOrPrtry"), "Cd", "SCOR")
        _add(kind, "Issr", "BBA")
        _add(creditor, "Ref", "".join(filter(str.isdigit, transfer.communication)))
    if transfer.text is not None:
        _add(information, "Ustrd", transfer.text)


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{_NAMESPACE}}}{name}")
    child.text = text
    return child


def _compact(iban: str) -> str:
    return "".join(iban.split())
