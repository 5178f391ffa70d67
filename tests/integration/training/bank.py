"""A bank's statements (CAMT.053 and CODA) for tests, in the forms that banks really use."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.support.world.training import ACCOUNT

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
        """Return the entry in one of the versions: from 08 on some things are wrapped once more."""
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
    """Return a statement file; `inside` is put in as it is."""
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


def digits(payment: dict[str, str]) -> str:
    """Return the communication that was asked for, as banks pass it on."""
    return "".join(filter(str.isdigit, payment["communication"]))


@dataclass(frozen=True, kw_only=True)
class Move:
    """One movement of a CODA file; `details`: the transfers in it. Amounts in cents, negative for a debit."""

    cents: int = 2000
    kind: str = "0"
    family: str = "01"
    code: str = "50"
    communication: str | None = None
    text: str = ""
    payer: str = "BETALER A."
    payer_iban: str = "BE43068999999501"
    reference: str = "REF1"
    details: tuple["Move", ...] = ()


def coda(*moves: Move, account: str = ACCOUNT, currency: str = "EUR") -> bytes:
    """Return a CODA file with one statement."""
    records = [f"{'00000050326' + '72505':<127}2"]
    records.append(f"12001{account:<34}{currency}0{0:015}040326{'De Ring vzw':<26}{'':<35}001")
    for number, move in enumerate(moves, 1):
        records += _movement(move, number, 0)
        for detail, part in enumerate(move.details, 1):
            records += _movement(part, number, detail)
    credit, debit = (
        sum(abs(m.cents) for m in moves if (m.cents < 0) == negative) for negative in (False, True)
    )
    balance = credit - debit
    records.append(
        f"8001{account:<34}{currency}{'1' if balance < 0 else '0'}{abs(balance) * 10:015}050326{'':<64}0"
    )
    records.append(f"9{'':<15}{len(records) - 1:06}{debit * 10:015}{credit * 10:015}{'':<75}1")
    assert {len(record) for record in records} == {128}
    return ("\r\n".join(records) + "\r\n").encode("windows-1252")


def _movement(move: Move, number: int, detail: int) -> list[str]:
    order = f"{number:04}{detail:04}"
    written = f"1101{move.communication}" if move.communication else f"0{move.text}"
    first, second, third = written[:54], written[54:107], written[107:150]
    amount = f"{'1' if move.cents < 0 else '0'}{abs(move.cents) * 10:015}"
    kind = f"{move.kind}{move.family}{move.code}000"
    return [
        f"21{order}{move.reference:<21}{amount}050326{kind}{first:<54}050326001{'0'}1 0",
        f"22{order}{second:<53}{'':<35}{'':<11}{'':<16}1 0",
        f"23{order}{move.payer_iban:<34}EUR{move.payer:<35}{third:<43}0 0",
    ]
