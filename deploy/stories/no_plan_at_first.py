"""A circle that has no plan after its first conference, and meets once more."""

from deploy.demo.story import Story
from deploy.demo.things import Agreement
from deploy.stories.people import Ring, at_the_ring
from shared.events import plans, scheduling


async def story(s: Story) -> None:
    """No plan at first."""
    await at_the_ring(s, no_plan_at_first)


async def no_plan_at_first(s: Story, c: Ring) -> None:
    """Rita: the first time her circle does not agree."""
    circle = rita, luc, tine = c.family("Peeters", Rita=61, Luc=None, Tine=None)
    case = await rita.asks_for_conference(
        question="Wie helpt mij als ik straks niet meer kan rijden?",
        themes=["independent-living"],
        languages=["nl"],
    )
    coordinator = await c.prepares(case, rita, luc, tine)
    await c.meets(case, coordinator, 24, *circle, outcome="no-plan")
    s.expect_events({scheduling.ConferenceHeld: 1, plans.PlanRecorded: 0}, case)
    s.chapter("The circle meets once more")
    s.expect_that(await c.hanne.sees(case), {"state": "open", "coordinator": coordinator})
    await coordinator.prepares_again(case)
    await c.meets(case, coordinator, 45, *circle)
    s.expect_that(await coordinator.sees_conference(case), {"number": 2, "state": "held"})
    s.expect_events({scheduling.PreparationStarted: 2, scheduling.ConferenceHeld: 2}, case)
    market = Agreement("markt", "Luc rijdt op donderdag met Rita naar de markt.", [luc], s.date(60))
    await coordinator.records_plan(
        case, market, goals=["Rita komt buiten."], monitor=tine, review=s.date(200)
    )
    await coordinator.shares_plan(case)
    s.expect_emails("plan-shared", circle, case, holds=["link"])
    await c.closes(case, coordinator)
