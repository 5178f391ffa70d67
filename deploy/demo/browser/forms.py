"""Verbs that are played on a page, and what is filled in there."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from deploy.demo.acting import answers
from deploy.demo.browser.browsing import SEND, Browsing, Fields
from deploy.demo.things import Actor, Hours, Organisation, Referral, Wishes
from shared.calendar import BRUSSELS

CONTACT = ("first_name", "last_name", "email", "phone", "address")
SCORES = ("meeting", "plan", "coordinator")


def form(
    path: str,
    *named: str,
    fields: Callable[[Any], Fields] = lambda _said: {},
    button: str = SEND,
    gives: Callable[[Any, str], Any] = lambda _said, _leads: None,
    **more: str,
) -> Any:
    """Return a verb that is played on a page, instead of the one that it overrides: a form is filled in and sent.

    `named`: fields that are called as the verb's arguments; `more`: others. Path, button and those name arguments, as
    in "/cases/{case.id}/pause". `fields`: a function of the arguments, for what this cannot say. `gives`: the result,
    by the arguments and the address that follows.
    """
    return _Form(path, {name: f"{{{name}}}" for name in named} | more, fields, button, gives)


@dataclass(frozen=True)
class _Form:
    path: str
    texts: Mapping[str, str]
    fields: Callable[[Any], Fields]
    button: str
    gives: Callable[[Any, str], Any]

    def __set_name__(self, owner: type, name: str) -> None:
        verb = getattr(super(owner, owner), name)
        signature = inspect.signature(verb)

        @functools.wraps(verb)
        async def play(me: Browsing, *args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(me, *args, **kwargs)
            bound.apply_defaults()
            known = SimpleNamespace(**bound.arguments)
            if "case" in bound.arguments:
                await me._meets(known.case)
            said = {name: "" if value is None else value for name, value in bound.arguments.items()}
            texts = {name: text.format(**said) for name, text in self.texts.items()}
            page = await me._open(self.path.format(**said))
            await me._fill(page, {**texts, **self.fields(known)}, self.button.format(**said))
            return self.gives(known, page.url)

        setattr(owner, name, play)


def id_in(address: str, part: int) -> UUID:
    """Return the id that is a part of an address's path, counted from 0."""
    return UUID(urlsplit(address).path.split("/")[part])


def ids(people: Sequence[Actor | Organisation]) -> list[str]:
    """Return the values of boxes to tick."""
    return [str(each.id) for each in people]


def wishes(about: Referral) -> Fields:
    """Return the languages of a referral, and the wishes for a coordinator."""
    wished = about.get("wishes", Wishes())
    return {"spoken[]": about["languages"], "gender": wished.gender, "culture": wished.culture}


def days(poll: Mapping[str, Any], yes: Sequence[Hours], maybe: Sequence[Hours]) -> Fields:
    """Return the answers to each date of a poll."""
    return {f"day-{option}": said for option, said in answers(poll, yes=yes, maybe=maybe).items()}


def hours(when: Hours, day: str = "day", begins: str = "from", ends: str = "to") -> Fields:
    """Return a day and hours, for fields of these names."""
    first, last = (each.astimezone(BRUSSELS) for each in (when.starts_at, when.ends_at))
    return {day: first.date().isoformat(), begins: f"{first:%H:%M}", ends: f"{last:%H:%M}"}
