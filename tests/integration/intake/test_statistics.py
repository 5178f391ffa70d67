"""What is counted of cases: by events in any order, beyond erasure, and told of nobody."""

from datetime import date, datetime, timedelta
from itertools import permutations, product
from typing import Any
from uuid import UUID

import pytest

from services.intake.operations.statistics import language_code
from services.intake.queries.statistics import counted
from shared.auth import Role
from shared.events import intake, network, plans, scheduling
from shared.events.base import CLOCK_EVENTS
from shared.ids import uuid7
from tests.support.world import Case, Headers
from tests.support.world.intake import Intake

COUNTED = (
    *("intake.referral.received.v1", "intake.referral.accepted.v1", "intake.referral.declined.v1"),
    *("intake.referral.withdrawn.v1", "intake.case.opened.v1", "intake.coordinator.assigned.v1"),
)


async def fact(world: Intake, case: Case) -> Any:
    """Return what is counted of a case."""
    [row] = await world.rows("SELECT * FROM case_fact WHERE case_id = :case", case=case.id)
    return row


def survey_of(case: Case, **groups: tuple[int, int, int]) -> network.SurveyClosed:
    """A survey closed: of each group, how many were asked, how many answered, and the sum of their scores."""
    return network.SurveyClosed(
        case_id=case.id,
        survey_id=uuid7(),
        groups=tuple(
            network.GroupScores(
                group=group,
                asked=asked,
                answered=answered,
                meeting=network.ScoreSum(answers=answered, total=total),
                plan=network.ScoreSum(answers=0, total=0),
                coordinator=network.ScoreSum(answers=answered, total=total),
            )
            for group in network.SURVEY_GROUPS
            for asked, answered, total in (groups.get(group, (0, 0, 0)),)
        ),
    )


def events_of(case: Case) -> list[Any]:
    """Return what other services say of a case in its life."""
    plan, person = uuid7(), uuid7()
    member = network.CircleMember(person_id=person, role="central")
    return [
        network.PersonAdded(case_id=case.id, person_id=person, role="circle", widened=True),
        network.CircleReady(case_id=case.id, members=(member, member)),
        scheduling.ConferenceCancelled(
            case_id=case.id, conference_id=uuid7(), conference_no=1, preparation_no=1, reason="family-wish"
        ),
        scheduling.ConferenceHeld(
            case_id=case.id, conference_id=uuid7(), conference_no=2, preparation_no=1,
            held_on=date(2026, 4, 11), outcome="plan", invited=9, attended=7, children=1,
            children_remote=1, children_views=0, remote=1, private_minutes=95, incident=False,
            by_group=(
                scheduling.Turnout(group="maternal", invited=4, attended=3),
                scheduling.Turnout(group="paternal", invited=2, attended=0),
                scheduling.Turnout(group="interpreter", invited=1, attended=1),
            ),
        ),
        plans.PlanRecorded(
            case_id=case.id, plan_id=plan, version=1, conference_id=uuid7(), agreement_ids=(uuid7(), uuid7()),
            review_on=date(2026, 7, 1), needs_acceptance=True, by_professionals=1,
        ),
        plans.PlanPartlyAccepted(case_id=case.id, plan_id=plan, version=1, refused=(uuid7(),)),
        plans.PlanAccepted(case_id=case.id, plan_id=plan, version=2),
        plans.AgreementProgressed(case_id=case.id, agreement_id=uuid7(), progress="help"),
        plans.AgreementProgressed(case_id=case.id, agreement_id=uuid7(), progress="not-yet"),
        plans.AgreementProgressed(case_id=case.id, agreement_id=uuid7(), progress="nearly", before="not-yet"),
        plans.AgreementDone(case_id=case.id, agreement_id=uuid7(), before="nearly"),
        plans.AgreementLapsed(case_id=case.id, agreement_id=uuid7()),
        network.ContactMade(case_id=case.id, person_id=person, channel="visit", purpose="first-contact"),
        plans.CheckInRecorded(
            case_id=case.id, check_in_id=uuid7(), kind="four-weeks", decision="adjust", task_goes_on=True,
            incident=True,
        ),
        plans.ReferrerCalled(case_id=case.id, plan_id=plan, going="partly", new_needs=False),
        survey_of(case, circle=(4, 3, 24), child=(1, 1, 8)),
    ]  # fmt: skip


