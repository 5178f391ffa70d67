"""The people of the example: an organisation with its staff and coordinators, two that refer, and many others."""

import random
from collections.abc import Iterator, Sequence
from itertools import product
from uuid import UUID

from deploy.demo.person import Person
from deploy.demo.things import Organisation, Venue
from deploy.example.hand import ExampleCoordinator, ExampleStaff
from deploy.example.timeline import Timeline
from shared.auth import Role
from shared.events.network import AccessNeed

# First and last names by the language in which somebody is written to.
_NAMES = {
    "nl": (
        [
            "Marleen",
            "Agnes",
            "Willy",
            "Jef",
            "Lieve",
            "Bart",
            "Griet",
            "Koen",
            "An",
            "Dirk",
            "Hilde",
            "Luc",
            "Els",
            "Tom",
            "Nele",
            "Wim",
        ],
        [
            "Goossens",
            "Smeyers",
            "Peeters",
            "Claes",
            "Wouters",
            "Maes",
            "Jacobs",
            "Willems",
            "Mertens",
            "Hermans",
            "Aerts",
            "Thys",
        ],
    ),
    "fr": (
        ["Chantal", "Benoît", "Aurélie", "Thierry", "Nathalie"],
        ["Lambert", "Dubois", "Lejeune", "Renard"],
    ),
    "ar": (["Samira", "Youssef", "Loubna", "Karim", "Hanan"], ["Amrani", "Bouazza", "Tahiri", "Benali"]),
    "tr": (["Ayşe", "Emre", "Fatma", "Murat", "Elif"], ["Yılmaz", "Demir", "Kaya", "Şahin"]),
    "pl": (["Agnieszka", "Piotr", "Ewa", "Tomasz", "Zofia"], ["Kowalska", "Nowak", "Wójcik", "Zieliński"]),
    "uk": (["Олена", "Андрій", "Ірина", "Тарас", "Оксана"], ["Коваль", "Шевченко", "Бондар", "Мельник"]),
    "en": (["Grace", "Daniel", "Ruth", "Samuel", "Esther"], ["Mensah", "Okafor", "Boateng", "Adeyemi"]),
}
_STREETS = ("Kwartelstraat", "Populierenhof", "Sluisweg", "Meiklokjesplein", "Wilgenpad", "Molenberg")
_PLACES = ("2899 Dijlebeke", "2898 Rupelmeer", "2897 Netelaar")


class Cast:
    """The cast; `seed` determines the people."""

    def __init__(self, s: Timeline, *, seed: int = 1) -> None:
        self._story = s
        self._random = random.Random(seed)  # noqa: S311 - to look at, not to keep secret
        self._names = {language: self._of(*names) for language, names in _NAMES.items()}
        self._numbers = iter(range(1, 9_000))
        self._extensions = iter(range(1, 100))
        self.ring = s.organisation(
            "De Ring, conferenties in eigen kring",
            runs_conferences=True,
            languages=["nl", "fr"],
        )
        self.clb = s.organisation("Leerlingencentrum De Kompasroos")
        self.mandaat = s.organisation("Steunpunt Jeugd Dijlevallei")
        self.leen = self._staff("Leentje", "Vercammen", "kompasroos", self.clb, Role.REFERRER)
        self.ruben = self._staff("Ruben", "Stevaert", "dijlevallei", self.mandaat, Role.REFERRER)
        self.hanne = self._staff("Hanne", "Lambrechts", "dering", self.ring, Role.REGIONAL_MANAGER)
        self.ingrid = self._staff("Ingrid", "Cornelissen", "dering", self.ring, Role.DPO)
        self.pieter = self._staff("Pieter", "Daelemans", "dering", self.ring, Role.TRAINER)
        self.gerda = self._staff("Gerda", "Windels", "dering", self.ring, Role.FINANCE)
        self.astrid = self._staff("Astrid", "Vandeputte", "dering", self.ring, Role.ADMINISTRATOR)
        self.staff = [self.leen, self.ruben, self.hanne, self.pieter, self.gerda, self.astrid, self.ingrid]
        self.coordinators = [
            self._coordinator("Veerle", "Rombouts", "nl fr"),
            self._coordinator("Stijn", "Abdallah", "nl ar"),
            self._coordinator("Malika", "Tahiri", "nl ar fr"),
            self._coordinator("Derya", "Aksoy", "nl tr"),
            self._coordinator("Katarzyna", "Wrona", "nl pl en"),
            self._coordinator("Larysa", "Hrytsenko", "nl uk en"),
            self._coordinator("Guido", "Verbist", "nl"),
            self._coordinator("Sabine", "Charlier", "fr nl"),
        ]

        self.venues: list[UUID] = []

    async def settles_in(self) -> None:
        """Enter venues, and lower the smallest group of statistics, as there are so few cases."""
        enters = self.astrid.enters_venue
        everywhere: tuple[AccessNeed, ...] = ("step-free", "accessible-toilet", "hearing")
        self.venues = [
            await enters(
                Venue("Buurthuis De Wilg", "Wilgenpad 1, 2899 Dijlebeke"),
                meets=everywhere,
                reached_by="Bus 23, halte Wilgenpad, vlak voor de deur.",
                contact_name="Mia Lenaerts",
                contact_phone="0470 00 90 01",
            ),
            await enters(
                Venue("Parochiezaal Sint-Jozef", "Sluisweg 12, 2898 Rupelmeer"),
                meets=["step-free"],
                reached_by="Tien minuten te voet van het station van Rupelmeer.",
                contact_name="Frans Daems",
                contact_email="zaal@sintjozef.example",
            ),
        ]
        await enters(
            Venue("Bibliotheek Netelaar, leeszaal", "Molenberg 3, 2897 Netelaar"),
            meets=[*everywhere, "quiet-room"],
            open_at=["mon-evening", "tue-evening", "thu-evening", "sat-afternoon"],
        )
        await enters(
            Venue("Welzijnshuis, zaal 2", "Meiklokjesplein 8, 2899 Dijlebeke"),
            meets=everywhere,
            open_at=[f"{day}-{part}" for day in ("mon", "tue", "wed") for part in ("morning", "afternoon")],
            neutral=False,
        )
        await self.ingrid.lets_statistics_tell_of(3)

    def person(self, language: str = "nl", *, age: int | None = None) -> Person:
        """Return a new person, who is mailed in a language."""
        first, last = next(self._names[language])
        number, chance = next(self._numbers), self._random
        return self._story.person(
            first,
            last,
            f"bewoner{number}@post.example",
            phone=f"0470 00 {number // 100:02} {number % 100:02}",
            language=language,
            age=age or chance.randint(24, 71),
            address=f"{chance.choice(_STREETS)} {chance.randint(1, 150)}, {chance.choice(_PLACES)}",
        )

    def _of(self, first: Sequence[str], last: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield names, each once."""
        every = list(product(first, last))
        self._random.shuffle(every)
        return iter(every)

    def _staff(
        self, first: str, last: str, domain: str, organisation: Organisation, role: Role
    ) -> ExampleStaff:
        email = f"{first}.{last}@{domain}.example".lower()
        return self._story.staff(first, last, email, organisation=organisation, roles=[role])

    def _coordinator(self, first: str, last: str, languages: str) -> ExampleCoordinator:
        email = f"{first}.{last}@post.example".lower()
        phone = f"0470 00 91 {next(self._extensions):02}"
        return self._story.coordinator(
            first, last, email, phone=phone, languages=languages.split(), max_load=20
        )
