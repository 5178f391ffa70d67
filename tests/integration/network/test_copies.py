"""The copy of everything about one person: what is in it, what is not, who reads it, and how it looks."""

import re
from typing import Any
from uuid import UUID

import pytest

from services.network.copy_schemas import Copy
from services.network.copy_words import code_in_words, word
from services.network.data_requests import COPY_CLOCK
from services.network.operations import ending_requests
from shared.errors import Gone, NotYet, Operational
from shared.ids import uuid7
from shared.languages import direction, language_of
from tests.integration.network.test_data_requests import asked, decide, dpo, family
from tests.support.steps import attempt
from tests.support.world import Case
from tests.support.world.network import Network

INTAKE: dict[str, Any] = {
    "erased": False,
    "case": {
        "case_id": str(uuid7()), "state": "open", "track": "normal", "themes": ["opvoeding"],
        "opened_at": "2026-02-27T08:00:00Z", "ended_at": None, "outcome": None, "stop_reason": None,
        "referring_organisation": "CLB Testlaan", "mandated_organisation": None,
    },
    "entry": {
        "role": "central", "first_name": "Ilyas", "last_name": "Testman", "birth_date": "2012-01-05",
        "email": None, "phone": None, "address": None, "language": "nl", "relation": "zelf", "side": "other",
        "parental_authority": False, "agreed": True, "agreed_on": "2026-02-27",
    },
    "referral": {
        "received_at": "2026-02-27T08:00:00Z", "kind": "professional", "question": "Hoe kan Ilyas naar school?",
        "summary": None, "languages": ["nl"], "wished_languages": [], "wished_gender": None,
        "wished_culture": None, "bottom_lines": ["Hij slaapt thuis"], "resources": None,
    },
    "baseline": None,
    "seen": [{"at": "2026-02-28T08:00:00Z", "action": "read", "what": ["referral"], "by": "staff", "by_yourself": False,
              "roles": ["regional-manager"], "organisation_id": None, "purpose": None, "by_break_glass": False}],
}  # fmt: skip
SCHEDULING: dict[str, Any] = {
    "erased": False,
    "circle": {"role": "central", "required": True, "mode": "in-person"},
    "polls": [{"poll_id": str(uuid7()), "state": "closed", "asked_at": "2026-03-01T08:00:00Z", "reminded_at": None,
               "answers": [{"starts_at": "2026-04-01T12:00:00Z", "ends_at": "2026-04-01T16:00:00Z",
                            "answer": "yes", "via": "link", "said_at": "2026-03-02T08:00:00Z"}]}],
    "conferences": [], "seen": [],
    "more_time": [{"given_at": "2026-03-02T08:00:00Z", "before_on": "2026-04-27", "until_on": "2026-05-31",
                   "extension_reason": "circle-grows"}],
}  # fmt: skip
PLANS: dict[str, Any] = {
    "erased": False,
    "plan": {
        "plan_id": str(uuid7()), "version": 1, "recorded_at": "2026-04-02T08:00:00Z", "review_on": "2026-07-01",
        "acceptance": "accepted", "follow_up": "running", "you_monitor_it": False, "shared_with_you_at": None,
        "goals": ["Naar school gaan"], "decisions_of_circle": [], "for_children": "Jij blijft thuis",
        "change_reason": None,
        "resources": [{"what": "Een fiets", "asked_of": None, "state": "granted", "answer": "Ja"}], "you_agree": True,
        "plan_b": [{"when": "Het lukt niet", "then": "Tante komt", "yours": False}],
        "agreements": [{"what": "Samen opstaan", "yours": True, "due_on": "2026-05-01", "known_done_how": None,
                        "state": "planned", "settled_at": None}],
    },
    "own_agreements": [], "check_ins": [], "seen": [],
    "shared_for_you": [{"shared_at": "2026-06-03T08:00:00Z", "taken_back_at": None}],
}  # fmt: skip
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7*7 }}&lt;'


def held(world: Network, **changes: Any) -> None:
    """Let every service answer what it holds, or otherwise."""
    world.others.copies.update({"intake": INTAKE, "scheduling": SCHEDULING, "plans": PLANS} | changes)


async def ready(world: Network, case: Case, person: UUID) -> str:
    """Return an approved request for a copy."""
    request = await asked(world, case, person)
    assert (await decide(world, request, "approve")).status_code == 200
    return request


async def read(
    world: Network, case: Case, person: UUID, request: str, query: str = "", **headers: str
) -> Any:
    """Read a copy as somebody of the case."""
    who = world.person(case, person) | headers
    return await world.ask("GET", f"/v1/me/data-requests/{request}/copy{query}", who)


