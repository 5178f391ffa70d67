"""Steps: their names, whose they are, and what they are given."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared import steps
from shared.context import Context


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_names", {})
    monkeypatch.setattr(steps, "_takes", {})


async def _operation(session: Any, *, due: Any, now: Any) -> bool:
    return bool(session and due and now)


def _of(service: str) -> set[str]:
    return {*steps.activities(cast("Context", SimpleNamespace(service=service)))}


class TestStep:
    def test_has_the_name_that_it_was_given_and_stays_what_it_is(self) -> None:
        assert steps.step("plans.remind")(_operation) is _operation
        assert steps.name_of(_operation) == "plans.remind"

    def test_belongs_to_the_service_that_its_name_begins_with(self) -> None:
        steps.step("plans.remind")(_operation)
        assert (_of("plans"), _of("intake")) == ({"plans.remind"}, set())

    def test_of_clocks_belongs_to_every_service(self) -> None:
        steps.step("clock.warn")(_operation)
        assert _of("plans") == _of("intake") == {"clock.warn"}

    def test_is_refused_under_a_name_that_is_taken(self) -> None:
        steps.step("plans.remind")(_operation)
        with pytest.raises(ValueError, match="two steps"):
            steps.step("plans.remind")(_operation)

    def test_that_is_none_has_no_name(self) -> None:
        with pytest.raises(KeyError):
            steps.name_of(_operation)
