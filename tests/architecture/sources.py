"""The project's own source files as syntax trees."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def sources(*folders: str) -> list[Path]:
    """Return the Python files below these folders, migrations left out."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts and "__pycache__" not in path.parts]


@cache
def calls(path: Path) -> list[tuple[ast.Call, str]]:
    """Return every call with the dotted name of what is called."""
    return [(node, ast.unparse(node.func)) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]


def place(path: Path, node: ast.AST) -> str:
    """Return where a node is, for messages."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
