"""What pages say when something does not go as wished: what a service's refusals are in words, and what to do now."""

from services.portal.wording import mark as _

# What a service's refusal is in words. What is not here gets the last sentence.
REFUSALS: dict[str, str] = {
    "poll-closed": _("De vraag over de dagen is intussen afgesloten. Wat je eerder zei, telt."),
    "preparation-runs": _("Er wordt al een conferentie voorbereid voor deze kring."),
    "case-stopped": _("Deze Eigen Kracht-conferentie is gestopt."),
    "case-paused": _("Deze Eigen Kracht-conferentie staat even stil. Probeer het later opnieuw."),
    "no-longer-in-circle": _("Je hoort niet meer bij deze kring."),
    "invitation-cancelled": _("De uitnodiging is ingetrokken. De coördinator kan je zeggen waarom."),
    "consent-text-outdated": _("De tekst is intussen veranderd. Lees hem nog eens en antwoord dan opnieuw."),
    "consent-taken-back": _("Dat kan niet meer: iemand trok de toestemming in."),
    "from-twelve-on": _(
        "Dat mag je vanaf je twaalf jaar. Vraag het aan wie voor je zorgt of aan de coördinator."
    ),
    "too-many-proposals": _("Je stelde al veel mensen voor. Bespreek de anderen met de coördinator."),
    "data-request-open": _("Dat heb je al gevraagd. Je ziet op deze pagina hoe ver het staat."),
    "data-request-too-often": _("Dat vroeg je onlangs al. Wacht even voor je het opnieuw vraagt."),
    "link-asked-often": _(
        "Je vroeg al een paar keer een nieuwe link. Kijk in je mail, ook bij de ongewenste mail."
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
    "date-not-possible": _("Een datum ligt in de toekomst. Kijk de geboortedatum en de andere datums na."),
    "referral-decided": _("Over deze aanmelding is intussen al beslist. Hieronder staat hoe het nu is."),
    "coordinator-sought": _("Er is al een coördinator, of er wordt er al een gezocht."),
    "nobody-to-tell": _(
        "Jullie organisatie heeft nog geen functionaris voor gegevensbescherming. Zonder die mag niemand een"
        " dossier openen. Vraag je beheerder om die toe te voegen."
    ),
    "already-opened": _("Dit dossier is al open voor jou."),
    "already-stopped": _("Deze zaak was al gestopt."),
    "coordinator-busy": _(
        "Deze persoon heeft nog een zaak of een vraag. Laat eerst iemand anders die opnemen."
    ),
    "officer-erased-by-officer": _(
        "Een functionaris voor gegevensbescherming wist een andere functionaris. Neem anders eerst die rol weg: wie"
        " het is, krijgt daar een mail over."
    ),
    "under-legal-hold": _("Dit dossier mag nu niet gewist worden. Hef eerst op wat het tegenhoudt."),
    "registration-goes-on": _(
        "Deze inschrijving loopt nog. Wissen kan als de vorming voorbij is, of na annuleren."
    ),
    "contact-erased": _("Deze persoon werd gewist. Voeg een nieuwe toe."),
    "session-times-not-right": _("Kies een dag die nog komt, en een einde dat later is dan het begin."),
    "registration-elsewhere": _("Voor deze vorming schrijf je in op een andere site."),
    "registration-closed": _("Deze vorming is al begonnen of geannuleerd. Inschrijven kan niet meer."),
    "registration-over": _("Deze inschrijving was al voorbij. Hieronder staat hoe het nu is."),
    "payment-settled": _(
        "Iemand was je voor: over deze betaling is al beslist. Hieronder staat wat nog wacht."
    ),
    "no-place-left": _(
        "Er is geen plaats meer vrij. Stort het geld terug of wacht tot er een plaats vrijkomt."
    ),
    "shares-not-right": _(
        "De delen zijn samen niet zoveel als de betaling, of iemand staat er twee keer bij."
    ),
    "nothing-to-pay": _("Voor deze inschrijving is er niets te betalen."),
    "no-payment-to-reverse": _("Van deze inschrijving is er geen betaling van dit bedrag."),
    "registration-erased": _("De gegevens van deze inschrijving zijn gewist."),
    "statement-not-readable": _(
        "Dit bestand kunnen we niet lezen. Kies een CODA- of CAMT.053-bestand zoals de bank het geeft."
    ),
    "too-often": _("Je vroeg dit te vaak na elkaar. Wacht even en probeer het dan opnieuw."),
    "too-many-requests": _("Je vroeg dit te vaak na elkaar. Wacht even en probeer het dan opnieuw."),
    "person-already-confirmed": _("Deze persoon was al opgenomen in de kring."),
    "person-not-active": _("Deze persoon hoort niet (meer) bij de kring."),
    "last-central-person": _("Het gaat over deze persoon. Stop de zaak als dat niet meer zo is."),
    "already-invited": _("Deze persoon is al uitgenodigd."),
    "already-kept-apart": _("Deze twee worden al uit elkaar gehouden."),
    "one-person-twice": _("Kies twee verschillende mensen."),
    "circle-too-small": _("Een kring is minstens twee mensen die meedoen."),
    "required-not-in-circle": _("Kies alleen mensen die meedoen."),
    "central-person-missing": _("Over wie het gaat, doet nog niet mee."),
    "date-in-future": _("Die dag moet nog komen. Noteer een contact als het geweest is."),
    "not-reachable": _("We kunnen deze persoon niet bereiken. Vul een mailadres of telefoon in."),
    "too-many-people": _("Er kan niemand meer bij in deze kring."),
    "holders-are-asked": _("Hierover beslist wie voor deze persoon zorgt. Vraag het aan hen."),
    "not-yet": _("Wat je net deed, is nog niet overal bekend. Probeer het zo meteen opnieuw."),
    "other-version": _("Iemand anders veranderde dit intussen. Kijk wat er nu staat, en kies wat telt."),
    "offer-over": _("De tijd om te antwoorden is voorbij. Hieronder staat hoe het nu is."),
    "offer-already-answered": _("Hier is al op geantwoord. Hieronder staat hoe het nu is."),
    "coordinator-full": _(
        "Je hebt al zoveel zaken als je kan opnemen. Zeg nee, of laat je beheerder dat aantal aanpassen."
    ),
    "coordinator-concerned": _("Jij bent zelf betrokken bij deze zaak. Zeg nee: iemand anders neemt ze op."),
    "case-already-paused": _("De zaak stond al stil."),
    "case-not-paused": _("De zaak loopt al weer."),
    "no-coordinator": _("Er is nu geen coördinator."),
    "circle-not-ready": _("Eerst moet de kring klaar zijn."),
    "conference-over": _("Deze conferentie is voorbij, of ze gaat niet door."),
    "conference-not-scheduled": _("Er ligt nog geen dag vast."),
    "conference-not-yet-held": _("Dat kan je noteren vanaf de dag zelf."),
    "conference-has-date": _("Er ligt al een dag vast. Verzet de conferentie om een andere te zoeken."),
    "poll-already-open": _("De vraag over de dagen staat al open. Voeg er dagen aan toe."),
    "no-date-fits": _(
        "Op geen enkele dag kan iedereen die erbij moet zijn. Kies er zelf een, of stel andere voor."
    ),
    "no-dates": _("Stel minstens één dag voor."),
    "closes-too-soon": _("Geef de kring wat meer tijd om te antwoorden."),
    "too-many-dates": _("Dat zijn te veel dagen. Laat er enkele weg."),
    "date-not-usable": _("Kies een dag die nog komt, met een einde na het begin."),
    "option-unknown": _("Die dag staat niet meer in de lijst. Kies opnieuw."),
    "person-not-of-case": _("Iemand die je noemde, hoort niet bij dit dossier."),
    "parts-out-of-order": _("Vul de uren in zoals ze na elkaar kwamen."),
    "time-out-of-place": _("De uren passen niet bij de dag van de conferentie."),
    "goals-of-the-circle": _(
        "De doelen zijn van de kring. Ze veranderen pas als de kring opnieuw samenkwam."
    ),
    "plan-exists": _("Er is al een plan. Pas het aan."),
    "conference-not-held": _("Deze bijeenkomst is nog niet genoteerd. Probeer het zo meteen opnieuw."),
    "no-acceptance-needed": _("Dit plan heeft van niemand een akkoord nodig."),
    "plan-already-accepted": _("Dit plan kreeg al een akkoord."),
    "bottom-lines-not-complete": _("De ondergrenzen zijn intussen veranderd. Antwoord op elk ervan."),
    "reason-missing": _("Zeg bij elke ondergrens die niet gehaald is, waarom."),
    "monitor-not-of-circle": _("Wie een oogje houdt op het plan, hoort bij de kring. Kies iemand anders."),
    "date-out-of-range": _("Een dag ligt te ver terug, of te ver vooruit."),
    "sharing-taken-back": _("Wie het aangaat, wil het plan binnen de kring houden."),
    "nobody-to-share-with": _("Kies minstens één persoon."),
    "check-in-not-due": _("Daarvoor is het nog te vroeg."),
    "check-in-settled": _("Dat was al genoteerd, of het hoeft niet meer."),
    "invalid": _("Iets is niet juist ingevuld. Kijk het nog eens na."),
}
UNKNOWN_REFUSAL = _("Dat kan nu niet. Vraag het aan de coördinator als je niet weet waarom.")
UNAVAILABLE = _("Het lukt nu even niet. Wat je invulde staat er nog. Probeer het straks opnieuw.")

# A page for people with another role: 403 to browsers, and other words than a form from elsewhere.
NOT_THEIRS = 4030
# By status: what happened, and what to do.
FAILURES: dict[int, tuple[str, str]] = {
    NOT_THEIRS: (
        _("Deze pagina is voor een andere rol"),
        _(
            "Je bent aangemeld, maar dit hoort niet bij wat jij doet. Vraag het aan je beheerder als dat anders moet."
        ),
    ),
    400: (
        _("Aanmelden is niet gelukt"),
        _("Begin opnieuw op de pagina waar je wil zijn. Lukt het weer niet, vraag het dan aan je beheerder."),
    ),
    401: (
        _("Open de link in je mail nog eens"),
        _("Je bent hier een tijd niet geweest. De link in onze laatste mail brengt je terug naar je pagina."),
    ),
    403: (
        _("Dit formulier kwam niet van deze pagina"),
        _("Ga terug, laad de pagina opnieuw en probeer het nog eens. Er is niets veranderd."),
    ),
    404: (
        _("Deze pagina is er niet"),
        _(
            "Misschien is het adres niet volledig. De link in onze laatste mail brengt je naar je eigen pagina."
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
    413: (
        _("Dat bestand is te groot"),
        _("Ga terug en kies een kleiner bestand, of verdeel het. Er is niets veranderd."),
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
