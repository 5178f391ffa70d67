"""What the services' APIs are called with: the one place of a story's addresses and JSON bodies."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from deploy.demo.hand import Actor
from deploy.demo.values import Organisation

# What is not in the address, of what the verb was given, is the body. What stands alone in braces is looked up.
CALLS = {
    "refers": "POST intake/referrals",
    "accepts": "POST intake/referrals/{case.referral_id}/accept",
    "accepts_offer": "POST intake/offers/{offer}/accept",
    "declines_offer": "POST intake/offers/{offer}/decline",
    "records_baseline": "PUT intake/cases/{case.id}/baseline",
    "opens_file": "POST intake/cases/{case.id}/break-glass",
    "withdraws": "POST intake/cases/{case.id}/withdraw",
    "erases": "POST intake/cases/{case.id}/erase",
    "contacts": "POST network/persons/{person.id}/contacts",
    "adds": "POST network/cases/{case.id}/persons",
    "proposes": "POST network/me/proposals",
    "confirms": "POST network/persons/{person.id}/confirm",
    "invites_all": "POST network/cases/{case.id}/invitations",
    "answers_invitation": "POST network/me/invitation/answer",
    "notes_answer": "POST network/invitations/{invitation}/answer",
    "declares_circle_ready": "POST network/cases/{case.id}/circle-ready",
    "asks_for_data": "POST network/me/data-requests",
    "approves_request": "POST network/data-requests/{request}/approve",
    "opens_poll": "POST scheduling/conferences/{conference}/poll",
    "answers_poll": "PUT scheduling/me/polls/{poll}",
    "notes_dates": "PUT scheduling/polls/{poll}/answers/{person.id}",
    "schedules_best": "POST scheduling/conferences/{conference}/schedule",
    "postpones": "POST scheduling/conferences/{conference}/postpone",
    "cancels_conference": "POST scheduling/conferences/{conference}/cancel",
    "holds_conference": "POST scheduling/conferences/{conference}/hold",
    "records_plan": "POST plans/cases/{case.id}/plans",
    "accepts_plan": "PUT plans/plans/{case.plan_id}/acceptance",
    "shares_plan": "POST plans/plans/{case.plan_id}/share",
    "says_done": "POST plans/agreements/{agreement.id}/done",
    "checks_in": "POST plans/check-ins/{check_in}/record",
    "offers_course": "POST training/courses",
    "plans_session": "POST training/courses/{course}/sessions",
    "registers": "POST training/sessions/{session.id}/registrations",
    "imports_statement": "POST training/statements",
    "confirms_payment": "POST training/payments/{transfer.id}/match",
}
READINGS = {
    "case": "intake/cases/{}",
    "baseline": "intake/cases/{}/baseline",
    "persons": "network/cases/{}/persons",
    "conferences": "scheduling/cases/{}/conferences",
    "plans": "plans/cases/{}/plans",
}
# What the APIs call a field, where it is not what stories call it.
_NAMES = {
    "mandated": "mandated_organisation_id",
    "person": "person_id",
    "who": "who_person_id",
    "monitor": "monitor_person_id",
    "review": "review_on",
    "due": "due_on",
    "organisations": "organisation_ids",
    "registration": "registration_id",
}
CONTACT = ("first_name", "last_name", "email", "phone", "language")


def fields_of(each: object, *names: str, **more: Any) -> dict[str, Any]:
    """Return the fields of an object that have these names, and more, as JSON takes them."""
    return json_of({**{name: getattr(each, name) for name in names}, **more})  # type: ignore[no-any-return]


def json_of(value: Any) -> Any:
    """Return what a body holds: people and organisations by their ids, other things by their fields, if known."""
    if isinstance(value, Actor | Organisation):
        return value.id
    if is_dataclass(value):
        return json_of(vars(value))
    if isinstance(value, Mapping):
        return {_NAMES.get(name, name): json_of(item) for name, item in value.items() if item is not None}
    return [json_of(item) for item in value] if isinstance(value, list | tuple) else value
