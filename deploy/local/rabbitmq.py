"""A private RabbitMQ node of the `rabbitmq-server` on this machine: own directory, ports, cookie and password, no epmd.

The system's own RabbitMQ service, if there is one, is neither used nor touched.
"""

import asyncio
import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.local.errors import PlatformError
from deploy.local.part import Part
from deploy.local.secrets import write_private
from shared.retrying import told_as_lost

# The scripts themselves: Debian's wrappers on the PATH switch to the system's user and directories.
_SCRIPTS = (
    Path("/usr/lib/rabbitmq/bin"),
    Path("/opt/homebrew/sbin"),
    Path("/usr/local/sbin"),
    Path("/opt/rabbitmq/sbin"),
)
_INSTALL = "apt-get install --yes --no-install-recommends rabbitmq-server"
_USER = "kring"
_VHOST = "kring"
_NODE = "kring@localhost"


class RabbitMQ(Part):
    """The message broker of one platform."""

    start_seconds = 120
    probe_seconds = 0.1

    def __init__(
        self, *, directory: Path, log: Path, port: int, distribution_port: int, management_port: int
    ) -> None:
        super().__init__(name="rabbitmq", directory=directory, log=log)
        self._port = port
        self._distribution_port = distribution_port
        self._management_port = management_port
        self._scripts: Path | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """The broker as URL, with user, password and virtual host."""
        return f"amqp://{_USER}:{self._secret('password')}@{self.address}/{_VHOST}"

    @property
    def management(self) -> str:
        """The web interface for queues; user and password are those of the URL."""
        return f"http://127.0.0.1:{self._management_port}"

    async def create_vhost(self, name: str) -> str:
        """Make an empty virtual host and return its URL."""
        import httpx2

        async with httpx2.AsyncClient(
            base_url=self.management, auth=(_USER, self._secret("password"))
        ) as client:
            (await client.put(f"/api/vhosts/{name}")).raise_for_status()
        return f"{self.url.removesuffix(_VHOST)}{name}"

    async def delete_vhost(self, name: str) -> None:
        """Remove a virtual host with all its queues."""
        import httpx2

        async with httpx2.AsyncClient(
            base_url=self.management, auth=(_USER, self._secret("password"))
        ) as client:
            (await client.delete(f"/api/vhosts/{name}")).raise_for_status()

    async def prepare(self) -> None:
        """Find (or install) RabbitMQ and write the node's configuration."""
        self._scripts = find_scripts() or await asyncio.to_thread(install)
        self.directory.chmod(0o700)
        (self.directory / "home").mkdir(exist_ok=True)
        cookie = self.directory / "home" / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text(secrets.token_hex(20))
            cookie.chmod(0o400)
        (self.directory / "enabled_plugins").write_text("[rabbitmq_management].\n")
        configuration = self.directory / "rabbitmq.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(self._configuration())

    def command(self) -> list[str]:
        """Return the command that becomes the broker itself."""
        return [str(self._scripts / "rabbitmq-server") if self._scripts else "rabbitmq-server"]

    def environment(self) -> Mapping[str, str]:
        """Everything that would otherwise be looked up in the system's directories."""
        root, port = self.directory, self._distribution_port
        return {
            "HOME": str(root / "home"),
            "RABBITMQ_NODENAME": _NODE,
            "RABBITMQ_CONFIG_FILE": str(root / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(root / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(root / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(root / "mnesia"),
            "RABBITMQ_LOG_BASE": str(root / "log"),
            "RABBITMQ_DIST_PORT": str(port),
            # The script replaces itself by the broker, so that our child gets our signals.
            "RUNNING_UNDER_SYSTEMD": "true",
            # Idle threads sleep at once, and there are few file threads: busy waiting takes as much processor time as
            # the work itself, from all other parts. With its port given here the node neither asks for nor starts an
            # epmd.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                f"-sname {_NODE} -erl_epmd_port {port} -kernel inet_dist_use_interface {{127,0,0,1}}"
                f" -kernel inet_dist_listen_min {port} -kernel inet_dist_listen_max {port}"
                " +sbwt none +sbwtdcpu none +sbwtdio none +SDio 2"
            ),
            # For the broker and for the helper with which it would start an epmd that listens on all addresses for
            # ever.
            "ERL_FLAGS": "-start_epmd false",
        }

    async def probe(self) -> None:
        """Log in."""
        import aiormq

        await self.knock()
        with told_as_lost():
            connection = await aiormq.connect(self.url)
            await connection.close()

    def _configuration(self) -> str:
        return "\n".join(
            [
                f"listeners.tcp.1 = 127.0.0.1:{self._port}",
                "log.console = true",
                "log.console.level = warning",
                "log.file = false",
                f"default_vhost = {_VHOST}",
                f"default_user = {_USER}",
                f"default_pass = {self._secret('password')}",
                "management.tcp.ip = 127.0.0.1",
                f"management.tcp.port = {self._management_port}",
                "disk_free_limit.absolute = 200MB",
                "",
            ]
        )

    def _secret(self, name: str) -> str:
        path = self.directory / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_private(path, secrets.token_hex(20))
        return path.read_text()


def find_scripts() -> Path | None:
    """Return the directory with RabbitMQ's own scripts, if it is installed."""
    return next((path for path in _SCRIPTS if (path / "rabbitmq-server").exists()), None)


def install() -> Path:
    """Install RabbitMQ with the system's package manager, without starting the system's service.

    Raises: PlatformError, with the command to type, if that is not possible or not allowed.
    """
    advice = f"RabbitMQ is missing: install it with `sudo {_INSTALL}`, or set KRING_BROKER_URL to a RabbitMQ that runs."
    if not shutil.which("apt-get"):
        raise PlatformError(
            "RabbitMQ is missing: install `rabbitmq-server` 3.10 or later, or set KRING_BROKER_URL."
        )
    prefix = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if prefix and (
        not shutil.which("sudo")
        or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode
    ):
        raise PlatformError(advice)
    # With RUNLEVEL=1 Debian's init scripts start no services now.
    settings = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
    for command in ("apt-get update", _INSTALL):
        run = subprocess.run(
            [*prefix, *settings, *command.split()], capture_output=True, text=True, check=False
        )
        if run.returncode and command == _INSTALL:
            raise PlatformError(
                f"{advice} (Tried here: {(run.stderr.strip().splitlines() or ['it failed'])[-1]})"
            )
    found = find_scripts()
    if found is None:
        raise PlatformError(advice)
    return found
