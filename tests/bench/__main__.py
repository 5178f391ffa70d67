"""Runs every benchmark on parts of its own and prints, and on request writes, what came of them."""

import argparse
import asyncio
import json
import logging
import platform
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from pydantic import SecretStr
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from deploy.local.postgres import PostgreSQL
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.secrets import ensure_secrets
from deploy.local.temporal import TemporalServer
from shared.database import Database
from shared.settings import Settings, database_url
from tests.bench import audited, events, http, pages, whole_case, workflows
from tests.bench.measure import Result
from tests.support.backing import Backing, Databases


async def run(directory: Path, wanted: str) -> list[Result]:
    """Start the parts and run the measures whose letter is in `wanted`."""
    backing = Backing(directory)
    try:
        backing.start(["postgres", "rabbitmq", "temporal_dev"])
        postgres = await backing.get("postgres", PostgreSQL)
        rabbitmq = await backing.get("rabbitmq", RabbitMQ)
        temporal = await backing.get("temporal_dev", TemporalServer)
        ensure_secrets(directory / "secrets")
        databases = Databases(postgres, directory / "secrets")
        await databases.recreate("platform")
        await databases.recreate("keys")
        settings = Settings(
            database_url=SecretStr(postgres.url),
            broker_url=SecretStr(rabbitmq.url),
            temporal_address=temporal.address,
            temporal_namespace=temporal.namespace,
            secrets_dir=directory / "secrets",
            local=True,
        )
        database = Database.connect(
            database_url(postgres.url, "kring_platform"), application_name="bench", pool_size=10
        )
        measures: dict[str, Callable[[], Awaitable[Result | list[Result]]]] = {
            "a": lambda: http.receiving_referrals(settings, databases, directory),
            "b": lambda: events.relay_throughput(settings, database),
            "c": lambda: events.commit_to_commit(settings, database),
            "d": lambda: workflows.preparations(settings, databases),
            "e": lambda: http.listing_cases(settings, databases),
            "j": lambda: events.claiming(database, settings.database_of("platform")),
            "g": lambda: audited.tracing(settings, databases),
            "k": whole_case.whole_case,
            "l": pages.pages_of_a_coordinator,
            "m": lambda: pages.board_among_many(settings, databases),
            "n": lambda: workflows.one_more(settings, databases, temporal.pid),
        }
        results: list[Result] = []
        for letter, measure in measures.items():
            if letter in wanted:
                found = await measure()
                results += found if isinstance(found, list) else [found]
        await database.close()
        await databases.close()
        return results
    finally:
        await backing.stop()


def show(results: list[Result]) -> None:
    """Print a line for each result, and whether it reaches its aim."""
    heads = ("measure", "unit", "Kring", "bare", "ratio", "aim", "")
    lines = [heads, *(_cells(result) for result in results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        name, unit, *numbers, aim, met = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        aligned = (cell.strip().rjust(len(cell)) for cell in numbers)
        print("  ".join((name, unit, *aligned, aim, met)).rstrip())


def _cells(result: Result) -> tuple[str, ...]:
    numbers = (f"{result.ours:,.1f}", f"{result.baseline:,.1f}", f"{result.ratio:.2f}")
    return (result.name, result.unit, *numbers, result.aim_in_words, "met" if result.met else "MISSED")


def main() -> None:
    """Run from the command line: --report FILE, --only LETTERS."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path)
    # All but the one that takes some minutes to fill the server.
    parser.add_argument("--only", default="abcdegjklm")
    given = parser.parse_args()
    # What the measured parts log at length would drown the table; what fails must still be seen.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.basicConfig(level=logging.ERROR)
    quiet = LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=quiet)))
    started = time.time()
    with tempfile.TemporaryDirectory(prefix="kring-bench-") as directory:
        results = asyncio.run(run(Path(directory), given.only))
    show(results)
    if given.report:
        report = {
            "machine": {"python": platform.python_version(), "system": platform.platform()},
            "seconds": round(time.time() - started, 1),
            "measures": [result.as_report() for result in results],
        }
        given.report.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
