"""The people of the stories, and what small ones have in common. Everyone is fictitious."""

from collections.abc import Callable, Coroutine
from typing import Any, Literal

from deploy.demo.coordinator import Coordinator
from deploy.demo.person import Person
from deploy.demo.staff import Staff
from deploy.demo.story import Story
from deploy.demo.things import Attendance, Case, Organisation, Venue
from shared.auth import Role
from shared.events import plans

LINDE = Venue("Buurthuis De Linde", "Lindeplein 3, 2898 Rupelmeer")
ACCOUNT = "BE71 0961 2345 6769"
# A session of a training that is paid for.
PAID: dict[str, Any] = {
    "place": "Rupelmeer",
    "capacity": 3,
    "price": "20.00",
    "account_iban": ACCOUNT,
    "account_name": "De Ring vzw",
}


Part = Callable[[Story, "Ring"], Coroutine[Any, Any, None]]


async def at_the_ring(s: Story, *parts: Part) -> None:
    """Play cases of a small organisation on one timeline, from a Monday on."""
    ring = Ring(s)
    await s.begins("monday", "09:00")
    await s.together(ring, *parts)


class Ring:
    """A small organisation that runs conferences, who refer to it, and what most of its cases have in common."""

    def __init__(self, s: Story) -> None:
        self._s = s
        ring = s.organisation("De Kring van de Dijle", runs_conferences=True)
        clb = s.organisation("Leerlingencentrum Het Anker")
        self.mandated = s.organisation("Steunpunt Jeugd De Zavel")
        roles = [Role.REGIONAL_MANAGER, Role.TRAINER, Role.FINANCE]
        self.hanne = s.staff("Hanne", "Maes", "hanne@ring.example", organisation=ring, roles=roles)
        self.leen = s.staff("Leen", "Wouters", "leen@anker.example", organisation=clb, roles=[Role.REFERRER])
        self.ruben = s.staff(
            "Ruben", "Stevens", "ruben@zavel.example", organisation=self.mandated, roles=[Role.REFERRER]
        )
        self.coordinators = [
            s.coordinator(first, last, f"{first}@post.example".lower(), max_load=6)
            for first, last in (("Veerle", "Rombouts"), ("Stijn", "Aerts"), ("Malika", "Tahiri"))
        ]

    def family(self, name: str, **ages: int | None) -> list[Person]:
        """Return people of one family, by first name and age."""
        return [
            self._s.person(first, name, f"{first}.{name}@post.example".lower(), age=age)
            for first, age in ages.items()
        ]

    async def finds(self, case: Case, *, but: Coordinator | None = None) -> Coordinator:
        """Let the first coordinator who is asked accept a case; return them."""
        await self._s.hours_pass(2)
        asked = await self.hanne.sees_asked(case)
        found = next(each for each in self.coordinators if each.id in asked and each is not but)
        await found.accepts_offer(case)
        self._s.expect_that(await self.hanne.sees(case), {"state": "open", "coordinator": found})
        return found

    async def prepares(self, case: Case, central: Person, *others: Person, referred: int = 1) -> Coordinator:
        """Bring a case to a ready circle; the first `referred` people of it were named in the referral."""
        await self._s.hours_pass(3)
        await self.hanne.accepts(case)
        coordinator = await self.finds(case)
        await coordinator.contacts(case, central, channel="visit", purpose="first-contact")
        await coordinator.records_baseline(case, "Hoe gaan wij samen verder?")
        for each in others[referred - 1 :]:
            await coordinator.adds(case, each, "familie", proposed_by=central)
        await coordinator.contacts(case, *others, channel="phone", purpose="explanation")
        await coordinator.invites_all(case)
        await self._s.days_pass(1)
        for each in others:
            await each.answers_invitation("yes")
        await coordinator.declares_circle_ready(case, central)
        return coordinator

    async def meets(
        self,
        case: Case,
        coordinator: Coordinator,
        day: int,
        *people: Person,
        outcome: Literal["plan", "no-plan"] = "plan",
    ) -> None:
        """Set a date that was agreed by telephone, and hold the conference on it."""
        s = self._s
        await coordinator.schedules(case, s.hours(day, "14:00", "17:00"), LINDE)
        await s.until(day, "18:00")
        await coordinator.holds_conference(
            case,
            *(Attendance(each) for each in people),
            information=s.hours(day, "14:00", "14:45"),
            private=s.hours(day, "14:45", "16:15"),
            presentation=s.hours(day, "16:15", "17:00"),
            outcome=outcome,
        )

    async def closes(self, case: Case, coordinator: Coordinator) -> None:
        """Four weeks after its plan the circle needs nobody to follow it; nothing is left of the case."""
        await self._s.until_event(case, plans.CheckInDue, of="four-weeks", within="60d")
        await coordinator.checks_in(case, "four-weeks", "close")
        self._s.expect_that(await self.hanne.sees(case), {"state": "closed"})
        await self._s.expect_nothing_left(case)


