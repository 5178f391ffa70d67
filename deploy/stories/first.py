"""The whole road once: a boy and his mother, a woman who refers herself, and a training. Everyone in it is made up."""

from deploy.demo.story import Story
from deploy.demo.things import Agreement, Attendance, Case, Judgement, PlanB, Referred, Venue, Wishes
from deploy.stories.own_request import second_case
from deploy.stories.people import Cast
from deploy.stories.training import training_session
from shared.events import intake, network, plans, scheduling


async def story(s: Story) -> None:
    """The whole road once."""
    cast = Cast(s)
    await s.begins("monday", "09:00")
    await s.together(cast, first_case, second_case, training_session)


async def first_case(s: Story, c: Cast) -> None:
    """Ilyas and his mother."""
    s.chapter("A question")
    case = await c.leen.refers(
        Referred(c.ilyas, "hij zelf"),
        Referred(c.samira, "moeder", role="representative", side="maternal", parental_authority=True),
        themes=["school-drop-out", "out-of-home-placement"],
        question="Hoe kan ik thuis blijven wonen en toch weer naar school gaan, zonder dat iedereen altijd boos is?",
        summary="Ilyas gaat sinds de herfst bijna niet meer naar school. Thuis lopen de ruzies hoog op. Een verblijf "
        "elders wordt overwogen.",
        languages=["nl", "ar"],
        wishes=Wishes(["nl", "ar"], gender="female", culture="maghreb"),
        mandated=c.mandaat,
        bottom_lines=[
            "Ilyas is ten laatste na de krokusvakantie weer elke schooldag op school.",
            "Ilyas slaapt elke nacht op een adres dat zijn moeder en de consulent kennen.",
        ],
        resources="Twintig uur huiswerkbegeleiding en een vergaderzaal kunnen worden betaald.",
    )
    s.expect_events({intake.ReferralReceived: 1}, case)
    s.expect_emails("referral-received", [c.leen], case)
    await find_coordinator(s, c, case)
    await s.days_pass(2)
    await widen_circle(s, c, case)
    await hold_conference(s, c, case)
    await make_plan(s, c, case)


async def find_coordinator(s: Story, c: Cast, case: Case) -> None:
    """Three are asked, one after the other; the one who would fit best is not independent."""
    await s.until(1, "10:00")
    s.chapter("An independent coordinator")
    await c.hanne.accepts(case)
    await s.hours_pass(3)
    await c.malika.declines_offer(case, reason="no-time")
    await s.until_email("offer-made", c.hafida)
    await s.until_event(case, intake.OfferExpired)
    await s.hours_pass(4)
    await c.stijn.accepts_offer(case)
    s.expect_that(await c.hanne.sees(case), {"state": "open", "coordinator": c.stijn})
    s.expect_events(
        {
            intake.CaseOpened: 1,
            intake.OfferMade: 3,
            intake.OfferAnswered: 2,
            intake.OfferExpired: 1,
            intake.CoordinatorAssigned: 1,
            scheduling.PreparationStarted: 1,
        },
        case,
    )
    s.expect_emails("offer-made", [c.malika, c.hafida, c.stijn], case)
    s.expect_emails("offer-made", [c.zohra], times=0)
    s.expect_emails("offer-reminder", [c.hafida], case)
    s.expect_emails("coordinator-assigned", [c.leen], case)
    s.expect_workflows(
        case,
        ended={"CoordinatorAssignment": 1},
        running={"ConferencePreparation": 1, "ComingOfAge": 1},
    )
    s.expect_that(await c.malika.reads(case, "persons"), "refused")
    s.expect_that(await c.leen.reads(case, "persons"), "refused")


