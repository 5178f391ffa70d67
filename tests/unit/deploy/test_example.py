"""The example is whole: whoever one can be has a case in it."""

from deploy.example.cases import Turn
from deploy.example.filling import _CASES, _MANDATED, _SHOWN, _YOUNG


def test_everybody_with_a_link_has_a_case() -> None:
    agos = {ago for ago, turn, *_ in (*_CASES, *_YOUNG) if turn is Turn.NONE}
    assert {ago for ago, _, _ in _SHOWN} <= agos


def test_only_the_plans_of_minors_are_to_be_accepted() -> None:
    assert all(0 < age < 18 for _, _, age in _MANDATED)