class Cast:
    """Who there is in the first story."""

    def __init__(self, s: Story) -> None:
        ring = s.organisation(
            "De Ring, conferenties in eigen kring",
            runs_conferences=True,
            languages=["nl", "fr"],
        )
        clb = s.organisation("Leerlingencentrum De Kompasroos")
        self.mandaat = s.organisation("Steunpunt Jeugd Dijlevallei")
        s.policies(
            intake={"offer_warn": "1wd", "offer_expires": "2wd"},
            network={"invitation_remind": "4d", "invitation_due": "8d"},
            scheduling={"poll_chase": "4d", "poll_closes": "8d"},
            plans={
                "agreement_remind": "7d",
                "agreement_grace": "14d",
                "agreement_slips": "2d",
                "agreement_escalates": "4d",
                "agreement_lapse": "5d",
                "check_in_grace": "10wd",
            },
            training={"payment_remind": "7d", "payment_expires": "14d"},
        )

        def staff(first: str, last: str, domain: str, organisation: Organisation, role: Role) -> Staff:
            email = f"{first}.{last}@{domain}.example".lower()
            return s.staff(first, last, email, organisation=organisation, roles=[role])

        self.leen = staff("Leentje", "Vercammen", "kompasroos", clb, Role.REFERRER)
        self.ruben = staff("Ruben", "Stevaert", "dijlevallei", self.mandaat, Role.REFERRER)
        self.hanne = staff("Hanne", "Lambrechts", "dering", ring, Role.REGIONAL_MANAGER)
        self.ingrid = staff("Ingrid", "Cornelissen", "dering", ring, Role.DPO)
        self.pieter = staff("Pieter", "Daelemans", "dering", ring, Role.TRAINER)
        self.gerda = staff("Gerda", "Windels", "dering", ring, Role.FINANCE)

        def coordinator(first: str, last: str, languages: str, gender: str, **more: Any) -> Coordinator:
            email = f"{first}.{last}@post.example".lower()
            return s.coordinator(first, last, email, languages=languages.split(), gender=gender, **more)

        # Matches best, but is tied to the referring centre: never asked.
        self.zohra = coordinator("Zohra", "Bouazza", "nl ar", "female", cultures=["maghreb"], tied_to=[clb])
        self.malika = coordinator(
            "Malika", "Tahiri", "nl ar", "female", cultures=["maghreb"], phone="0470 00 15 02"
        )
        self.hafida = coordinator("Hafida", "Ouali", "nl ar", "female")
        self.stijn = coordinator("Stijn", "Abdallah", "nl ar", "male")
        self.veerle = coordinator("Veerle", "Rombouts", "nl fr", "female")

        def person(first: str, last: str, domain: str = "post", **more: Any) -> Person:
            return s.person(first, last, f"{first}.{last}@{domain}.example".lower().replace(" ", ""), **more)

        home, village = "Kwartelstraat 27 bus 3, 2899 Dijlebeke", "2899 Dijlebeke"
        self.ilyas = person("Ilyas", "Benhaddou", phone="0470 00 14 01", age=14, address=home)
        self.samira = person("Samira", "Amrani", phone="0470 00 14 02", age=38, address=home, language="ar")
        # Has no email address: her answers come through the coordinator.
        self.fatna = s.person(
            "Fatna",
            "El Mansouri",
            phone="015 00 14 03",
            age=67,
            address=f"Populierenhof 4, {village}",
            language="ar",
        )
        self.youssef = person("Youssef", "Amrani", phone="0470 00 14 04")
        sluis = "Sluisweg 112, 2898 Rupelmeer"
        self.karim = person("Karim", "Benhaddou", phone="0470 00 14 05", age=41, address=sluis)
        self.loubna = person("Loubna", "Benhaddou", language="fr")
        self.bilal = person("Bilal", "Amrani", age=22)
        self.joris = person("Joris", "Verlinden")
        self.greta = person("Greta", "Vandecasteele", age=61, address=f"Kwartelstraat 29, {village}")
        self.katrien = person("Katrien", "De Bruyne", "atheneum")
        meiklokje = "Meiklokjesplein 9, 2897 Netelaar"
        self.marleen = person("Marleen", "Goossens", phone="0470 00 58 01", age=58, address=meiklokje)
        self.agnes = person("Agnes", "Goossens")
        self.willy = person("Willy", "Smeyers")
        self.annelies = person("Annelies", "Pauwels", "caw", organisation="Welzijnshuis De Brug")
        self.thomas = person("Thomas", "Wuytens", "ocmw", organisation="Sociaal Huis Rupelmeer")
        self.sofie = person("Sofie", "Maesen", "thuisbegeleiding")
        self.hilde = person("Hilde", "Claessens", "school", organisation="Atheneum Dijlebeke")
        self.noor = person("Noortje", "Bastiaens")
        self.lucas = person("Lucas", "Vanhoof")
        # The circle of the first case, except the grandmother whom no email reaches.
        self.family = [self.ilyas, self.samira, self.youssef, self.karim, self.bilal, self.loubna]
        self.circle = [*self.family, self.greta, self.joris, self.katrien]
