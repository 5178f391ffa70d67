"""Renders a copy as one self-contained HTML page that a person can read, print and keep; everything is escaped."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel

from services.network.copy_schemas import Copy
from services.network.copy_words import code_in_words, word
from services.network.domain.surveys import QUESTIONS
from services.network.models import PersonFields
from shared.calendar import Calendar
from shared.contracts import OwnAuditEntry
from shared.languages import day_in_words, direction, period_in_words, time_in_words
from shared.mail import subject_of

_PAGES = Path(__file__).with_name("pages")
_TEMPLATES = Path(__file__).with_name("templates")
# The sealed fields of a person that are shown; the people they speak for are not.
_DETAILS = tuple(name for name in PersonFields.model_fields if name != "authority_over")
# Shown as they were written. Any other text that is not a timestamp is a code, and is shown in words.
_VERBATIM = frozenset(
    {
        *(name for name in _DETAILS if name not in ("language", "needs")),
        *("text", "reason", "question", "summary", "resources", "bottom_lines", "questions", "note", "venue"),
        *(
            "referring_organisation",
            "mandated_organisation",
            "wished_culture",
            "goals",
            "decisions_of_circle",
        ),
        *("what", "known_done_how", "tells"),
    }
)


@dataclass(frozen=True)
class Row:
    """A label and its value."""

    label: str
    values: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Several records of one kind."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """One subject; `note` says in words what is left out."""

    title: str
    rows: Sequence[Row] = ()
    tables: Sequence[Table] = ()
    note: str | None = None


@lru_cache(maxsize=1)
def _style() -> str:
    return _PAGES.joinpath("copy.css").read_text(encoding="utf-8").strip()


@lru_cache(maxsize=1)
def content_policy() -> str:
    """Return the content security policy of the page: its one style sheet is allowed, nothing else."""
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(copy: Copy, calendar: Calendar) -> str:
    """Return the page."""
    return _Page(copy, calendar).render()


class _Page:
    def __init__(self, copy: Copy, calendar: Calendar) -> None:
        self._copy = copy
        self._calendar = calendar
        self._language = copy.language

    def render(self) -> str:
        """Return the page."""
        from markupsafe import Markup

        made = day_in_words(self._copy.made_at, self._language, self._calendar)
        return (
            _environment()
            .get_template("copy.html")
            .render(
                language=self._language,
                direction=direction(self._language),
                title=self._word("title"),
                style=Markup(_style()),  # noqa: S704 - a file of ours, in which nothing of anybody stands
                made=f"{self._word('made')} {made}",
                intro=self._word("intro"),
                notes=[self._word("private"), self._word("others")],
                sections=[*self._sections(), *self._missing()],
            )
        )

    def _sections(self) -> list[Section]:
        return [
            self._section("part.you", self._you()),
            *self._circle(),
            *self._referral(),
            *self._meetings(),
            *self._plan(),
            self._list(
                "part.seen", ("when", "action", "what", "by"), [self._look(s) for s in self._copy.seen]
            ),
        ]

    def _you(self) -> list[Row]:
        you = self._copy.you
        place = ("side", "role", "state", "since", "left_at")
        return [*self._rows(you.details, _DETAILS), *self._rows(you, place)]

    def _circle(self) -> list[Section]:
        circle = self._copy.circle
        consents = [
            self._cells(said, ("purpose", "given", "language", "via", "said_at")) for said in circle.consents
        ]
        contacts = [self._cells(made, ("on", "channel", "purpose")) for made in circle.contacts]
        messages = [
            [
                subject_of(_TEMPLATES, m.kind, self._language) or self._code(m.kind),
                self._in_words("at", m.settled_at or m.decided_at),
                self._in_words("state", m.state),
            ]
            for m in circle.messages
        ]
        requests = [
            self._cells(made, ("kind", "state", "received_at", "text")) for made in circle.data_requests
        ]
        invited = ("sent_at", "reminded_at", "answered_at", "state", "answer", "mode")
        linked = ("created_at", "expires_at", "revoked_at", "renewed")
        return [
            self._list("part.consents", ("purpose", "answer", "language", "how", "when"), consents),
            *(
                [self._list("part.kept", ("basis", "when"), kept)]
                if (kept := [self._cells(basis, ("basis", "since")) for basis in circle.legal_bases])
                else []
            ),
            self._section("part.invitation", self._rows(circle.invitation, invited)),
            *(
                [self._section("part.survey", self._rows(circle.survey, QUESTIONS))]
                if circle.survey is not None
                else []
            ),
            self._list("part.contacts", ("when", "how", "purpose"), contacts),
            self._list("part.messages", ("kind", "when", "state"), messages),
            self._section("part.link", self._rows(circle.link, linked)),
            self._list("part.data-requests", ("kind", "state", "received_at", "text"), requests),
            *(
                [self._section("part.left", self._rows(circle.left, ("kind", "at", "reason")))]
                if circle.left is not None
                else []
            ),
        ]

    def _referral(self) -> list[Section]:
        held = self._copy.referral
        if held is None:
            return []
        entry = ("first_name", "last_name", "birth_date", "email", "phone", "address", "relation", "role")
        agreed = ("language", "side", "parental_authority", "agreed", "agreed_on")
        words = ("question", "summary", "languages", "bottom_lines", "resources")
        case = ("state", "track", "themes", "opened_at", "ended_at", "outcome")
        bodies = ("referring_organisation", "mandated_organisation")
        start = ("written_at", "questions", "bottom_lines", "resources")
        rows = [*self._rows(held.entry, (*entry, *agreed)), *self._rows(held.referral, words)]
        if held.referral is not None:
            wishes = [
                *held.referral.wished_languages,
                held.referral.wished_gender,
                held.referral.wished_culture,
            ]
            said = [code_in_words(wish, self._language) for wish in wishes if wish]
            rows.extend([Row(self._word("wishes"), said)] if said else [])
        return [
            *([self._section("part.referral", rows)] if rows else []),
            *([self._section("part.case", self._rows(held.case, (*case, *bodies)))] if held.case else []),
            *([self._section("part.baseline", self._rows(held.baseline, start))] if held.baseline else []),
        ]

    def _meetings(self) -> list[Section]:
        held = self._copy.meetings
        if held is None:
            return []
        came = [
            [
                str(one.conference_no),
                self._in_words("at", one.starts_at or one.held_on),
                one.venue or "",
                self._in_words("state", one.state),
                self._in_words("came", one.came),
                self._in_words("mode", one.mode),
            ]
            for one in held.conferences
        ]
        answers = [
            [
                period_in_words(said.starts_at, said.ends_at, self._language, self._calendar),
                self._in_words("answer", said.answer),
                self._in_words("via", said.via),
                self._in_words("said_at", said.said_at),
            ]
            for poll in held.polls
            for said in poll.answers
        ]
        heads = ("number", "when", "venue", "state", "came", "how")
        found = []
        if held.circle is not None or came:
            rows = self._rows(held.circle, ("role", "mode"))
            tables = [self._table("part.meetings", heads, came)] if came else []
            found.append(Section(self._word("part.meetings"), rows, tables))
        if answers:
            found.append(self._list("part.polls", ("day", "answer", "how", "when"), answers))
        if held.more_time:
            said = ("before_on", "until_on", "extension_reason")
            given = [self._cells(one, ("given_at", *said)) for one in held.more_time]
            found.append(self._list("part.more-time", ("when", *said), given))
        if held.givers:
            told = [self._cells(one, ("tells", "yours", "how")) for one in held.givers]
            found.append(self._list("part.givers", ("tells", "yours", "how"), told))
        return found

    def _plan(self) -> list[Section]:
        held = self._copy.plan
        if held is None:
            return []
        shown = (
            "version",
            "recorded_at",
            "review_on",
            "own_meetings",
            "acceptance",
            "follow_up",
            "you_monitor_it",
            "you_convene",
        )
        words = (
            "shared_with_you_at",
            "you_agree",
            "goals",
            "decisions_of_circle",
            "for_children",
            "change_reason",
        )
        found = []
        if held.plan is not None:
            rows = list(self._rows(held.plan, (*shown, *words)))
            otherwise = [f"{line.when}: {line.then}" for line in held.plan.plan_b or []]
            rows.extend([Row(self._word("plan_b"), otherwise)] if otherwise else [])
            found.append(Section(self._word("part.plan"), rows))
            asked_heads = ("what", "asked_of", "state", "answer")
            asked = [self._cells(one, asked_heads) for one in held.plan.resources]
            found.extend([self._list("part.resources", asked_heads, asked)] if asked else [])
            worded = [
                [*self._cells(wording, ("language",)), *self._cells(one, ("in_plan", "wording"))]
                for wording in held.plan.wordings
                for one in wording.texts
            ]
            word_heads = ("language", "in_plan", "wording")
            found.extend([self._list("texts", word_heads, worded)] if worded else [])
        agreements = [*(held.plan.agreements if held.plan is not None else []), *held.own_agreements]
        if agreements:
            heads = ("what", "yours", "due_on", "state", "known_done_how")
            rows_of = [self._cells(one, heads) for one in agreements]
            found.append(self._list("part.agreements", heads, rows_of))
        if held.shared_for_you:
            times = ("shared_at", "taken_back_at")
            rows_of = [self._cells(one, times) for one in held.shared_for_you]
            found.append(self._list("part.shared-for-you", times, rows_of))
        if held.check_ins:
            checks = [self._cells(one, ("kind", "recorded_at", "decision", "note")) for one in held.check_ins]
            found.append(self._list("part.check-ins", ("kind", "when", "decision", "note"), checks))
        return found

    def _look(self, seen: OwnAuditEntry) -> list[str]:
        by = (
            [self._word("yourself")]
            if seen.by_yourself
            else [self._code(role) for role in seen.roles or [seen.by]]
        )
        opened = [self._word("by_break_glass")] if seen.by_break_glass else []
        return [
            self._in_words("at", seen.at),
            self._code(seen.action),
            ", ".join(self._code(thing) for thing in seen.what),
            ", ".join([*by, *opened]),
        ]

    def _missing(self) -> list[Section]:
        if not self._copy.missing:
            return []
        rows = [
            Row(self._word(f"part.{one.part}"), [self._word(f"missing.{one.reason}")])
            for one in self._copy.missing
        ]
        return [Section(self._word("missing"), rows)]

    def _section(self, key: str, rows: Sequence[Row]) -> Section:
        return Section(self._word(key), rows, note=None if rows else self._word("none"))

    def _list(self, key: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Section:
        if not rows:
            return Section(self._word(key), note=self._word("none"))
        return Section(self._word(key), tables=[self._table(key, heads, rows)])

    def _table(self, key: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
        return Table(self._word(key), [self._word(head) for head in heads], rows)

    def _rows(self, part: BaseModel | None, names: Sequence[str]) -> list[Row]:
        if part is None:
            return []
        found = []
        for name in names:
            value = getattr(part, name)
            if value is None or value in ([], ()):
                continue
            values = value if isinstance(value, list | tuple) else [value]
            label = "when" if name == "at" else name
            found.append(Row(self._word(label), [self._in_words(name, one) for one in values]))
        return found

    def _cells(self, part: BaseModel, names: Sequence[str]) -> list[str]:
        return [self._in_words(name, getattr(part, name)) for name in names]

    def _in_words(self, name: str, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return self._word("yes" if value else "no")
        if isinstance(value, datetime):
            return time_in_words(value, self._language, self._calendar)
        if isinstance(value, date):
            return day_in_words(value, self._language, self._calendar)
        text = str(value)
        return text if name in _VERBATIM else self._code(text)

    def _code(self, code: str) -> str:
        return self._word(code) if code in ("yes", "no") else code_in_words(code, self._language)

    def _word(self, key: str) -> str:
        return word(key, self._language)
