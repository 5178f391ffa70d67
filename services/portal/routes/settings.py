"""How long everything takes and is kept: what the organisation set for each service, and every version of it."""

import asyncio
import re
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation, ServiceRefused
from services.portal.pages import Pages
from services.portal.routes.colleagues import GONE, names_of_staff
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role
from shared.services import SERVICES

pages = Pages()
_administrator = staff(Role.ADMINISTRATOR)
section("/settings", _("Termijnen"), Role.ADMINISTRATOR)


class Policy(Answer):
    """A version of what is set."""

    version: int
    settings: dict[str, Any]
    set_at: datetime | None
    set_by: UUID | None


class Versions(Answer):
    """Versions, the newest first."""

    items: list[Policy]


POLICIES = tuple(Operation(service, "GET", "/v1/policy", Policy) for service in SERVICES)
CHANGES = tuple(Operation(service, "PUT", "/v1/policy", Answer) for service in SERVICES)
VERSIONS = tuple(Operation(service, "GET", "/v1/policy/versions", Versions) for service in SERVICES)

TITLES = {
    "intake": _("Aanmelden en een coördinator zoeken"),
    "network": _("De kring, links en vragen over gegevens"),
    "scheduling": _("De conferentie voorbereiden"),
    "plans": _("Het plan opvolgen"),
    "training": _("Vormingen en betalen"),
}
# What each length is, by service and name; what is not here is set elsewhere.
LENGTHS: dict[str, dict[str, str]] = {
    "intake": {
        "acknowledge": _("Beslissen over een aanmelding"),
        "offer_warn": _("Een coördinator herinneren aan een vraag"),
        "offer_expires": _("Een coördinator laat antwoorden op een vraag"),
        "allocate": _("Een zaak een coördinator geven"),
        "search_again": _("Opnieuw zoeken als niemand kon"),
        "erasure_warn": _("Waarschuwen dat wissen duurt"),
        "erasure": _("Alles gewist hebben"),
    },
    "network": {
        "invitation_remind": _("Herinneren aan een uitnodiging"),
        "invitation_due": _("Antwoorden op een uitnodiging"),
        "reach": _("Iemand bereiken bij wie geen mail aankomt"),
        "link_expires": _("Een persoonlijke link werkt"),
        "data_request_warn": _("Waarschuwen over een vraag over gegevens"),
        "data_request_due": _("Antwoorden op een vraag over gegevens"),
        "data_request_extension": _("Extra tijd om te antwoorden"),
        "copy_ready": _("Een kopie is te lezen"),
        "erase_wait": _("Wachten voor iemand gewist wordt"),
        "erasure_warn": _("Waarschuwen dat wissen duurt"),
        "erasure": _("Alles gewist hebben"),
        "coming_of_age_warn": _("Vooraf melden dat iemand twaalf of achttien wordt"),
    },
    "scheduling": {
        "conference_warn": _("Waarschuwen over de conferentie"),
        "conference_target": _("De conferentie samen krijgen"),
        "urgent_warn": _("Waarschuwen bij spoed"),
        "urgent_target": _("De conferentie bij spoed"),
        "poll_chase": _("Herinneren aan de vraag over de dagen"),
        "poll_closes": _("De vraag over de dagen sluiten"),
        "poll_correct": _("Een antwoord nog kunnen veranderen"),
    },
    "plans": {
        "acceptance": _("Zeggen of het plan aanvaard is"),
        "four_weeks": _("De coördinator belt"),
        "three_months": _("Eerste keer nakijken"),
        "six_months": _("Tweede keer nakijken"),
        "twelve_months": _("Laatste keer nakijken"),
        "check_in_grace": _("Noteren hoe het gaat"),
        "agreement_remind": _("Herinneren aan een afspraak"),
        "agreement_grace": _("Een afspraak vervalt"),
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
UNITS = {"wd": _("werkdagen"), "d": _("dagen"), "w": _("weken"), "H": _("uren"), "": _("zoals geschreven")}
_ONE = {"wd": _("werkdag"), "d": _("dag"), "w": _("week"), "H": _("uur")}
_SIMPLE = re.compile(r"(\d+)(wd|d|w)|PT(\d+)(H)")


class LengthRow(PageModel):
    """A length, in words, and until when it lasts if it begins today."""

    name: str
    label: str
    amount: str
    unit: str
    words: str
    until: str


class Group(PageModel):
    """What is set for one service."""

    service: str
    title: str
    rows: list[LengthRow]
    set_at: str | None


class SettingsPage(PageModel):
    """All lengths."""

    groups: list[Group]


class VersionRow(PageModel):
    """A version, and what it changed."""

    version: int
    who: str
    when: str
    changed: list[str]


class LengthsPage(PageModel):
    """The form of one service, and every version before; `since`: what others changed since the reader looked."""

    group: Group
    version: int
    units: list[tuple[str, str]]
    since: list[str]
    history: list[VersionRow]


def _parts(length: str) -> tuple[str, str]:
    found = _SIMPLE.fullmatch(length)
    return (found[1] or found[3], found[2] or found[4]) if found else (length, "")


def _words(visit: StaffVisit, length: str) -> str:
    amount, unit = _parts(length)
    return f"{amount} {visit.say((_ONE if amount == '1' else UNITS)[unit])}" if unit else amount


async def _group(visit: StaffVisit, service: str, policy: Policy) -> Group:
    dates, now, calendar = await visit.dates(), await visit.parts.clock.now(), visit.profile.calendar
    rows = []
    for name, label in LENGTHS[service].items():
        length = str(policy.settings[name])
        amount, unit = _parts(length)
        try:
            until = dates.until(calendar.add_length(now, length))
        except (ValueError, OverflowError):
            # What a newer service writes.
            until = "?"
        words = _words(visit, length)
        rows.append(
            LengthRow(name=name, label=visit.say(label), amount=amount, unit=unit, words=words, until=until)
        )
    set_at = None if policy.set_at is None else dates.day(policy.set_at)
    return Group(service=service, title=visit.say(TITLES[service]), rows=rows, set_at=set_at)


def _changed(visit: StaffVisit, service: str, before: Policy, after: Policy) -> list[str]:
    return [
        f"{visit.say(label)}: {_words(visit, str(before.settings[name]))} → "
        f"{_words(visit, str(after.settings[name]))}"
        for name, label in LENGTHS[service].items()
        if before.settings[name] != after.settings[name]
    ]


def _index(visit: StaffVisit) -> int:
    service = visit.request.path_params["service"]
    if service not in SERVICES:
        raise ServiceRefused(404, "service-not-found")
    return list(SERVICES).index(service)


@pages.show("/settings", _administrator)
async def show_all(visit: StaffVisit) -> Response:
    """Show every length, and until when it lasts for what begins today."""
    found = await asyncio.gather(*(visit.ask(each) for each in POLICIES))
    groups = [await _group(visit, each.service, policy) for each, policy in zip(POLICIES, found, strict=True)]
    return visit.page("settings.html", SettingsPage(groups=groups))


@pages.show("/settings/lengths/{service}", _administrator)
async def show(visit: StaffVisit) -> Response:
    """Show the form of one service, and who changed what when."""
    index = _index(visit)
    service = VERSIONS[index].service
    found, names = await asyncio.gather(visit.ask(VERSIONS[index]), names_of_staff(visit))
    versions, dates = found.items, await visit.dates()
    pairs = [(after, before) for after, before in pairwise(versions) if after.set_at]
    seen = next((each for each in versions if str(each.version) == visit.form.get("version")), versions[0])
    model = LengthsPage(
        group=await _group(visit, service, versions[0]),
        version=versions[0].version,
        units=[(unit, visit.say(text)) for unit, text in UNITS.items()],
        since=_changed(visit, service, seen, versions[0]) if visit.errors else [],
        history=[
            VersionRow(
                version=after.version,
                who=names.get(after.set_by, visit.say(GONE)) if after.set_by else visit.say(GONE),
                when=dates.time(after.set_at) if after.set_at else "",
                changed=_changed(visit, service, before, after),
            )
            for after, before in pairs
        ],
    )
    return visit.page("lengths.html", model)


@pages.send("/settings/lengths/{service}", _administrator)
async def change(visit: StaffVisit) -> Response:
    """Set lengths for what begins from now on, unless somebody else did meanwhile."""
    index = _index(visit)
    present = await visit.ask(POLICIES[index])
    settings, wrong = dict(present.settings), {}
    for name in LENGTHS[POLICIES[index].service]:
        amount, unit = visit.form.get(name, "").strip(), visit.form.get(f"{name}-unit", "")
        length = f"PT{amount}H" if unit == "H" else f"{amount}{unit}"
        try:
            visit.profile.calendar.add_length(await visit.parts.clock.now(), length)
        except (ValueError, OverflowError):
            wrong[name] = _("Schrijf een getal en kies wat het telt.")
        settings[name] = length
    if wrong:
        raise Unacceptable(wrong)
    await visit.ask(CHANGES[index], body={"version": visit.version, "settings": settings})
    return visit.go("/settings")
