"""The statements that stories make are what a bank would send."""

from datetime import UTC, date, datetime
from decimal import Decimal

from lxml import etree

from deploy.demo.camt import Transfer, statement

_NS = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"}


def parse(*transfers: Transfer) -> etree._Element:
    content = statement(
        list(transfers),
        iban="BE71 0961 2345 6769",
        owner="De Proefring",
        made_at=datetime(2026, 5, 4, 6, 0, tzinfo=UTC),
        number=3,
    )
    return etree.fromstring(content)


def transfer(**fields: object) -> Transfer:
    known = {
        "payer": "N. Bastiaens",
        "payer_iban": "BE62 5100 0754 7061",
        "amount": Decimal("20.00"),
        "booked_on": date(2026, 5, 1),
    }
    return Transfer(**{**known, **fields})  # type: ignore[arg-type]


def texts(root: etree._Element, path: str) -> list[str]:
    return [str(found.text) for found in root.iterfind(path, _NS)]


class TestStatement:
    def test_balances_add_up(self) -> None:
        root = parse(transfer(text="x"), transfer(text="y", amount=Decimal("5.50"), reversal=True))
        opening, closing = (Decimal(text) for text in texts(root, ".//c:Bal/c:Amt"))
        assert closing - opening == Decimal("14.50")

    def test_structured_communication_is_a_belgian_creditor_reference(self) -> None:
        root = parse(transfer(communication="+++010/8068/17183+++"))
        assert texts(root, ".//c:RmtInf/c:Strd/c:CdtrRefInf/c:Ref") == ["010806817183"]
        assert texts(root, ".//c:RmtInf/c:Strd/c:CdtrRefInf/c:Tp/c:Issr") == ["BBA"]
        assert texts(root, ".//c:Ustrd") == []

    def test_free_text_stays_as_it_was_written(self) -> None:
        root = parse(transfer(text="Noortje Bastiaens, Rupelmeer"))
        assert texts(root, ".//c:RmtInf/c:Ustrd") == ["Noortje Bastiaens, Rupelmeer"]
        assert texts(root, ".//c:Strd") == []

    def test_accounts_are_written_without_spaces(self) -> None:
        assert texts(parse(transfer(text="x")), ".//c:IBAN") == ["BE71096123456769", "BE62510007547061"]
