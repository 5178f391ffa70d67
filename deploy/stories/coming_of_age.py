"""Somebody who turns eighteen in the year of the plan, and decides alone from then on."""

from deploy.demo.story import Story
from deploy.demo.things import Agreement, Referred
from deploy.stories.people import Ring, at_the_ring
from shared.events import network, plans


async def story(s: Story) -> None:
    """Eighteen in the year of the plan."""
    await at_the_ring(s, coming_of_age)


async def coming_of_age(s: Story, c: Ring) -> None:
    """Milan: from one day to the next he says himself what he agrees to."""
    circle = milan, griet, koen = c.family("Thys", Milan=17, Griet=None, Koen=None)
    case = await c.leen.refers(
        Referred(milan, "hij zelf"),
        Referred(griet, "moeder", role="representative", side="maternal", parental_authority=True),
        question="Waar gaat Milan wonen wanneer hij achttien is?",
        themes=["independent-living"],
        languages=["nl"],
    )
    coordinator = await c.prepares(case, milan, griet, koen, referred=2)
    await c.meets(case, coordinator, 29, *circle)
    room = Agreement("kot", "Koen zoekt met Milan een kamer.", [koen], s.date(70))
    goals = ["Milan woont alleen, en niet eenzaam."]
    await coordinator.records_plan(case, room, goals=goals, monitor=koen, review=s.date(300))
    await coordinator.shares_plan(case)
    await s.days_pass(29)
    await coordinator.checks_in(case, "four-weeks")
    await coordinator.calls_referrer(case, "as-agreed")
    await koen.says_done(room)
    for kind in ("three-months", "six-months"):
        await s.until_event(case, plans.CheckInDue, of=kind, within="120d")
        await koen.checks_in(case, kind)
    await s.until_event(case, network.PersonCameOfAge, within="120d")
    s.chapter("Eighteen")
    s.expect_emails("consent-asked", [milan], case, holds=["link"])
    await milan.says_what_they_agree_to(refuses=["research"])
    await s.until_email("review", milan, within="120d")
    s.expect_emails("review", circle, case, holds=["link"])
    await milan.answers_review(case, "stay")
    await c.hanne.checks_in(case, "review", "close")
    s.expect_that(await c.hanne.sees(case), {"state": "closed"})
    await s.expect_nothing_left(case)
