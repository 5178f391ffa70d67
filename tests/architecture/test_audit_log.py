"""Whatever is opened or sealed says whose it is: else nobody could see who looked at it."""

from importlib import import_module

from shared.services import SERVICES
from shared.vault import sealed_models
from tests.architecture.sources import calls, place, sources

# Of no case: colleagues, coordinators, participants of courses with what they paid, and who to call about a venue. All
# else is of a case.
OF_NO_CASE = {
    *("staff_member", "coordinator", "mail_recipient", "registration", "payment", "statement_part", "venue"),
}
# Of which people of a case see that it was read or changed: what they know of and may know about. All else is hidden,
# such as that somebody is kept from them, that a file is held, and for which reason one was opened.
SHOWN = {
    *("referral", "referral_person", "baseline", "bottom_line"),
    *("person", "data_request"),
    *("plan_version", "agreement", "resource", "acceptance", "check_in", "referrer_call", "wording"),
    *("conference", "information_giver"),
}
SEALED = {
    model.__tablename__: sealed
    for service in SERVICES
    for model, sealed in sealed_models(import_module(f"services.{service}.models").Base).items()
}


def test_every_sealed_row_is_of_a_case_or_stands_on_the_list() -> None:
    """A route that opens what is of no case would show it to whoever asks, and the family would never know."""
    assert {name for name, sealed in SEALED.items() if sealed.case is None} == OF_NO_CASE


def test_people_see_what_stands_on_the_list() -> None:
    """What is new is hidden from them until somebody thought about it."""
    assert {name for name, sealed in SEALED.items() if sealed.shown} == SHOWN


def test_rows_of_no_case_are_of_a_person() -> None:
    """What is of no case and of no person is nobody's to see."""
    assert {name for name, sealed in SEALED.items() if sealed.case is None and sealed.person is None} == set()


def test_only_connecting_a_service_makes_its_recorder() -> None:
    """A second way to connect a service could forget it, and nothing would be written down."""
    makers = {
        place(path, call).partition(":")[0]
        for path in sources("services", "shared", "deploy")
        for call, name in calls(path)
        if name in ("Recorder", "Vault.connect")
    }
    assert makers == {"shared/runtime.py"}
