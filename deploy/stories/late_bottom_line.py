"""A bottom line that is told only after the circle was told of the others."""

from deploy.demo.story import Story
from deploy.demo.things import Agreement, Judgement, Referred
from deploy.stories.people import Ring, at_the_ring
from shared.events import plans
from shared.events.base import CLOCK_EVENTS


async def story(s: Story) -> None:
    """A bottom line is told late."""
    await at_the_ring(s, late_bottom_line)


async def late_bottom_line(s: Story, c: Ring) -> None:
    """Lotte: what must be in her plan is known late."""
    circle = lotte, inge, geert = c.family("Wuyts", Lotte=15, Inge=None, Geert=None)
    case = await c.leen.refers(
        Referred(lotte, "zij zelf"),
        Referred(inge, "moeder", role="representative", side="maternal", parental_authority=True),
        question="Hoe kan Lotte veilig thuis wonen?",
        themes=["out-of-home-placement"],
        languages=["nl"],
        mandated=c.mandated,
        bottom_lines=["Lotte gaat elke dag naar school."],
    )
    coordinator = await c.prepares(case, lotte, inge, geert, referred=2)
    await coordinator.sees_to(case, "bottom-lines-shared")
    await s.days_pass(1)
    s.chapter("A bottom line is told late")
    await c.ruben.adds_bottom_line(case, "Lotte slaapt geen nacht alleen thuis.")
    await s.until_event(case, CLOCK_EVENTS["scheduling", "warned"], of="late-news")
    s.expect_that(await coordinator.sees_late_news(case), {"bottom-lines-shared": "open"})
    await coordinator.informs_again(case)
    s.expect_that(await coordinator.sees_late_news(case), {"bottom-lines-shared": "informing"})
    await coordinator.sees_to(case, "bottom-lines-shared")
    s.expect_that(await coordinator.sees_late_news(case), {"bottom-lines-shared": "told"})
    await c.meets(case, coordinator, 27, *circle)
    s.chapter("The plan meets both")
    nights = Agreement("nacht", "Geert slaapt bij Lotte als Inge nachtdienst heeft.", [geert], s.date(80))
    goals = ["Lotte woont thuis en gaat naar school."]
    await coordinator.records_plan(case, nights, goals=goals, monitor=geert, review=s.date(170))
    s.expect_that(await c.ruben.accepts_plan(case, Judgement(True), Judgement(True)), "accepted")
    s.expect_events({plans.PlanAccepted: 1, plans.PlanRefused: 0, plans.PlanPartlyAccepted: 0}, case)
    s.expect_emails("plan-answered", [], case)
    await coordinator.shares_plan(case)
    await c.closes(case, coordinator)
