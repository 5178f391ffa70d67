"""`kring backup` and `kring restore`: every database by PostgreSQL's own programs, with verification of each backup.

A backup is `kring_<name>.<day>` for each service and the portal, `kring_keys.<day>` in another place, and the
exported ledger of erasures in a third one. A backup gets its name only after it was read back.
"""

import asyncio
import contextlib
import os
import re
import shutil
import time
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg

from deploy.commands import erasures
from deploy.commands.audit_log import verify
from deploy.commands.databases import reach, with_database
from deploy.commands.migrate import migrate
from deploy.local.errors import PlatformError
from deploy.local.postgres import binary
from shared.services import PROCESSES, SERVICES
from shared.settings import Settings

_KEYS = "keys"
# Seven nights of keys: erased data must not be readable from an old backup for longer.
_KEYS_SECONDS = 6.5 * 24 * 3600
_EXISTS = "SELECT 1 FROM pg_database WHERE datname = $1"
_NO_OWNERS = ("--no-owner", "--no-privileges")


async def backup(*, directory: Path, keys: Path, ledger: Path) -> int:
    """Export the ledger, dump and verify every database, and delete key backups of more than six days ago.

    Raises: PlatformError at the first failure: then nothing old is deleted.
    """
    settings = Settings()
    names = await with_database(settings, among=PROCESSES)
    before = os.umask(0o077)
    try:
        await _write_all(settings, names, directory, keys, ledger)
    finally:
        os.umask(before)
    _delete_old(keys)
    return 0


async def _write_all(
    settings: Settings, names: Sequence[str], directory: Path, keys: Path, ledger: Path
) -> None:
    lines = await erasures.export_ledger(settings, ledger)
    print(f"added to {ledger}: {lines} lines")
    today = date.today().isoformat()  # noqa: DTZ011 - the day of who keeps the backups
    for name in names:
        await _dump(settings, name, directory / f"kring_{name}.{today}")
    # The keys last: they must include every key that the other dumps use.
    await _dump(settings, _KEYS, keys / f"kring_keys.{today}")


async def restore(
    day: str, *, directory: Path, keys: Path, ledger: Path, without: Collection[str] = ()
) -> int:
    """Restore the missing databases, repeat erasures, migrate, and verify the audit log.

    A database with tables is left as it is. `without`: services that begin empty. May be interrupted and
    repeated. Raises: PlatformError; if a file is missing, before anything is restored.
    """
    settings = Settings()
    await reach(settings.database_url)
    files = {name: directory / f"kring_{name}.{day}" for name in PROCESSES if name not in without}
    files[_KEYS] = keys / f"kring_keys.{day}"
    for name, file in files.items():
        if not file.exists() and not await _is_there(settings, name):
            hint = "" if name == _KEYS else f" If it was never run here: --without {name}."
            raise PlatformError(f"There is no {file}.{hint}")
    erasures.read_lines(ledger)
    for name, file in files.items():
        await _load(settings, name, file)
    await migrate(list(PROCESSES), wait_seconds=0, parts=("databases",))
    applied = await erasures.apply_ledger(settings, kept=ledger)
    print(f"destroyed again: {applied.destroyed} keys")
    print(f"decisions repeated: {applied.decided} assignments and opened files")
    print(f"erasures repeated in restored databases: {applied.repeated}")
    await migrate(list(PROCESSES), wait_seconds=0)
    return await verify(list(SERVICES))


def _delete_old(keys: Path) -> None:
    for file in keys.glob("kring_keys.*"):
        if time.time() - file.stat().st_mtime > _KEYS_SECONDS:
            file.unlink()
            print(f"deleted: {file}")


async def _dump(settings: Settings, name: str, file: Path) -> None:
    """Dump a database to a file, and give it its name when all its tables can be read from it."""
    half = file.with_name(f".{file.name}")
    file.parent.mkdir(parents=True, exist_ok=True)
    await _run(settings, name, "pg_dump", "--format=custom", *_NO_OWNERS, f"--file={half}", f"kring_{name}")
    listed = await _run(settings, name, "pg_restore", "--list", str(half))
    dumped = set(re.findall(r" TABLE DATA public (\S+) ", listed))
    if missing := await _tables(settings, name) - dumped:
        raise PlatformError(f"{half} lacks tables of kring_{name}: {', '.join(sorted(missing))}.")
    await _run(settings, name, "pg_restore", "--file=/dev/null", str(half))
    half.replace(file)
    print(f"{file}: {len(dumped)} tables, read back")


async def _load(settings: Settings, name: str, file: Path) -> None:
    database = f"kring_{name}"
    if await _is_there(settings, name):
        print(f"{database}: exists, and is left as it is")
        return
    connection = await asyncpg.connect(_url(settings, name, "postgres"))
    try:
        if not await connection.fetchval(_EXISTS, database):
            await connection.execute(f'CREATE DATABASE "{database}" TEMPLATE template0')
    finally:
        await connection.close()
    how = ("--exit-on-error", "--single-transaction", f"--dbname={database}")
    await _run(settings, name, "pg_restore", *_NO_OWNERS, *how, str(file))
    print(f"{database}: restored from {file}")


async def _is_there(settings: Settings, name: str) -> bool:
    """Tell whether a database has tables."""
    connection = await asyncpg.connect(_url(settings, name, "postgres"))
    try:
        exists = await connection.fetchval(_EXISTS, f"kring_{name}")
    finally:
        await connection.close()
    return bool(exists and await _tables(settings, name))


async def _tables(settings: Settings, name: str) -> set[str]:
    connection = await asyncpg.connect(_url(settings, name, f"kring_{name}"))
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()
    return {row["tablename"] for row in rows}


def _url(settings: Settings, name: str, database: str) -> str:
    server = settings.database_url if name != _KEYS else settings.keys_database_url or settings.database_url
    return urlsplit(server.get_secret_value())._replace(path=f"/{database}").geturl()


async def _run(settings: Settings, name: str, program: str, *arguments: str) -> str:
    """Run a program of PostgreSQL against the server of a database, and return its output.

    The password is in the environment, which no process list shows. Raises: PlatformError with the program's
    message.
    """
    server = urlsplit(_url(settings, name, "postgres"))
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "PGHOST": server.hostname or "",
        "PGPORT": str(server.port or 5432),
        "PGUSER": unquote(server.username or ""),
        "PGPASSWORD": unquote(server.password or ""),
    }
    process = await asyncio.create_subprocess_exec(
        _found(program),
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, said = await process.communicate()
    if process.returncode:
        words = " ".join(said.decode(errors="replace").split())[:300]
        raise PlatformError(f"{program} of kring_{name} failed: {words or 'it said nothing'}")
    return printed.decode(errors="replace")


def _found(program: str) -> str:
    """Return the path of a program: beside the server of `make up`, else in the PATH. Raises: PlatformError."""
    with contextlib.suppress(PlatformError):
        return str(binary(program))
    if found := shutil.which(program):
        return found
    raise PlatformError(
        f"{program} is missing: install PostgreSQL's client programs, of the server's version."
    )
