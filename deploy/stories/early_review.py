"""A review that the circle asks for early, and a second conference with another coordinator."""

from deploy.demo.story import Story
from deploy.demo.things import Agreement, Referred
from deploy.stories.people import Ring, at_the_ring
from shared.events import intake, scheduling


async def story(s: Story) -> None:
    """A circle meets again, with another coordinator."""
    await at_the_ring(s, early_review)


async def early_review(s: Story, c: Ring) -> None:
    """Paula: her circle does not wait for the day of its review."""
    circle = paula, sonja, bert = c.family("Adams", Paula=69, Sonja=None, Bert=None)
    case = await c.leen.refers(
        Referred(paula, "zij zelf"),
        question="Hoe blijf ik zelf beslissen?",
        themes=["independent-living"],
        languages=["nl"],
    )
    coordinator = await c.prepares(case, paula, sonja, bert)
    await c.meets(case, coordinator, 28, *circle)
    keys = Agreement("sleutel", "Bert heeft een sleutel, en belt eerst aan.", [bert], s.date(60))
    goals = ["Paula woont alleen, en niet eenzaam."]
    await coordinator.records_plan(case, keys, goals=goals, monitor=bert, review=s.date(365))
    await coordinator.shares_plan(case)
    await s.days_pass(29)
    await coordinator.checks_in(case, "four-weeks")
    await coordinator.calls_referrer(case, "as-agreed")
    s.expect_that(await c.hanne.sees(case), {"state": "open", "coordinator": None})
    await bert.says_done(keys)
    await s.days_pass(10)
    s.chapter("A circle that meets again")
    await paula.asks_for_review(case)
    s.expect_emails("review", [sonja, bert], case, holds=["link"])
    await s.days_pass(1)
    await paula.answers_review(case, "another-coordinator")
    await sonja.answers_review(case, "meet")
    await c.hanne.decides_to_meet(case, "review", another_coordinator=True)
    other = await c.finds(case, but=coordinator)
    s.expect_events({scheduling.PreparationStarted: 2, intake.CoordinatorAssigned: 2}, case)
    s.expect_that(await coordinator.reads(case, "persons"), "refused")
    await other.contacts(case, paula, channel="visit", purpose="first-contact")
    day = (await s.now() - s.start).days + 20
    await c.meets(case, other, day, *circle)
    s.expect_that(await other.sees_conference(case), {"number": 2, "state": "held"})
    meals = Agreement("eten", "Paula eet op zondag bij Sonja.", [sonja], s.date(day + 30))
    await other.changes_plan(
        case,
        meals,
        reason="Paula is op zondag alleen.",
        asked_by=paula,
        goals=["Paula woont alleen en eet op zondag bij Sonja."],
        monitor=bert,
        review=s.date(day + 180),
    )
    await s.days_pass(29)
    await other.checks_in(case, "four-weeks", "close")
    s.expect_that(await c.hanne.sees(case), {"state": "closed"})
    await s.expect_nothing_left(case)
