"""What a running service hands to its routes, subscribers and activities."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.auth import Issuer
    from shared.clock import Clock
    from shared.database import Database
    from shared.service_client import ServiceClient
    from shared.settings import Settings
    from shared.temporal import Temporal
    from shared.vault import Vault


@dataclass(frozen=True)
class Context:
    """The connected parts of one service in one process."""

    service: str
    settings: "Settings"
    database: "Database"
    clock: "Clock"
    vault: "Vault"
    temporal: "Temporal"
    services: "ServiceClient"
    issuer: "Issuer"
