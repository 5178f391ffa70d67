"""What services call by codes, pages say in words."""

from importlib import import_module

import pytest

from services.intake.domain import measures
from services.portal.codes import AUDITED
from services.portal.routes import figure_words
from services.portal.staff_words import SERVICES_ABOUT
from shared.services import SERVICES

# What the audit log notes beside rows: plain facts of a case, and that somebody looked at the log itself.
BESIDE = {"facts", "audit-log", "audit-log:of", "audit-log:own"}


def sealed(service: str) -> set[str]:
    """Return the tables of a service that hold something sealed: what the audit log is about."""
    base = import_module(f"services.{service}.models").Base
    kinds = [mapper.class_ for mapper in base.registry.mappers]
    return {kind.__tablename__ for kind in kinds if hasattr(kind, "__sealed__")}


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_is_read_has_a_name(service: str) -> None:
    assert sealed(service) <= AUDITED.keys()
    assert service in SERVICES_ABOUT


def test_nothing_has_a_name_that_is_not_there() -> None:
    assert set().union(*map(sealed, SERVICES)) | BESIDE == AUDITED.keys()


def test_whatever_is_counted_has_a_name_with_each_of_its_answers() -> None:
    assert {name: set(codes) for name, codes in figure_words.SHARES.items()} == {
        name: set(share.codes) for name, share in measures.SHARES.items()
    }
    assert set(figure_words.AVERAGES) == set(measures.AVERAGES)
    assert set(figure_words.MEASURES) == set(measures.Measure)
