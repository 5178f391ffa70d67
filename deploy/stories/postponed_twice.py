"""A conference that is postponed twice, and held at the third date."""

from deploy.demo.story import Story
from deploy.demo.things import Agreement
from deploy.stories.people import LINDE, Ring, at_the_ring
from shared.events import scheduling


async def story(s: Story) -> None:
    """Twice another day."""
    await at_the_ring(s, postponed_twice)


async def postponed_twice(s: Story, c: Ring) -> None:
    """Jozefa: her brother falls ill twice."""
    circle = jozefa, rik, an = c.family("Hermans", Jozefa=66, Rik=70, An=None)
    case = await jozefa.asks_for_conference(
        question="Wie gaat er met mij mee naar het ziekenhuis?", themes=["health"], languages=["nl"]
    )
    coordinator = await c.prepares(case, jozefa, rik, an)
    s.chapter("Twice another day")
    for number, day in ((1, 25), (2, 32)):
        await coordinator.schedules(case, s.hours(day, "14:00", "17:00"), LINDE)
        s.expect_emails("conference-scheduled", circle, case, times=number, holds=["calendar-request"])
        await s.days_pass(2)
        await coordinator.postpones(case, reason="key-person-ill")
        s.expect_that(await coordinator.sees_conference(case), {"number": number + 1, "state": "preparing"})
    s.expect_emails("conference-postponed", circle, case, times=2, holds=["calendar-cancel"])
    s.chapter("The third date")
    await c.meets(case, coordinator, 39, *circle)
    s.expect_that(await coordinator.sees_conference(case), {"number": 3, "state": "held"})
    s.expect_events(
        {
            scheduling.PreparationStarted: 1,
            scheduling.ConferenceScheduled: 3,
            scheduling.ConferencePostponed: 2,
            scheduling.ConferenceHeld: 1,
        },
        case,
    )
    drive = Agreement("ziekenhuis", "Rik rijdt, en An gaat mee naar binnen.", [rik, an], s.date(90))
    goals = ["Jozefa gaat nooit alleen naar het ziekenhuis."]
    await coordinator.records_plan(case, drive, goals=goals, monitor=an, review=s.date(200))
    await coordinator.shares_plan(case)
    await c.closes(case, coordinator)
