"""An agreement that the monitor changes between two meetings."""

from deploy.demo.story import Story
from deploy.demo.things import Agreement
from deploy.stories.people import Ring, at_the_ring
from shared.events import plans


async def story(s: Story) -> None:
    """The monitor changes an agreement."""
    await at_the_ring(s, changed_agreement)


async def changed_agreement(s: Story, c: Ring) -> None:
    """Bea: what her brother promised has to wait."""
    circle = bea, tom, els = c.family("Mertens", Bea=58, Tom=None, Els=None)
    case = await bea.asks_for_conference(
        question="Hoe krijg ik mijn papieren weer op orde?", themes=["legal-problems"], languages=["nl"]
    )
    coordinator = await c.prepares(case, bea, tom, els)
    await c.meets(case, coordinator, 25, *circle)
    papers = Agreement("papieren", "Tom leest met Bea haar post.", [tom], s.date(40))
    goals = ["Bea weet wat ze moet betalen."]
    await coordinator.records_plan(case, papers, goals=goals, monitor=els, review=s.date(200))
    await coordinator.shares_plan(case)
    s.chapter("Another day for one agreement")
    await els.changes_agreement(case, papers, due=s.date(47), reason="Tom is nog op reis.")
    s.expect_events({plans.PlanRecorded: 2}, case)
    s.expect_emails("agreement-changed", [tom], case)
    s.expect_that((await bea.sees_agreements(case))[papers.id], "open")
    await s.until_email("agreement-due", tom, within="60d")
    s.expect_that((await s.now()).date(), s.date(47))
    await tom.says_done(papers)
    s.expect_that((await els.sees_agreements(case))[papers.id], "done")
    await c.closes(case, coordinator)