class TestCopy:
    async def test_holds_what_every_service_holds_and_asks_for_this_purpose_alone(
        self, world: Network
    ) -> None:
        case = await world.open_case()
        path = f"/v1/persons/{case.central}/contacts"
        body = {"channel": "visit", "purpose": "first-contact", "on": "2026-03-01"}
        await world.ask("POST", path, world.coordinator(case), json=body)
        for given in (True, False):
            consent = {"given": given, "version": 1}
            who = world.person(case, case.central)
            await world.ask("PUT", "/v1/me/consents/research", who, json=consent)
        await world.ask("GET", f"/v1/persons/{case.central}", world.coordinator(case))
        held(world)
        world.others.asked.clear()
        request = await ready(world, case, case.central)
        answer = await read(world, case, case.central, request)
        assert answer.status_code == 200, answer.text
        copy = Copy.model_validate(answer.json())
        assert copy.format == "kring-copy-1"
        assert copy.you.details is not None
        assert (copy.you.details.first_name, str(copy.you.details.birth_date)) == ("Ilyas", "2012-01-05")
        assert [said.given for said in copy.circle.consents if said.purpose == "research"] == [True, False]
        assert [str(contact.on) for contact in copy.circle.contacts] == ["2026-03-01"]
        assert "data-request-ready" in [mail.kind for mail in copy.circle.messages]
        assert copy.referral is not None
        assert copy.referral.referral is not None
        assert copy.referral.referral.question == "Hoe kan Ilyas naar school?"
        assert copy.plan is not None
        assert copy.plan.plan is not None
        assert copy.missing == []
        assert [seen.roles for seen in copy.seen if seen.what == ["referral"]] == [["regional-manager"]]
        assert "coordinator" in {role for seen in copy.seen for role in seen.roles}
        assert "seen" not in answer.json()["referral"]
        path = f"/v1/cases/{case.id}/persons/{case.central}/copy"
        assert sorted(world.others.asked) == [
            (service, path, "copy-for-person") for service in ("intake", "plans", "scheduling")
        ]

    async def test_names_nobody_else(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        proposal = {"first_name": "Xanthippe", "last_name": "Anders"}
        await world.ask("POST", "/v1/me/proposals", world.person(case, aunt), json=proposal)
        held(world)
        answer = await read(world, case, aunt, await ready(world, case, aunt))
        assert answer.json()["circle"]["people_you_proposed"] == 1
        for other in ("Xanthippe", "Samira", str(case.coordinator), str(case.mother)):
            assert other not in answer.text

    @pytest.mark.parametrize("failure", [Operational("plans: ConnectError"), NotYet("plans: not yet")])
    @pytest.mark.parametrize("service", ["intake", "scheduling", "plans"])
    async def test_is_whole_or_not_there(self, world: Network, service: str, failure: Exception) -> None:
        case = await world.open_case()
        request = await ready(world, case, case.central)
        held(world, **{service: failure})
        answer = await read(world, case, case.central, request)
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert "Ilyas" not in answer.text
        held(world)
        assert (await read(world, case, case.central, request)).status_code == 200

    async def test_says_in_words_what_is_not_there_or_was_erased(self, world: Network) -> None:
        case = await world.open_case()
        request = await ready(world, case, case.central)
        held(world, intake=Gone())
        del world.others.copies["plans"]
        answer = await read(world, case, case.central, request)
        assert answer.json()["missing"] == [
            {"part": "referral", "reason": "erased"},
            {"part": "plan", "reason": "not-held"},
        ]
        page = (await read(world, case, case.central, request, "?format=html")).text
        assert "Dit is gewist. Niemand kan het nog lezen, ook wij niet." in page
        assert "Hierover bewaren we niets over jou." in page


class TestReading:
    async def test_is_of_an_approved_request_for_as_long_as_it_is_ready(self, world: Network) -> None:
        case = await world.open_case()
        held(world)
        request = await asked(world, case, case.central)
        assert (await read(world, case, case.central, request)).status_code == 409
        await decide(world, request, "approve")
        world.later(days=29)
        assert (await read(world, case, case.central, request)).status_code == 200
        world.later(days=2)
        gone = await read(world, case, case.central, request)
        assert (gone.status_code, gone.json()["type"].split("/")[-1]) == (410, "copy-no-longer-ready")

    async def test_is_not_of_a_refused_or_withdrawn_or_other_request(self, world: Network) -> None:
        case = await world.open_case()
        held(world)
        refused = await asked(world, case, case.central)
        await decide(world, refused, "refuse", reason="neen")
        other = await asked(world, case, case.central, "correction")
        await decide(world, other, "approve")
        withdrawn = await ready(world, case, case.central)
        path = f"/v1/me/data-requests/{withdrawn}/withdraw"
        await world.ask("POST", path, world.person(case, case.central), expect=200)
        for request in (refused, other, withdrawn):
            assert (await read(world, case, case.central, request)).status_code == 409
        assert [purpose for _, _, purpose in world.others.asked] == ["copy-persons"]

    async def test_is_for_oneself(self, world: Network) -> None:
        case = await world.open_case()
        other = await world.open_case()
        held(world)
        request = await ready(world, case, case.central)
        for stranger in ((case, case.mother), (other, other.central)):
            assert (await read(world, *stranger, request)).status_code == 404
        assert (await read(world, case, case.central, str(uuid7()))).status_code == 404
        path = f"/v1/data-requests/{request}/copy"
        await world.ask("GET", path, dpo(world), expect=404)
        await world.ask("GET", path, world.manager(), expect=403)

    async def test_a_parent_reads_until_the_child_is_twelve(self, world: Network) -> None:
        case, child, mother = await family(world, "2014-03-20")
        held(world)
        request = await asked(world, case, mother, for_person_id=str(child))
        await decide(world, request, "approve")
        assert (await read(world, case, mother, request)).status_code == 200
        world.later(days=20)
        refused = await read(world, case, mother, request)
        assert (refused.status_code, refused.json()["type"].split("/")[-1]) == (
            403,
            "data-request-not-for-them",
        )

    async def test_the_dpo_hands_over_what_was_asked_by_letter(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        body = {"reason": "Omdat oom Karim dat in vertrouwen vroeg"}
        await world.ask("POST", f"/v1/persons/{aunt}/exclude", world.coordinator(case), json=body)
        held(world)
        path = f"/v1/persons/{aunt}/data-requests"
        for shown in (False, True):
            noted = await world.ask("POST", path, dpo(world), json={"kind": "copy"})
            request = noted.json()["request_id"]
            await decide(world, request, "approve", show_exit_reason=shown)
            answer = await world.ask("GET", f"/v1/data-requests/{request}/copy", dpo(world), expect=200)
            assert ("oom Karim" in answer.text) is shown
            assert ({"part": "exit-reason", "reason": "withheld"} in answer.json()["missing"]) is not shown
            world.later(days=31)
            assert await attempt(
                world.context,
                ending_requests.put_copy_away,
                tenant=world.tenant,
                kind=COPY_CLOCK,
                subject=request,
                what="due",
            )


class TestPage:
    @pytest.mark.parametrize(
        ("query", "accept", "kind"),
        [
            ("", "*/*", "application/json"),
            ("", "text/html,application/xhtml+xml;q=0.9", "text/html; charset=utf-8"),
            ("?format=json", "text/html", "application/json"),
            ("?format=html", "application/json", "text/html; charset=utf-8"),
        ],
    )
    async def test_is_given_to_who_asks_for_one(
        self, world: Network, query: str, accept: str, kind: str
    ) -> None:
        case = await world.open_case()
        held(world)
        request = await ready(world, case, case.central)
        answer = await read(world, case, case.central, request, query, accept=accept)
        assert answer.headers["content-type"] == kind
        assert answer.headers["cache-control"] == "no-store"
        name = answer.headers["content-disposition"]
        assert re.fullmatch(r'inline; filename="kring-gegevens\.(json|html)"', name)
        assert (await read(world, case, case.central, request, "?format=pdf")).status_code == 422

    async def test_shows_hostile_words_as_words_and_runs_nothing(self, world: Network) -> None:
        case = await world.open_case()
        referral = {**INTAKE["referral"], "question": HOSTILE, "bottom_lines": [HOSTILE]}
        entry = {**INTAKE["entry"], "first_name": HOSTILE}
        held(world, intake={**INTAKE, "referral": referral, "entry": entry})
        assert (await world.correct(case, case.central, relation=HOSTILE)).is_success
        request = await ready(world, case, case.central)
        answer = await read(world, case, case.central, request, "?format=html")
        assert answer.status_code == 200
        assert "<script" not in answer.text
        assert "<img" not in answer.text
        assert "{{ 7*7 }}" in answer.text
        assert answer.text.count("&lt;script&gt;") >= 4
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy

    @pytest.mark.parametrize("language", ["nl", "fr", "en", "ar", "de"])
    async def test_is_in_the_language_of_the_person(self, world: Network, language: str) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia", language=language)
        held(world)
        page = (await read(world, case, aunt, await ready(world, case, aunt), "?format=html")).text
        spoken = language_of(language)
        title = {"fr": "Tout ce que nous gardons", "en": "All that we keep", "ar": "كل ما نحفظه"}.get(
            language, "Alles wat we"
        )
        assert f"<h1>{title}" in page
        # Mails are listed by their subjects, as in one's mailbox.
        mail = {"fr": "Votre aperçu est prêt", "en": "Your overview is ready", "ar": "نسختك جاهزة"}.get(
            language, "Je overzicht"
        )
        assert mail in page
        assert word("part.shared-for-you", spoken).replace("'", "&#39;") in page
        longer = {"fr": "31 mai 2026", "en": "31 May 2026", "ar": "31 مايو 2026"}.get(spoken, "31 mei 2026")
        assert re.search(f"{longer}.*{code_in_words('circle-grows', spoken)}", page, re.DOTALL)
        assert f'<html lang="{spoken}" dir="{direction(spoken)}">' in page
        for tag in ("link", "img", "iframe", "object", "form", "a "):
            assert f"<{tag}" not in page
