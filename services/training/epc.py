"""The QR code with which a banking app fills in a transfer (EPC069-12)."""

import io
from decimal import Decimal

from services.training.domain import QrCommunication, written_communication

_LARGEST_VERSION = 13
# Limits: the characters of the name, and the bytes of the whole.
_NAME = 70
_MOST_BYTES = 331


def payload(*, name: str, iban: str, amount: Decimal, communication: str, line: QrCommunication) -> bytes:
    """Return the content of the QR code; the communication (twelve digits) goes into one line, never into both."""
    structured = line is QrCommunication.STRUCTURED
    before, after = ["BCD", "002", "1", "SCT", ""], [iban, f"EUR{amount:.2f}", ""]
    # Nothing may follow the last element in use.
    after += [communication] if structured else ["", written_communication(communication)]
    room = _MOST_BYTES - len("\n".join([*before, "", *after]).encode())
    # Letters of other scripts take more bytes; none is cut in two.
    fitting = name[:_NAME].encode()[:room].decode(errors="ignore").rstrip()
    return "\n".join([*before, fitting, *after]).encode()


def picture(content: bytes) -> bytes:
    """Return a QR code as PNG, with the error correction that the guideline asks (M)."""
    import segno

    code = segno.make_qr(content, error="m", boost_error=False, encoding=None)
    if not isinstance(code.version, int) or code.version > _LARGEST_VERSION:
        raise ValueError("the content is too long for a payment's QR code")
    out = io.BytesIO()
    code.save(out, kind="png", scale=6, border=4)
    return out.getvalue()
