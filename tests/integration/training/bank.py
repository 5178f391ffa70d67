"""A bank's statements in CODA for tests, in the forms that banks really use; CAMT.053 is in deploy.local.bank."""

from dataclasses import dataclass

from deploy.local.bank import ACCOUNT, NAMESPACE, Line, document, statement

__all__ = ["NAMESPACE", "Line", "Move", "coda", "digits", "document", "statement"]


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
