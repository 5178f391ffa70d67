"""A short story, for trying things: one case that is withdrawn, one free registration. Everyone in it is made up."""

from deploy.demo.story import Story
from deploy.stories.people import Ring, at_the_ring
from shared.events.intake import CaseOpened, CaseWithdrawn


async def story(s: Story) -> None:
    """Someone asks, and takes it back."""
    await at_the_ring(s, case, training)


async def case(s: Story, c: Ring) -> None:
    """Marleen."""
    s.chapter("Someone asks for herself")
    marleen, agnes = c.family("Goossens", Marleen=58, Agnes=None)
    question = "Ik wil niet meer alleen aan tafel zitten."
    case = await marleen.asks_for_conference(themes=["loneliness"], languages=["nl"], question=question)
    await s.hours_pass(1)
    await c.hanne.accepts(case)
    coordinator = await c.finds(case)
    await coordinator.adds(case, agnes, "zus", proposed_by=marleen)
    s.expect_that(await coordinator.invites_all(case, include_central=True), 2)
    await marleen.answers_invitation("yes")
    await s.until_email("invitation-reminder", agnes)
    await agnes.answers_invitation("no")
    await s.days_pass(1)
    stopped = await s.now()
    await marleen.withdraws(case, reason="solved")
    s.expect_that(await c.hanne.sees(case), {"state": "withdrawn"})
    s.expect_events({CaseOpened: 1, CaseWithdrawn: 1}, case)
    s.expect_emails("invitation-reminder", [agnes], case)
    await s.expect_nothing_left(case)
    await s.expect_silence(case, stopped, {"case-stopped": [marleen, coordinator], "file-kept": [marleen]})


async def training(s: Story, c: Ring) -> None:
    """A free afternoon."""
    s.chapter("An afternoon for everyone")
    [noor] = c.family("Bastiaens", Noortje=None)
    debate = await c.hanne.offers_course("Burgers aan zet")
    afternoon = s.hours(20, "13:30", "17:00")
    session = await c.hanne.plans_session(debate, afternoon, place="Dijlebeke", capacity=5)
    s.expect_that(await noor.registers(session), "confirmed")
    s.expect_that(await c.hanne.sees_registrations(session), {noor: "confirmed"})
    s.expect_emails("registration-confirmed", [noor], session)
