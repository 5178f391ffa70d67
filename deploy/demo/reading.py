"""Reads a story's file, and says in one clear line each what is wrong with it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from deploy.demo.failures import StoryWrong

if TYPE_CHECKING:
    from deploy.demo.story import Story

STORIES = Path(__file__).parent.parent / "stories"
FIRST = STORIES / "first.yaml"


class _Plain(yaml.SafeLoader):
    """YAML as people expect it: `yes`, `no` and `on` are words, 13:30 is text, and a name may stand only once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """Return the mapping. Raises: YAMLError if a name stands there twice."""
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f'"{name}" stands here twice', node.start_mark
                )
        return super().construct_mapping(node, deep=deep)


_Plain.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in known if tag.rpartition(":")[2] not in ("bool", "int", "timestamp")
    ]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Plain.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$"), list("tf"))
_Plain.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"(?:0|[1-9][0-9]*)$"), list("0123456789"))


def read_story(path: Path) -> "Story":
    """Return the story in a file. Raises: StoryWrong."""
    from deploy.demo.story import Story

    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Plain)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise StoryWrong(f"The story {path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise StoryWrong(f"The story {path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise StoryWrong(f"The story {path} must hold title, organisations, people and threads.")
    try:
        return Story.model_validate(content)
    except ValidationError as error:
        raise StoryWrong(f"The story {path} cannot be played.\n{explain(error)}") from None


def explain(error: ValueError) -> str:
    """Return what is wrong, a line for each thing, by its place in the file."""
    if not isinstance(error, ValidationError):
        return str(error)
    lines = []
    for item in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in item["loc"])
        message = str(item["msg"]).removeprefix("Value error, ")
        lines.append(f"{place}: {message}" if place else message)
    return "\n".join(lines)
