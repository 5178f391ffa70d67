"""Figures tell what became of cases, with what each number is out of, and what is not told is not there in any form."""

import csv
import io
from typing import Any

import pytest

from services.intake.domain import measures
from services.portal.routes.figure_answers import STATISTICS
from services.portal.routes.figure_words import AVERAGES, SHARES
from services.portal.routes.figures import PATH
from shared.auth import Role
from tests.support.portal import Browser, FakeServices

MEANS = {"circle": {"mean": 10.5, "cases": 6}, "weeks_to_conference": {"mean": 9.2, "cases": 6}}
SHARED = {"acceptance": {"of": 6, "cases": {"accepted": 4, "presumed": 2, "refused": None, "none": 0}}}


def averages(**told: Any) -> dict[str, Any]:
    """Return every average: these, and of the others nothing."""
    return {**{name: {"mean": None, "cases": None} for name in AVERAGES}, **told}


def shares(**told: Any) -> dict[str, Any]:
    """Return every share: these, and of the others nothing."""
    hidden = {name: {"of": None, "cases": dict.fromkeys(codes)} for name, codes in SHARES.items()}
    return {**hidden, **told}


SAID = {"agreements": 40, "done": 20, "nearly": 9, "not_yet": 6, "changed": 3, "help": 2}


def numbers(**more: Any) -> dict[str, Any]:
    """Return the numbers of a row."""
    return {
        "referrals": 12,
        "not_started": 4,
        "started": 8,
        "conference_held": 6,
        "plan_from_conference": None,
        "plan_without_meeting": 0,
        "plan": None,
        "averages": averages(**MEANS),
        "shares": shares(**SHARED),
        "said": SAID,
        **more,
    }


def opinions(**more: Any) -> dict[str, Any]:
    """Return what people thought: of the circle told, of the others not."""
    untold = {"answers": None, "mean": None}
    hidden = {"asked": None, "answered": None, **dict.fromkeys(("meeting", "plan", "coordinator"), untold)}
    circle = {
        "asked": 40,
        "answered": 31,
        "meeting": {"answers": 30, "mean": 8.3},
        "plan": untold,
        "coordinator": untold,
    }
    return {**dict.fromkeys(("central", "child", "professional"), hidden), "circle": circle, **more}


def told(**more: Any) -> dict[str, Any]:
    """Return what intake tells."""
    untold = {"averages": averages(), "shares": shares(), "said": dict.fromkeys(SAID)}
    hidden = {**dict.fromkeys(numbers()), **untold, "value": "=1+1"}
    newest = {
        "first_quarter": "2026-Q1",
        "last_quarter": "2026-Q2",
        "total": numbers(),
        "rows": [numbers(value="loneliness"), hidden],
    }
    before = {
        "first_quarter": "2025-Q4",
        "last_quarter": "2025-Q4",
        "total": numbers(referrals=11),
        "rows": [],
    }
    surveyed = {
        "first_quarter": "2026-Q1",
        "last_quarter": "2026-Q2",
        "total": opinions(),
        "rows": [opinions(value="loneliness")],
    }
    late = {
        "first_quarter": "2026-Q1",
        "last_quarter": "2026-Q1",
        "cases": 14,
        "kinds": [
            {
                "kind": "written-plan",
                "cases": 9,
                "reasons": [
                    {"reason": "holidays", "cases": 5},
                    {"reason": "other", "cases": 0},
                    {"reason": "away", "cases": None},
                ],
            },
            {"kind": "referral", "cases": None, "reasons": [{"reason": "holidays", "cases": None}]},
        ],
    }
    return {
        "by": "theme",
        "smallest_group": 5,
        "as_of": "2026-07-01",
        "periods": [before, newest],
        "surveys": [surveyed],
        "late": [late],
        **more,
    }


class TestWords:
    def test_are_there_for_everything_that_intake_tells(self) -> None:
        assert sorted(AVERAGES) == sorted(measures.AVERAGES)
        assert {name: set(codes) for name, codes in SHARES.items()} == {
            name: set(share.codes) for name, share in measures.SHARES.items()
        }


