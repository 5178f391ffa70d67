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
