"""A plan without a meeting, because two of the circle must not meet; and the plan B in it."""

from deploy.demo.story import Story
from deploy.demo.things import Agreement, PlanB
from deploy.stories.people import Ring, at_the_ring
from shared.events import plans, scheduling


async def story(s: Story) -> None:
    """A plan without a meeting."""
    await at_the_ring(s, without_meeting)


async def without_meeting(s: Story, c: Ring) -> None:
    """Omer: his daughter and his son must not meet."""
    circle = omer, nele, wim = c.family("Jacobs", Omer=74, Nele=None, Wim=None)
    case = await omer.asks_for_conference(
        question="Hoe kan ik thuis blijven wonen?", themes=["independent-living"], languages=["nl"]
    )
    coordinator = await c.prepares(case, omer, nele, wim)
    s.chapter("Two who are not to meet")
    s.expect_that(await nele.sees_circle(), {"Omer", "Wim"})
    await coordinator.keeps_apart(case, nele, wim, reason="De vrederechter besliste het.")
    s.expect_that(await nele.sees_circle(), {"Omer"})
    afternoon = s.hours(26, "14:00", "17:00")
    await coordinator.opens_poll(case, afternoon)
    for each in circle:
        await each.answers_poll(yes=[afternoon])
    # Everybody can come, but two of them must not meet.
    s.expect_that(await coordinator.sees_poll(case), {"best": None, "answers": {afternoon: (3, 0, 0)}})
    await s.until(20, "10:00")
    s.chapter("At his kitchen table")
    soup = Agreement("soep", "Nele brengt op zondag soep voor de hele week.", [nele], s.date(40))
    await coordinator.records_plan(
        case,
        soup,
        without_meeting=True,
        goals=["Omer blijft thuis wonen."],
        plan_b=[PlanB("Nele kan niet koken.", "Wim eet op zondag bij Omer.", wim)],
        monitor=wim,
        review=s.date(150),
    )
    s.expect_events(
        {plans.PlanRecorded: 1, scheduling.ConferenceCancelled: 1, scheduling.ConferenceHeld: 0}, case
    )
    await coordinator.shares_plan(case)
    await s.days_pass(2)
    s.chapter("Plan B")
    await omer.invokes_plan_b(case, 1, instead_of=soup, reason="Nele brak haar arm.")
    s.expect_events({plans.PlanBInvoked: 1}, case)
    s.expect_emails("plan-b", [wim], case)
    s.expect_emails("agreement-changed", [nele], case)
    s.expect_that((await omer.sees_agreements(case))[soup.id], "suspended")
    await c.closes(case, coordinator)
    # Nobody is reminded of an agreement that is suspended.
    s.expect_emails("agreement-near", [wim], case)
    s.expect_emails("conference-scheduled", [], case)
