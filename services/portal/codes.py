"""The words for services' codes on pages."""

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
# What people can need to take part.
NEEDS: dict[str, str] = {
    "transport": _("Vervoer"),
    "childcare": _("Opvang voor kinderen"),
    "food": _("Aangepast eten"),
    "interpreter": _("Een tolk"),
    "step-free": _("Een plaats zonder trappen"),
    "accessible-toilet": _("Een toilet voor een rolstoel"),
    "hearing": _("Hulp om goed te horen"),
    "sight": _("Hulp om goed te zien"),
    "quiet-room": _("Een rustige kamer om even weg te kunnen"),
}
# What was read or changed, in the audit log: tables with personal data, and a few more things.
AUDITED: dict[str, str] = {
    "acceptance": _("waarom het plan wel of niet aanvaard is"),
    "agreement": _("een afspraak"),
    "audit-log": _("wie keek in deze zaak"),
    "audit-log:of": _("wie keek naar iemand"),
    "audit-log:own": _("wie naar de eigen gegevens keek"),
    "baseline": _("wat bij het begin is opgeschreven"),
    "bottom_line": _("de ondergrenzen"),
    "break_glass": _("de reden van noodtoegang"),
    "referrer_call": _("wat de verwijzer van het plan zei"),
    "check_in": _("hoe het met het plan gaat"),
    "conference": _("waar de conferentie is"),
    "coordinator": _("de gegevens van een coördinator"),
    "data_request": _("een vraag over gegevens"),
    "facts": _("hoe het met de zaak staat"),
    "information_giver": _("wat iemand de kring vertelt"),
    "hold": _("waarom een dossier langer bewaard wordt"),
    "mail_recipient": _("waarheen een mail ging"),
    "no_contact": _("wie elkaar niet mag ontmoeten"),
    "payment": _("een betaling"),
    "person": _("de gegevens van iemand van de kring"),
    "person_exit": _("waarom iemand de kring verliet"),
    "plan_version": _("het plan"),
    "preparation": _("wat er is afgesproken over veiligheid en kinderen"),
    "referral": _("de aanmelding"),
    "referral_person": _("wie in de aanmelding staat"),
    "registration": _("een inschrijving"),
    "resource": _("wat de kring aan anderen vraagt"),
    "staff_member": _("de gegevens van een medewerker"),
    "statement_part": _("een rekeninguittreksel"),
    "venue": _("wie je belt over een plaats"),
    "wording": _("het plan in een andere taal"),
}
