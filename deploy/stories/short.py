"""A short story, for trying things: one case that is withdrawn, one free registration. Everyone in it is made up."""

from deploy.demo.story import Story
from shared.auth import Role
from shared.events.intake import CaseOpened, CaseWithdrawn


class Cast:
    """Who there is."""

    def __init__(self, s: Story) -> None:
        ring = s.organisation("De Kleine Ring", kbo="0999810771", runs_conferences=True)
        roles, home = [Role.REGIONAL_MANAGER, Role.TRAINER, Role.FINANCE], "post.example"
        self.hanne = s.staff(
            "Hannelore", "Vermeiren", "hv@kleinering.example", organisation=ring, roles=roles
        )
        self.veerle = s.coordinator("Veerle", "Rombouts", f"veerle.rombouts@{home}")
        self.marleen = s.person("Marleen", "Goossens", f"marleen.goossens@{home}", age=58)
        self.agnes = s.person("Agnes", "Goossens", f"agnes.goossens@{home}")
        self.noor = s.person("Noortje", "Bastiaens", f"noortje.bastiaens@{home}")


async def story(s: Story) -> None:
    """Someone asks, and takes it back."""
    cast = Cast(s)
    await s.begins("monday")
    await s.together(cast, case, training)


async def case(s: Story, c: Cast) -> None:
    """Marleen."""
    s.chapter("Someone asks for herself")
    question = "Ik wil niet meer alleen aan tafel zitten."
    case = await c.marleen.asks_for_conference(themes=["loneliness"], languages=["nl"], question=question)
    await s.hours_pass(1)
    await c.hanne.accepts(case)
    await c.veerle.accepts_offer(case)
    await c.veerle.adds(case, c.agnes, "zus", proposed_by=c.marleen)
    s.expect_that(await c.veerle.invites_all(case, include_central=True), 2)
    await c.marleen.answers_invitation("yes")
    await s.until_email("invitation-reminder", c.agnes)
    await c.agnes.answers_invitation("no")
    await s.days_pass(1)
    stopped = await s.now()
    await c.marleen.withdraws(case, reason="solved")
    s.expect_that(await c.hanne.sees(case), {"state": "withdrawn"})
    s.expect_events({CaseOpened: 1, CaseWithdrawn: 1}, case)
    s.expect_emails("invitation-reminder", [c.agnes], case)
    await s.expect_nothing_left(case)
    await s.expect_silence(case, stopped, {"case-stopped": [c.marleen, c.veerle], "file-kept": [c.marleen]})


async def training(s: Story, c: Cast) -> None:
    """A free afternoon."""
    s.chapter("An afternoon for everyone")
    debate = await c.hanne.offers_course("Burgers aan zet")
    afternoon = s.hours(20, "13:30", "17:00")
    session = await c.hanne.plans_session(debate, afternoon, place="Dijlebeke", capacity=5)
    s.expect_that(await c.noor.registers(session), "confirmed")
    s.expect_that(await c.hanne.sees_registrations(session), {c.noor: "confirmed"})
    s.expect_emails("registration-confirmed", [c.noor], session)