async def widen_circle(s: Story, c: Cast, case: Case) -> None:
    """From two people to ten, some of them proposed by others; each is invited, and some are reminded."""
    s.chapter("The circle")
    stijn = c.stijn
    await stijn.contacts(case, c.ilyas, c.samira, channel="visit", purpose="first-contact")
    await stijn.records_baseline(
        case,
        "Hoe kan Ilyas thuis blijven wonen?",
        "Wat heeft Ilyas nodig om weer naar school te gaan?",
        "Wie helpt wanneer het thuis weer te heet wordt?",
    )
    await stijn.adds(case, c.fatna, "grootmoeder", side="maternal", proposed_by=c.ilyas)
    await stijn.adds(case, c.youssef, "oom", side="maternal", proposed_by=c.ilyas)
    await stijn.adds(case, c.karim, "vader", side="paternal", proposed_by=c.ilyas)
    await s.days_pass(1)
    await stijn.contacts(case, c.fatna, c.youssef, c.karim, channel="phone", purpose="explanation")
    s.expect_that(await stijn.invites_all(case), 4)
    await s.hours_pass(5)
    await c.samira.answers_invitation("yes")
    await c.youssef.answers_invitation("yes")
    await s.days_pass(1)
    await stijn.notes_answer(case, c.fatna, "yes")

    s.chapter("The circle grows")
    await c.youssef.proposes(case, c.bilal, "neef", side="maternal")
    await c.samira.proposes(case, c.greta, "buurvrouw")
    await stijn.confirms(case, c.bilal)
    await stijn.confirms(case, c.greta)
    await stijn.adds(case, c.joris, "voetbaltrainer", proposed_by=c.ilyas)
    await stijn.adds(case, c.katrien, "zorgleerkracht", role="professional", proposed_by=c.samira)
    # Ilyas' father does not answer until he is reminded.
    await s.until_email("invitation-reminder", c.karim)
    await s.hours_pass(6)
    await c.karim.answers_invitation("yes", mode="online")
    await c.karim.proposes(case, c.loubna, "tante", side="paternal")
    await stijn.confirms(case, c.loubna)
    others = (c.bilal, c.greta, c.joris, c.katrien, c.loubna)
    await stijn.contacts(case, *others, channel="phone", purpose="explanation")
    s.expect_that(await stijn.invites_all(case), 5)
    await s.days_pass(1)
    for each in (c.greta, c.joris, c.katrien):
        await each.answers_invitation("yes")
    await s.until_email("invitation-reminder", c.bilal)
    await s.hours_pass(2)
    await c.bilal.answers_invitation("yes")
    await s.hours_pass(20)
    await c.loubna.answers_invitation("yes", mode="online")
    s.expect_that(
        await stijn.sees_circle(case),
        {"total": 10, "widened": 4, "invited": 9, "said_yes": 9, "silent": set()},
    )
    s.expect_events({network.PersonAdded: 10, network.InvitationSent: 9, network.InvitationAnswered: 9}, case)
    s.expect_emails("invitation", [c.samira, c.youssef, c.karim, *others], case, holds=["link"])
    s.expect_emails("invitation-reminder", [c.karim, c.bilal, c.loubna], case)
    # Reaching Ilyas' grandmother, who has no email address, and deciding on three people whom the circle proposed.
    s.expect_workflows(case, ended={"CoordinatorAssignment": 1, "Invitation": 9, "Clock": 4})
    await stijn.declares_circle_ready(case, c.ilyas, c.samira, c.youssef, c.karim)


