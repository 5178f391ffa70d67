"""The kinds of text that intake's bodies are made of."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from shared.http.models import Line
from shared.languages import LanguageCode

# What a mail server takes without extensions, and nothing that could end or split a header.
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)
_NOT_IN_NAMES = re.compile(r"[<>@/\\|{}\[\]]")
_MAX_ADDRESS = 254


def _address(value: str) -> str:
    if len(value) > _MAX_ADDRESS or _ADDRESS.fullmatch(value) is None:
        raise ValueError("must be an e-mail address such as name@example.org")
    return value


def _name(value: str) -> str:
    # Names stand in mails to other people: nothing in them may become a link.
    if _NOT_IN_NAMES.search(value):
        raise ValueError("a name may not contain any of < > @ / \\ | { } [ ]")
    return value


Name = Annotated[Line, StringConstraints(max_length=100), AfterValidator(_name)]
EmailAddress = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=_MAX_ADDRESS), AfterValidator(_address)
]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 ./()-]{4,28}$")]
Languages = Annotated[list[LanguageCode], Field(max_length=20)]
Culture = Annotated[Line, StringConstraints(max_length=60)]
