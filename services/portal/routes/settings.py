"""An organisation's settings for each service, such as durations and retention, and their versions."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from babel.units import format_unit
from starlette.responses import Response

from services.portal.client import Answer, Operation, ServiceRefused
from services.portal.forms import read_number
from services.portal.of_services import LENGTHS
from services.portal.pages import Pages
from services.portal.routes.colleagues import GONE, names_of_staff
from services.portal.setting_words import CHOICES, COUNTS, DAY, TITLES, YEAR
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role
from shared.services import SERVICES

pages = Pages()
_administrator = staff(Role.ADMINISTRATOR)
section("/settings", _("Termijnen"), Role.ADMINISTRATOR)


class Policy(Answer):
    """A version of a policy."""

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

# May be left empty: then the next one applies.
OPTIONAL = frozenset({"keep_youth_until_age"})


@dataclass(frozen=True)
class Fields:
    """The settings of one service that are shown and set together."""

    service: str
    lengths: dict[str, str] = field(default_factory=dict)
    counts: dict[str, tuple[str, str]] = field(default_factory=dict)
    choices: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    @property
    def labels(self) -> dict[str, str]:
        """Return the labels, by name."""
        return self.lengths | {name: label for name, (label, _rest) in (self.counts | self.choices).items()}


FIELDS = [Fields(each, LENGTHS[each], COUNTS.get(each, {}), CHOICES.get(each, {})) for each in SERVICES]
# The settings that protect people from those who set the rest: set by the data protection officer.
SAFEGUARDS = Fields(
    "intake",
    {"break_glass": _("Een dossier met noodtoegang lezen")},
    {"statistics_smallest_group": (_("Cijfers tonen over minstens"), _("zaken"))},
)
CHANGE_SAFEGUARDS = Operation("intake", "PUT", "/v1/policy/safeguards", Answer)
UNITS = {"wd": _("werkdagen"), "d": _("dagen"), "w": _("weken"), "H": _("uren"), "": _("anders (zoals P1Y)")}
_ONE = {"wd": _("werkdag"), "d": _("dag"), "w": _("week"), "H": _("uur")}
_ON_A_PAGE = 20
_SIMPLE = re.compile(r"(\d+)(wd|d|w)|PT(\d+)(H)")


class LengthRow(PageModel):
    """A setting in words; a length also with its unit, and its end if it begins today. `options`: the choices."""

    name: str
    label: str
    amount: str
    unit: str | None
    words: str
    until: str | None
    options: list[tuple[str, str]]


class Group(PageModel):
    """The settings of one service."""

    service: str
    title: str
    rows: list[LengthRow]
    set_at: str | None


class SettingsPage(PageModel):
    """All lengths."""

    groups: list[Group]


class VersionRow(PageModel):
    """A version, and its changes."""

    version: int
    who: str
    when: str
    changed: list[str]


class LengthsPage(PageModel):
    """The form of one service, and earlier versions; `since`: others' changes since the reader looked.

    `back`: the overview page and its name; `older`: where still older versions are.
    """

    back: tuple[str, str]
    older: str | None
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


def _said(visit: StaffVisit, fields: Fields, policy: Policy, name: str) -> str:
    value = policy.settings[name]
    if name in fields.lengths:
        return _words(visit, str(value))
    if name in fields.choices:
        return visit.word(fields.choices[name][1], value)
    if value is None:
        return visit.say(_("zoals andere dossiers"))
    unit, spoken = fields.counts[name][1], visit.language
    return format_unit(value, unit, locale=spoken) if unit in {YEAR, DAY} else f"{value} {visit.say(unit)}"


async def group_of(visit: StaffVisit, fields: Fields, policy: Policy) -> Group:
    """Return the form description of a service's settings."""
    dates, now, calendar = await visit.dates(), await visit.parts.clock.now(), visit.profile.calendar
    rows = []
    for name, label in fields.labels.items():
        value, until = policy.settings[name], None
        amount, unit = "" if value is None else str(value), None
        if name in fields.lengths:
            amount, unit = _parts(str(value))
            try:
                until = dates.until(calendar.add_length(now, str(value)))
            except (ValueError, OverflowError):
                until = "?"  # Written by a newer service.
        options = fields.choices.get(name, ("", {}))[1]
        rows.append(
            LengthRow(
                name=name,
                label=visit.say(label),
                amount=amount,
                unit=unit,
                words=_said(visit, fields, policy, name),
                until=until,
                options=[(code, visit.say(said)) for code, said in options.items()],
            )
        )
    set_at = None if policy.set_at is None else dates.day(policy.set_at)
    return Group(service=fields.service, title=visit.say(TITLES[fields.service]), rows=rows, set_at=set_at)


