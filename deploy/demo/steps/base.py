"""What every step of a story is: fields to read from the file, and what it does when its moment has come.

A step is one class: its name in the file, its fields, and `play`, which acts through the public APIs and says in human
words what happened.
"""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from deploy.demo.stage import Scene, Stage

STEPS: dict[str, type["Step"]] = {}


class Part(BaseModel):
    """A part of a story: nothing in it may be misspelt."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Step(Part):
    """One step. Subclasses name themselves: `class Refer(Step, name="refer")`."""

    NAME: ClassVar[str] = ""
    # Whether the step may be written as its one main field: `invite-all: mieke`.
    MAIN: ClassVar[str | None] = None

    @classmethod
    def __pydantic_init_subclass__(cls, *, name: str = "", main: str | None = None, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if name:
            cls.NAME, cls.MAIN = name, main
            STEPS[name] = cls

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__()

    async def awaited(self, stage: "Stage", scene: "Scene") -> str | None:
        """Return what this step waits for before it can be played; None if it can be now."""
        del stage, scene
        return None

    @abstractmethod
    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Do it and return one or more sentences (lines) about what happened.

        Raises: WentWrong if what came out is not what the story says.
        """
