"""A case and a registration on the real clock, under policies whose clocks last seconds. Everyone in it is made up.

Who must act before a clock runs out has more than fifteen seconds for it: a part may be away for some of them.
"""

from deploy.demo.story import Story
from deploy.demo.things import Agreement, Case, Transfer, Venue, Wishes
from shared.auth import Role
from shared.events import intake, plans, scheduling
from shared.events import training as trainings


class Cast:
    """Who there is."""

    def __init__(self, s: Story) -> None:
        ring = s.organisation("De Snelle Ring", runs_conferences=True)
        s.policies(
            intake={"offer_warn": "PT2S", "offer_expires": "PT16S"},
            network={"invitation_remind": "PT4S", "invitation_due": "PT2H"},
            scheduling={"poll_chase": "PT2S", "poll_closes": "PT20S"},
            plans={
                "four_weeks": "PT3S",
                "three_months": "PT6S",
                "six_months": "PT9S",
                "twelve_months": "PT12S",
                "check_in_grace": "PT2H",
                "agreement_remind": "PT1S",
                "agreement_grace": "PT2S",
                "agreement_slips": "PT1S",
                "agreement_escalates": "PT2S",
                "agreement_lapse": "PT3S",
                "morning": "00:00",
            },
            training={"payment_remind": "PT4S", "payment_expires": "PT40S"},
        )
        roles, french = [Role.REGIONAL_MANAGER, Role.TRAINER, Role.FINANCE], ["nl", "fr"]
        address = "hannelore.vermeiren@snellering.example"
        self.hanne = s.staff("Hannelore", "Vermeiren", address, organisation=ring, roles=roles)
        # Fits best, and does not answer.
        self.zohra = s.coordinator(
            "Zohra", "Bouazza", "zohra.bouazza@post.example", languages=french, gender="female"
        )
        self.veerle = s.coordinator("Veerle", "Rombouts", "veerle.rombouts@post.example")
        self.marleen = s.person("Marleen", "Goossens", "marleen.goossens@post.example", age=58)
        self.agnes = s.person("Agnes", "Goossens", "agnes.goossens@post.example")
        self.willy = s.person("Willy", "Smeyers", "willy.smeyers@post.example")
        self.sofie = s.person("Sofie", "Maesen", "sofie.maesen@thuisbegeleiding.example")
        self.hilde = s.person("Hilde", "Claessens", "hilde.claessens@school.example")


async def story(s: Story) -> None:
    """A year in seconds."""
    cast = Cast(s)
    await s.begins()
    await s.together(cast, case, training)


async def case(s: Story, c: Cast) -> None:
    """Marleen."""
    await s.time_passes("PT4S")
    s.chapter("A coordinator who does not answer, and one who does")
    case = await c.marleen.asks_for_conference(
        themes=["loneliness"],
        question="Ik wil niet meer alleen aan tafel zitten.",
        languages=["nl", "fr"],
        wishes=Wishes(["nl", "fr"], gender="female"),
    )
    await c.hanne.accepts(case)
    await s.until_email("offer-made", c.zohra)
    s.chapter("No answer")
    await s.until_event(case, intake.OfferExpired)
    await c.veerle.accepts_offer(case)
    s.expect_that(await c.hanne.sees(case), {"state": "open", "coordinator": c.veerle})
    s.expect_events({intake.OfferMade: 2, intake.OfferExpired: 1, intake.CoordinatorAssigned: 1}, case)
    s.expect_events({scheduling.PreparationStarted: 1}, case)
    s.expect_emails("offer-made", [c.zohra, c.veerle], case)
    s.expect_emails("offer-reminder", [c.zohra])

    s.chapter("A circle, of whom one is reminded")
    await c.veerle.adds(case, c.agnes, "zus", proposed_by=c.marleen)
    await c.veerle.adds(case, c.willy, "oude collega", proposed_by=c.marleen)
    s.expect_that(await c.veerle.invites_all(case, include_central=True), 3)
    await c.marleen.answers_invitation("yes")
    await c.willy.answers_invitation("yes")
    await s.until_email("invitation-reminder", c.agnes)
    await c.agnes.answers_invitation("yes")
    circle = {"total": 3, "invited": 3, "said_yes": 3, "silent": set()}
    s.expect_that(await c.veerle.sees_circle(case), circle)
    s.expect_emails("invitation", [c.marleen, c.agnes, c.willy], case, holds=["link"])
    s.expect_emails("invitation-reminder", [c.agnes])
    await c.veerle.declares_circle_ready(case, c.marleen)

    s.chapter("A date, and then no need of it")
    saturday, tuesday = s.hours(20, "13:30", "18:00"), s.hours(23, "16:00", "20:00")
    await c.veerle.opens_poll(case, saturday, tuesday)
    await c.marleen.answers_poll(yes=[tuesday])
    await s.until_event(case, scheduling.PollClosed)
    s.expect_that(await c.veerle.sees_poll(case), {"best": tuesday})
    s.expect_events({scheduling.PollOpened: 1, scheduling.PollAnswered: 1, scheduling.PollClosed: 1}, case)
    s.expect_emails("poll-reminder", [c.agnes, c.willy])
    await c.veerle.schedules_best(case, Venue("Buurthuis De Wilg", "Wilgenpad 1, 2899 Dijlebeke"))
    starts_at = (await c.veerle.sees_conference(case))["starts_at"]
    s.expect_that(starts_at, tuesday.starts_at)
    await c.veerle.cancels_conference(case, reason="plan-without-meeting")
    await follow_plan(s, c, case)


