"""Unusual courses: no plan, no meeting, another day, plan B, a refused plan, and a circle that meets again."""

from collections.abc import Sequence
from typing import Literal

from deploy.demo.coordinator import Coordinator
from deploy.demo.person import Person
from deploy.demo.story import Story
from deploy.demo.things import Agreement, Attendance, Case, Judgement, Plan, PlanB, Referral, Referred, Venue
from shared.auth import Role
from shared.events import intake, network, plans, scheduling
from shared.events.base import CLOCK_EVENTS

VENUE = Venue("Buurthuis De Linde", "Lindeplein 3, 2898 Rupelmeer")


class Cast:
    """Who there is: for each case three people, and coordinators who take several."""

    def __init__(self, s: Story) -> None:
        ring = s.organisation("De Kring van de Dijle", kbo="0999900150", runs_conferences=True)
        clb = s.organisation("Leerlingencentrum Het Anker", kbo="0999901437")
        self.mandated = s.organisation("Steunpunt Jeugd De Zavel", kbo="0999902328")
        self.hanne = s.staff(
            "Hanne", "Maes", "hanne@ring.example", organisation=ring, roles=[Role.REGIONAL_MANAGER]
        )
        self.leen = s.staff("Leen", "Wouters", "leen@anker.example", organisation=clb, roles=[Role.REFERRER])
        self.ruben = s.staff(
            "Ruben", "Stevens", "ruben@zavel.example", organisation=self.mandated, roles=[Role.REFERRER]
        )
        self.coordinators = [
            s.coordinator(first, last, f"{first}@post.example".lower(), max_load=6)
            for first, last in (("Veerle", "Rombouts"), ("Stijn", "Aerts"), ("Malika", "Tahiri"))
        ]

        def people(family: str, first: str, age: int, *others: str) -> list[Person]:
            central = s.person(first, family, f"{first}.{family}@post.example".lower(), age=age)
            return [
                central,
                *(s.person(each, family, f"{each}.{family}@post.example".lower()) for each in others),
            ]

        self.peeters = people("Peeters", "Rita", 61, "Luc", "Tine")
        self.jacobs = people("Jacobs", "Omer", 74, "Nele", "Wim")
        self.claes = people("Claes", "Jana", 15, "Hilde", "Dirk")
        self.adams = people("Adams", "Milan", 17, "Sonja", "Bert")


async def story(s: Story) -> None:
    """What goes otherwise."""
    cast = Cast(s)
    await s.begins("monday", "09:00")
    await s.together(cast, no_plan_at_first, without_meeting, refused_plan, coming_of_age)


async def no_plan_at_first(s: Story, c: Cast) -> None:
    """Rita: twice another day, and no plan at first."""
    rita, luc, tine = c.peeters
    case = await rita.asks_for_conference(**asking("Wie helpt mij als ik straks niet meer kan rijden?"))
    coordinator = await prepared(s, c, case, rita, luc, tine)
    s.chapter("Twice another day")
    for number, day in ((1, 25), (2, 32)):
        await coordinator.schedules(case, s.hours(day, "14:00", "17:00"), VENUE)
        await s.days_pass(2)
        await coordinator.postpones(case, reason="key-person-ill")
        s.expect_that(await coordinator.sees_conference(case), {"number": number + 1, "state": "preparing"})
    s.expect_emails("conference-postponed", c.peeters, case, times=2, holds=["calendar-cancel"])
    await meets(s, case, coordinator, 39, c.peeters, outcome="no-plan")
    s.chapter("The circle meets once more")
    s.expect_that(await c.hanne.sees(case), {"state": "open", "coordinator": coordinator})
    await coordinator.prepares_again(case)
    await meets(s, case, coordinator, 60, c.peeters)
    s.expect_that(await coordinator.sees_conference(case), {"number": 4, "state": "held"})
    s.expect_events(
        {
            scheduling.PreparationStarted: 2,
            scheduling.ConferencePostponed: 2,
            scheduling.ConferenceHeld: 2,
        },
        case,
    )
    driving = Agreement("rijden", "Luc rijdt op donderdag met Rita naar de markt.", [luc], s.date(75))
    await coordinator.records_plan(case, driving, **plan("Rita komt buiten.", tine, s, 200))
    await coordinator.shares_plan(case)
    s.chapter("Another day for one agreement")
    await tine.changes_agreement(case, driving, due=s.date(82), why="Luc is nog op reis.")
    s.expect_emails("agreement-changed", [luc], case)
    await s.until_email("agreement-due", luc, within="60d")
    s.expect_that((await s.now()).date(), s.date(82))
    await luc.says_done(driving)
    await s.until_event(case, plans.CheckInDue, of="four-weeks", within="60d")
    await coordinator.checks_in(case, "four-weeks", "close")
    s.expect_that(await c.hanne.sees(case), {"state": "closed"})
    await s.expect_nothing_left(case)


