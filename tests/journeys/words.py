"""Collects what a story says of people: everything that its steps are given and that is annotated as `Words`."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints, is_typeddict

from deploy.demo.story import Listener, Step, Story
from deploy.demo.things import Words


class Listening(Listener):
    """Notes the personal texts of a story in `words`."""

    def __init__(self) -> None:
        self.words: set[str] = set()

    async def began(self, story: Story) -> None:
        """Note who there is."""
        for each in (*story.organisations, *story.actors):
            self.words.update(personal_texts(type(each), each))

    async def played(self, story: Story, step: Step) -> None:
        """Note what a step was given."""
        hints = get_type_hints(step.verb, include_extras=True)
        for name, value in step.given.items():
            self.words.update(personal_texts(hints.get(name), value))


def personal_texts(hint: Any, value: Any) -> Iterator[str]:
    """Yield every text in a value, annotated with `hint`, that is annotated as Words."""
    if isinstance(value, dict):
        # The rest of a verb's arguments: Unpack[a typed dictionary].
        typed = next((each for each in get_args(hint) if is_typeddict(each)), None)
        hints = get_type_hints(typed, include_extras=True) if typed is not None else {}
        for name, item in value.items():
            yield from personal_texts(hints.get(name), item)
    elif is_dataclass(value) and not isinstance(value, type):
        hints = get_type_hints(type(value), include_extras=True)
        for each in fields(value):
            yield from personal_texts(hints[each.name], getattr(value, each.name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from personal_texts(hint, item)
    elif isinstance(value, str) and _is_personal(hint):
        yield value


def _is_personal(hint: Any) -> bool:
    return hint == Words or any(_is_personal(part) for part in get_args(hint))
