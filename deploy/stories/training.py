"""A training that is paid for, and a free afternoon."""

from deploy.demo.story import Story
from deploy.demo.things import Session, Transfer
from deploy.stories.people import ACCOUNT, PAID, Cast
from shared.events import training


async def story(s: Story) -> None:
    """Four want to learn, three can."""
    cast = Cast(s)
    await s.begins("monday", "09:00")
    await s.together(cast, training_session)


async def training_session(s: Story, c: Cast) -> None:
    """A training."""
    await s.until(7, "09:30")
    s.chapter("Four want to learn, three can")
    course = await c.pieter.offers_course(
        "Een conferentie voorstellen", audience="Professionals in welzijn en onderwijs"
    )
    spring = await c.pieter.plans_session(course, s.hours(80, "09:00", "16:30"), **PAID)
    s.expect_that(await c.annelies.registers(spring), "awaiting-payment")
    await s.hours_pass(2)
    s.expect_that(await c.thomas.registers(spring), "awaiting-payment")
    s.expect_that(await c.sofie.registers(spring), "awaiting-payment")
    await s.hours_pass(3)
    s.expect_that(await c.hilde.registers(spring), "waitlisted")
    s.expect_events(
        {training.RegistrationReceived: 4, training.RegistrationWaitlisted: 1, training.SessionFull: 1},
        spring,
    )
    s.expect_emails("payment-request", [c.annelies, c.thomas, c.sofie], spring, holds=[ACCOUNT, "ogm", "qr"])
    s.expect_emails("waitlisted", [c.hilde], spring)
    await s.days_pass(3)
    transfers = (
        Transfer(c.annelies, "BE62 5100 0754 7061"),
        Transfer(c.thomas, "BE43 0689 9999 9501", text="Thomas Wuytens opleiding Rupelmeer"),
    )
    s.expect_that(await c.gerda.imports_statement(*transfers, account_iban=ACCOUNT), ["matched", "suggested"])
    ids = [each.id for each in transfers]
    # The same file once more changes nothing.
    s.expect_that(await c.gerda.imports_statement(*transfers, account_iban=ACCOUNT), ["matched", "suggested"])
    s.expect_that([each.id for each in transfers], ids)
    await s.hours_pass(1)
    s.expect_that(await c.gerda.sees_suggestion(transfers[1]), spring.people[c.thomas])
    await c.gerda.confirms_payment(transfers[1], spring.people[c.thomas])
    states = {
        c.annelies: "confirmed",
        c.thomas: "confirmed",
        c.sofie: "awaiting-payment",
        c.hilde: "waitlisted",
    }
    s.expect_that(await c.gerda.sees_registrations(spring), states)
    s.expect_emails("registration-confirmed", [c.annelies, c.thomas], spring, holds=["calendar-request"])
    await give_free_place(s, c, spring)
    await give_free_afternoon(s, c, spring)


async def give_free_place(s: Story, c: Cast, spring: Session) -> None:
    """Who does not pay loses the place to the one who waits."""
    s.chapter("One place comes free")
    await s.until_event(spring, training.RegistrationExpired)
    s.expect_that(await c.gerda.sees_registrations(spring), {c.sofie: "expired", c.hilde: "awaiting-payment"})
    s.expect_emails("payment-reminder", [c.sofie], spring)
    s.expect_emails("registration-expired", [c.sofie], spring)
    s.expect_emails("place-free", [c.hilde], spring, holds=[ACCOUNT, "ogm", "qr"])
    await s.days_pass(2)
    transfer = Transfer(c.hilde, "BE30 0012 1637 1411")
    s.expect_that(await c.gerda.imports_statement(transfer, account_iban=ACCOUNT), ["matched"])
    states = {c.annelies: "confirmed", c.thomas: "confirmed", c.sofie: "expired", c.hilde: "confirmed"}
    s.expect_that(await c.gerda.sees_registrations(spring), states)
    s.expect_events(
        {training.RegistrationConfirmed: 3, training.RegistrationPromoted: 1, training.PaymentMatched: 3},
        spring,
    )
    await s.expect_nothing_left(spring)
    s.expect_workflows(spring, ended={"Registration": 4})


async def give_free_afternoon(s: Story, c: Cast, spring: Session) -> None:
    """A session without a price, and weeks later a look at both: one confirmation each, for those who paid."""
    await s.days_pass(1)
    s.chapter("And one afternoon is free")
    course = await c.pieter.offers_course("Burgers aan zet")
    debate = await c.pieter.plans_session(
        course, s.hours(95, "13:30", "17:00"), place="Dijlebeke", capacity=80
    )
    s.expect_that(await c.noor.registers(debate), "confirmed")
    s.expect_that(await c.lucas.registers(debate), "confirmed")
    s.expect_that(await c.pieter.sees_registrations(debate), {c.noor: "confirmed", c.lucas: "confirmed"})
    await s.until(100, "09:00")
    # Not a word about money for a free afternoon.
    s.expect_events({training.RegistrationConfirmed: 5}, spring, debate)
    s.expect_emails(
        "registration-confirmed", [c.annelies, c.thomas, c.hilde, c.noor, c.lucas], spring, debate
    )
    s.expect_emails("registration-confirmed", [c.sofie], times=0)
    s.expect_emails("payment-request", [c.annelies, c.thomas, c.sofie], spring, debate)
    s.expect_emails("payment-reminder", [c.sofie], spring, debate)
    await s.expect_nothing_left(spring, debate)
