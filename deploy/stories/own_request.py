"""A woman who refers herself, withdraws, asks what is kept of her, and that it be erased."""

from deploy.demo.story import Story
from deploy.demo.things import Actor, Wishes
from deploy.stories.people import Cast
from shared.events import intake, network


async def story(s: Story) -> None:
    """Someone asks for herself."""
    cast = Cast(s)
    await s.begins("monday", "09:00")
    await s.together(cast, second_case)


async def second_case(s: Story, c: Cast) -> None:
    """Marleen."""
    await s.until(15, "14:00")
    s.chapter("Someone asks for herself")
    question = "Ik wil niet meer alleen aan tafel zitten, en ik durf het niet te vragen."
    case = await c.marleen.asks_for_conference(
        themes=["loneliness", "independent-living"],
        question=question,
        languages=["nl", "fr"],
        wishes=Wishes(["nl", "fr"], gender="female"),
    )
    await s.hours_pass(20)
    await c.hanne.accepts(case)
    await s.hours_pass(2)
    await c.veerle.accepts_offer(case)
    await s.days_pass(1)
    await c.veerle.contacts(case, c.marleen, channel="visit", purpose="first-contact")
    await c.veerle.adds(case, c.agnes, "zus", proposed_by=c.marleen)
    await c.veerle.adds(case, c.willy, "oude collega", proposed_by=c.marleen)
    s.expect_that(await c.veerle.invites_all(case, include_central=True), 3)
    await s.hours_pass(6)
    await c.marleen.answers_invitation("yes")
    await c.agnes.answers_invitation("yes")

    await s.days_pass(2)
    s.chapter("She takes it back")
    # Before anyone reminds Willy, who has not answered.
    stopped = await s.now()
    await c.marleen.withdraws(case, reason="solved")
    heard: dict[str, list[Actor]] = {"case-stopped": [c.marleen, c.agnes, c.veerle], "file-kept": [c.marleen]}
    s.expect_that(await c.hanne.sees(case), {"state": "withdrawn"})
    s.expect_events({intake.CaseWithdrawn: 1, network.InvitationCancelled: 1}, case)
    await s.expect_nothing_left(case)
    await s.expect_silence(case, stopped, but=heard)
    s.expect_that(await c.veerle.reads(case, "persons"), "refused")

    await s.until(27, "10:00")
    s.chapter("She wants to see what is kept, and then that nothing is")
    await c.marleen.asks_for_data("copy")
    await s.days_pass(1)
    await c.ingrid.approves_request(c.marleen, "copy")
    await s.until_email("data-request-ready", c.marleen)
    await s.hours_pass(2)
    for form in await c.marleen.reads_copy():
        for own in ("Goossens", "Ik wil niet meer alleen aan tafel zitten", "Meiklokjesplein 9"):
            s.expect_that(own in form, True)
        for of_others in ("agnes.goossens@post.example", "Smeyers"):
            s.expect_that(of_others in form, False)
    await s.days_pass(1)
    await c.marleen.asks_for_data(
        "erasure",
        text="Ik ben blij dat ik het zelf heb opgelost. Wis alsjeblieft alles wat jullie over mij hebben.",
    )
    await s.days_pass(2)
    await c.ingrid.approves_request(c.marleen, "erasure")
    await s.hours_pass(1)
    await c.ingrid.erases(case, reason="asked")
    s.expect_events({intake.CaseErased: 1}, case)
    s.expect_that(await c.hanne.reads(case, "case"), "erased")
    s.expect_that(await c.veerle.reads(case, "persons"), "refused")
    await s.until(120, "09:00")
    await s.expect_nothing_left(case)
    asked: dict[str, list[Actor]] = {
        "data-request-received": [c.marleen] * 2,
        "data-request-ready": [c.marleen],
    }
    await s.expect_silence(case, stopped, but={**heard, **asked, "data-request-approved": [c.marleen]})
