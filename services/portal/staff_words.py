"""The words for codes on pages of staff only, and the reasons of refusals to staff."""

from services.portal.wording import mark as _

# Statuses of our own. 403 to browsers: a page for another role, or for readers with a link. 401: a form came too late.
NOT_THEIRS, OF_LINKS, FORM_KEPT = 4030, 4031, 4010
# By status: what failures say to staff.
STAFF_FAILURES: dict[int, tuple[str, str]] = {
    NOT_THEIRS: (
        _("Deze pagina is voor een andere rol"),
        _(
            "Je bent aangemeld, maar dit hoort niet bij wat jij doet. Vraag het aan je beheerder als dat anders moet."
        ),
    ),
    OF_LINKS: (
        _("Deze pagina is voor wie een link kreeg"),
        _(
            "Je bent aangemeld als medewerker, en deze pagina gaat alleen open met de link in een mail."
            " Vraag het na bij wie je het adres gaf, of ga terug naar Vandaag."
        ),
    ),
    401: (
        _("Meld je opnieuw aan"),
        _("Je was een tijd weg, of je aanmelding is voorbij. Daarna kom je terug op deze pagina."),
    ),
    404: (
        _("Deze pagina is er niet"),
        _(
            "Misschien is het adres niet volledig, of is dit niet voor jou."
            " Vraag het na bij wie je het adres gaf, of ga terug naar Vandaag."
        ),
    ),
    410: (_("Dit is er niet meer"), _("Wat hier stond, is afgelopen of weggehaald.")),
    500: (
        _("Er ging iets mis bij ons"),
        _("Dat ligt niet aan jou. Wij kijken het na. Probeer het later opnieuw."),
    ),
}
STAFF_UNKNOWN_REFUSAL = _("Dat kan nu niet. Laad de pagina opnieuw en kijk hoe het nu staat.")

