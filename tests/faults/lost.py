"""An offer that nobody answers and a place that nobody pays for, on the real clock. Everyone in it is made up.

Nobody has to act before a clock runs out, however slow the machine is.
"""

from deploy.demo.story import Story
from deploy.demo.things import Wishes
from shared.auth import Role
from shared.events import intake
from shared.events import training as trainings


async def story(s: Story) -> None:
    """Two clocks run out."""
    ring = s.organisation("De Stille Ring", runs_conferences=True)
    s.policies(
        intake={"offer_warn": "PT5S", "offer_expires": "PT30S"},
        training={"payment_remind": "PT5S", "payment_expires": "PT30S"},
    )
    roles = [Role.REGIONAL_MANAGER, Role.TRAINER, Role.FINANCE]
    address = "hannelore.vermeiren@stillering.example"
    hanne = s.staff("Hannelore", "Vermeiren", address, organisation=ring, roles=roles)
    zohra = s.coordinator("Zohra", "Bouazza", "zohra.bouazza@post.example")
    marleen = s.person("Marleen", "Goossens", "marleen.goossens@post.example", age=58)
    sofie = s.person("Sofie", "Maesen", "sofie.maesen@thuisbegeleiding.example")
    await s.begins()

    s.chapter("A place, and an offer")
    course = await hanne.offers_course("Een conferentie voorstellen")
    spring = await hanne.plans_session(
        course,
        s.hours(40, "09:00", "16:30"),
        place="Rupelmeer",
        capacity=1,
        price="20.00",
        account_iban="BE71 0961 2345 6769",
        account_name="De Stille Ring vzw",
    )
    case = await marleen.asks_for_conference(
        themes=["loneliness"],
        question="Ik wil niet meer alleen aan tafel zitten.",
        languages=["nl"],
        wishes=Wishes(["nl"]),
    )
    await hanne.accepts(case)
    await s.until_email("offer-made", zohra)
    s.expect_that(await sofie.registers(spring), "awaiting-payment")

    s.chapter("Nobody does anything")
    await s.until_event(case, intake.OfferExpired)
    await s.until_event(spring, trainings.RegistrationExpired)
    s.expect_events({intake.OfferMade: 1, intake.OfferExpired: 1}, case)
    s.expect_events({trainings.RegistrationExpired: 1}, spring)
    s.expect_emails("offer-made", [zohra], case)
    s.expect_emails("offer-reminder", [zohra])
    s.expect_emails("payment-reminder", [sofie])
    s.expect_emails("registration-expired", [sofie], spring)
