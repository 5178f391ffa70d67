"""A plan in another language than that of its circle."""

from shared.errors import Invalid


class OwnLanguage(Invalid):
    """The plan is in this language already."""

    code = "plan-in-this-language"
    title = "The circle wrote its plan in this language: a new version of it changes these words"


class TextNotInPlan(Invalid):
    """Only what the current version says is put in another language."""

    code = "text-not-in-plan"
    title = "A text is not one of the current version of the plan"
