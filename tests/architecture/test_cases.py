"""Each way in which the platform once failed is held by tests that there are: `tests/cases.yaml`."""

import ast
from functools import cache

import pytest
import yaml

from tests.architecture.sources import ROOT

_TESTS = ROOT / "tests"
CASES: dict[str, dict[str, list[str]]] = yaml.safe_load((_TESTS / "cases.yaml").read_text("utf-8"))
# How many findings the numbered lists have.
_NUMBERED = {"attacks": 22, "use": 20, "statements": 17}


@cache
def _tests_of(path: str) -> set[str]:
    file = _TESTS / path
    if not file.exists():
        return set()
    nodes = ast.walk(ast.parse(file.read_text("utf-8")))
    found = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return {name for name in found if name.startswith("test_")}


@pytest.mark.parametrize("kind", CASES)
def test_every_case_is_held_by_tests_that_there_are(kind: str) -> None:
    named = [(case, test) for case, tests in CASES[kind].items() for test in tests]
    lost = [(case, test) for case, test in named if test.split("::")[1] not in _tests_of(test.split("::")[0])]
    assert lost == []
    assert [case for case, tests in CASES[kind].items() if not tests] == []


@pytest.mark.parametrize("kind", _NUMBERED)
def test_no_number_of_a_list_is_missing(kind: str) -> None:
    assert [int(case.split()[0]) for case in CASES[kind]] == list(range(1, _NUMBERED[kind] + 1))