async def counted_case(world: Intake) -> Case:
    """Return a case that has started, as far as it is counted."""
    coordinator = await world.enter_coordinator(region="antwerpen")
    case = await world.open_case()
    await world.accept(await world.offer_next(case), coordinator)
    outcomes = await world.deliver_published(*COUNTED)
    assert set(outcomes) == {"handled"}
    return case


class TestCounting:
    @pytest.mark.parametrize("backwards", [False, True])
    async def test_comes_to_the_same_in_any_order_and_each_once(self, world: Intake, backwards: bool) -> None:
        case = await counted_case(world)
        told = events_of(case)
        for event in reversed(told) if backwards else told:
            event_id = uuid7()
            outcomes = [await world.handle(event, event_id=event_id) for _ in range(2)]
            assert outcomes == ["handled", "duplicate"]
        row = await fact(world, case)
        assert (row.region, row.age_band, row.track, row.minors) == ("antwerpen", "12-17", "normal", True)
        amounts = row.amounts
        assert {name: amounts[name] for name in ("widened", "circle", "cancelled", "conferences")} == {
            "widened": 1, "circle": 2, "cancelled": 1, "conferences": 1,
        }  # fmt: skip
        assert [amounts[name] for name in ("invited", "came", "agreements", "agreements_done")] == [
            9,
            7,
            2,
            1,
        ]
        assert (amounts["central_persons"], amounts["agreements_lapsed"], amounts["check_ins"]) == (1, 1, 1)
        turnout = [(f"invited_{side}", f"came_{side}") for side in ("maternal", "paternal")]
        assert [[amounts[name] for name in each] for each in turnout] == [[4, 3], [2, 0]]
        assert (amounts["private_minutes"], amounts["children"], amounts["remote"]) == (95, 1, 1)
        assert (amounts["agreements_by_network"], amounts["agreements_by_professionals"]) == (1, 1)
        # What was said in the place of something else takes that away, whichever comes first.
        assert [amounts[name] for name in ("said_nearly", "said_not_yet", "said_changed", "said_help")] == [
            0, 0, 0, 1,
        ]  # fmt: skip
        assert {name: code for name, (_rank, code) in row.codes.items()} == {
            "acceptance": "accepted",
            "language": "nl",
            # At the check, not at the conference.
            "incident": "yes",
            "first_meeting": "plan",
            "after_four_weeks": "adjust",
            "referrer_says": "partly",
        }
        assert row.conference_held == date(2026, 4, 1)
        groups = {each.voice_group: each for each in await world.rows("SELECT * FROM survey_fact")}
        assert (groups["circle"].asked, groups["circle"].answered, groups["circle"].meeting_total) == (
            4,
            3,
            24,
        )
        assert all(each.closed.day == 1 for each in groups.values())
        assert all(
            value.day == 1
            for value in (row.referred, row.started, row.conference_held, row.plan_from_conference)
        )

    async def test_begins_also_with_an_event_that_overtook_the_referral(self, world: Intake) -> None:
        case = await world.open_case()
        assert await world.handle(events_of(case)[3]) == "handled"
        assert (await fact(world, case)).amounts["conferences"] == 1
        await world.deliver_published(*COUNTED)
        assert len(await world.rows("SELECT 1 FROM case_fact")) == 1

    async def test_holds_that_a_referral_did_not_start(self, world: Intake) -> None:
        declined = await world.refer()
        body = {"reason": "no-consent"}
        await world.do("POST", f"/v1/referrals/{declined}/decline", world.manager(), json=body)
        await world.deliver_published(*COUNTED)
        [row] = await world.rows("SELECT not_started, started FROM case_fact")
        assert (row.not_started, row.started) == (body["reason"], None)

    async def test_knows_no_case_that_is_not_here(self, world: Intake) -> None:
        stranger = Case(tenant=world.tenant)
        assert await world.handle(events_of(stranger)[3], case=stranger) == "handled"
        assert await world.rows("SELECT 1 FROM case_fact") == []


