"""A plan that is refused, accepted in part once it is amended, and accepted only after the manager was told."""

from deploy.demo.story import Story
from deploy.demo.things import Agreement, Judgement, Plan, Referred
from deploy.stories.people import Ring, at_the_ring
from shared.events import plans
from shared.events.base import CLOCK_EVENTS


async def story(s: Story) -> None:
    """A refused plan."""
    await at_the_ring(s, refused_plan)


async def refused_plan(s: Story, c: Ring) -> None:
    """Jana: her plan is accepted at the third try."""
    circle = jana, hilde, dirk = c.family("Claes", Jana=15, Hilde=None, Dirk=None)
    case = await c.leen.refers(
        Referred(jana, "zij zelf"),
        Referred(hilde, "moeder", role="representative", side="maternal", parental_authority=True),
        question="Hoe kan Jana veilig thuis wonen?",
        themes=["out-of-home-placement"],
        languages=["nl"],
        mandated=c.mandated,
        bottom_lines=["Jana gaat elke dag naar school.", "Jana slaapt geen nacht alleen thuis."],
    )
    coordinator = await c.prepares(case, jana, hilde, dirk, referred=2)
    await c.meets(case, coordinator, 26, *circle)
    school = Agreement("school", "Dirk brengt Jana elke morgen naar school.", [dirk], s.date(60))
    about = Plan(goals=["Jana woont thuis."], monitor=dirk, review=s.date(170))
    await coordinator.records_plan(case, school, **about)
    await s.days_pass(1)
    s.chapter("The plan is not accepted")
    nights = "Wie er is wanneer Hilde nachtdienst heeft, staat er niet in."
    judged = await c.ruben.accepts_plan(
        case, Judgement(False, "Alleen de weg ernaartoe."), Judgement(False, nights)
    )
    s.expect_that(judged, "refused")
    s.expect_emails("plan-not-accepted", [coordinator], case)
    # Jana and the monitor may change what is in it.
    s.expect_emails("plan-answered", [jana, dirk], case, holds=["link"])
    s.chapter("It is amended, and accepted in part")
    reason = "Ruben vroeg wie er 's nachts is."
    stay = Agreement("blijven", "Jana blijft elke schooldag tot het einde op school.", [jana], s.date(60))
    await coordinator.changes_plan(case, school, stay, reason=reason, asked_by=hilde, **about)
    judged = await c.ruben.accepts_plan(case, Judgement(True), Judgement(False, nights))
    s.expect_that(judged, "partly-accepted")
    s.expect_emails("plan-answered", [jana, dirk], case, times=2, holds=["link"])
    s.chapter("Nobody changes it in time")
    await s.until_event(case, CLOCK_EVENTS["plans", "breached"], of="plan-amendment")
    sleep = Agreement("nacht", "Dirk slaapt bij Jana wanneer Hilde nachtdienst heeft.", [dirk], s.date(65))
    await coordinator.changes_plan(case, school, stay, sleep, reason=reason, asked_by=hilde, **about)
    s.expect_that(await c.ruben.accepts_plan(case, Judgement(True), Judgement(True)), "accepted")
    s.expect_events(
        {plans.PlanRecorded: 3, plans.PlanAccepted: 1, plans.PlanRefused: 1, plans.PlanPartlyAccepted: 1},
        case,
    )
    await c.closes(case, coordinator)
