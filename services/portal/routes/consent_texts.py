"""An organisation's own words for what people agree to, language by language."""

import asyncio
from itertools import groupby
from operator import attrgetter
from typing import Any

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_choice
from services.portal.pages import Pages
from services.portal.routes.agreeing import ABOUT
from services.portal.routes.safeguards import RULES
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel, Unacceptable
from services.portal.wording import NAMES
from services.portal.wording import mark as _
from shared.auth import Role
from shared.languages import FALLBACK

pages = Pages()
_PATH = f"{RULES}/texts/{{purpose}}"
_ALL = "/settings/texts"
_writers = staff(Role.DPO, Role.ADMINISTRATOR)
_AUDIENCES = {
    "adult": _("Voor wie volwassen is"),
    "young": _("Voor wie jonger is dan achttien"),
    "parent": _("Voor wie voor een kind antwoordt"),
}


class Text(Answer):
    """A text for one audience in one language."""

    audience: str
    language: str
    title: str
    body: str


class Texts(Answer):
    """The current version of a purpose's text."""

    version: int
    own: bool
    texts: list[Text]


class SaidYes(Answer):
    """How many people said yes to a version, among those who read it in one language."""

    version: int
    language: str | None
    people: int


class AllSaidYes(Answer):
    """How many people said yes to each version."""

    items: list[SaidYes]


SAID_YES = Operation("network", "GET", "/v1/consent-texts/{purpose}/said-yes", AllSaidYes)
TEXTS = Operation("network", "GET", "/v1/consent-texts/{purpose}", Texts)
PUBLISH = Operation("network", "POST", "/v1/consent-texts/{purpose}", Texts)


class ShownText(PageModel):
    """The text for one audience, in the language that is shown."""

    audience: str
    label: str
    title: str
    body: str


class VersionRow(PageModel):
    """How many people said yes to a version, in total and by the language in which they read it."""

    version: int
    counts: bool
    people: int
    languages: list[tuple[str, int]]


class TextsPage(PageModel):
    """The text of one purpose in one language."""

    back: tuple[str, str]
    purpose: str
    about: str
    version: int
    own: bool
    languages: list[tuple[str, str, bool]]
    written_in: str
    texts: list[ShownText]
    said_yes: list[VersionRow]


def _purpose(visit: StaffVisit) -> str:
    return read_choice(visit.request.path_params["purpose"], ABOUT)


def _language(visit: StaffVisit) -> str:
    return read_choice(visit.request.query_params.get("language", FALLBACK), NAMES)


def _back(visit: StaffVisit) -> tuple[str, str]:
    """Return the page with all texts: the officer's rules, or the administrator's settings."""
    if visit.has(Role.DPO):
        return RULES, visit.say(_("Regels over gegevens"))
    return _ALL, visit.say(_("Waarmee mensen akkoord gaan"))


def _audiences(known: Texts) -> list[str]:
    """Return the audiences of a purpose: each has a text in Dutch."""
    return [each.audience for each in known.texts if each.language == FALLBACK]


class AllTextsPage(PageModel):
    """The purposes for which there are texts."""

    texts: list[tuple[str, str]]


@pages.show(_ALL, staff(Role.ADMINISTRATOR))
async def show_all(visit: StaffVisit) -> Response:
    """List what people are asked to agree to."""
    texts = [(purpose, visit.say(about)) for purpose, about in ABOUT.items()]
    return visit.page("settings_texts.html", AllTextsPage(texts=texts))


@pages.show(_PATH, _writers)
async def show(visit: StaffVisit) -> Response:
    """Show the text in one language; empty where there is none yet."""
    purpose, language = _purpose(visit), _language(visit)
    known, counted = await asyncio.gather(
        visit.ask(TEXTS, purpose=purpose), visit.ask(SAID_YES, purpose=purpose)
    )
    words = {each.audience: each for each in known.texts if each.language == language}
    model = TextsPage(
        back=_back(visit),
        purpose=purpose,
        about=visit.word(ABOUT, purpose),
        version=known.version,
        own=known.own,
        languages=[(str(code), name, code == language) for code, name in NAMES.items()],
        written_in=language,
        texts=[
            ShownText(
                audience=each,
                label=visit.word(_AUDIENCES, each),
                title=words[each].title if each in words else "",
                body=words[each].body if each in words else "",
            )
            for each in _audiences(known)
        ],
        said_yes=_rows(visit, counted.items, current=known.version),
    )
    return visit.page("consent_texts.html", model)


def _rows(visit: StaffVisit, items: list[SaidYes], *, current: int) -> list[VersionRow]:
    names: dict[str | None, str] = {str(code): name for code, name in NAMES.items()}
    names[None] = visit.say(_("Niet zelf gelezen"))
    found = []
    for version, theirs in groupby(items, attrgetter("version")):
        languages = [(names.get(each.language, str(each.language)), each.people) for each in theirs]
        people = sum(count for _name, count in languages)
        found.append(
            VersionRow(version=version, counts=version == current, people=people, languages=languages)
        )
    return found


@pages.send(_PATH, _writers, shown_by=show)
async def publish(visit: StaffVisit) -> Response:
    """Publish it as the next version, with the current texts of the other languages."""
    purpose, language = _purpose(visit), _language(visit)
    known = await visit.ask(TEXTS, purpose=purpose)
    texts: list[dict[str, Any]] = [each.model_dump() for each in known.texts if each.language != language]
    missing = {}
    for audience in _audiences(known):
        title, body = (visit.form.get(f"{field}-{audience}", "").strip() for field in ("title", "body"))
        if title and body:
            texts.append({"audience": audience, "language": language, "title": title, "body": body})
        elif title or body or language == FALLBACK:
            missing[f"{'body' if title else 'title'}-{audience}"] = _("Schrijf een titel en een tekst.")
    if missing:
        raise Unacceptable(missing)
    await visit.ask(PUBLISH, body={"version": visit.version, "texts": texts}, purpose=purpose)
    return visit.go(_back(visit)[0])
