"""A plan in a reader's language, where its words were put in it; those on which the circle agreed count."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from services.portal.client import Answer

# The fields that hold words of the circle: what is in another language is found in these only.
_WORDS = frozenset({"goals", "what", "known_done_how", "when", "then", "decisions_of_circle", "for_children"})


class PlanText(Answer):
    """A text, as the circle agreed on it, and how it is said in another language."""

    in_plan: str
    wording: str


class Wording(Answer):
    """The texts of a plan in another language."""

    language: str
    texts: Sequence[PlanText]


class Worded(Answer):
    """A plan in the words of the circle, and what is known of it in other languages."""

    language: str
    wordings: Sequence[Wording] = ()

    def wording(self, language: str) -> dict[str, str]:
        """Return texts in a language, by the circle's own words; empty if nobody put it in that language."""
        found = next((each.texts for each in self.wordings if each.language == language), ())
        return {each.in_plan: each.wording for each in found}

    def in_language(self, language: str) -> Self:
        """Return it in a language, as far as it was put in it."""
        said = self.wording(language)
        if not said or language == self.language:
            return self
        return self.model_validate({**_said(self.model_dump(), said), "language": language})


def _said(value: Any, said: Mapping[str, str], *, words: bool = False) -> Any:
    if isinstance(value, str):
        return said.get(value, value) if words else value
    if isinstance(value, Mapping):
        return {name: _said(each, said, words=name in _WORDS) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_said(each, said, words=words) for each in value]
    return value
