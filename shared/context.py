"""What a running service hands to its routes, subscribers and activities."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.auth import Issuer
    from shared.broker import Connection
    from shared.clock import Clock
    from shared.database import Database
    from shared.readiness import Readiness
    from shared.service_client import ServiceClient
    from shared.settings import Settings
    from shared.temporal import Temporal
    from shared.vault import Vault


@dataclass(frozen=True)
class Context:
    """The connections of one service in one process."""

    service: str
    settings: "Settings"
    database: "Database"
    clock: "Clock"
    vault: "Vault"
    temporal: "Temporal"
    services: "ServiceClient"
    issuer: "Issuer"

    @cached_property
    def broker(self) -> "Connection":
        """This process's connection to the broker, for anything besides publishing and consuming."""
        from shared.broker import Connection

        return Connection(self.settings.broker_for(self.service))

    @cached_property
    def readiness(self) -> "Readiness":
        """Whether this process can do its work, shared by all probes."""
        from shared.readiness import Readiness, checks_of

        return Readiness(checks_of(self))
