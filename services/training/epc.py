"""The QR code with which a banking app fills in a transfer (EPC069-12)."""

import io
from decimal import Decimal

from services.training.domain import QrCommunication, written_communication

_LARGEST_VERSION = 13
_NAME = 70


def payload(*, name: str, iban: str, amount: Decimal, communication: str, line: QrCommunication) -> bytes:
    """Return what the QR code holds; the communication (twelve digits) goes into one line, never into both."""
    structured = line is QrCommunication.STRUCTURED
    lines = ["BCD", "002", "1", "SCT", "", name[:_NAME], iban, f"EUR{amount:.2f}", ""]
    # Nothing may follow the last element that is used.
    lines += [communication] if structured else ["", written_communication(communication)]
    return "\n".join(lines).encode()


def picture(content: bytes) -> bytes:
    """Return a QR code as PNG, with the error correction that the guideline asks (M)."""
    import segno

    code = segno.make_qr(content, error="m", boost_error=False, encoding=None)
    if not isinstance(code.version, int) or code.version > _LARGEST_VERSION:
        raise ValueError("the content is too long for a payment's QR code")
    out = io.BytesIO()
    code.save(out, kind="png", scale=6, border=4)
    return out.getvalue()