class TestErasure:
    async def test_leaves_numbers_that_lead_nowhere_and_a_late_event_changes_nothing(
        self, world: Intake
    ) -> None:
        case = await counted_case(world)
        told = events_of(case)
        for event in told[:4]:
            await world.handle(event)
        body = {"reason": "family-withdrew"}
        await world.do("POST", f"/v1/cases/{case.id}/withdraw", world.manager(), json=body)
        officer = world.officer()
        await world.do("POST", f"/v1/cases/{case.id}/erase", officer, json={"reason": "asked"})
        erased = intake.CaseErased(case_id=case.id)
        assert await world.handle(erased, sequence=1000) == "handled"
        before = [tuple(row) for row in await world.rows("SELECT * FROM case_fact")]
        assert len(before) == 1
        values = {str(value) for value in before[0] if isinstance(value, UUID)} - {str(world.tenant)}
        [own] = values
        for table in ("case", "referral", "referral_person", "assignment", "offer"):
            [dump] = await world.rows(f"SELECT coalesce(json_agg(t)::text, '') AS text FROM \"{table}\" AS t")
            assert own not in dump.text
        assert str(case.id) not in str(before)
        for event in told:
            assert await world.handle(event, sequence=1001) == "case-erased"
        await world.deliver_published(*COUNTED)
        assert [tuple(row) for row in await world.rows("SELECT * FROM case_fact")] == before


async def told(world: Intake, who: Headers | None = None, **query: str) -> Any:
    """Return what statistics tell."""
    return await world.do("GET", "/v1/statistics", who or world.manager(), params=query)


async def twelve_cases(world: Intake) -> None:
    """Refer eleven cases on the normal track and a single urgent one, in one quarter."""
    for number in range(12):
        await world.refer(track="urgent" if number == 7 else "normal")
    await world.deliver_published(*COUNTED)


class TestOpinions:
    async def test_are_told_by_group_once_enough_cases_have_some(self, world: Intake) -> None:
        cases = []
        for number in range(12):
            referral = await world.refer(track="urgent" if number < 6 else "normal")
            cases.append(await world.open_case(referral))
        await world.deliver_published(*COUNTED)
        for number, case in enumerate(cases):
            # In one case alone a child answered; the plan nobody scored.
            groups = {"circle": (3, 2, 16), "professional": (1, 0, 0)}
            event = survey_of(case, **groups, **({"child": (1, 1, 2)} if number == 3 else {}))
            assert await world.handle(event) == "handled"
        assert (await told(world))["surveys"] == []
        world.later(days=100)
        [period] = (await told(world, by="track"))["surveys"]
        circle, child = period["total"]["circle"], period["total"]["child"]
        assert (circle["asked"], circle["answered"]) == (36, 24)
        assert circle["meeting"] == {"answers": 24, "mean": 8.0}
        assert circle["plan"] == {"answers": None, "mean": None}
        untold = {"answers": None, "mean": None}
        scores = {"meeting": untold, "plan": untold, "coordinator": untold}
        assert child == {"asked": None, "answered": None, **scores}
        assert (period["total"]["professional"]["asked"], period["total"]["professional"]["answered"]) == (
            12, None,
        )  # fmt: skip
        rows = {row["value"]: row["circle"]["answered"] for row in period["rows"]}
        assert rows == {"normal": 12, "urgent": 12}

    async def test_of_a_few_cases_are_hidden_with_those_that_would_give_them_away(
        self, world: Intake
    ) -> None:
        for number in range(12):
            case = await world.open_case(await world.refer(track="urgent" if number == 7 else "normal"))
            await world.deliver_published(*COUNTED)
            await world.handle(survey_of(case, circle=(1, 1, 2 if number == 7 else 9)))
        world.later(days=100)
        [period] = (await told(world, by="track"))["surveys"]
        assert period["total"]["circle"]["answered"] == 12
        assert [row["circle"]["answered"] for row in period["rows"]] == [None, None]


