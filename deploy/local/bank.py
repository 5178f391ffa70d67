"""A bank's statements (CAMT.053), in the forms that real banks use."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

# The account of a fictitious organisation: a valid number.
ACCOUNT = "BE71096123456769"
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."


@dataclass(frozen=True, kw_only=True)
class Line:
    """One entry; `communication` goes into the structured field."""

    amount: str = "20.00"
    payer: str = "A. Betaler"
    payer_iban: str = "BE43068999999501"
    communication: str | None = None
    text: str | None = None
    reference: str = ""
    end_to_end: str = "NOTPROVIDED"
    direction: str = "CRDT"
    reversal: bool = False
    status: str = "BOOK"
    currency: str = "EUR"
    day: str = "2026-03-05"

    def xml(self, version: str) -> str:
        """Return the entry in one of the versions: from 08 on some elements have one more wrapper."""
        late = version >= "08"
        structured = (
            "<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>BBA</Issr></Tp>"
            f"<Ref>{self.communication}</Ref></CdtrRefInf></Strd>"
            if self.communication
            else ""
        )
        free = f"<Ustrd>{escape(self.text)}</Ustrd>" if self.text else ""
        name = f"<Nm>{escape(self.payer)}</Nm>"
        return (
            f'<Ntry><Amt Ccy="{self.currency}">{self.amount}</Amt><CdtDbtInd>{self.direction}</CdtDbtInd>'
            f"<RvslInd>{'true' if self.reversal else 'false'}</RvslInd>"
            f"<Sts>{f'<Cd>{self.status}</Cd>' if late else self.status}</Sts>"
            f"<BookgDt><Dt>{self.day}</Dt></BookgDt><AcctSvcrRef>{self.reference}</AcctSvcrRef>"
            f"<NtryDtls><TxDtls><Refs><EndToEndId>{escape(self.end_to_end)}</EndToEndId></Refs>"
            f"<RltdPties><Dbtr>{f'<Pty>{name}</Pty>' if late else name}</Dbtr>"
            f"<DbtrAcct><Id><IBAN>{self.payer_iban}</IBAN></Id></DbtrAcct></RltdPties>"
            f"<RmtInf>{structured}{free}</RmtInf></TxDtls></NtryDtls></Ntry>"
        )


def statement(*lines: Line, account: str = ACCOUNT, version: str = "02", inside: str = "") -> bytes:
    """Return a statement file; `inside` is inserted as it is."""
    entries = "".join(line.xml(version) for line in lines)
    return document(
        f"<Stmt><Id>1</Id><Acct><Id><IBAN>{account}</IBAN></Id></Acct>{entries}{inside}</Stmt>",
        version=version,
    )


def document(inside: str, *, version: str = "02", before: str = "") -> bytes:
    """Return a file with statements inside."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<Document xmlns="{NAMESPACE}{version}">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr>{inside}</BkToCstmrStmt></Document>"
    ).encode()
