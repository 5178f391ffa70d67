"""What is wrong with a field, in words: whether a form of ours found it, or the service that got what was typed."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from services.portal.client import ServiceRefused
from services.portal.wording import mark as _
from shared.fields import limit_of

Say = Callable[[str], str]

# By kind of problem, of shared/fields.py and of pydantic: what would be right.
_RIGHT: Mapping[str, str] = {
    "name": _("Schrijf alleen een naam: hoogstens twaalf woorden, zonder tekens zoals / : @ [ ]."),
    "phone": _("Schrijf alleen het nummer, zoals 0470 12 34 56."),
    "email": _("Dat lijkt geen mailadres. Het ziet eruit als naam@voorbeeld.be."),
    "kbo-number": _("Schrijf het ondernemingsnummer: tien cijfers, zoals 0403.170.701. Kijk elk cijfer na."),
    "iban": _("Schrijf het rekeningnummer, zoals BE68 5390 0754 7034. Kijk elk cijfer na."),
    "link": _("Schrijf het adres van de site. Het begint met https://"),
    "language": _("Schrijf de taal in twee letters, zoals nl, fr of ar."),
    "line": _("Schrijf dit op één regel."),
}
_TOO_LONG = _("Dit is te lang. Schrijf hoogstens %(limit)s tekens.")
# By how pydantic's kind begins: what is said of a field that says nothing itself.
_OTHERWISE: Mapping[str, str] = {
    "missing": _("Vul dit in."),
    "string_too_short": _("Vul dit in."),
    "date": _("Dat is geen dag."),
    "int": _("Schrijf een getal."),
}
_NOT_NEEDED = _("Je mag dit ook leeg laten.")
_LOOK = _("Dit is niet juist ingevuld. Kijk het nog eens na.")


def not_acceptable(kind: type[BaseModel], error: ValidationError, say: Say) -> dict[str, str]:
    """Return what is wrong with a form, by its field; "" is the form as a whole."""
    wanted: Mapping[str, str] = getattr(kind, "WANTED", {})
    # What is needed together with something else has its default validated too.
    optional = {
        field.alias or name
        for name, field in kind.model_fields.items()
        if not field.is_required() and not field.validate_default
    }
    found: dict[str, str] = {}
    for item in error.errors(include_url=False):
        name = str(item["loc"][0]) if item["loc"] else ""
        said = _said(item["type"], limit_of(item), say)
        if said is None:
            said = say(wanted.get(name) or _otherwise(item["type"]))
        elif name in optional and item["type"] in _RIGHT:
            said = f"{said} {say(_NOT_NEEDED)}"
        found.setdefault(name, said)
    return found


def refused_fields(refused: ServiceRefused, form: Mapping[str, str], say: Say) -> dict[str, str]:
    """Return what a service refused, by the form's field in which it was typed; "" if that is none."""
    found: dict[str, str] = {}
    for each in refused.invalid:
        name, said = _field_of(each.field, refused.body, form), _said(each.kind, each.limit, say)
        if name or said:
            found.setdefault(name, said or say(_otherwise(each.kind)))
    return found


def _said(kind: str, limit: int | None, say: Say) -> str | None:
    """Return what is wrong and what would be right; None if the kind of problem does not tell."""
    if limit is not None:
        return say(_TOO_LONG) % {"limit": limit}
    return say(_RIGHT[kind]) if kind in _RIGHT else None


def _otherwise(kind: str) -> str:
    return next((said for begin, said in _OTHERWISE.items() if kind.startswith(begin)), _LOOK)


def _field_of(path: str, body: object, form: Mapping[str, str]) -> str:
    """Return the field of a form from which a part of a body came, by its name there and by what was typed."""
    steps = path.split(".")[1:]
    for step in steps:
        body = _part(body, step)
    text = body.strip() if isinstance(body, str) else None
    named = [name for step in reversed(steps) for name in (step, f"{step}[]") if name in form]
    typed = [name for name, value in form.items() if text and value.strip() == text]
    return [*(name for name in named if name in typed), *typed, *named, ""][0]


def _part(body: Any, step: str) -> object:
    try:
        return body[step] if isinstance(body, Mapping) else body[int(step)]
    except (LookupError, TypeError, ValueError):
        return None
