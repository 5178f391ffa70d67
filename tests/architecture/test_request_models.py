"""Every body of every operation of every service is a strict model: nothing unknown, nothing taken for another type."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.http import RequestModel, Router
from shared.services import SERVICES
from tests.architecture.sources import ROOT


def routers(service: str) -> Iterator[Router]:
    """Yield the routers of a service, wherever its routes are."""
    place = ROOT / "services" / service / "routes"
    names = [path.stem for path in place.glob("*.py") if path.stem != "__init__"] if place.is_dir() else [""]
    for name in names:
        module = import_module(f"services.{service}.routes{'.' if name else ''}{name}")
        yield from (value for value in vars(module).values() if isinstance(value, Router))


def bodies(service: str) -> dict[str, Any]:
    """Return the type of the body of each operation that takes one."""
    found = {}
    for router in routers(service):
        for route in router.routes:
            field = getattr(route, "body_field", None)
            if field is not None:
                methods = ",".join(sorted(getattr(route, "methods", ())))
                found[f"{methods} {getattr(route, 'path', '')}"] = field.field_info.annotation
    return found


def models_in(annotation: Any, seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """Return all models that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in seen:
            seen.add(annotation)
            for field in annotation.model_fields.values():
                models_in(field.annotation, seen)
        return seen
    for part in get_args(annotation):
        models_in(part, seen)
    return seen


ALL = {f"{service}: {door}": kind for service in SERVICES for door, kind in bodies(service).items()}


def test_there_are_bodies_to_look_at() -> None:
    """A search that finds nothing finds nothing wrong."""
    assert len(ALL) > 30
    assert {door.partition(":")[0] for door in ALL} == set(SERVICES)


@pytest.mark.parametrize("door", ALL)
def test_body_is_made_of_strict_models(door: str) -> None:
    """A slip of the pen in a field's name, or a text where a number belongs, is told and not guessed at."""
    models = models_in(ALL[door], set())
    assert models
    for model in models:
        assert issubclass(model, RequestModel), model.__name__
        assert model.model_config.get("extra") == "forbid", model.__name__
        with pytest.raises(ValidationError) as refused:
            TypeAdapter(model).validate_python({"there-is-no-such-field": 1})
        assert any(error["type"] == "extra_forbidden" for error in refused.value.errors()), model.__name__
        for name, field in model.model_fields.items():
            for scalar, wrong in (
                (int, "5"),
                (int, True),
                (bool, 1),
                (bool, "true"),
                (str, 5),
                (float, "1.5"),
            ):
                if field.annotation is scalar:
                    told = _told(model, field.alias or name, wrong)
                    assert told, f"{model.__name__}.{name} takes {wrong!r}"


def _told(model: type[BaseModel], name: str, value: Any) -> bool:
    """Say whether a value is told to be wrong in this field."""
    try:
        TypeAdapter(model).validate_python({name: value})
    except ValidationError as error:
        return any(one["loc"][:1] == (name,) for one in error.errors())
    return False