def missed(case: Case, now: datetime, kind: str = "written-plan", **more: Any) -> Any:
    """A clock of plans about a case was breached, or `explained` with a reason."""
    what = "explained" if "late_reason" in more else "breached"
    given = {
        "clock_id": uuid7(),
        "subject": uuid7(),
        "case_id": case.id,
        "kind": kind,
        "owner": "coordinator",
    }
    times = {"due_at": now, "breached_at": now}
    return CLOCK_EVENTS["plans", what].model_validate({**given, **times, "policy_version": 1, **more})


class TestLate:
    async def test_is_counted_once_with_its_last_reason_in_whatever_order_and_number(
        self, world: Intake
    ) -> None:
        case, now = await counted_case(world), await world.now()
        for order in permutations(range(3)):
            breached = missed(case, now)
            same = {"clock_id": breached.clock_id}
            told = [
                breached,
                *(missed(case, now, late_reason=reason, **same) for reason in ("away", "holidays")),
            ]
            for number in (*order, order[0]):
                await world.handle(told[number], sequence=100 + number)
            rows = await world.rows("SELECT * FROM late_fact WHERE clock_id = :clock_id", **same)
            assert [(row.kind, row.reason, row.missed) for row in rows] == [
                ("written-plan", "holidays", now.date().replace(day=1))
            ]

    async def test_is_not_counted_of_what_is_nobodys_turn_or_of_no_case(self, world: Intake) -> None:
        case, now = await counted_case(world), await world.now()
        for event in (missed(case, now, turn="never"), missed(case, now, case_id=None)):
            assert await world.handle(event) == "handled"
        assert await world.rows("SELECT 1 FROM late_fact") == []

    async def test_of_an_erased_case_leads_back_to_nothing(self, world: Intake) -> None:
        case, now = await counted_case(world), await world.now()
        event = missed(case, now)
        await world.handle(event)
        await world.do("POST", f"/v1/cases/{case.id}/close", world.manager(), json={"outcome": "followed-up"})
        await world.handle(intake.CaseErased(case_id=case.id), sequence=1000)
        [row] = await world.rows("SELECT clock_id FROM late_fact")
        assert row.clock_id is None
        again = missed(case, now, clock_id=event.clock_id, late_reason="away")
        assert await world.handle(again, sequence=1001) == "case-erased"

    async def test_is_told_by_kind_and_reason_of_groups_alone(self, world: Intake) -> None:
        cases = [await world.open_case(await world.refer()) for _ in range(16)]
        await world.deliver_published(*COUNTED)
        now = await world.now()
        kept: list[Any] = []
        for number, case in enumerate(cases):
            reason = "holidays" if number < 8 else "away" if number < 15 else "other"
            # The last one that was given counts, whichever deadline was missed last.
            kept.append(missed(case, now, late_reason="too-much-work"))
            kept.append(missed(case, now - timedelta(days=40), late_reason=reason))
        kept += [missed(case, now, "referral-call") for case in cases[:2]]
        for event in kept:
            assert await world.handle(event) == "handled"
        assert (await told(world))["late"] == []
        world.later(days=100)
        before = (await told(world))["late"]
        [period] = before
        kinds = {each["kind"]: each for each in period["kinds"]}
        # Each case once, however often; two are too few to be told of.
        assert (period["cases"], kinds["written-plan"]["cases"], kinds["referral-call"]["cases"]) == (
            16,
            16,
            None,
        )
        told_of = {each["reason"]: each["cases"] for each in kinds["written-plan"]["reasons"]}
        # The single other one is hidden with the smallest of the large ones, or it would follow by subtraction.
        assert (told_of["holidays"], told_of["away"], told_of["other"]) == (8, None, None)
        assert {each["cases"] for each in kinds["referral-call"]["reasons"]} == {None}
        # A reason that comes after the quarter changes nothing that was told.
        late = missed(cases[0], now, clock_id=kept[0].clock_id, late_reason="unreachable")
        assert await world.handle(late, sequence=10_000) == "handled"
        assert (await told(world))["late"] == before
        later = await world.do("GET", "/v1/statistics?from=2027-Q1", world.manager())
        assert later["late"] == []