async def hold_conference(s: Story, c: Cast, case: Case) -> None:
    """A date is found and set, the conference is postponed, a file is opened in need, and the circle meets."""
    stijn = c.stijn
    wilg = Venue("Buurthuis De Wilg", "Wilgenpad 1, 2899 Dijlebeke")
    saturday, tuesday = s.hours(44, "13:30", "18:00"), s.hours(47, "16:00", "20:00")
    next_saturday, last_tuesday = s.hours(51, "13:30", "18:00"), s.hours(54, "16:00", "20:00")
    s.chapter("A date")
    await stijn.opens_poll(case, saturday, tuesday, next_saturday, last_tuesday)
    await s.hours_pass(4)
    # The first Saturday suits most of them, but not Ilyas' uncle, who is required.
    for each in (c.ilyas, c.samira, c.greta, c.katrien):
        await each.answers_poll(yes=[saturday, tuesday, next_saturday], maybe=[last_tuesday])
    await s.hours_pass(3)
    await c.youssef.answers_poll(yes=[tuesday, next_saturday])
    await c.karim.answers_poll(yes=[saturday, tuesday, next_saturday])
    await s.days_pass(1)
    await c.loubna.answers_poll(yes=[saturday, tuesday])
    await stijn.notes_dates(case, c.fatna, yes=[saturday, tuesday, next_saturday, last_tuesday])
    s.expect_that(await stijn.sees_poll(case), {"silent": {c.bilal, c.joris}})
    await s.until_email("poll-reminder", c.joris)
    await s.hours_pass(3)
    await c.joris.answers_poll(yes=[saturday, next_saturday], maybe=[tuesday])
    await c.bilal.answers_poll(yes=[saturday, tuesday, next_saturday])
    await s.until_event(case, scheduling.PollClosed)
    poll = await stijn.sees_poll(case)
    s.expect_that(poll, {"best": tuesday, "silent": set()})
    s.expect_events({scheduling.PollOpened: 1, scheduling.PollAnswered: 10, scheduling.PollClosed: 1}, case)
    s.expect_emails("poll-invitation", c.circle, case, holds=["link"])
    s.expect_emails("poll-reminder", [c.bilal, c.joris], case)
    await stijn.schedules_best(case, wilg)
    s.expect_that(
        await stijn.sees_conference(case), {"number": 1, "state": "scheduled", "starts_at": tuesday.starts_at}
    )
    s.expect_emails("conference-scheduled", c.circle, case, holds=["link", "calendar-request"])

    await s.until(45, "10:00")
    s.chapter("A setback")
    # Ilyas' uncle has fallen ill. The answers to the remaining dates are kept.
    kept = {hours: poll["answers"][hours] for hours in (next_saturday, last_tuesday)}
    await stijn.postpones(case, reason="key-person-ill")
    s.expect_that(await stijn.sees_poll(case), {"answers": kept})
    await s.hours_pass(2)
    await stijn.schedules_best(case, wilg)
    s.expect_that(
        await stijn.sees_conference(case),
        {"number": 2, "state": "scheduled", "starts_at": next_saturday.starts_at},
    )
    s.expect_events(
        {scheduling.ConferencePostponed: 1, scheduling.ConferenceScheduled: 2, scheduling.PollOpened: 1}, case
    )
    s.expect_emails("conference-postponed", c.circle, case, holds=["calendar-cancel"])
    s.expect_emails("conference-scheduled", c.circle, case, times=2)

    await s.until(48, "16:00")
    s.chapter("An open file")
    await c.hanne.opens_file(
        case, reason="Stijn ligt onverwacht in het ziekenhuis en iemand moet de kring kunnen bereiken."
    )
    await s.hours_pass(1)
    s.expect_events({intake.BreakGlassOpened: 1}, case)
    s.expect_emails("break-glass-used", [c.ingrid], case)
    s.expect_that(await c.hanne.reads(case, "persons"), "shown")
    await s.days_pass(1)
    s.expect_that(await c.hanne.reads(case, "persons"), "refused")

    await s.until(51, "19:00")
    s.chapter("The conference")
    await stijn.holds_conference(
        case,
        *(Attendance(each) for each in (c.ilyas, c.samira, c.fatna, c.youssef, c.joris, c.greta)),
        Attendance(c.karim, "online"),
        Attendance(c.bilal, arrived_at=s.at(51, "13:50")),
        Attendance(c.katrien, left_at=s.at(51, "14:30")),
        Attendance(c.loubna, "absent", came=False),
        information=s.hours(51, "13:30", "14:30"),
        private=s.hours(51, "14:30", "17:10"),
        presentation=s.hours(51, "17:10", "17:45"),
        return_called_by_circle=True,
    )
    s.expect_that(await stijn.sees_conference(case), {"number": 2, "state": "held"})
    s.expect_events({scheduling.ConferenceHeld: 1}, case)
    await stijn.contacts(case, c.fatna, channel="visit", purpose="explanation")
    await s.expect_clocks({"turns-18": 1, "written-plan": 1, "survey-opening": 1}, case)
    s.expect_workflows(
        case,
        ended={"CoordinatorAssignment": 1, "Invitation": 9, "Clock": 4, "ConferencePreparation": 1},
    )


