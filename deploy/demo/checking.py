"""Finds errors in a story's source before anything is started, each with its file and line.

mypy finds names that are not cast, unknown verbs and roles. What it cannot know (codes, times of day, lengths,
kinds of emails) is compared with what the verbs accept, where it is written as a literal.
"""

import ast
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Required, Unpack, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from deploy.demo.story import API, Story

_REPOSITORY = Path(__file__).parents[2]
_MYPY = ("--no-error-summary", "--no-color-output", "--hide-error-context", "--no-pretty")
# File and line, and the error.
Wrong = tuple[tuple[str, int], str]
_CAST = {"staff": API.staff, "coordinator": API.coordinator, "person": API.person}


def wrong_with(story: Path) -> list[str]:
    """Return the errors in a story and the files beside it that it imports; empty if it can be played."""
    found = dict(wrong_words(story.resolve())) | dict(_wrong_types(story.resolve()))
    return [f"{file}, line {line}: {said}" for (file, line), said in sorted(found.items())]


def wrong_words(story: Path) -> Iterator[Wrong]:
    """Yield the errors in literals of a story and the files beside it, by file and line."""
    files: dict[Path, ast.Module] = {}
    _read(story, files)
    for file, tree in files.items():
        yield from _wrong_words(file.name, tree)


def _read(file: Path, files: dict[Path, ast.Module]) -> None:
    if file in files or not file.is_file():
        return
    files[file] = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(files[file]):
        if isinstance(node, ast.ImportFrom):
            named = [(node.module or "").rpartition(".")[2], *(name.name for name in node.names)]
            for name in named:
                _read(file.with_name(f"{name}.py"), files)


def _wrong_types(story: Path) -> Iterator[Wrong]:
    command = (sys.executable, "-m", "mypy", *_MYPY, str(story))
    checked = subprocess.run(command, cwd=_REPOSITORY, capture_output=True, text=True, check=False)
    if checked.returncode and not checked.stdout:
        yield (story.name, 0), checked.stderr.strip()
    for line in checked.stdout.splitlines():
        place, is_error, said = line.partition(": error: ")
        file, _, number = place.rpartition(":")
        if is_error:
            yield (Path(file).name, int(number)), said


def _verbs() -> dict[str, list[Callable[..., Any]]]:
    """Return what a story can call, by name: of several people with the same verb, each."""
    found: dict[str, list[Callable[..., Any]]] = {name: [role] for name, role in _CAST.items()}
    for role in (Story, *_CAST.values()):
        for name, verb in inspect.getmembers(role, inspect.isfunction):
            if not name.startswith("_") and verb not in found.setdefault(name, []):
                found[name].append(verb)
    return found


def _wrong_words(name: str, tree: ast.Module) -> Iterator[Wrong]:
    verbs = _verbs()
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            wrong = [list(_wrong_in(call, verb)) for verb in verbs.get(call.func.attr, ())]
            # mypy knows whose verb it is.
            if all(wrong):
                yield from (((name, line), said) for line, said in min(wrong, key=len, default=[]))


def _wrong_in(call: ast.Call, verb: Callable[..., Any]) -> Iterator[tuple[int, str]]:
    hints = get_type_hints(verb, include_extras=True)
    if get_origin(rest := hints.get("about")) is Unpack:
        named = get_type_hints(get_args(rest)[0], include_extras=True)
        hints |= {
            name: get_args(hint)[0] if get_origin(hint) is Required else hint for name, hint in named.items()
        }
    for argument, node in _given(call, verb):
        try:
            TypeAdapter(hints.get(argument, Any)).validate_python(ast.literal_eval(node))
        except ValidationError as error:
            said = error.errors()[0]["msg"].removeprefix("Value error, ")
            yield node.lineno, f"{argument}={ast.unparse(node)}: {said}"
        except (ValueError, PydanticUserError):
            # A name or an expression, or of a type that pydantic does not know.
            continue


def _given(call: ast.Call, verb: Callable[..., Any]) -> Iterator[tuple[str, ast.expr]]:
    """Yield each argument with the name under which a verb accepts it."""
    parameters = [each for each in inspect.signature(verb).parameters.values() if each.name != "self"]
    by_place = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    several = next((each.name for each in parameters if each.kind is each.VAR_POSITIONAL), None)
    for place, node in enumerate(call.args):
        name = by_place[place] if place < len(by_place) else several
        if name is not None and not isinstance(node, ast.Starred):
            yield name, node
    yield from ((each.arg, each.value) for each in call.keywords if each.arg is not None)
