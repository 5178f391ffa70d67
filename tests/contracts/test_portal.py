"""What the portal reads of the services is what they answer, and every email leads to a page."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from services.intake.schemas.referrals import NewPerson, NewReferral, Wishes
from services.portal import routes
from services.portal.boards import CASE, DONE_AT
from services.portal.client import OPERATIONS, Operation
from services.portal.routes import refer, referring
from services.portal.routes.link import PAGES_OF_EMAILS
from services.portal.visits import Form
from shared.services import SERVICES

CONTRACTS = Path(__file__).parent
SOURCES = CONTRACTS.parents[1] / "services"
DOCUMENTS = {name: json.loads((CONTRACTS / f"{name}.openapi.json").read_text("utf-8")) for name in SERVICES}
PATHS = {path for pages in routes.PAGES for _, path in pages.paths}
SHAPES = {re.sub(r"{\w+}", "{}", path) for path in PATHS}


def models_in(kind: Any) -> Iterator[type[BaseModel]]:
    """Yield the models in a type."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    elif get_origin(kind) in (list, tuple, Union, UnionType):
        for part in get_args(kind):
            yield from models_in(part)


def lacking(model: type[BaseModel], schema: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """Yield the fields of a model that no answer has."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "items" in schema and "properties" not in schema:
        yield from lacking(model, schema["items"], document)
        return
    if "anyOf" in schema:
        schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
        yield from lacking(model, schema, document)
        return
    fields = schema.get("properties", {})
    for name, field in model.model_fields.items():
        if name not in fields:
            if not field.is_required():
                continue
            yield f"{model.__name__}.{name}"
            continue
        for inner in models_in(field.annotation):
            yield from lacking(inner, fields[name], document)


@pytest.mark.parametrize(
    "operation", OPERATIONS, ids=lambda each: f"{each.service} {each.method} {each.path}"
)
def test_every_operation_that_a_page_uses_answers_what_it_reads(operation: Operation[Any]) -> None:
    document = DOCUMENTS[operation.service]
    described = document["paths"][operation.path][operation.method.lower()]
    assert described is not None
    for model in models_in(operation.answer):
        answer = next(body for status, body in described["responses"].items() if status.startswith("2"))
        assert list(lacking(model, answer["content"]["application/json"]["schema"], document)) == []


def test_every_email_leads_to_a_page() -> None:
    named = {
        target
        for file in SOURCES.glob("*/**/*.py")
        for target in re.findall(r'link_target=f?"([a-z-]+)', file.read_text(encoding="utf-8"))
    }
    assert len(named) >= 7
    assert named <= set(PAGES_OF_EMAILS)
    assert {path.partition("?")[0] for path in PAGES_OF_EMAILS.values()} <= PATHS


def test_every_email_to_staff_leads_to_a_page() -> None:
    named = {
        re.sub(r"{[^}]*}", "{}", path)
        for file in SOURCES.glob("*/emails.py")
        for path in re.findall(r'f"{base}(/[^"]+)"', file.read_text(encoding="utf-8"))
    }
    assert {"/break-glass/{}", "/offers/{}"} <= named
    assert named <= SHAPES


def test_clocks_that_are_done_on_pages_of_their_own_lead_to_them() -> None:
    assert {re.sub(r"{\w+}", "{}", path) for path, _roles in [*DONE_AT.values(), CASE]} <= SHAPES


_SENT, _TICKED = (NewPerson, NewReferral, Wishes), ("themes", "parental_authority")
_PAGES_OF_A_REFERRAL = (*refer.STEPS.values(), *referring._STEPS.values())


@pytest.mark.parametrize(
    ("form", "name"),
    [(form, name) for form in dict.fromkeys(_PAGES_OF_A_REFERRAL) for name in form.model_fields],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)
def test_a_page_of_a_referral_refuses_what_intake_would_refuse_at_the_end(
    form: type[Form], name: str
) -> None:
    sent = next((model.model_fields[name] for model in _SENT if name in model.model_fields), None)
    if sent is None or name in _TICKED:
        return
    for typed in ("Jan/Els [buur]", "geen", "a\u2028b", "x" * 61, "x" * 301, "x" * 20_001):
        # Each line of it is a text.
        body = [typed] if name == "bottom_lines" else typed
        if not _takes(sent, body):
            assert not _takes(form.model_fields[name], typed), (name, typed[:20])


def _takes(field: FieldInfo, value: object) -> bool:
    kind: Any = field.annotation
    for part in field.metadata:
        kind = Annotated[kind, part]
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True