REFERRAL_REASONS: dict[str, str] = {
    "no-consent": _("Niet iedereen wil dit"),
    "other-help-fits-better": _("Andere hulp past beter"),
    "outside-region": _("Woont buiten onze streek"),
    "no-capacity": _("We hebben nu geen plaats"),
    "no-question": _("Er is (nog) geen vraag"),
    "unsafe": _("Het is nu niet veilig"),
    "referred-twice": _("Was al aangemeld"),
    "family-withdrew": _("De mensen willen het toch niet"),
    "situation-changed": _("De situatie is veranderd"),
    "other": _("Iets anders"),
}
# Those not meant for a self-referrer, as they say what an organisation can do.
ONLY_OF_WHO_DECLINES = frozenset({"outside-region", "no-capacity"})
LONGER: dict[str, str] = {
    "family-needs-time": _("De familie heeft meer tijd nodig"),
    "circle-grows": _("Er komen nog mensen bij de kring"),
    "key-person-unavailable": _("Iemand die erbij moet zijn, kan nu niet"),
    "holidays": _("Het is vakantie"),
    "other": _("Iets anders"),
}
LATE_REASONS: dict[str, str] = {
    "family-needs-time": _("De familie had meer tijd nodig"),
    "key-person-unavailable": _("Iemand die erbij moest zijn, kon niet"),
    "unreachable": _("Iemand was moeilijk te bereiken"),
    "waited-for-others": _("We wachtten op iets of iemand anders"),
    "holidays": _("Het was vakantie"),
    "away": _("Wie het zou doen, was er niet"),
    "too-much-work": _("Er was te veel tegelijk te doen"),
    "not-recorded": _("Het was op tijd klaar, maar het stond nog niet in Kring"),
    "other": _("Iets anders"),
}
DECLINE_REASONS: dict[str, str] = {
    "no-time": _("geen tijd"),
    "too-far": _("te ver"),
    "language": _("de taal"),
    "conflict-of-interest": _("kent iemand die betrokken is"),
    "illness": _("ziek"),
    "holiday": _("met vakantie"),
    "other": _("iets anders"),
}
WITHDRAW_REASONS: dict[str, str] = {
    "family-withdrew": _("De mensen willen niet verder"),
    "consent-withdrawn": _("Iemand trok de toestemming in"),
    "situation-changed": _("De situatie is veranderd"),
    "solved": _("Het is opgelost"),
    "other-help-chosen": _("Er is andere hulp gekozen"),
    "no-network": _("Er is geen kring gevonden"),
    "not-reachable": _("Niemand is nog bereikbaar"),
    "moved": _("Verhuisd"),
    "safety": _("Het is niet veilig"),
    "other": _("Iets anders"),
}
# Where something was read or changed: the subject of a service.
SERVICES_ABOUT: dict[str, str] = {
    "intake": _("aanmelding"),
    "network": _("kring"),
    "scheduling": _("conferentie"),
    "plans": _("plan"),
    "training": _("vormingen"),
}
# See `failures.REFUSALS`.
STAFF_REFUSALS: dict[str, str] = {
    "referral-decided": _("Over deze aanmelding is intussen al beslist. Hieronder staat hoe het nu is."),
    "too-much-more-time": _(
        "Er kwam al zo vaak tijd bij dat het niet meer kan. Spreek erover met de regiomanager."
    ),
    "coordinator-sought": _("Er is al een coördinator, of er wordt er al een gezocht."),
    "nobody-to-tell": _(
        "Jullie organisatie heeft nog geen functionaris voor gegevensbescherming. Zonder die mag niemand een"
        " dossier openen. Vraag je beheerder om die toe te voegen."
    ),
    "already-opened": _("Dit dossier is al open voor jou."),
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
    "payment-settled": _(
        "Iemand was je voor: over deze betaling is al beslist. Hieronder staat wat nog wacht."
    ),
    "shares-not-right": _(
        "De delen zijn samen niet zoveel als de betaling, of iemand staat er twee keer bij."
    ),
    "nothing-to-pay": _("Voor deze inschrijving is er niets te betalen."),
    "no-payment-to-reverse": _("Van deze inschrijving is er geen betaling van dit bedrag."),
    "statement-not-readable": _(
        "Dit bestand kunnen we niet lezen. Kies een CODA- of CAMT.053-bestand zoals de bank het geeft."
    ),
    "person-already-confirmed": _("Deze persoon was al opgenomen in de kring."),
    "last-central-person": _("Het gaat over deze persoon. Stop de zaak als dat niet meer zo is."),
    "already-invited": _("Deze persoon is al uitgenodigd."),
    "already-kept-apart": _("Deze twee worden al uit elkaar gehouden."),
    "one-person-twice": _("Kies twee verschillende mensen."),
    "venue-taken": _("Daar komt dan al een andere kring samen. Kies een andere plaats of een andere dag."),
    "venue-closed": _("Deze plaats gebruiken jullie niet meer. Kies een andere."),
    "too-many-venues": _("Er staan te veel plaatsen. Haal er eerst een weg die jullie niet meer gebruiken."),
    "circle-too-small": _("Een kring is minstens twee mensen die meedoen."),
    "required-not-in-circle": _("Kies alleen mensen die meedoen."),
    "central-person-missing": _("Over wie het gaat, doet nog niet mee."),
    "date-in-future": _("Die dag moet nog komen. Noteer een contact als het geweest is."),
    "too-many-people": _("Er kan niemand meer bij in deze kring."),
    "offer-over": _("De tijd om te antwoorden is voorbij. Hieronder staat hoe het nu is."),
    "offer-already-answered": _("Hier is al op geantwoord. Hieronder staat hoe het nu is."),
    "coordinator-full": _(
        "Je hebt al zoveel zaken als je kan opnemen. Zeg nee, of laat je beheerder dat aantal aanpassen."
    ),
    "coordinator-concerned": _("Jij bent zelf betrokken bij deze zaak. Zeg nee: iemand anders neemt ze op."),
    "case-already-paused": _("De zaak stond al stil."),
    "case-not-paused": _("De zaak loopt al weer."),
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
    "person-not-of-case": _("Iemand die je noemde, hoort niet bij deze zaak."),
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
    "convener-not-of-circle": _("Wie de kring weer samenroept, hoort bij de kring. Kies iemand anders."),
    "plan-too-long": _("Het plan is te lang om het af te drukken. Schrijf het korter, of laat iets weg."),
    "date-out-of-range": _("Een dag ligt te ver terug, of te ver vooruit."),
    "nobody-to-share-with": _("Kies minstens één persoon."),
}
# As what somebody is referred.
REFERRED_AS: dict[str, str] = {
    "central": _("Over wie het gaat"),
    "representative": _("Vertegenwoordiger"),
    "circle": _("Kring"),
}