async def without_meeting(s: Story, c: Cast) -> None:
    """Omer: a plan without a meeting."""
    omer, nele, wim = c.jacobs
    case = await omer.asks_for_conference(**asking("Hoe kan ik thuis blijven wonen?"))
    coordinator = await prepared(s, c, case, omer, nele, wim)
    s.chapter("Two who are not to meet")
    s.expect_that(await nele.sees_circle(), {"Omer", "Wim"})
    await coordinator.keeps_apart(case, nele, wim, reason="De vrederechter besliste het.")
    s.expect_that(await nele.sees_circle(), {"Omer"})
    afternoon = s.hours(26, "14:00", "17:00")
    await coordinator.opens_poll(case, afternoon)
    for each in c.jacobs:
        await each.answers_poll(yes=[afternoon])
    # Everybody can come, but two of them must not meet.
    s.expect_that(await coordinator.sees_poll(case), {"best": None, "answers": {afternoon: (3, 0, 0)}})
    await s.until(20, "10:00")
    s.chapter("At his kitchen table")
    soup = Agreement("soep", "Nele brengt op zondag soep voor de hele week.", [nele], s.date(40))
    about = plan("Omer blijft thuis wonen.", wim, s, 150)
    about["plan_b"] = [PlanB("Nele kan niet koken.", "Wim eet op zondag bij Omer.", wim)]
    await coordinator.records_plan(case, soup, without_meeting=True, **about)
    s.expect_events(
        {plans.PlanRecorded: 1, scheduling.ConferenceCancelled: 1, scheduling.ConferenceHeld: 0}, case
    )
    await coordinator.shares_plan(case)
    await s.days_pass(2)
    s.chapter("Plan B")
    await omer.invokes_plan_b(case, 1, instead_of=soup, why="Nele brak haar arm.")
    s.expect_events({plans.PlanBInvoked: 1}, case)
    s.expect_emails("plan-b", [wim], case)
    s.expect_emails("agreement-changed", [nele], case)
    s.expect_that((await omer.sees_agreements(case))[soup.id], "suspended")
    await s.until_event(case, plans.CheckInDue, of="four-weeks", within="60d")
    # Nobody is reminded of an agreement that is suspended.
    s.expect_emails("agreement-near", [wim], case)
    await coordinator.checks_in(case, "four-weeks", "close")
    s.expect_that(await c.hanne.sees(case), {"state": "closed"})
    s.expect_emails("conference-scheduled", [], case)
    await s.expect_nothing_left(case)


