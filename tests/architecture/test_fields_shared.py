"""A name, an address, a number, a language and a day have one definition, which every service uses in what it takes."""

from collections.abc import Iterator
from datetime import date, datetime
from importlib import import_module
from typing import Any, get_args, get_type_hints

import pytest

from shared import fields
from shared.http.models import RequestModel
from shared.languages import Language
from shared.services import SERVICES

# By the end of a field's name, the definitions that it may have.
KINDS: dict[str, tuple[Any, ...]] = {
    "first_name": (fields.Name,),
    "last_name": (fields.LastName,),
    "contact_name": (fields.Name,),
    "email": (fields.EmailAddress,),
    "phone": (fields.Phone,),
    "kbo_number": (fields.KboNumber,),
    "language": (fields.LanguageCode, Language),
    "languages": (fields.LanguageCode,),
}


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    for part in get_args(hint):
        yield from _parts(part)


def _models() -> Iterator[type[RequestModel]]:
    for service in SERVICES:
        import_module(f"services.{service}.api")
    found = [RequestModel]
    for model in found:
        found += model.__subclasses__()
    yield from (model for model in found[1:] if model.__module__.startswith("services."))


def _fields() -> list[tuple[str, str, Any]]:
    return [
        (f"{model.__module__}.{model.__name__}", name, hint)
        for model in _models()
        for name, hint in get_type_hints(model, include_extras=True).items()
        if name in model.model_fields
    ]


@pytest.mark.parametrize("end", KINDS)
def test_have_one_definition_in_every_service(end: str) -> None:
    meant = [
        (where, name, hint) for where, name, hint in _fields() if name == end or name.endswith(f"_{end}")
    ]
    assert meant
    others = [f"{where}.{name}" for where, name, hint in meant if not {*KINDS[end]} & {*_parts(hint)}]
    assert others == []


def test_a_day_is_a_date_and_no_text() -> None:
    days = [
        (where, name, hint)
        for where, name, hint in _fields()
        if name == "day" or name.endswith(("_on", "_date"))
    ]
    assert days
    others = [f"{where}.{name}" for where, name, hint in days if not {date, datetime} & {*_parts(hint)}]
    assert others == []
