"""What codes of services are called on pages."""

from services.portal.wording import mark as _

THEMES: dict[str, str] = {
    "parenting": _("Opvoeding en gezin"),
    "loneliness": _("Eenzaamheid"),
    "independent-living": _("Zelfstandig wonen"),
    "support": _("Zorg en ondersteuning"),
    "health": _("Gezondheid"),
    "school-drop-out": _("School"),
    "employment": _("Werk"),
    "legal-problems": _("Problemen met het gerecht"),
    "out-of-home-placement": _("Een kind dat (misschien) niet thuis woont"),
    "reintegration": _("Terug thuis na een verblijf elders"),
}
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
# What was read or changed, in the audit log: the tables of services that hold something of people, and what is besides.
AUDITED: dict[str, str] = {
    "acceptance": _("waarom het plan wel of niet aanvaard is"),
    "agreement": _("een afspraak"),
    "audit-log": _("wie keek in deze zaak"),
    "audit-log:of": _("wie keek naar iemand"),
    "audit-log:own": _("wie naar de eigen gegevens keek"),
    "baseline": _("wat bij het begin is opgeschreven"),
    "bottom_line": _("wat het plan moet respecteren"),
    "break_glass": _("de reden van noodtoegang"),
    "check_in": _("hoe het met het plan gaat"),
    "conference": _("waar de conferentie is"),
    "coordinator": _("de gegevens van een coördinator"),
    "data_request": _("een vraag over gegevens"),
    "facts": _("hoe het met de zaak staat"),
    "hold": _("waarom een dossier langer bewaard wordt"),
    "mail_recipient": _("waarheen een mail ging"),
    "no_contact": _("wie elkaar niet mag ontmoeten"),
    "payment": _("een betaling"),
    "person": _("de gegevens van iemand van de kring"),
    "person_exit": _("waarom iemand de kring verliet"),
    "plan_version": _("het plan"),
    "referral": _("de aanmelding"),
    "referral_person": _("wie in de aanmelding staat"),
    "registration": _("een inschrijving"),
    "staff_member": _("de gegevens van een medewerker"),
    "statement_part": _("een rekeninguittreksel"),
}
# Where something was read or changed: what a service is about.
SERVICES_ABOUT: dict[str, str] = {
    "intake": _("aanmelding"),
    "network": _("kring"),
    "scheduling": _("conferentie"),
    "plans": _("plan"),
    "training": _("vormingen"),
}
