"""Failures in words: what services' refusals mean to readers, and what they can do now."""

from collections.abc import Mapping

from services.portal.staff_words import FORM_KEPT, NOT_THEIRS, STAFF_FAILURES, STAFF_REFUSALS
from services.portal.visits import Visit
from services.portal.wording import mark as _

# The words for a service's refusal. Codes that are missing get the last sentence.
REFUSALS: dict[str, str] = {
    **STAFF_REFUSALS,
    "poll-closed": _("De vraag over de dagen is intussen afgesloten. Wat je eerder zei, telt."),
    "feed-not-found": _("Deze agenda bestaat niet meer. Misschien maakte je een nieuw adres."),
    "target-not-later": _("Kies een latere dag dan nu is afgesproken."),
    "preparation-runs": _("Er wordt al een conferentie voorbereid voor deze kring."),
    "case-stopped": _("Deze Eigen Kracht-conferentie is gestopt."),
    "case-paused": _("Deze Eigen Kracht-conferentie staat even stil. Probeer het later opnieuw."),
    "invitation-cancelled": _("De uitnodiging is ingetrokken. De coördinator kan je zeggen waarom."),
    "consent-text-outdated": _("De tekst is intussen veranderd. Lees hem nog eens en antwoord dan opnieuw."),
    "consent-taken-back": _("Dat kan niet meer: iemand trok de toestemming in."),
    "from-twelve-on": _(
        "Dat mag je vanaf je twaalf jaar. Vraag het aan wie voor je zorgt of aan de coördinator."
    ),
    "too-many-proposals": _("Je stelde al veel mensen voor. Bespreek de anderen met de coördinator."),
    "data-request-not-for-them": _(
        "Vanaf twaalf jaar vraagt een kind dit zelf. Jij kan wel een kopie vragen, als het kind dat goedvindt."
    ),
    "data-request-open": _("Dat heb je al gevraagd. Je ziet op deze pagina hoe ver het staat."),
    "data-request-too-often": _("Dat vroeg je onlangs al. Wacht even voor je het opnieuw vraagt."),
    "link-asked-often": _(
        "Je vroeg al een paar keer een nieuwe link. Kijk in je mail, ook bij de ongewenste mail."
    ),
    "answered-often": _(
        "Je veranderde vandaag al heel vaak je antwoord. Nee zeggen kan altijd, ja zeggen kan morgen weer."
    ),
    "plan-changed-often": _(
        "Er is vandaag al heel veel veranderd aan het plan. Doe morgen verder, of vraag het aan de coördinator."
    ),
    "agreement-settled": _("Dat was al gezegd. Hieronder staat hoe het nu is."),
    "review-already-requested": _("Dat is al gevraagd. De coördinator neemt contact op."),
    "follow-up-over": _("Het jaar waarin we het plan volgen, is voorbij."),
    "session-over": _("Deze vorming is al begonnen of geannuleerd. Er valt niets meer aan te veranderen."),
    "consent-missing": _(
        "Iemand moet nog ja zeggen: wie twaalf jaar of ouder is zelf, en voor wie jonger is dan achttien ook een"
        " ouder of wie het gezag heeft. Ben je zelf nog geen achttien? Vraag een volwassene die je vertrouwt"
        " om je aan te melden."
    ),
    "no-mandate-for-adults": _("Bij volwassenen moet geen organisatie het plan aanvaarden."),
    "date-not-possible": _("Een datum ligt in de toekomst. Kijk de geboortedatum en de andere datums na."),
    "registration-elsewhere": _("Voor deze vorming schrijf je in op een andere site."),
    "registration-closed": _("Deze vorming is al begonnen of geannuleerd. Inschrijven kan niet meer."),
    "registration-over": _("Deze inschrijving was al voorbij. Hieronder staat hoe het nu is."),
    "no-place-left": _(
        "Er is geen plaats meer vrij. Stort het geld terug of wacht tot er een plaats vrijkomt."
    ),
    "registration-erased": _("De gegevens van deze inschrijving zijn gewist."),
    "too-often": _("Je vroeg dit te vaak na elkaar. Wacht even en probeer het dan opnieuw."),
    "too-many-requests": _("Je vroeg dit te vaak na elkaar. Wacht even en probeer het dan opnieuw."),
    "person-not-active": _("Deze persoon hoort niet (meer) bij de kring."),
    "not-reachable": _("We kunnen deze persoon niet bereiken. Vul een mailadres of telefoon in."),
    "holders-are-asked": _("Vraag het aan wie voor deze persoon zorgt: die beslist hierover."),
    "not-yet": _("Wat je net deed, is nog niet overal bekend. Probeer het zo meteen opnieuw."),
    "other-version": _("Iemand anders veranderde dit intussen. Kijk wat er nu staat, en kies wat telt."),
    "no-coordinator": _("Er is nu geen coördinator."),
    "date-not-usable": _("Kies een dag die nog komt, met een einde na het begin."),
    "option-unknown": _("Die dag staat niet meer in de lijst. Kies opnieuw."),
    "sharing-taken-back": _("Wie het aangaat, wil het plan binnen de kring houden."),
    "check-in-not-due": _("Daarvoor is het nog te vroeg."),
    "no-referrer-to-call": _("Dat was al genoteerd, of het is nog te vroeg."),
    "check-in-not-movable": _("Dit werd al gevraagd. De dag kan niet meer veranderen."),
    "day-not-between": _("Kies een dag na de vraag ervoor en voor de vraag erna."),
    "check-in-settled": _("Dat was al genoteerd, of het hoeft niet meer."),
    **dict.fromkeys(("invalid", "invalid-request"), _("Iets is niet juist ingevuld. Kijk het nog eens na.")),
}
UNKNOWN_REFUSAL = _("Dat kan nu niet. Vraag het aan de coördinator als je niet weet waarom.")
UNAVAILABLE = _("Het lukt nu even niet. Wat je invulde staat er nog. Probeer het straks opnieuw.")