class TestTelling:
    async def test_waits_for_the_end_of_a_quarter_with_enough_referrals(self, world: Intake) -> None:
        await twelve_cases(world)
        assert (await told(world))["periods"] == []
        world.later(days=60)
        [period] = (await told(world))["periods"]
        assert period["first_quarter"] == "2026-Q1"
        assert (period["total"]["referrals"], period["total"]["started"]) == (12, 0)

    async def test_counts_a_plan_without_a_meeting_apart_and_as_no_failure(self, world: Intake) -> None:
        cases = [await world.open_case(await world.refer()) for _ in range(12)]
        await world.deliver_published(*COUNTED)
        for number, case in enumerate(cases):
            for event in events_of(case) if number < 6 else [case.planned(conference=None)]:
                assert await world.handle(event) == "handled"
        world.later(days=200)
        [period] = (await told(world))["periods"]
        counted = ("started", "conference_held", "plan_from_conference", "plan_without_meeting")
        assert [period["total"][each] for each in counted] == [12, 6, 6, 6]

    async def test_stays_as_it_was_when_the_quarter_began(self, world: Intake) -> None:
        cases = [await world.open_case(await world.refer()) for _ in range(12)]
        await world.deliver_published(*COUNTED)
        for case in cases:
            for event in events_of(case):
                assert await world.handle(event) == "handled"
        world.later(days=200)
        before = await told(world)
        [period] = before["periods"]
        assert period["total"]["averages"]["agreements_done"] == {"mean": 1.0, "cases": 12}
        assert period["total"]["shares"]["acceptance"]["cases"]["accepted"] == 12
        plan = uuid7()
        for event in (
            plans.AgreementDone(case_id=cases[0].id, agreement_id=uuid7()),
            plans.PlanRefused(case_id=cases[0].id, plan_id=plan, version=3),
        ):
            assert await world.handle(event) == "handled"
        row = await fact(world, cases[0])
        assert (row.amounts["agreements_done"], row.codes["acceptance"]) == (2, [3, "refused"])
        assert await told(world) == before
        world.later(days=92)
        [period] = (await told(world))["periods"]
        assert period["total"]["averages"]["agreements_done"] == {"mean": 1.1, "cases": 12}
        # A single case refused: the others are hidden with it.
        acceptance = period["total"]["shares"]["acceptance"]
        assert (acceptance["of"], acceptance["cases"]["accepted"]) == (12, None)

    async def test_tells_shares_out_of_the_cases_of_their_measure_for_each_row(self, world: Intake) -> None:
        for number in range(30):
            case = await world.open_case(await world.refer(track="urgent" if number % 2 else "normal"))
            await world.deliver_published(*COUNTED)
            going: Any = "as-agreed" if number < 10 else "partly"
            for event in events_of(case)[:5] if number < 20 else []:
                assert await world.handle(event) == "handled"
            if number < 10:
                assert await world.handle(missed(case, await world.now())) == "handled"
            if number < 20:
                said = plans.ReferrerCalled(case_id=case.id, plan_id=uuid7(), going=going, new_needs=False)
                assert await world.handle(said) == "handled"
        world.later(days=200)
        [period] = (await told(world, by="track"))["periods"]
        told_of = [period["total"]["shares"]["referrer_says"], period["rows"][0]["shares"]["referrer_says"]]
        assert [share["of"] for share in told_of] == [20, 10]
        told_codes = [[share["cases"][code] for code in ("as-agreed", "partly", "not")] for share in told_of]
        assert told_codes == [[10, 10, 0], [5, 5, 0]]
        total, row = period["total"], period["rows"][0]
        assert total["averages"]["came_maternal"] == {"mean": 3.0, "cases": 20}
        assert row["averages"]["private_minutes"] == {"mean": 95.0, "cases": 10}
        # One that no event told of is known of none.
        assert total["averages"]["came_advocate"] == {"mean": None, "cases": 0}
        assert total["shares"]["sides"]["cases"] == {"both": 0, "one": 20, "neither": 0, "none": 0}
        assert total["shares"]["children_part"]["cases"]["remote"] == 20
        assert row["shares"]["language"]["cases"]["nl"] == row["referrals"] == 15
        assert (total["shares"]["late"], row["shares"]["late"]) == (
            {"of": 30, "cases": {"yes": 10, "no": 20}},
            {"of": 15, "cases": {"yes": 5, "no": 10}},
        )
        assert row["shares"]["with_interpreter"] == {"of": 10, "cases": {"yes": 10, "no": 0, "none": 0}}

    @pytest.mark.parametrize(
        ("told", "nearest"),
        [
            ({"children": 2, "children_remote": 1, "children_views": 1}, "in-person"),
            ({"children": 1, "children_remote": 1, "children_views": 1}, "remote"),
            ({"children": 0, "children_remote": 0, "children_views": 1}, "views"),
            ({"children": 0, "children_remote": 0, "children_views": 0}, "not"),
            ({"children": None, "children_remote": None, "children_views": None}, "none"),
        ],
    )
    async def test_counts_the_nearest_way_in_which_any_child_took_part(
        self, world: Intake, told: dict[str, int | None], nearest: str
    ) -> None:
        case = await counted_case(world)
        held = next(each for each in events_of(case) if isinstance(each, scheduling.ConferenceHeld))
        assert await world.handle(held.model_copy(update=told)) == "handled"
        later = date(2027, 1, 1)
        assert counted(await fact(world, case), later).codes["children_part"] == nearest

    @pytest.mark.parametrize(
        ("spoken", "code"), [({"tr"}, "tr"), ({"ber"}, "other"), (set(), "other"), ({"nl", "tr"}, "several")]
    )
    def test_counts_the_language_of_the_people_whom_it_is_about(self, spoken: set[str], code: str) -> None:
        assert language_code(spoken) == code

    async def test_shows_a_group_of_one_through_no_combination_of_filters(self, world: Intake) -> None:
        await twelve_cases(world)
        world.later(days=200)
        periods = [None, *(f"{year}-Q{n}" for year in (2025, 2026) for n in (1, 2, 3, 4))]
        for by in ("none", "track", "theme", "region", "referrer", "age"):
            for first, last in product(periods, repeat=2):
                query = {key: value for key, value in (("from", first), ("to", last)) if value is not None}
                answer = await world.ask("GET", "/v1/statistics", world.manager(), params=query | {"by": by})
                if answer.status_code == 422:
                    continue
                for period in answer.json()["periods"]:
                    for row in (period["total"], *period["rows"]):
                        averages, shares, said = (row.pop(each) for each in ("averages", "shares", "said"))
                        numbers = {n for name, n in row.items() if name != "value"}
                        numbers |= {each["cases"] for each in averages.values()}
                        numbers |= {n for share in shares.values() for n in share["cases"].values()}
                        assert numbers <= {None, 0, 12}, (by, row)
                        assert set(said.values()) == {None}

    async def test_is_for_those_who_answer_for_the_organisation(self, world: Intake) -> None:
        await twelve_cases(world)
        world.later(days=60)
        for role in (Role.ADMINISTRATOR, Role.DPO):
            assert len((await told(world, world.staff(uuid7(), world.tenant, role)))["periods"]) == 1
        elsewhere = uuid7()
        stranger = world.stranger(Role.DPO)
        assert (await told(world, stranger))["periods"] == []
        outsider = world.staff(uuid7(), elsewhere, Role.DPO)
        assert (await world.refused("GET", "/v1/statistics", outsider))[0] == 403

    @pytest.mark.parametrize(
        "query",
        [
            {"from": "2026-01-01"},
            {"from": "2026-Q5"},
            {"from": "2026-Q2", "to": "2026-Q1"},
            {"to": "0000-Q0"},
            {"by": "name"},
            {"by": "acceptance"},
            {"from": "2026-Q1\n"},
        ],
    )
    async def test_refuses_other_than_whole_quarters(self, world: Intake, query: dict[str, str]) -> None:
        await world.ask("GET", "/v1/statistics", world.manager(), params=query, expect=422)

    @pytest.mark.parametrize("smallest", [2, 1, 0, -5, 101, "3"])
    async def test_the_smallest_group_is_at_least_three(self, world: Intake, smallest: Any) -> None:
        body = {"statistics_smallest_group": smallest}
        await world.set_policy(world.manager(), body, expect=422)
