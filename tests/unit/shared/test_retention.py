"""What docs/operations.md says to people about how long things are kept is what the code does."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy.local.temporal import RETENTION
from shared.broker import dead_queue_arguments
from shared.housekeeping import retention_rules
from shared.settings import Settings

DOCS = Path(__file__).parents[3] / "docs" / "operations.md"


def length(words: str) -> timedelta:
    count, unit = words.split()
    return timedelta(**{f"{unit.removesuffix('s')}s": int(count)})


def table() -> dict[str, list[str]]:
    """Return the rows of the table by their names."""
    part = DOCS.read_text(encoding="utf-8").partition("## What is kept how long")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| `")]
    return {row[0].split("`")[1]: row for row in rows}


ROWS = table()
KEPT = retention_rules(Settings())


class TestTable:
    @pytest.mark.parametrize("name", KEPT)
    def test_says_what_housekeeping_does(self, name: str) -> None:
        what, row = KEPT[name], ROWS[name]
        assert (row[1].strip("`"), row[2], length(row[3])) == (what.age, what.clock, what.length)

    def test_says_what_rabbitmq_and_temporal_do(self) -> None:
        ttl = timedelta(milliseconds=dead_queue_arguments()["x-message-ttl"])
        assert length(ROWS["dead letters"][3]) == ttl
        assert length(ROWS["ended workflows"][3]) == RETENTION

    def test_has_no_other_rows(self) -> None:
        assert set(ROWS) == {*KEPT, "dead letters", "ended workflows"}

    @pytest.mark.parametrize("name", [name for name in KEPT if "KRING_" in " ".join(ROWS[name])])
    def test_says_what_may_be_set(self, name: str) -> None:
        setting, least = ROWS[name][4].strip("`"), length(ROWS[name][5])
        field = setting.removeprefix("KRING_").lower()
        unit = timedelta(hours=1) if field.endswith("_hours") else timedelta(days=1)
        assert retention_rules(Settings.model_validate({field: least // unit}))[name].length == least
        with pytest.raises(ValidationError):
            Settings.model_validate({field: least // unit - 1})
