"""What makes a story fail: it was written wrong, or it did not go as it should. Each says what and where."""


class StoryWrong(Exception):
    """The story's file cannot be played as it is written; the text says where and what would be right."""


class WentWrong(Exception):
    """The platform did something else than the story says it must."""


class NotQuiet(WentWrong):
    """The house did not become quiet in time; the text says what is still awaited."""


class Refused(WentWrong):
    """The platform refused a request; `code` is the problem's type."""

    def __init__(self, message: str, *, status: int, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
