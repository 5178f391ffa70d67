"""The words that are in no template, in the languages of the emails."""

from dataclasses import dataclass

from shared.languages import Language


@dataclass(frozen=True)
class Wording:
    """One language's words for a meeting in a calendar, and for what can be done against a decision."""

    appointment: str
    appointment_note: str
    complaint: str


WORDINGS: dict[Language, Wording] = {
    "nl": Wording(
        appointment="Bijeenkomst",
        appointment_note="De plaats en alle uitleg vind je achter de link in onze mail.",
        complaint=(
            "Ben je het hier niet mee eens? Laat het ons gerust weten: we kijken er graag nog eens naar met jou."
            " Je mag ook altijd een klacht indienen bij de Gegevensbeschermingsautoriteit. Dat is gratis."
        ),
    ),
    "fr": Wording(
        appointment="Réunion",
        appointment_note="Le lieu et toutes les explications se trouvent derrière le lien dans notre mail.",
        complaint=(
            "Vous n'êtes pas d'accord ? Dites-le-nous : nous regarderons volontiers encore une fois avec vous."
            " Vous pouvez aussi toujours introduire une plainte auprès de l'Autorité de protection des données."
            " C'est gratuit."
        ),
    ),
    "en": Wording(
        appointment="Meeting",
        appointment_note="You will find the place and all details behind the link in our mail.",
        complaint=(
            "Do you not agree? Please tell us: we are glad to look at it again with you."
            " You may also always complain to the Data Protection Authority. It costs nothing."
        ),
    ),
}
