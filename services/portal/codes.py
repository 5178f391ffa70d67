"""What the codes of intake are called on pages."""

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
