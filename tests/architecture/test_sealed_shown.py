"""What is sealed of people reaches them and those who work with it: their copy, its words, and what an API shows.

A field has one name everywhere. One that a copy, the page or the views leave out stands here, with the reason.
"""

import json
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from services.network.copy_schemas import Copy
from shared.languages import LANGUAGES
from shared.services import SERVICES
from shared.vault import sealed_models

ROOT = Path(__file__).parents[2]
# Nobody has a personal link of training: what it keeps of a registration is shown to finance, who hands it over.
NO_COPY = ("training",)

NOT_IN_THE_COPY = {
    "intake PersonFields.ref": "a name within one request, which names nobody",
    "intake ReferralFields.wishes": "in it as wished_gender, wished_culture and wished_languages",
    "network DataRequestFields.extension": "read at one's own request (OwnDataRequest), which the copy lists",
    "network DataRequestFields.refusal": "read at one's own request (OwnDataRequest), which the copy lists",
    "scheduling Venue.name": "in it as venue, with the address",
    **{
        f"scheduling GiverFields.{what}": "of others: whether it is oneself is in it as yours"
        for what in ("name", "function")
    },
    **{
        f"scheduling PreparationNotes.{what}": "of several people at once, and may protect one from another"
        for what in ("safety_plan", "child_participation")
    },
    **{
        f"scheduling VenueContact.contact_{what}": "of who is called about a venue, and is of no case"
        for what in ("name", "phone", "email")
    },
    "plans AgreementWords.who_text": "tells of others: whether it is oneself is in it as yours",
}
NOT_IN_THE_WORDS = {
    "network PersonFields.authority_over": "ids of others: of whom else somebody speaks for the page says nothing",
}
NOT_IN_A_VIEW = {
    "intake PersonFields.agreed_on": "shown as consent.date",
    "network DataRequestFields.extension": "shown as extension_reason",
    "network DataRequestFields.refusal": "shown as refusal_reason",
    "training Transfer.payer_iban": "compared with what the bank books later, to know a payment and its payer again",
    "training Entries.entries": "a part of a statement that waits for its others",
    "training Entries.equals": "a part of a statement that waits for its others",
    "training Participant.invoice_email": "shown as invoice_to.email",
    "training Participant.invoice_kbo_number": "shown as invoice_to.kbo_number",
    "training Participant.invoice_name": "shown as invoice_to.name",
}


def sealed_fields() -> Iterator[tuple[str, str, str]]:
    """Yield the service, the class and the name of every field that is sealed."""
    for service in SERVICES:
        base = import_module(f"services.{service}.models").Base
        for sealed in {declared.fields for declared in sealed_models(base).values()}:
            yield from ((service, sealed.__name__, name) for name in sealed.model_fields)


def names_in(schema: Mapping[str, Any]) -> set[str]:
    """Return the names of all fields of a JSON schema and of what is in it."""
    return {
        name for each in (schema, *schema.get("$defs", {}).values()) for name in each.get("properties", {})
    }


def names_shown(service: str) -> set[str]:
    """Return the names of all fields that a service's API answers with, other than in copies."""
    document = json.loads((ROOT / f"tests/contracts/{service}.openapi.json").read_text(encoding="utf-8"))
    answers = [
        answer
        for path, operations in document["paths"].items()
        if not path.endswith("/copy")
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    ]
    schemas, found, names = document["components"]["schemas"], set[str](), set[str]()
    todo = _refs(answers)
    while todo - found:
        name = min(todo - found)
        found.add(name)
        names |= set(schemas[name].get("properties", {}))
        todo |= _refs(schemas[name])
    return names


def _refs(part: Any) -> set[str]:
    """Return the names of the schemas that a part of a document refers to."""
    return set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(part)))


def words() -> dict[str, list[str]]:
    """Return the words of the page."""
    found: dict[str, list[str]] = json.loads((ROOT / "services/network/pages/words.json").read_text("utf-8"))
    return found


def forgotten_in_the_copy(model: type[BaseModel] = Copy) -> set[str]:
    """Return the sealed fields that no copy names."""
    there = names_in(model.model_json_schema())
    return {f"{s} {c}.{n}" for s, c, n in sealed_fields() if s not in NO_COPY and n not in there}


def test_all_of_it_is_in_the_copy_but_for_what_is_written_here() -> None:
    assert forgotten_in_the_copy() == set(NOT_IN_THE_COPY)


def test_a_field_that_the_copy_forgets_is_found() -> None:
    class Poor(BaseModel):
        first_name: str

    found = forgotten_in_the_copy(Poor)
    assert "network PersonFields.last_name" in found
    assert "network PersonFields.first_name" not in found


def test_all_that_the_copy_holds_has_a_word_in_each_language() -> None:
    there = words()
    silent = {
        f"{s} {c}.{n}" for s, c, n in sealed_fields() if s not in NO_COPY and n not in there
    } - NOT_IN_THE_COPY.keys()
    assert silent == set(NOT_IN_THE_WORDS), "services/network/pages/words.json, or NOT_IN_THE_WORDS with why"
    assert {key for key, said in there.items() if len(said) != len(LANGUAGES) or not all(said)} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_all_of_it_is_shown_to_those_who_work_with_it(service: str) -> None:
    there = names_shown(service)
    hidden = {f"{s} {c}.{n}" for s, c, n in sealed_fields() if s == service and n not in there}
    listed = {each for each in NOT_IN_A_VIEW if each.startswith(f"{service} ")}
    # What is shown is read from the description of the API.
    assert hidden == listed, (
        "show it in a view and run `python -m deploy.catalogue`, or name it in NOT_IN_A_VIEW"
    )
