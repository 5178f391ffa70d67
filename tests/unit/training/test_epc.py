"""The QR code for banking apps."""

from decimal import Decimal

import pytest
import segno

from services.training import epc
from services.training.domain import QrCommunication


def content(line: QrCommunication = QrCommunication.TEXT, name: str = "De Ring vzw") -> bytes:
    """Return what the code of one payment holds."""
    return epc.payload(
        name=name, iban="BE71096123456769", amount=Decimal(20), communication="202600000192", line=line
    )


class TestPayload:
    def test_holds_the_communication_as_text(self) -> None:
        lines = ["BCD", "002", "1", "SCT", "", "De Ring vzw", "BE71096123456769", "EUR20.00", "", ""]
        assert content().decode() == "\n".join([*lines, "+++202/6000/00192+++"])

    def test_holds_it_as_a_structured_reference_if_that_is_chosen(self) -> None:
        lines = content(QrCommunication.STRUCTURED).decode().split("\n")
        assert (len(lines), lines[9]) == (10, "202600000192")

    def test_keeps_to_the_length_of_a_name(self) -> None:
        assert content(name="é" * 100).decode().split("\n")[5] == "é" * 70

    @pytest.mark.parametrize("line", QrCommunication)
    @pytest.mark.parametrize("letter", ["x", "é", "\N{CJK UNIFIED IDEOGRAPH-6C34}", "\N{OLD PERSIAN SIGN A}"])
    def test_keeps_to_the_bytes_of_the_whole_and_cuts_no_letter(
        self, line: QrCommunication, letter: str
    ) -> None:
        made = epc.payload(
            name=letter * 100,
            iban="BE71096123456769",
            amount=Decimal("999999999.99"),
            communication="202600000192",
            line=line,
        )
        assert len(made) <= 331
        shown = made.decode().split("\n")[5]
        assert shown == letter * len(shown)
        # As much of it as there is room for.
        assert len(shown) == 70 or len(made) + len(letter.encode()) > 331


class TestPicture:
    @pytest.mark.parametrize("name", ["De Ring vzw", "é" * 70])
    def test_is_a_code_that_banking_apps_take(self, name: str) -> None:
        code = segno.make_qr(content(name=name), error="m", boost_error=False)
        assert isinstance(code.version, int)
        assert code.version <= 13
        picture = epc.picture(content(name=name))
        assert picture.startswith(b"\x89PNG")
        assert len(picture) < 20_000
