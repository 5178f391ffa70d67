"""Runs every benchmark on parts of its own and prints, and on request writes, what came of them."""

import argparse
import asyncio
import json
import platform
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from deploy.local.postgres import PostgreSQL
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.secrets import ensure_secrets
from deploy.local.temporal import TemporalServer
from shared.database import Database
from shared.secrets import database_key
from shared.settings import Settings, database_url
from tests.bench import audited, events, http, workflows
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
        databases = Databases(postgres, database_key(directory / "secrets"))
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
    """Print a table of the results."""
    table = Table("measure", "unit", "Kring", "bare", "ratio", "aim", "met")
    for result in results:
        report = result.as_report()
        table.add_row(
            result.name,
            result.unit,
            f"{result.ours:,.1f}",
            f"{result.baseline:,.1f}",
            f"{result.ratio:.2f}",
            str(report["aim"]),
            "[green]yes" if result.met else "[red]no",
        )
    Console().print(table)


def main() -> None:
    """Run from the command line: --report FILE, --only LETTERS."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--only", default="abcdegj")
    given = parser.parse_args()
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