async def refused_plan(s: Story, c: Cast) -> None:
    """Jana: a bottom line comes late, and her plan is accepted at the third try."""
    jana, hilde, dirk = c.claes
    case = await c.leen.refers(
        Referred(jana, "zij zelf"),
        Referred(hilde, "moeder", role="representative", side="maternal", parental_authority=True),
        question="Hoe kan Jana veilig thuis wonen?",
        themes=["out-of-home-placement"],
        languages=["nl"],
        mandated=c.mandated,
        bottom_lines=["Jana gaat elke dag naar school."],
    )
    coordinator = await prepared(s, c, case, jana, hilde, dirk, referred=2)
    await coordinator.sees_to(case, "bottom-lines-shared")
    await s.days_pass(1)
    s.chapter("A bottom line is told late")
    await c.ruben.adds_bottom_line(case, "Jana slaapt geen nacht alleen thuis.")
    await s.until_event(case, CLOCK_EVENTS["scheduling", "warned"], of="late-news")
    s.expect_that(await coordinator.sees_late_news(case), {"bottom-lines-shared": "open"})
    await coordinator.informs_again(case)
    s.expect_that(await coordinator.sees_late_news(case), {"bottom-lines-shared": "informing"})
    await coordinator.sees_to(case, "bottom-lines-shared")
    s.expect_that(await coordinator.sees_late_news(case), {"bottom-lines-shared": "told"})
    await meets(s, case, coordinator, 26, c.claes)
    school = Agreement("school", "Dirk brengt Jana elke morgen naar school.", [dirk], s.date(60))
    about = plan("Jana woont thuis.", dirk, s, 170)
    await coordinator.records_plan(case, school, **about)
    await s.days_pass(1)
    s.chapter("The plan is not accepted")
    nights = "Wie er is wanneer Hilde nachtdienst heeft, staat er niet in."
    judged = await c.ruben.accepts_plan(
        case, Judgement(False, "Alleen de weg ernaartoe."), Judgement(False, nights)
    )
    s.expect_that(judged, "refused")
    s.expect_emails("plan-not-accepted", [coordinator], case)
    why = "Ruben vroeg wie er 's nachts is."
    stay = Agreement("blijven", "Jana blijft elke schooldag tot het einde op school.", [jana], s.date(60))
    await coordinator.changes_plan(case, school, stay, why=why, asked_by=hilde, **about)
    judged = await c.ruben.accepts_plan(case, Judgement(True), Judgement(False, nights))
    s.expect_that(judged, "partly-accepted")
    s.chapter("Nobody changes it in time")
    await s.until_event(case, CLOCK_EVENTS["plans", "breached"], of="plan-amendment")
    aunt = Agreement("nacht", "Dirk slaapt bij Jana wanneer Hilde nachtdienst heeft.", [dirk], s.date(65))
    await coordinator.changes_plan(case, school, stay, aunt, why=why, asked_by=hilde, **about)
    s.expect_that(await c.ruben.accepts_plan(case, Judgement(True), Judgement(True)), "accepted")
    s.expect_events(
        {plans.PlanRecorded: 3, plans.PlanAccepted: 1, plans.PlanRefused: 1, plans.PlanPartlyAccepted: 1},
        case,
    )
    await coordinator.checks_in(case, "four-weeks", "close")
    await s.expect_nothing_left(case)