class TestFigures:
    async def test_show_each_number_with_what_it_is_out_of_and_a_bar(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        services.answer(STATISTICS, told())
        shown = await browser.ask("GET", f"{PATH}?by=theme", expect=200)
        assert "67% van de aanmeldingen" in shown.text
        assert "Eenzaamheid" in shown.text
        assert '10,5<br><span class="k-sub">uit 6 zaken</span>' in shown.text
        assert 'Aanvaard: 4 <span class="k-sub">van 6</span>' in shown.text
        # What nobody has is left out; what is not told is a dash.
        assert "Niet aanvaard: \N{EN DASH}" in shown.text
        assert "Geen antwoord nodig" not in shown.text
        assert '<rect width="67" height="8"/>' in shown.text
        assert "style=" not in shown.text
        assert "januari\N{EN DASH}juni 2026" in shown.text
        assert "oktober\N{EN DASH}december 2025" in shown.text
        older = await browser.ask("GET", f"{PATH}?by=theme&period=2025-Q4", expect=200)
        assert "<span>11" in older.text
        await browser.ask("GET", f"{PATH}?by=name", expect=404)

    async def test_show_what_was_said_of_agreements_each_as_a_share_of_those_of_which_anything_was(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        services.answer(STATISTICS, told())
        shown = (await browser.ask("GET", f"{PATH}?by=theme", expect=200)).text
        # In all and for one theme; not where nothing is told.
        assert (shown.count("22% van deze afspraken"), shown.count("van deze afspraken")) == (2, 10)
        answer = await browser.ask("GET", f"{PATH}.csv?by=theme", expect=200)
        lines = list(csv.DictReader(io.StringIO(answer.text)))
        assert [(line["said_nearly"], line["said_agreements"]) for line in lines] == [("9", "40")] * 3 + [
            ("", "")
        ]
        found = await browser.ask("GET", f"{PATH}.json?by=theme", expect=200)
        assert found.json()["periods"][1]["total"]["said"] == SAID

    async def test_show_what_people_thought_with_how_many_said_so(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        services.answer(STATISTICS, told())
        shown = (await browser.ask("GET", f"{PATH}?by=theme", expect=200)).text
        assert shown.count("31 van 40") == 2
        assert shown.count("30 antwoorden") == 2
        assert '<rect width="83" height="8"/>' in shown
        answer = await browser.ask("GET", f"{PATH}/opinions.csv?by=theme", expect=200)
        lines = list(csv.reader(io.StringIO(answer.text)))
        assert lines[0][3:9] == ["value", "group", "asked", "answered", "meeting_mean", "meeting_answers"]
        assert lines[3][3:9] == ["", "circle", "40", "31", "8.3", "30"]
        assert set(lines[1][5:]) == {""}

    async def test_show_in_how_many_cases_a_deadline_was_missed_and_why(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        services.answer(STATISTICS, told())
        shown = (await browser.ask("GET", PATH, expect=200)).text
        assert "Het plan van de kring uitschrijven</th>" in shown
        assert ">9 van 14</td>" in shown
        assert "Het was vakantie: 5<br>Wie het zou doen, was er niet: \N{EN DASH}</span>" in shown
        assert "Beslissen over een aanmelding</th>" in shown
        answer = await browser.ask("GET", f"{PATH}/late.csv", expect=200)
        lines = [line[2:] for line in csv.reader(io.StringIO(answer.text))]
        assert lines[:4] == [
            ["kind", "reason", "cases"],
            ["", "", "14"],
            ["written-plan", "", "9"],
            ["written-plan", "holidays", "5"],
        ]
        assert lines[-2:] == [["referral", "", ""], ["referral", "holidays", ""]]

    async def test_say_that_there_is_nothing_yet(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.DPO)
        services.answer(STATISTICS, told(periods=[]))
        shown = await browser.ask("GET", PATH, expect=200)
        assert "Er zijn nog te weinig zaken" in shown.text

    async def test_are_given_as_files_with_nothing_that_is_a_formula(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.ADMINISTRATOR)
        services.answer(STATISTICS, told())
        answer = await browser.ask("GET", f"{PATH}.csv?by=theme", expect=200)
        assert answer.headers["content-type"].startswith("text/csv")
        lines = list(csv.reader(io.StringIO(answer.text)))
        assert lines[0][:5] == ["first_quarter", "last_quarter", "by", "value", "referrals"]
        assert [line[3] for line in lines[1:]] == ["", "", "loneliness", "'=1+1"]
        assert [line[4:9] for line in lines[1:3]] == [["11", "4", "8", "6", ""], ["12", "4", "8", "6", ""]]
        newest = list(csv.DictReader(io.StringIO(answer.text)))[1]
        told_of = ("circle", "circle_cases", "acceptance_accepted", "acceptance_refused", "acceptance_none")
        assert [newest[name] for name in told_of] == ["10.5", "6", "4", "", "0"]
        assert set(lines[-1][4:]) == {""}
        found = await browser.ask("GET", f"{PATH}.json?by=theme", expect=200)
        assert found.json()["periods"][1]["total"]["started"] == 8

    @pytest.mark.parametrize("role", [Role.COORDINATOR, Role.REFERRER, Role.FINANCE])
    async def test_are_for_those_who_answer_for_the_organisation(
        self, browser: Browser, services: FakeServices, role: Role
    ) -> None:
        await browser.sign_in(role)
        for kind in ("", ".csv", ".json"):
            await browser.ask("GET", f"{PATH}{kind}", expect=403)
        assert services.of(STATISTICS) == []
