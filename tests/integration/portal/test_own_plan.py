"""The plan as a person of the circle reads it behind their link: in plain words, and what they can say about it."""

import re
import zlib
from typing import Any

import pytest

from services.portal import paper
from services.portal.people import ME
from services.portal.road import BASELINE
from services.portal.routes.case_plan import ANSWER
from services.portal.routes.dates import CIRCLE
from services.portal.routes.plan import DONE, LET_GO, REVIEW, STANCE
from services.portal.routes.plan_met import MET
from shared.ids import uuid7
from shared.languages import Language
from tests.integration.portal.test_following_up import AGREEMENT, CASE, PLAN_ID, agreement, has_plan
from tests.integration.portal.test_languages import me
from tests.integration.portal.test_meeting import RITA
from tests.support.portal import Browser, FakeServices

PLAN = "/me/plan"


class TestThePlanInAnotherLanguage:
    async def test_is_read_in_the_readers_and_says_in_which_the_circle_agreed_it(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link(role="circle")
        services.answer(CIRCLE, {"items": [], "next": None})
        said = {"goals": ["العيش في البيت", "المدرسة"], "language": "ar", "parts": ["goals"]}
        has_plan(services, **said)
        unsaid = (await browser.ask("GET", PLAN, expect=200)).text
        assert "De kring schreef dit plan in deze taal: Arabisch." in unsaid
        assert "words=own" not in unsaid
        wording = {"in_plan": "العيش في البيت", "wording": "Thuis wonen"}
        has_plan(services, **said, wordings=[{"language": "nl", "texts": [wording]}])
        shown = (await browser.ask("GET", PLAN, expect=200)).text
        # What nobody put in their language they read as the circle wrote it.
        assert all(words in shown for words in ("Thuis wonen", "المدرسة", "staat in deze taal: Arabisch."))
        assert "العيش في البيت" not in shown
        own = (await browser.ask("GET", f"{PLAN}?words=own", expect=200)).text
        assert "العيش في البيت" in own
        assert "Lees het in jouw taal" in own


class TestAMeetingOfTheCircleByItself:
    async def test_is_told_with_its_day_and_whether_the_plan_changes(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link(role="central")
        services.answer(CIRCLE, {"items": [], "next": None})
        said = {
            "met_on": "2026-03-20",
            "changed": False,
            "said_as": "person",
            "said_at": "2026-03-21T08:00:00Z",
        }
        has_plan(services, own_meetings=[said])
        services.answer(MET, said)
        shown = (await browser.ask("GET", PLAN, expect=200)).text
        assert "De kring kwam zelf samen op vrijdag 20 maart 2026." in shown
        assert f'href="{PLAN}/met"' in shown
        await browser.ask("GET", f"{PLAN}/met", expect=200)
        empty = await browser.fill(f"{PLAN}/met", expect=422)
        assert all(words in empty.text for words in ("Zeg op welke dag.", "Kies of er iets verandert."))
        for changed, page in (("no", "met"), ("yes", "met-changed")):
            sent = await browser.fill(f"{PLAN}/met", met_on="2026-03-20", changed=changed)
            assert sent.headers["location"] == f"/me/thanks/{page}"
            assert "Fijn dat jullie samenkwamen." in (await browser.ask("GET", f"/me/thanks/{page}")).text
        assert [(each.ids, each.body) for each in services.of(MET)] == [
            ({"plan_id": str(PLAN_ID)}, {"met_on": "2026-03-20", "changed": changed})
            for changed in (False, True)
        ]
        services.refuse(MET, 422, "date-out-of-range")
        late = await browser.fill(f"{PLAN}/met", expect=422, met_on="2036-03-20", changed="no")
        assert "ten laatste vandaag" in late.text

    async def test_is_told_by_who_may_change_the_plan(self, browser: Browser, services: FakeServices) -> None:
        await browser.come_by_link(role="circle")
        services.answer(CIRCLE, {"items": [], "next": None})
        has_plan(services)
        assert f"{PLAN}/met" not in (await browser.ask("GET", PLAN, expect=200)).text
        await browser.ask("GET", f"{PLAN}/met", expect=404)


class TestThePlan:
    async def test_is_read_as_the_circle_said_it_with_ones_own_promises_first(
        self, browser: Browser, services: FakeServices
    ) -> None:
        reader = await browser.come_by_link(role="circle")
        rita = {"person_id": str(RITA), "first_name": "Rita", "role": "circle", "mode": "in-person"}
        services.answer(CIRCLE, {"items": [rita], "next": None})
        bike = {"resource_id": str(uuid7()), "what": "Een fiets", "asked_of": "het OCMW", "state": "granted"}
        has_plan(
            services,
            agreement(agreement_id=str(uuid7()), what="Oma belt elke dag.", who_person_ids=[str(RITA)]),
            agreement(
                what="Samen ontbijten", who_person_ids=[str(reader.person_id)], known_done_how="Er is brood"
            ),
            otherwise=[{"when": "Oma is ziek", "then": "Zij belt", "who_person_id": str(RITA)}],
            goals=["Naar school gaan"],
            decisions_of_circle=["Niemand slaat."],
            for_children="Jij blijft thuis.",
            resources=[
                {
                    **bike,
                    "answer": "Op maandag",
                    "answered_at": "2026-03-05T09:00:00Z",
                    "answered_as": "mandated",
                    "version": 1,
                }
            ],
        )
        page = (await browser.ask("GET", PLAN, expect=200)).text
        in_order = (
            *("Wat jij beloofde", "Samen ontbijten", "1 april 2026", "Er is brood", "Naar school gaan"),
            *(
                "Wat anderen doen",
                "Oma belt elke dag.",
                "Rita",
                "Oma is ziek",
                "Zij belt",
                "Wie dat doet: <bdi>Rita</bdi>",
            ),
            *("Jij blijft thuis.", "Een fiets", "het OCMW", "Op maandag"),
            *("het plan moet aanvaarden, op donderdag 5 maart 2026", "Niemand slaat.", "1 juni 2026"),
        )
        places = [page.find(words) for words in in_order]
        assert -1 not in places
        assert places == sorted(places)

    async def test_says_that_it_is_not_accepted_and_why(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link(role="central")
        services.answer(CIRCLE, {"items": [], "next": None})
        line, ids = {"bottom_line_version": 1, "met": True, "reason": None}, [str(uuid7()), str(uuid7())]
        lines = [
            {**line, "bottom_line_id": ids[0]},
            {**line, "bottom_line_id": ids[1], "met": False, "reason": "Niemand kijkt 's nachts"},
        ]
        texts = [
            {"bottom_line_id": each, "version": 1, "text": text}
            for each, text in zip(ids, ("Elke dag school", "Elke nacht veilig"), strict=True)
        ]
        baseline = {"version": 2, "questions": [], "bottom_lines": texts, "resources": None}
        services.answer(BASELINE, {**baseline, "case_id": str(CASE), "created_at": "2026-03-01T09:00:00Z"})
        has_plan(services, acceptance="partly-accepted", acceptance_lines=lines)
        page = (await browser.ask("GET", PLAN, expect=200)).text
        assert all(
            words in page for words in ("Nog niet helemaal.", "Niemand kijkt", "een afspraak veranderen")
        )
        in_order = ("Elke dag school", ">gehaald<", "Elke nacht veilig", ">niet gehaald<", "Niemand kijkt")
        places = [page.find(words) for words in in_order]
        assert -1 not in places
        assert places == sorted(places)

    @pytest.mark.parametrize(
        ("role", "acceptance", "says"),
        [
            ("circle", "refused", "of met jullie coördinator."),
            ("circle", "presumed", "het geldt als aanvaard"),
            ("circle", "not-needed", None),
            ("professional", "refused", None),
        ],
    )
    async def test_says_to_its_circle_whether_it_is_accepted(
        self, browser: Browser, services: FakeServices, *, role: str, acceptance: str, says: str | None
    ) -> None:
        await browser.come_by_link(role=role)
        services.answer(CIRCLE, {"items": [], "next": None})
        line = {
            "bottom_line_id": str(uuid7()),
            "bottom_line_version": 1,
            "met": False,
            "reason": "Nog niet veilig",
        }
        services.refuse(BASELINE, 404, "baseline-not-found")
        has_plan(services, acceptance=acceptance, acceptance_lines=[line] if acceptance == "refused" else [])
        page = (await browser.ask("GET", PLAN, expect=200)).text
        assert ("Is het plan aanvaard?" in page) is (says is not None)
        assert says is None or says in page

    async def test_is_for_who_has_nothing_shared_but_their_own_promise(
        self, browser: Browser, services: FakeServices
    ) -> None:
        reader = await browser.come_by_link(role="professional")
        services.answer(ME, me(reader))
        services.answer(CIRCLE, {"items": [], "next": None})
        has_plan(
            services, agreement(what="Elke week bellen", who_person_ids=[str(reader.person_id)]), parts=[]
        )
        page = (await browser.ask("GET", PLAN, expect=200)).text
        assert "Elke week bellen" in page
        assert "Je leest hier wat jij doet." in page
        headings = [re.sub("<.*?>", "", each) for each in re.findall("<h[12].*?</h[12]>", page)]
        assert headings == ["Het plan", "Wat jij beloofde"]
        assert f"{PLAN}.pdf" not in page
        assert (await browser.ask("GET", f"{PLAN}.pdf")).headers["location"] == PLAN
        assert "Elke week bellen" in (await browser.ask("GET", "/me/agreement", expect=200)).text

    @pytest.mark.parametrize(
        ("convener", "words"),
        [
            ("me", "Jij roept de kring dan weer samen."),
            ("rita", "Wie de kring dan weer samenroept: <bdi>Rita</bdi>."),
            ("somebody kept from the reader", "<bdi>iemand van de kring</bdi>."),
            ("nobody", "<bdi>de coördinator of de regiomanager</bdi>."),
        ],
    )
    async def test_says_who_calls_the_circle_together_again(
        self, browser: Browser, services: FakeServices, convener: str, words: str
    ) -> None:
        reader = await browser.come_by_link(role="circle")
        rita = {"person_id": str(RITA), "first_name": "Rita", "role": "circle", "mode": "in-person"}
        services.answer(CIRCLE, {"items": [rita], "next": None})
        named = {"me": str(reader.person_id), "rita": str(RITA), "nobody": None}
        has_plan(services, convener_person_id=named.get(convener, str(uuid7())))
        page = (await browser.ask("GET", PLAN, expect=200)).text
        assert words in " ".join(page.split())

    async def test_says_who_stands_behind_it_and_who_watches_over_it(
        self, browser: Browser, services: FakeServices
    ) -> None:
        reader = await browser.come_by_link(role="circle")
        rita = {"person_id": str(RITA), "first_name": "Rita", "role": "circle", "mode": "in-person"}
        services.answer(CIRCLE, {"items": [rita], "next": None})
        said = [(RITA, True), (reader.person_id, True), (uuid7(), False)]
        stances = [
            {"person_id": str(who), "agrees": agrees, "said_at": "2026-03-02T12:00:00Z"}
            for who, agrees in said
        ]
        has_plan(services, stances=stances, monitor_person_id=str(RITA))
        page = (await browser.ask("GET", PLAN, expect=200)).text
        assert "<dt>Staan erachter</dt><dd><bdi>Rita</bdi>, <bdi>jij</bdi></dd>" in page
        assert "<dt>Staan er niet achter</dt><dd><bdi>iemand van de kring</bdi></dd>" in page
        assert "Een oogje op het plan houdt: <strong><bdi>Rita</bdi></strong>" in page
        has_plan(services)
        page = (await browser.ask("GET", PLAN, expect=200)).text
        assert "Wie achter het plan staat" not in page
        assert "Een oogje op het plan" not in page

    @pytest.mark.parametrize("role", ["central", "circle"])
    async def test_takes_the_answer_to_what_was_asked_of_others_from_a_central_person(
        self, browser: Browser, services: FakeServices, role: str
    ) -> None:
        await browser.come_by_link(role=role)
        services.answer(CIRCLE, {"items": [], "next": None})
        wanted = {"resource_id": str(uuid7()), "what": "Een fiets", "asked_of": "het OCMW"}
        bike: dict[str, Any] = {**wanted, "state": "asked", "answer": None, "answered_at": None, "version": 3}
        has_plan(services, resources=[bike])
        services.answer(ANSWER, bike | {"state": "granted", "version": 4})
        path = f"/me/plan/asked/{bike['resource_id']}"
        page = (await browser.ask("GET", PLAN, expect=200)).text
        assert (f'href="{path}"' in page) is (role == "central")
        await browser.ask("GET", f"/me/plan/asked/{uuid7()}", expect=404)
        if role != "central":
            await browser.ask("GET", path, expect=404)
            return
        assert "Een fiets" in (await browser.ask("GET", path, expect=200)).text
        await browser.fill(path, expect=422, version="3")
        sent = await browser.fill(path, state="granted", answer="Op maandag", version="3")
        assert sent.headers["location"] == PLAN
        [asked] = services.of(ANSWER)
        assert asked.ids == {"resource_id": bike["resource_id"]}
        assert asked.body == {"state": "granted", "answer": "Op maandag", "version": 3}

    @pytest.mark.parametrize("agrees", [True, False])
    async def test_is_stood_behind_or_not(
        self, browser: Browser, services: FakeServices, agrees: bool
    ) -> None:
        reader = await browser.come_by_link(role="circle")
        services.answer(CIRCLE, {"items": [], "next": None})
        said = {"person_id": str(reader.person_id), "agrees": not agrees, "said_at": "2026-03-02T12:00:00Z"}
        has_plan(services, stances=[said])
        services.answer(STANCE, {**said, "agrees": agrees})
        page = (await browser.ask("GET", PLAN, expect=200)).text
        assert ("Je zei: ik sta achter dit plan." in page) is not agrees
        chosen = f"{PLAN_ID},1,{'yes' if agrees else 'no'}"
        assert f'value="{chosen}"' in page
        assert page.count('name="stance"') == 1
        await browser.fill(PLAN, stance=chosen)
        [asked] = services.of(STANCE)
        assert (asked.ids, asked.body) == ({"plan_id": str(PLAN_ID)}, {"version": 1, "agrees": agrees})

    async def test_is_settled_and_looked_at_sooner(self, browser: Browser, services: FakeServices) -> None:
        reader = await browser.come_by_link(role="circle")
        services.answer(CIRCLE, {"items": [], "next": None})
        has_plan(services, agreement(who_person_ids=[str(reader.person_id)]))
        settled = {"agreement_id": str(AGREEMENT), "progress": None}
        services.answer(DONE, {**settled, "state": "done"})
        services.answer(LET_GO, {**settled, "state": "lapsed"})
        services.answer(REVIEW, {"check_in_id": str(uuid7()), "owner": "coordinator"})
        for name, value, operation, to in (
            ("done", AGREEMENT, DONE, PLAN),
            ("let-go", AGREEMENT, LET_GO, PLAN),
            ("review", PLAN_ID, REVIEW, "/me/thanks/review"),
        ):
            page = (await browser.ask("GET", PLAN, expect=200)).text
            assert f'name="{name}" value="{value}"' in page
            chosen: dict[str, Any] = {name: str(value)}
            sent = await browser.fill(PLAN, **chosen)
            assert sent.headers["location"] == to
            [asked] = services.of(operation)
            assert set(asked.ids.values()) == {str(value)}

    async def test_names_its_reader_on_paper_as_the_others(
        self, browser: Browser, services: FakeServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        printed: list[str] = []

        async def make(html: str) -> bytes:
            printed.append(html)
            return b"%PDF-"

        monkeypatch.setattr(paper, "make_pdf", make)
        reader = await browser.come_by_link(role="circle")
        services.answer(ME, me(reader))
        services.answer(CIRCLE, {"items": [], "next": None})
        line = {"when": "Oma is ziek", "then": "Bellen", "who_person_id": str(reader.person_id)}
        has_plan(services, agreement(who_person_ids=[str(reader.person_id)]), otherwise=[line])
        await browser.ask("GET", f"{PLAN}.pdf", expect=200)
        assert printed[0].count("Amira</bdi>") == 2
        assert "iemand van de kring" not in printed[0]

    @pytest.mark.parametrize("language", ["nl", "fr", "en", "ar"])
    async def test_is_made_into_a_pdf_in_ones_own_language(
        self, browser: Browser, services: FakeServices, language: Language
    ) -> None:
        services.answer(ME, me(await browser.come_by_link(language=language, role="circle")))
        services.answer(CIRCLE, {"items": [], "next": None})
        has_plan(services, agreement(), goals=["Naar school gaan"])
        made = await browser.ask("GET", f"{PLAN}.pdf", expect=200)
        assert made.headers["content-language"] == language
        streams = re.findall(rb"stream\n(.*?)\nendstream", made.content, re.DOTALL)
        within = b"".join(zlib.decompress(each) for each in streams if each.startswith(b"x\xda"))
        assert b"/Lang (%s)" % language.encode() in within
