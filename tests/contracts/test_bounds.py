"""What an answer holds many of is bounded: a list is read page by page, and what it is made of has a most."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.services import SERVICES

# Fields without a bound in the description, by why there are never many all the same.
BOUNDED_OTHERWISE = {
    "at most as many as people may be in a case (network's MAX_PEOPLE), or pairs of them": {
        "AgreementOut.erased_person_ids",
        "AuditEntry.person_ids",
        "CircleMember.not_with",
        "CircleView.members",
        "CircleView.not_together",
        "CircleView.not_together[]",
        "ConsentStatus.persons",
        "Me.asks_for",
        "Me.reads_with",
        "MyConsents.items",
        "OptionOut.answers{}",
        "OptionOut.apart",
        "OptionOut.apart[]",
        "OptionOut.hindered",
        "OptionOut.said_no",
        "OptionOut.unserved",
        "OwnCircle.items",
        "PersonStatus.file_access",
        "PersonView.not_with",
        "PollOut.silent",
        "PreparationView.needs_seen_to",
        "PurposeStatus.voices",
        "PlanOut.acceptance_lines",
        "SharedWith.shared_for",
    },
    "one for each purpose, service, part, role, need, language or figure there is": {
        "AuditEntry.roles",
        "PlanOut.wordings",
        "AuditEntry.what",
        "ErasureProgress.services",
        "Items.items",
        "OwnAuditEntry.roles",
        "OwnAuditEntry.what",
        "LateKind.reasons",
        "LatePeriod.kinds",
        "PersonStatus.purposes",
        "PreparationView.late_news",
        "Numbers.averages{}",
        "Numbers.shares{}",
        "NumbersOf.averages{}",
        "NumbersOf.shares{}",
        "Period.rows",
        "SurveyPeriod.rows",
        "ServiceState.parts",
        "Share.cases{}",
        "StatementImport.payments{}",
        "StatementSummary.payments{}",
    },
    "one for each conference of a circle": {"ReferrerCallsOut.calls"},
    "as many as may be written down (scheduling's MAX_GIVERS)": {"OwnGivers.items"},
    "as often as a preparation may be given more time (scheduling's MAX_EXTENSIONS)": {
        "ListedConference.more_time",
        "PreparationView.more_time",
    },
    "as many as the poll has dates": {"PollOut.ranking", "VenueChoice.free_for"},
    "as many as an organisation may enter (scheduling's MAX_VENUES)": {
        "VenueChoices.venues",
        "VenueList.venues",
    },
    "at most four a year": {"Statistics.late", "Statistics.periods", "Statistics.surveys"},
    "the newest, of which the query says how many": {
        "OutboxState.held_back",
        "ReferralDetail.also_referred",
        "ReferralSummary.also_referred",
    },
    "at most as many as an organisation may have (intake's MAX_OFFICERS)": {"BreakGlassEntry.told"},
    "people of a case, and at most so many organisations (plans' MAX_ORGANISATIONS)": {
        "PlanOut.shared_with",
    },
    "the two parties of a case": {"OfferDetail.organisations"},
    "the latest few (plans' OWN_MEETINGS_SHOWN)": {"PlanOut.own_meetings"},
}
# Everything that is held about one person: the law wants all of it, in one piece.
WHOLE_COPIES = ("/copy", "/persons-at-opening")


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Yield of every GET its path, the schema of its answer, and whether that is one page of a list."""
    for path, operations in document["paths"].items():
        read = operations.get("get")
        if read is None or path.endswith(WHOLE_COPIES):
            continue
        paged = "limit" in {parameter["name"] for parameter in read.get("parameters", ())}
        for status, answer in read["responses"].items():
            for content in answer.get("content", {}).values() if status.startswith("2") else ():
                yield path, content.get("schema", {}), paged


class _Reading:
    """One description, and which names its requests bound."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.schemas: dict[str, Any] = document["components"]["schemas"]
        self.sent = {
            name
            for operations in document["paths"].values()
            for operation in operations.values()
            for content in operation.get("requestBody", {}).get("content", {}).values()
            for name in self._bounded(content.get("schema", {}), set())
        }

    def _bounded(self, schema: dict[str, Any], seen: set[str]) -> Iterator[str]:
        schema = self._resolved(schema, seen)
        for name, field in schema.get("properties", {}).items():
            if any("maxItems" in one for one in (field, *field.get("anyOf", ()))):
                yield name
            yield from self._bounded(field, seen)
        for inner in (schema.get("items", {}), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
            if inner:
                yield from self._bounded(inner, seen)

    def _resolved(self, schema: dict[str, Any], seen: set[str]) -> dict[str, Any]:
        name = schema.get("$ref", "").rpartition("/")[2]
        if not name:
            return schema
        if name in seen:
            return {}
        seen.add(name)
        found: dict[str, Any] = self.schemas[name]
        return found

    def unbounded(self, schema: dict[str, Any], where: str, seen: set[str]) -> Iterator[str]:
        """Yield the fields of an answer that may hold any number, as `Model.field`."""
        where = schema.get("$ref", "").rpartition("/")[2] or where
        schema = self._resolved(schema, seen)
        for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
            yield from self.unbounded(inner, where, seen)
        if schema.get("type") == "array":
            items = schema.get("items", {})
            listed = self._resolved(items, set())
            if not ("maxItems" in schema or "enum" in listed or where.rpartition(".")[2] in self.sent):
                yield where
            yield from self.unbounded(items, f"{where}[]", seen)
        for name, field in schema.get("properties", {}).items():
            yield from self.unbounded(field, f"{where}.{name}", seen)
        values = schema.get("additionalProperties")
        if isinstance(values, dict):
            if not {"enum", "$ref", "maxProperties"} & schema.get("propertyNames", {}).keys():
                yield f"{where}{{}}"
            yield from self.unbounded(values, f"{where}{{}}", seen)


def _found(service: str) -> set[str]:
    document = json.loads((Path(__file__).parent / f"{service}.openapi.json").read_text("utf-8"))
    reading = _Reading(document)
    return {
        where
        for _, schema, paged in _operations(document)
        for where in reading.unbounded(schema, "", set())
        if not (paged and where == f"{schema.get('$ref', '').rpartition('/')[2]}.items")
    }


@pytest.mark.parametrize("service", SERVICES)
def test_no_answer_holds_any_number_of_anything(service: str) -> None:
    """A list without pages grows with the years until it no longer fits an answer."""
    assert _found(service) - {name for names in BOUNDED_OTHERWISE.values() for name in names} == set()


def test_nothing_is_excepted_that_is_not_there() -> None:
    """An exception for a field that is gone would cover the next one of that name."""
    excepted = {name for names in BOUNDED_OTHERWISE.values() for name in names}
    assert excepted - {name for service in SERVICES for name in _found(service)} == set()
