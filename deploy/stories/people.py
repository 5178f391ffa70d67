"""The people of the first story and its parts. Everyone is fictitious."""

from typing import Any

from deploy.demo.coordinator import Coordinator
from deploy.demo.person import Person
from deploy.demo.staff import Staff
from deploy.demo.story import Story
from deploy.demo.things import Organisation
from shared.auth import Role


class Cast:
    """Who there is."""

    def __init__(self, s: Story) -> None:
        ring = s.organisation(
            "De Ring, conferenties in eigen kring",
            kbo="0999900150",
            runs_conferences=True,
            languages=["nl", "fr"],
        )
        clb = s.organisation("Leerlingencentrum De Kompasroos", kbo="0999901437")
        self.mandaat = s.organisation("Steunpunt Jeugd Dijlevallei", kbo="0999902328")
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
        self.malika = coordinator("Malika", "Tahiri", "nl ar", "female", cultures=["maghreb"])
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
