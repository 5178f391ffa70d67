"""The names of an organisation's settings on pages."""

from services.portal.wording import mark as _

TITLES = {
    "intake": _("Aanmelden en een coördinator zoeken"),
    "network": _("De kring, links en vragen over gegevens"),
    "scheduling": _("De conferentie voorbereiden"),
    "plans": _("Het plan opvolgen"),
    "training": _("Vormingen en betalen"),
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
