"""The words of figures: what is counted, by name and code as intake gives it, in the order of the page."""

from dataclasses import dataclass

from services.portal.codes import THEMES
from services.portal.routes.case_check_ins import DECISIONS
from services.portal.routes.case_year import GOING
from services.portal.routes.circle import PLACES
from services.portal.staff_words import REFERRAL_REASONS, WITHDRAW_REASONS
from services.portal.wording import mark as _

# Each number of cases with what it is out of.
MEASURES: dict[str, tuple[str, str | None]] = {
    "referrals": (_("Aanmeldingen"), None),
    "not_started": (_("Niet gestart"), "referrals"),
    "started": (_("Gestart"), "referrals"),
    "conference_held": (_("Conferentie gehouden"), "started"),
    "plan_from_conference": (_("Plan uit een conferentie"), "conference_held"),
    "plan_without_meeting": (_("Plan zonder bijeenkomst"), "started"),
    "plan": (_("Plan, met of zonder bijeenkomst"), "started"),
}
OUT_OF = {
    "referrals": _("van de aanmeldingen"),
    "started": _("van wat startte"),
    "conference_held": _("van de conferenties"),
}


@dataclass(frozen=True)
class Averages:
    """A table of averages per case."""

    caption: str
    labels: dict[str, str]


@dataclass(frozen=True)
class Shares:
    """A table of how cases divide: each question with its answers."""

    caption: str
    labels: dict[str, tuple[str, dict[str, str]]]