async def make_plan(s: Story, c: Cast, case: Case) -> None:
    """The circle's plan, who accepts it, and the year in which it is followed."""
    homework = Agreement(
        "huiswerk",
        "Elke woensdagnamiddag samen huiswerk maken bij Bilal aan de keukentafel.",
        [c.bilal],
        s.date(66),
        known_done_how="Ilyas hangt zijn planner aan de koelkast.",
    )
    football = Agreement(
        "trainen", "Joris haalt Ilyas op dinsdag en donderdag op voor de training.", [c.joris], s.date(60)
    )
    school = Agreement(
        "schooluur",
        "De eerste twee weken begint Ilyas later en wacht Katrien hem op aan de poort.",
        [c.katrien],
        s.date(70),
        by="professional",
    )
    weekend = Agreement(
        "weekend",
        "Een weekend per maand slaapt Ilyas bij zijn grootmoeder.",
        [c.fatna, c.youssef],
        s.date(80),
    )
    saturdays = Agreement("zaterdag", "Zaterdag is van Ilyas en zijn vader.", [c.karim], s.date(90))
    number = Agreement(
        "thuisnummer",
        "Greta zet haar deur open wanneer het thuis te heet wordt, ook 's nachts.",
        [c.greta],
        s.date(75),
    )
    talk = Agreement(
        "gesprek", "Samira praat een keer met de huisarts over haar slaap.", [c.samira], s.date(100)
    )
    done = (homework, football, school, number, saturdays, talk)
    await s.until(52, "10:00")
    s.chapter("The plan")
    await c.stijn.records_plan(
        case,
        *(homework, football, school, weekend, saturdays, number, talk),
        goals=[
            "Ilyas woont thuis en gaat weer elke dag naar school.",
            "Niemand hoeft het nog alleen te dragen.",
        ],
        plan_b=[
            PlanB(
                "Ilyas blijft drie dagen na elkaar thuis van school.",
                "Youssef komt dezelfde avond langs.",
                c.youssef,
            )
        ],
        monitor=c.youssef,
        review=s.date(136),
    )
    s.expect_events({plans.PlanRecorded: 1}, case)
    s.expect_workflows(case, running={"FollowUp": 1, "ComingOfAge": 1, "Survey": 1})
    await s.days_pass(1)
    addresses_known = "Het adres van Greta en dat van de grootmoeder zijn bekend."
    judged = await c.ruben.accepts_plan(case, Judgement(True), Judgement(True, addresses_known))
    s.expect_that(judged, "accepted")
    await s.hours_pass(2)
    await c.stijn.shares_plan(case, c.mandaat)
    s.expect_events({plans.PlanAccepted: 1, plans.PlanShared: 1}, case)
    s.expect_emails("plan-shared", c.circle, case, holds=["link"])

    await s.until(59, "18:00")
    s.chapter("A year of keeping to it")
    await c.joris.says_done(football)
    s.expect_emails("survey", [*c.circle, c.leen], case)
    await c.ilyas.gives_scores(case, meeting=8, plan=8, coordinator=10)
    await c.samira.gives_scores(case, meeting=9, plan=8, coordinator=9)
    await c.greta.gives_scores(case, meeting=8, plan=9, coordinator=8)
    await c.katrien.gives_scores(case, meeting=7, plan=7, coordinator=8)
    await c.leen.gives_scores(case, meeting=8, plan=7, coordinator=9)
    await s.until_email("agreement-due", c.bilal)
    await s.hours_pass(9)
    await c.bilal.says_done(homework)
    await s.until_email("agreement-due", c.katrien)
    await c.katrien.says_done(school)
    await s.until_email("agreement-due", c.greta)
    await s.days_pass(1)
    await c.greta.says_done(number)
    await s.until_event(case, plans.CheckInDue, of="four-weeks")
    await c.stijn.checks_in(
        case, "four-weeks", note="Het loopt beter dan verwacht, zegt Samira. De ochtenden blijven moeilijk."
    )
    await c.stijn.calls_referrer(case, "as-agreed", note="School ziet hem elke dag, behalve op maandag.")
    s.expect_that(await c.hanne.sees(case), {"state": "open", "coordinator": None})
    s.expect_events({intake.CoordinatorReleased: 1, plans.ReferrerCalled: 1}, case)
    s.expect_that(await c.stijn.reads(case, "persons"), "refused")
    s.expect_that(await c.stijn.reads(case, "plans"), "refused")
    # The agreement about Ilyas' weekend with his grandmother lapses; his father needs the reminder.
    await s.until_email("agreement-reminder", c.karim)
    await s.hours_pass(3)
    await c.karim.says_done(saturdays)
    await s.until_email("agreement-due", c.samira)
    await s.days_pass(1)
    await c.samira.says_done(talk)
    s.expect_that(
        await c.youssef.sees_agreements(case), {**{each.id: "done" for each in done}, weekend.id: "lapsed"}
    )
    s.expect_events({plans.AgreementDue: 6, plans.AgreementDone: 6, plans.AgreementLapsed: 1}, case)
    s.expect_emails(
        "agreement-due", [c.bilal, c.katrien, c.greta, c.youssef, c.karim, c.samira], case, holds=["link"]
    )
    s.expect_emails("agreement-reminder", [c.youssef, c.karim], case)
    # The review date.
    await s.until_email("review", c.samira, within="60d")
    s.expect_emails("review-reminder", c.circle, case, holds=["link"])
    s.expect_emails("review", c.circle, case, holds=["link"])
    await c.samira.answers_review(case, "stay")
    await c.hanne.checks_in(case, "review", "continue", note="De kring wil zo doorgaan.")
    await s.until_event(case, plans.CheckInDue, of="three-months", within="60d")
    missed = "Ilyas heeft nog twee dagen gemist. De zaterdagen gaan door."
    await c.youssef.checks_in(case, "three-months", "continue", note=missed)
    await s.until_event(case, plans.CheckInDue, of="six-months", within="120d")
    await c.youssef.checks_in(case, "six-months", "continue")
    await s.until_event(case, plans.CheckInDue, of="twelve-months", within="220d")
    number_kept = "Hij zit in het vierde middelbaar. We hebben elkaars nummer."
    await c.youssef.checks_in(case, "twelve-months", "close", note=number_kept)
    s.expect_that(await c.hanne.sees(case), {"state": "closed"})
    s.expect_events(
        {plans.CheckInDue: 5, plans.CheckInRecorded: 5, plans.FollowUpEnded: 1, intake.CaseClosed: 1}, case
    )
    s.expect_emails("check-in", [c.youssef], case, times=3, holds=["link"])
    silent = [c.youssef, c.karim, c.bilal, c.loubna, c.joris]
    s.expect_emails("survey-reminder", silent, case, holds=["link"])
    s.expect_events({network.SurveyOpened: 1, network.SurveyClosed: 1}, case)
    s.expect_emails("case-finished", c.circle, case, holds=["link"])
    await s.expect_nothing_left(case)
    s.expect_workflows(
        case,
        ended={
            "CoordinatorAssignment": 1,
            "ComingOfAge": 1,
            "Invitation": 9,
            "Clock": 5,
            "ConferencePreparation": 1,
            "FollowUp": 1,
            "Survey": 1,
        },
    )
