"""Who pays too little and who pays twice for a training, and that it does not take place."""

from deploy.demo.story import Story
from deploy.demo.things import Transfer
from deploy.stories.people import ACCOUNT, PAID, Cast
from shared.events import training


async def story(s: Story) -> None:
    """Nobody loses money over a training that does not take place."""
    c = Cast(s)
    await s.begins("monday", "09:00")
    course = await c.pieter.offers_course("Een conferentie voorstellen")
    spring = await c.pieter.plans_session(course, s.hours(60, "09:00", "16:30"), **PAID)
    await c.annelies.registers(spring)
    await c.thomas.registers(spring)
    await s.days_pass(1)
    s.chapter("Too little, and twice")
    part = Transfer(c.annelies, "BE62 5100 0754 7061", amount="12.00")
    once, again = (Transfer(c.thomas, "BE43 0689 9999 9501") for _ in range(2))
    s.expect_that(
        await c.gerda.imports_statement(part, once, again, account_iban=ACCOUNT),
        ["underpaid", "matched", "paid-twice"],
    )
    s.expect_emails("payment-incomplete", [c.annelies], spring)
    s.expect_that(
        await c.gerda.sees_registrations(spring), {c.annelies: "awaiting-payment", c.thomas: "confirmed"}
    )
    await c.gerda.gives_back(again)
    await s.days_pass(1)
    rest = Transfer(c.annelies, "BE62 5100 0754 7061", amount="8.00")
    s.expect_that(await c.gerda.imports_statement(rest, account_iban=ACCOUNT), ["matched"])
    s.expect_that(await c.gerda.sees_registrations(spring), {c.annelies: "confirmed", c.thomas: "confirmed"})
    await s.days_pass(7)
    s.chapter("It does not take place")
    await c.pieter.cancels_session(spring)
    s.expect_events({training.SessionCancelled: 1, training.RegistrationCancelled: 2}, spring)
    s.expect_emails("session-cancelled", [c.annelies, c.thomas], spring, holds=["calendar-cancel"])
    for transfer in (part, rest, once):
        await c.gerda.gives_back(transfer)
    await s.days_pass(10)
    await s.expect_nothing_left(spring)
    s.expect_workflows(spring, ended={"Registration": 2})