async def follow_plan(s: Story, c: Cast, case: Case) -> None:
    """A plan without a meeting, and its year."""
    s.chapter("A plan, and its year")
    sunday = Agreement("zondag", "Op zondag eet Marleen bij Agnes.", [c.agnes], s.date(0))
    coffee = Agreement("koffie", "Willy komt op woensdag koffie drinken.", [c.willy], s.date(30))
    await c.veerle.records_plan(
        case,
        sunday,
        coffee,
        goals=["Marleen eet niet meer alleen."],
        monitor=c.agnes,
        review=s.date(90),
        without_meeting=True,
    )
    await s.until_event(case, plans.AgreementLapsed)
    await c.willy.says_done(coffee)
    await s.until_event(case, plans.CheckInDue, of="four-weeks")
    await c.veerle.checks_in(case, "four-weeks", note="Het gaat.")
    await s.until_event(case, plans.CheckInDue, of="three-months")
    await c.agnes.checks_in(case, "three-months", "continue")
    await s.until_event(case, plans.CheckInDue, of="six-months")
    await c.agnes.checks_in(case, "six-months", "continue")
    await s.until_event(case, plans.CheckInDue, of="twelve-months")
    await c.agnes.checks_in(case, "twelve-months", "close", note="We hebben elkaars nummer.")
    s.expect_that(await c.hanne.sees(case), {"state": "closed"})
    s.expect_events({intake.CoordinatorReleased: 1, plans.PlanRecorded: 1, intake.CaseClosed: 1}, case)
    s.expect_events({plans.AgreementDue: 1, plans.AgreementDone: 1, plans.AgreementLapsed: 1}, case)
    s.expect_events({plans.CheckInDue: 4, plans.CheckInRecorded: 4, plans.FollowUpEnded: 1}, case)
    s.expect_emails("agreement-due", [c.agnes], case)
    s.expect_emails("check-in", [c.agnes], case, times=3, holds=["link"])
    ended = {"CoordinatorAssignment": 1, "Invitation": 3, "ConferencePreparation": 1, "FollowUp": 1}
    s.expect_workflows(case, ended=ended)
    await s.expect_nothing_left(case)


async def training(s: Story, c: Cast) -> None:
    """A place that is not paid for."""
    s.chapter("One place, and two who want it")
    account = "BE71 0961 2345 6769"
    course = await c.hanne.offers_course("Een conferentie voorstellen")
    spring = await c.hanne.plans_session(
        course,
        s.hours(40, "09:00", "16:30"),
        place="Rupelmeer",
        capacity=1,
        price="20.00",
        account_iban=account,
        account_name="De Snelle Ring vzw",
    )
    s.expect_that(await c.sofie.registers(spring), "awaiting-payment")
    s.expect_that(await c.hilde.registers(spring), "waitlisted")
    await s.until_event(spring, trainings.RegistrationPromoted)
    transfer = Transfer(c.hilde, "BE30 0012 1637 1411")
    s.expect_that(await c.hanne.imports_statement(transfer, account_iban=account), ["matched"])
    states = {c.sofie: "expired", c.hilde: "confirmed"}
    s.expect_that(await c.hanne.sees_registrations(spring), states)
    s.expect_events({trainings.RegistrationExpired: 1, trainings.RegistrationPromoted: 1}, spring)
    s.expect_events({trainings.RegistrationConfirmed: 1}, spring)
    s.expect_emails("payment-reminder", [c.sofie])
    s.expect_emails("registration-expired", [c.sofie], spring)
    s.expect_emails("place-free", [c.hilde], spring, holds=["ogm", "qr"])
    s.expect_emails("registration-confirmed", [c.hilde], spring)
    s.expect_workflows(spring, ended={"Registration": 2})
    await s.expect_nothing_left(spring)
