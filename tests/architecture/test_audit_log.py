"""Whatever is opened or sealed says whose it is: else nobody could see who looked at it."""

import ast
from pathlib import Path

from tests.architecture.sources import calls, place, sources, tree_of

# Of no case: colleagues, coordinators, and participants of courses with what they paid. All else is of a case.
OF_NO_CASE = {"staff_member", "coordinator", "registration", "payment"}


def _rows() -> list[tuple[str, str, ast.Call]]:
    """Return every place where a row is named, the table and the call."""
    return [
        (place(path, call), ast.unparse(call.args[0]), call)
        for path in sources("services")
        if _knows_rows(path)
        for call, name in calls(path)
        if name == "Row" and call.args
    ]


def _knows_rows(path: Path) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module in ("shared.vault", "shared.audit")
        and any(name.name == "Row" for name in node.names)
        for node in ast.walk(tree_of(path))
    )


def _given(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _is_none(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def test_every_sealed_row_names_its_case_or_stands_on_the_list() -> None:
    """A route that opens what names no case would show it to whoever asks, and the family would never know."""
    rows = _rows()
    assert len(rows) > 10, "the rows are found"
    without = {
        name.lstrip("f'\"").partition(":")[0]: where
        for where, name, call in rows
        if _is_none(_given(call, "case"))
    }
    assert set(without) == OF_NO_CASE, without


def test_rows_of_no_case_name_a_person() -> None:
    """What is of no case and of no person is nobody's to see."""
    nobodys = [
        where
        for where, _, call in _rows()
        if _is_none(_given(call, "case")) and _is_none(_given(call, "person"))
    ]
    assert nobodys == []


def test_only_connecting_a_service_makes_its_recorder() -> None:
    """A second way to connect a service could forget it, and nothing would be written down."""
    makers = {
        place(path, call).partition(":")[0]
        for path in sources("services", "shared", "deploy")
        for call, name in calls(path)
        if name in ("Recorder", "Vault.connect")
    }
    assert makers == {"shared/runtime.py"}
