"""Inputs used in many places: lines, names, addresses of mail and of pages, numbers, languages.

One rule each, lenient in what is accepted, uniform in what is stored: invisible characters are removed, white space is
normalised, numbers and addresses get the one form in which machines compare and dial them. What is refused has a kind
(`line`, `name`, `email`, `phone`, `kbo-number`, `iban`, `link`, `language`), from which pages make a sentence.
"""

import re
import unicodedata
from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import ErrorDetails, PydanticCustomError

MAX_TEXT = 10_000
MAX_LINE = 300
MAX_EMAIL = 254

# Between letters these change how they are written (Persian, Indic scripts) or join emoji.
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
# Names appear in emails to other people: nothing in them may become a link, or be decoded (RFC 2047).
_NOT_IN_NAMES = re.compile(r"[<>@:/\\|{}\[\]]|www\.|=\?", re.IGNORECASE)
# More words than any name has, and few enough that comparing them stays cheap.
_MOST_WORDS = 12
_ENCODED = "=?"
_DIALLED = re.compile(r"[+0-9 ()./-]+")
_HYPHENS = re.compile("[\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}\N{MINUS SIGN}]")
# The country from which a number without one is dialled.
_HOME = "BE"


def plain(value: str) -> str:
    """Return text as it looks: composed (NFC), all white space as blanks, without invisible characters."""
    kept = []
    for sign in unicodedata.normalize("NFC", value):
        category = unicodedata.category(sign)
        if category == "Zs":
            kept.append(" ")
        elif category != "Cf" or sign in _JOINERS:
            kept.append(sign)
    return "".join(kept).strip(" " + _JOINERS)


def _plain(value: Any) -> Any:
    return plain(value) if isinstance(value, str) else value


def _one_line(value: str) -> str:
    if not all(sign.isprintable() or sign in _JOINERS for sign in value):
        raise PydanticCustomError("line", "must be one line without control characters")
    return value


def _name(value: str) -> str:
    if _NOT_IN_NAMES.search(value):
        raise PydanticCustomError("name", r"a name holds no address and none of < > @ : / \ | { } [ ] =?")
    if len(value.split()) > _MOST_WORDS:
        raise PydanticCustomError("name", "a name has at most {words} words", {"words": _MOST_WORDS})
    return " ".join(value.split())


def _email(value: str) -> str:
    try:
        # Text that a header would decode (RFC 2047) cannot be an address in it.
        if _ENCODED in value:
            raise EmailNotValidError
        found = validate_email(value, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        raise PydanticCustomError("email", "must be an e-mail address such as name@example.org") from None
    # The domain as mail servers know it (IDNA); the part before it is interpreted by the recipient's server alone.
    assert found.ascii_email is not None  # noqa: S101 - given, because nothing but its domain may be international
    return found.ascii_email


def salutation(name: str) -> str:
    """Return a name as a mail may show it: one short line in which no mail program finds an address."""
    seen = "".join(
        sign for sign in name if (sign.isprintable() or sign in _JOINERS) and sign not in '<>@:/\\|{}[]"'
    )
    # Many of them turn "example.org" into a link, but not "example. org".
    return " ".join(re.sub(r"\.(?=\S)", ". ", seen).split())[:60].strip()


def is_email(value: str) -> bool:
    """Tell whether this is an address that mail can be sent to."""
    try:
        return len(value) <= MAX_EMAIL and bool(_email(value))
    except ValueError:
        return False


def same_email(one: str | None, other: str | None) -> bool:
    """Tell whether two e-mail addresses reach the same mailbox: mail servers ignore case."""
    return one == other or (one is not None and other is not None and one.casefold() == other.casefold())


def mailbox(email: str) -> str:
    """Return the key by which mails to an address are counted: many servers ignore what follows a plus."""
    name, _, domain = email.rpartition("@")
    return f"{name.partition('+')[0] or name}@{domain}"


def _phone(value: str) -> str:
    # Imported on first use, like the languages below: both are large.
    import phonenumbers

    written = _HYPHENS.sub("-", value)
    try:
        if not _DIALLED.fullmatch(written):
            raise ValueError
        number = phonenumbers.parse(written, _HOME)
        if not phonenumbers.is_possible_number(number):
            raise ValueError
    except (ValueError, phonenumbers.NumberParseException):
        raise PydanticCustomError(
            "phone", "must be a telephone number such as 0470 12 34 56 or +32 470 12 34 56"
        ) from None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _language(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    try:
        found = langcodes.Language.get(value)
    except LanguageTagError:
        found = None
    if found is None or found.language is None or not found.is_valid():
        raise PydanticCustomError(
            "language",
            "must be a language such as nl, fr, de or ar (ISO 639); a country behind it is left out",
        )
    return found.language


def _kbo_number(value: str) -> str:
    from stdnum.be import vat
    from stdnum.exceptions import ValidationError as NotANumber

    try:
        return str(vat.validate(value))
    except NotANumber:
        raise PydanticCustomError(
            "kbo-number",
            "must be an enterprise number (KBO/BCE): ten digits, of which the last two check the others",
        ) from None


def _iban(value: str) -> str:
    from stdnum import iban
    from stdnum.exceptions import ValidationError as NotANumber

    try:
        # Check digits and the country's format: a list of existing banks would always be outdated.
        return str(iban.validate(value, check_country=False))
    except NotANumber:
        raise PydanticCustomError("iban", "must be a valid IBAN") from None


def _link(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(?:[/?#]\S*)?", value):
        raise PydanticCustomError("link", "must be a link that begins with https:// or http://")
    return value


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_LINE),
    BeforeValidator(_plain),
    AfterValidator(_one_line),
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    BeforeValidator(_plain),
    AfterValidator(_one_line),
    AfterValidator(_name),
]
# Some people have one name only: it is their first, and this is empty.
LastName = Annotated[
    str,
    StringConstraints(max_length=100),
    BeforeValidator(_plain),
    AfterValidator(_one_line),
    AfterValidator(_name),
]
EmailAddress = Annotated[
    str, StringConstraints(max_length=MAX_EMAIL), BeforeValidator(_plain), AfterValidator(_email)
]
Phone = Annotated[str, StringConstraints(max_length=40), BeforeValidator(_plain), AfterValidator(_phone)]
KboNumber = Annotated[
    str, StringConstraints(max_length=20), BeforeValidator(_plain), AfterValidator(_kbo_number)
]
Iban = Annotated[str, StringConstraints(max_length=42), AfterValidator(_iban)]
Link = Annotated[Line, AfterValidator(_link)]
# Any language of ISO 639; a region or script subtag is accepted and dropped.
LanguageCode = Annotated[str, BeforeValidator(_language), StringConstraints(max_length=8)]


def limit_of(error: ErrorDetails) -> int | None:
    """Return how many characters a text may have that pydantic refused for its length; None if it has another error."""
    facts = error.get("ctx", {})
    # With a limit around a type that has one already pydantic does not tell that it is about a text.
    of_text = error["type"] == "string_too_long" or facts.get("field_type") == "Value"
    return facts.get("max_length") if of_text else None