# By status: what happened, and what to do.
_FAILURES: dict[int, tuple[str, str]] = {
    400: (
        _("Aanmelden is niet gelukt"),
        _("Probeer het nog eens. Lukt het weer niet, vraag het dan aan je beheerder."),
    ),
    401: (
        _("Open de link in je mail nog eens"),
        _("Je bent hier een tijd niet geweest. De link in onze laatste mail brengt je terug naar je pagina."),
    ),
    FORM_KEPT: (
        _("Open de link in je mail nog eens"),
        _(
            "Je bent hier een tijd niet geweest, en wat je schreef, is nog niet verstuurd. We bewaren het een week."
            " De link in onze laatste mail, in deze browser, brengt je er terug. Verstuur het dan opnieuw."
        ),
    ),
    403: (
        _("Dit formulier kwam niet van deze pagina"),
        _("Ga terug, laad de pagina opnieuw en probeer het nog eens. Er is niets veranderd."),
    ),
    404: (
        _("Deze pagina is er niet"),
        _(
            "Misschien is het adres niet volledig. Kreeg je een mail van ons? Open dan de link in die mail."
            " Op de startpagina lees je wat we doen en waar je verder kunt."
        ),
    ),
    409: (
        _("Nog een ogenblik"),
        _("Wat je net deed, is nog niet overal bekend. Laad deze pagina zo meteen opnieuw."),
    ),
    410: (
        _("Dit is er niet meer"),
        _("Wat hier stond, is afgelopen of weggehaald. Heb je een vraag, bel dan de coördinator."),
    ),
    422: (
        _("Dit deel van de lijst is er niet"),
        _("Misschien is het adres niet volledig. Begin weer vooraan in de lijst."),
    ),
    413: (
        _("Dat is te veel in één keer"),
        _("Ga terug en stuur wat minder: een kleiner bestand, of een deel ervan. Er is niets veranderd."),
    ),
    429: (
        _("Even wachten"),
        _("Je vroeg dit te vaak na elkaar. Probeer het over een paar minuten opnieuw."),
    ),
    500: (
        _("Er ging iets mis bij ons"),
        _("Dat ligt niet aan jou. Wij kijken het na. Probeer het later opnieuw, of bel de coördinator."),
    ),
    503: (
        _("Het lukt nu even niet"),
        _("Dat ligt niet aan jou. Probeer het over een paar minuten opnieuw."),
    ),
}
# The same for readers with a link from an email.
_LINK_FAILURES: dict[int, tuple[str, str]] = {
    NOT_THEIRS: (
        _("Deze pagina is voor medewerkers"),
        _("Wat voor jou is, vind je met de knop hieronder. Werk je hier ook? Meld je dan aan."),
    ),
    404: (
        _("Deze pagina is er niet"),
        _("Misschien is het adres niet volledig. Wat voor jou is, vind je met de knop hieronder."),
    ),
}


def words_of(visit: Visit) -> Mapping[int, tuple[str, str]]:
    """Return, by status, what went wrong and what this reader can do: staff, readers with a link, or the public."""
    own = STAFF_FAILURES if visit.is_staff else _LINK_FAILURES if visit.came_by_link else {}
    return {**_FAILURES, **own}
