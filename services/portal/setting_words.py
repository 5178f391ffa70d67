"""The names of an organisation's settings on pages."""

from services.portal.wording import mark as _

TITLES = {
    "intake": _("Aanmelden en een coördinator zoeken"),
    "network": _("De kring, links en vragen over gegevens"),
    "scheduling": _("De conferentie voorbereiden"),
    "plans": _("Het plan opvolgen"),
    "training": _("Vormingen en betalen"),
}
# The label of each length, by service and name; others are set elsewhere.
LENGTHS: dict[str, dict[str, str]] = {
    "intake": {
        "acknowledge": _("Beslissen over een aanmelding"),
        "offer_warn": _("Een coördinator herinneren aan een vraag"),
        "offer_expires": _("Een coördinator laat antwoorden op een vraag"),
        "urgent_offer_warn": _("Een coördinator herinneren, bij spoed"),
        "urgent_offer_expires": _("Een coördinator laat antwoorden, bij spoed"),
        "allocate": _("Een zaak een coördinator geven"),
        "urgent_allocate": _("Een zaak een coördinator geven, bij spoed"),
        "search_again": _("Opnieuw zoeken als niemand kon"),
        "erasure_warn": _("Waarschuwen dat wissen duurt"),
        "erasure": _("Alles gewist hebben"),
    },
    "network": {
        "invitation_remind": _("Herinneren aan een uitnodiging"),
        "invitation_due": _("Antwoorden op een uitnodiging"),
        "reach": _("Iemand bereiken bij wie geen mail aankomt"),
        "proposal": _("Beslissen over wie voorgesteld is voor de kring"),
        "link_expires": _("Een persoonlijke link werkt"),
        "data_request_warn": _("Waarschuwen over een vraag over gegevens"),
        "data_request_due": _("Antwoorden op een vraag over gegevens"),
        "data_request_extension": _("Extra tijd om te antwoorden"),
        "copy_ready": _("Een kopie is te lezen"),
        "erase_wait": _("Wachten voor iemand gewist wordt"),
        "erasure_warn": _("Waarschuwen dat wissen duurt"),
        "erasure": _("Alles gewist hebben"),
        "survey": _("De kring vragen hoe de conferentie was"),
        "survey_remind": _("Herinneren aan de vragen over de conferentie"),
        "survey_due": _("De vragen over de conferentie sluiten"),
        "coming_of_age_warn": _("Vooraf melden dat iemand twaalf of achttien wordt"),
    },
    "scheduling": {
        "conference_warn": _("Waarschuwen over de conferentie"),
        "conference_target": _("Zorgen dat de conferentie er komt"),
        "urgent_warn": _("Waarschuwen bij spoed"),
        "urgent_target": _("De conferentie bij spoed"),
        "first_contact_warn": _("Waarschuwen over de kennismaking"),
        "first_contact": _("Kennismaken met de familie"),
        "baseline_talk_warn": _("Waarschuwen over het gesprek met de verwijzer"),
        "baseline_talk": _("De vragen en ondergrenzen bespreken met de verwijzer"),
        "baseline_warn": _("Waarschuwen over de vragen"),
        "baseline_told": _("De kring de vragen vertellen"),
        "circle_warn": _("Waarschuwen over de kring"),
        "circle_ready": _("De kring samenbrengen"),
        "late_news_warn": _("Waarschuwen over iets nieuws"),
        "late_news": _("De kring iets nieuws vertellen, of de dag verzetten"),
        "key_person": _("De dag verzetten als iemand die erbij moet zijn, niet komt"),
        "next_step_warn": _("Waarschuwen dat een zaak zonder plan wacht"),
        "next_step": _("Met de familie bekijken hoe het verder gaat"),
        "date_warn": _("Waarschuwen over de dag"),
        "date_set": _("Een dag vastleggen"),
        "day_remind": _("De kring herinneren, voor de dag"),
        "outcome_record": _("Noteren hoe de conferentie ging"),
        "poll_chase": _("Herinneren aan de vraag over de dagen"),
        "poll_closes": _("De vraag over de dagen sluiten"),
        "urgent_poll_closes": _("De vraag over de dagen sluiten, bij spoed"),
        "poll_correct": _("Een antwoord nog kunnen veranderen"),
    },
    "plans": {
        "written_plan_warn": _("Waarschuwen over het plan op papier"),
        "written_plan": _("Het plan van de kring uitschrijven"),
        "acceptance": _("Zeggen of het plan aanvaard is"),
        "amendment": _("Kijken naar wat nog niet aanvaard is"),
        "adjust": _("Het plan aanpassen, zoals de kring wil"),
        "four_weeks": _("De coördinator belt"),
        "three_months": _("Eerste keer nakijken"),
        "six_months": _("Tweede keer nakijken"),
        "twelve_months": _("Laatste keer nakijken"),
        "check_in_grace": _("Noteren hoe het gaat"),
        "review_remind": _("De kring herinneren dat ze opnieuw naar het plan kijkt"),
        "review_usual": _("Een dag voorstellen om opnieuw naar het plan te kijken"),
        "review_within": _("Ten laatste opnieuw naar het plan kijken"),
        "review_within_under_seven": _("Ten laatste opnieuw kijken, met een kind onder de zeven"),
        "review_within_minor": _("Ten laatste opnieuw kijken, met iemand onder de achttien"),
        "agreement_remind": _("Herinneren aan een afspraak"),
        "plan_b": _("De dag waartegen plan B gebeurt"),
        "agreement_ahead": _("Vooraf herinneren aan een afspraak"),
        "agreement_grace": _("Wie een oogje houdt op het plan, hoort dat een afspraak niet lukt"),
        "agreement_slips": _("De coördinator kijkt naar een afspraak die niet lukt"),
        "agreement_escalates": _("De regiomanager kijkt naar een afspraak die niet lukt"),
        "agreement_lapse": _("Een afspraak vervalt"),
        "follow_up_cap": _("De opvolging eindigt na de laatste keer"),
    },
    "training": {
        "payment_remind": _("Herinneren om te betalen"),
        "payment_expires": _("Betaald hebben"),
        "settle": _("Betalingen afhandelen"),
        "erasure_warn": _("Waarschuwen dat wissen duurt"),
        "erasure": _("Alles gewist hebben"),
    },
}
YEAR, DAY = "duration-year", "duration-day"
_YOUTH = _("Een dossier over iemand die minderjarig was: bewaren tot de leeftijd van")
# Lengths with a fixed unit, by service and name: the label, and the unit, one of CLDR or in words.
COUNTS: dict[str, dict[str, tuple[str, str]]] = {
    "intake": {
        "keep_youth_until_age": (_YOUTH, YEAR),
        "keep_case_years": (_("Een ander dossier bewaren"), YEAR),
        "keep_plan_without_meeting_years": (_("Een plan zonder bijeenkomst bewaren"), YEAR),
        "keep_referral_years": (_("Een aanmelding bewaren die geen zaak werd"), YEAR),
        "retention_warn_days": (_("Vooraf melden dat een dossier gewist wordt"), DAY),
    },
    "network": {"links_a_day": (_("Nieuwe links die iemand zelf kan vragen"), _("per dag"))},
    "training": {"keep_registration_days": (_("Een inschrijving bewaren"), DAY)},
}
# Choices, by service and name: the label, and the options.
CHOICES: dict[str, dict[str, tuple[str, dict[str, str]]]] = {
    "scheduling": {
        "school_holidays": (
            _("Welke schoolvakanties bij de dagen staan"),
            {
                "flemish": _("die van de Vlaamse Gemeenschap"),
                "french": _("die van de Franse Gemeenschap"),
                "none": _("geen"),
            },
        ),
    },
}