async def coming_of_age(s: Story, c: Cast) -> None:
    """Milan: eighteen in the year, and a second meeting with another coordinator."""
    milan, sonja, bert = c.adams
    case = await c.leen.refers(
        Referred(milan, "hij zelf"),
        Referred(sonja, "moeder", role="representative", side="maternal", parental_authority=True),
        **asking("Waar gaat Milan wonen wanneer hij achttien is?", themes=["independent-living"]),
    )
    coordinator = await prepared(s, c, case, milan, sonja, bert, referred=2)
    await meets(s, case, coordinator, 28, c.adams)
    room = Agreement("kot", "Bert zoekt met Milan een kamer.", [bert], s.date(70))
    await coordinator.records_plan(case, room, **plan("Milan woont alleen, en niet eenzaam.", bert, s, 365))
    await coordinator.shares_plan(case)
    await s.until_event(case, plans.CheckInDue, of="four-weeks", within="60d")
    await coordinator.checks_in(case, "four-weeks")
    await coordinator.calls_referrer(case, "as-agreed")
    s.expect_that(await c.hanne.sees(case), {"state": "open", "coordinator": None})
    await bert.says_done(room)
    await s.until_event(case, network.PersonCameOfAge, within="300d")
    s.chapter("A circle that meets again")
    s.expect_emails("consent-asked", [milan], case, holds=["link"])
    await milan.asks_for_review(case)
    await s.days_pass(1)
    await milan.answers_review(case, "another-coordinator")
    await sonja.answers_review(case, "meet")
    await c.hanne.decides_to_meet(case, "review", another_coordinator=True)
    other = await found(s, c, case, but=coordinator)
    s.expect_events({scheduling.PreparationStarted: 2, intake.CoordinatorAssigned: 2}, case)
    await other.contacts(case, milan, channel="visit", purpose="first-contact")
    day = (await s.now() - s.start).days + 20
    await meets(s, case, other, day, c.adams)
    s.expect_that(await other.sees_conference(case), {"number": 2, "state": "held"})
    meals = Agreement("eten", "Milan eet op zondag bij Sonja.", [sonja], s.date(day + 30))
    about = plan("Milan woont alleen en komt op zondag thuis.", bert, s, day + 180)
    await other.changes_plan(case, meals, why="Milan woont nu alleen.", asked_by=milan, **about)
    await s.days_pass(29)
    await other.checks_in(case, "four-weeks", "close")
    s.expect_that(await c.hanne.sees(case), {"state": "closed"})
    s.expect_that(await coordinator.reads(case, "persons"), "refused")
    await s.expect_nothing_left(case)


def asking(question: str, *, themes: Sequence[str] = ("independent-living",)) -> Referral:
    """Return the content of a referral."""
    return Referral(question=question, themes=themes, languages=["nl"])


def plan(goal: str, monitor: Person, s: Story, review: int) -> Plan:
    """Return the content of a plan besides its agreements."""
    return Plan(goals=[goal], monitor=monitor, review=s.date(review))


async def found(s: Story, c: Cast, case: Case, *, but: Coordinator | None = None) -> Coordinator:
    """Let the first coordinator who is asked accept the case."""
    await s.hours_pass(2)
    asked = await c.hanne.sees_asked(case)
    first = next(each for each in c.coordinators if each.id in asked and each is not but)
    await first.accepts_offer(case)
    s.expect_that(await c.hanne.sees(case), {"state": "open", "coordinator": first})
    return first


async def prepared(
    s: Story, c: Cast, case: Case, central: Person, *others: Person, referred: int = 1
) -> Coordinator:
    """Bring a case to a ready circle; the first `referred` people of it were named in the referral."""
    await s.hours_pass(3)
    await c.hanne.accepts(case)
    coordinator = await found(s, c, case)
    await coordinator.contacts(case, central, channel="visit", purpose="first-contact")
    await coordinator.records_baseline(case, "Hoe gaan wij samen verder?")
    for each in others[referred - 1 :]:
        await coordinator.adds(case, each, "familie", proposed_by=central)
    await coordinator.contacts(case, *others, channel="phone", purpose="explanation")
    await coordinator.invites_all(case)
    await s.days_pass(1)
    for each in others:
        await each.answers_invitation("yes")
    await coordinator.declares_circle_ready(case, central)
    return coordinator


async def meets(
    s: Story,
    case: Case,
    coordinator: Coordinator,
    day: int,
    people: Sequence[Person],
    *,
    outcome: Literal["plan", "no-plan"] = "plan",
) -> None:
    """Set a date that was agreed by telephone, and hold the conference on it."""
    await coordinator.schedules(case, s.hours(day, "14:00", "17:00"), VENUE)
    await s.until(day, "18:00")
    await coordinator.holds_conference(
        case,
        *(Attendance(each) for each in people),
        information=s.hours(day, "14:00", "14:45"),
        private=s.hours(day, "14:45", "16:15"),
        presentation=s.hours(day, "16:15", "17:00"),
        outcome=outcome,
    )