def _changed(visit: StaffVisit, fields: Fields, before: Policy, after: Policy) -> list[str]:
    return [
        f"{visit.say(label)}: {_said(visit, fields, before, name)} → {_said(visit, fields, after, name)}"
        for name, label in fields.labels.items()
        if before.settings[name] != after.settings[name]
    ]


def _index(visit: StaffVisit) -> int:
    service = visit.request.path_params["service"]
    if service not in SERVICES:
        raise ServiceRefused(404, "service-not-found")
    return list(SERVICES).index(service)


@pages.show("/settings", _administrator)
async def show_all(visit: StaffVisit) -> Response:
    """Show every length, and when it would end if it began today."""
    found = await asyncio.gather(*(visit.ask(each) for each in POLICIES))
    groups = [await group_of(visit, fields, policy) for fields, policy in zip(FIELDS, found, strict=True)]
    return visit.page("settings.html", SettingsPage(groups=groups))


@pages.show("/settings/lengths/{service}", _administrator)
async def show(visit: StaffVisit) -> Response:
    """Show the form of one service, and who changed what when."""
    return await show_form(visit, FIELDS[_index(visit)], back=("/settings", visit.say(_("Alle termijnen"))))


async def show_form(visit: StaffVisit, fields: Fields, *, back: tuple[str, str]) -> Response:
    """Show the form of some settings, with so many versions at a time and who set them."""
    index = list(SERVICES).index(fields.service)
    before = read_number(visit.request.query_params.get("before", ""))
    query = {"limit": str(_ON_A_PAGE + 1), **({"before": str(before)} if before else {})}
    present, found, names = await asyncio.gather(
        visit.ask(POLICIES[index]), visit.ask(VERSIONS[index], query=query), names_of_staff(visit)
    )
    versions, dates = found.items, await visit.dates()
    pairs = [(after, before) for after, before in pairwise(versions) if after.set_at]
    seen = next((each for each in versions if str(each.version) == visit.form.get("version")), present)
    more = len(versions) > _ON_A_PAGE
    model = LengthsPage(
        back=back,
        # The version compared with the last one is the first of the next page.
        older=f"{visit.request.url.path}?before={versions[-2].version}" if more else None,
        group=await group_of(visit, fields, present),
        version=present.version,
        units=[(unit, visit.say(text)) for unit, text in UNITS.items()],
        since=_changed(visit, fields, seen, present) if visit.errors else [],
        history=[
            VersionRow(
                version=after.version,
                who=names.get(after.set_by, visit.say(GONE)) if after.set_by else visit.say(GONE),
                when=dates.time(after.set_at) if after.set_at else "",
                changed=_changed(visit, fields, before, after),
            )
            for after, before in pairs
        ],
    )
    return visit.page("lengths.html", model)


@pages.send("/settings/lengths/{service}", _administrator)
async def change(visit: StaffVisit) -> Response:
    """Set lengths for what begins from now on, unless somebody else did meanwhile."""
    index = _index(visit)
    await set_fields(visit, FIELDS[index], CHANGES[index])
    return visit.go("/settings")


async def set_fields(visit: StaffVisit, fields: Fields, operation: Operation[Answer]) -> None:
    """Set the fields of a form, and leave the rest as it is. Raises: Unacceptable."""
    present = await visit.ask(POLICIES[list(SERVICES).index(fields.service)])
    settings, wrong = dict(present.settings), {}
    for name in fields.lengths:
        amount, unit = visit.form.get(name, "").strip(), visit.form.get(f"{name}-unit", "")
        length = f"PT{amount}H" if unit == "H" else f"{amount}{unit}"
        try:
            visit.profile.calendar.add_length(await visit.parts.clock.now(), length)
        except (ValueError, OverflowError):
            wrong[name] = _("Schrijf een getal en kies wat het telt.")
        settings[name] = length
    for name in fields.counts:
        amount = visit.form.get(name, "").strip()
        if not amount and name in OPTIONAL:
            settings[name] = None
        elif not read_number(amount):
            wrong[name] = _("Schrijf een getal.")
        else:
            settings[name] = read_number(amount)
    for name, (_label, options) in fields.choices.items():
        settings[name] = visit.form.get(name, "")
        if settings[name] not in options:
            wrong[name] = _("Kies een van deze.")
    if wrong:
        raise Unacceptable(wrong)
    await visit.ask(operation, body={"version": visit.version, "settings": settings})