_NOT_YET = _("Nog niet gevraagd")
_AFTER = {code: label for code, label in DECISIONS.items() if code != "another-coordinator"} | {
    "none": _NOT_YET
}
_YES_NO = {"yes": _("Ja"), "no": _("Nee"), "none": _("Niet gezegd")}
# Where people in the circle belong.
_PLACES = PLACES | {
    "professional": _("Professionals"),
    "advocate": _("Vertrouwenspersonen"),
    "interpreter": _("Tolken"),
}
# Under the table of the numbers of cases.
ENDED = Shares(
    _("Wat niet startte, en wat stopte"),
    {
        "not_started_reason": (
            _("Waarom het niet startte"),
            {**REFERRAL_REASONS, "none": _("Nog niets beslist")},
        ),
        "stop_reason": (_("Waarom het stopte"), {**WITHDRAW_REASONS, "none": _("Niet gestopt")}),
    },
)
SECTIONS: dict[str, tuple[Averages | Shares, ...]] = {
    _("Wie er kwam"): (
        Averages(
            _("Gemiddeld aantal mensen"),
            {
                "central_persons": _("Over wie het gaat"),
                "circle": _("In de kring"),
                "widened": _("Door anderen voorgesteld"),
                "invited": _("Uitgenodigd"),
                "came": _("Gekomen"),
                "children": _("Gekomen kinderen en jongeren over wie het gaat"),
                "remote": _("Online of aan de telefoon"),
            },
        ),
        Averages(
            _("Gemiddeld uitgenodigd, van elke groep"),
            {f"invited_{group}": label for group, label in _PLACES.items()},
        ),
        Averages(
            _("Gemiddeld gekomen, van elke groep"),
            {f"came_{group}": label for group, label in _PLACES.items()},
        ),
        Shares(
            _("In hoeveel zaken"),
            {
                "minors": (
                    _("Het gaat over een kind of jongere"),
                    {code: _YES_NO[code] for code in ("yes", "no")},
                ),
                "language": (
                    _("De taal van over wie het gaat"),
                    {
                        "nl": _("Nederlands"),
                        "fr": _("Frans"),
                        "en": _("Engels"),
                        "ar": _("Arabisch"),
                        "tr": _("Turks"),
                        "pl": _("Pools"),
                        "uk": _("Oekraïens"),
                        "several": _("Meer dan één taal"),
                        "other": _("Een andere taal"),
                    },
                ),
                "sides": (
                    _("Er kwamen mensen van de kant van moeder en van vader"),
                    {
                        "both": _("Van allebei"),
                        "one": _("Van één van de twee"),
                        "neither": _("Van geen van de twee"),
                        "none": _YES_NO["none"],
                    },
                ),
                "children_part": (
                    _("Hoe kinderen of jongeren over wie het gaat meededen"),
                    {
                        "in-person": _("In de zaal"),
                        "remote": _("Online of aan de telefoon"),
                        "views": _("Er werd verteld wat zij vinden"),
                        "not": _("Niet"),
                        "no-children": _("Het gaat over volwassenen"),
                        "none": _YES_NO["none"],
                    },
                ),
            },
        ),
        Shares(
            _("Wat er bijzonder was, in hoeveel zaken"),
            {
                "with_remote": (_("Iemand deed online of aan de telefoon mee"), _YES_NO),
                "with_interpreter": (_("Er was een tolk"), _YES_NO),
                "incident": (_("Er gebeurde iets ernstigs, toen of later"), _YES_NO),
            },
        ),
    ),
    _("Hoe lang het duurde"): (
        Averages(
            _("Gemiddeld, vanaf de aanmelding"),
            {
                "weeks_to_coordinator": _("Weken tot er een coördinator was"),
                "weeks_to_contact": _("Weken tot het eerste contact"),
                "weeks_to_conference": _("Weken tot de conferentie"),
                "weeks_to_plan": _("Weken tot het plan er stond"),
            },
        ),
        Averages(
            _("Gemiddeld per zaak met een conferentie"),
            {
                "cancelled": _("Keren afgezegd of uitgesteld"),
                "private_minutes": _("Minuten besloten tijd"),
            },
        ),
        Shares(
            _("Op tijd"),
            {"late": (_("Er was iets te laat"), {code: _YES_NO[code] for code in ("yes", "no")})},
        ),
        Shares(
            _("Hoe vaak de kring samenkwam"),
            {
                "meetings": (
                    _("Bijeenkomsten"),
                    {"one": _("Eén keer"), "two": _("Twee keer"), "more": _("Vaker")},
                )
            },
        ),
    ),
    _("Wat er van het plan kwam"): (
        Shares(
            _("Het plan"),
            {
                "first_meeting": (
                    _("Na de eerste bijeenkomst"),
                    {
                        "plan": _("Er was een plan"),
                        "continued": _("De kring kwam nog eens samen"),
                        "no-plan": _("Er was geen plan"),
                    },
                ),
                "acceptance": (
                    _("Het antwoord op het plan"),
                    {
                        "accepted": _("Aanvaard"),
                        "presumed": _("Aanvaard: er kwam geen antwoord"),
                        "partly-accepted": _("Deels aanvaard"),
                        "refused": _("Niet aanvaard"),
                        "none": _("Geen antwoord nodig, of nog niet"),
                    },
                ),
            },
        ),
        Averages(
            _("Gemiddeld per plan uit een conferentie"),
            {
                "agreements": _("Afspraken in het plan"),
                "agreements_by_network": _("Afspraken die de kring zelf doet"),
                "agreements_by_professionals": _("Afspraken die professionals doen"),
                "agreements_done": _("Afspraken die gelukt zijn"),
                "agreements_lapsed": _("Afspraken die niet op tijd lukten"),
                "check_ins": _("Keren gevraagd hoe het gaat"),
            },
        ),
    ),
    _("Hoe het daarna ging"): (
        Shares(
            _("Wat er afgesproken werd"),
            {
                "referrer_says": (_("De verwijzer, na vier weken"), {**GOING, "none": _NOT_YET}),
                "after_four_weeks": (_("Na vier weken"), _AFTER),
                "after_three_months": (_("Na drie maanden"), _AFTER),
                "after_six_months": (_("Na een half jaar"), _AFTER),
                "after_twelve_months": (_("Na een jaar"), _AFTER),
            },
        ),
    ),
}
_PARTS = [part for parts in ((ENDED,), *SECTIONS.values()) for part in parts]
AVERAGES = [name for part in _PARTS if isinstance(part, Averages) for name in part.labels]
# Each question with the codes of its answers.
SHARES = {
    name: tuple(codes)
    for part in _PARTS
    if isinstance(part, Shares)
    for name, (_label, codes) in part.labels.items()
}
# The first is the total of the others.
SAID = {
    "agreements": _("Afspraken waarvan iemand zei hoe het gaat"),
    "done": _("Gelukt"),
    "nearly": _("Bijna gelukt"),
    "not_yet": _("Nog niet"),
    "changed": _("Anders gelopen"),
    "help": _("Hulp nodig"),
}
GROUPS = {
    "central": _("Over wie het ging"),
    "child": _("Kinderen en jongeren"),
    "circle": _("De kring"),
    "professional": _("Professionals"),
}
QUESTIONS = {
    "meeting": _("De conferentie"),
    "plan": _("Het plan"),
    "coordinator": _("De coördinator"),
}
BY = {
    "none": _("Alles samen"),
    "theme": _("Per thema"),
    "region": _("Per regio"),
    "referrer": _("Per soort verwijzer"),
    "age": _("Per leeftijd"),
    "track": _("Gewoon of dringend"),
}
VALUES: dict[str, str] = {
    **THEMES,
    "normal": _("Gewoon"),
    "urgent": _("Dringend"),
    "professional": _("Een hulpverlener"),
    "self": _("Zelf aangemeld"),
    "acquaintance": _("Iemand uit de omgeving"),
    "under-6": _("Jonger dan 6"),
    "65-and-over": _("65 en ouder"),
    "unknown": _("Onbekend"),
}
