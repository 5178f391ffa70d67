"""Where the backing services are and how this process behaves, read once from the environment (prefix KRING_)."""

from collections.abc import Iterator
from email.utils import parseaddr
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.retention import (
    CLOCKS_DAYS_AT_LEAST,
    EFFECTS_DAYS_AT_LEAST,
    EVENTS_DAYS_AT_LEAST,
    EVENTS_DAYS_AT_MOST,
    MESSAGES_DAYS_AT_LEAST,
)
from shared.secrets import Login, secrets_of
from shared.services import NAMESPACE

Network = IPv4Network | IPv6Network


class Settings(BaseSettings):
    """Settings of one process. Secrets are files in `secrets_dir`, read by shared.secrets."""

    model_config = SettingsConfigDict(env_prefix="KRING_", hide_input_in_errors=True, extra="ignore")

    database_url: SecretStr = Field(
        default=SecretStr("postgresql://kring:kring@127.0.0.1:5432"),
        description="The PostgreSQL server; `kring migrate` needs it with the tables' owner as its user.",
    )
    keys_database_url: SecretStr | None = Field(
        default=None,
        description="The server of the key store, if it is another one: its backups are kept for a short time.",
    )
    database_pool: int = Field(
        default=10,
        ge=1,
        le=200,
        description="The most connections of a process to its database for transactions; two more count requests.",
    )
    broker_url: SecretStr = Field(
        default=SecretStr("amqp://guest:guest@127.0.0.1:5672/"),
        description="RabbitMQ and its virtual host; without a user, each service logs in with its own.",
    )
    broker_management_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^@]+$",
        description="The broker's management API, where `kring migrate` makes the users of services.",
    )
    broker_pages_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^@]+$",
        description="The broker's own web pages, for ops: the portal links to them.",
    )
    temporal_address: str = Field(default="127.0.0.1:7233", description="Host and port of Temporal.")
    temporal_namespace: str = Field(
        default=NAMESPACE,
        description="The Temporal namespace of a process's workflows; `{service}` stands for its name.",
    )
    temporal_tls: bool = Field(
        default=False,
        description="Whether Temporal is reached over mutual TLS, with the certificate and token of the secrets.",
    )
    temporal_pages_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^@]+$",
        description="Temporal's own web pages, for ops: the portal links to them.",
    )
    clock: Literal["system", "skipped"] = Field(
        default="system",
        description="Business time: the machine's, or that of a Temporal test server that skips time.",
    )
    secrets_dir: Path = Field(default=Path(".kring/secrets"), description="The directory of secrets.")
    kms_wraps: bool = Field(
        default=False,
        description="Whether the key management service wraps new keys, instead of the master key.",
    )
    kms_address: str | None = Field(
        default=None,
        # Its token must not travel unencrypted; an agent on this machine may be reached over plain HTTP.
        pattern=r"^(https://.+|http://(127\.0\.0\.1|localhost)(:[0-9]+)?/?)$",
        description="The address of a key management service with the Transit API, if there is one.",
    )
    kms_mount: str = Field(
        default="transit",
        pattern=r"^[A-Za-z0-9_/-]{1,100}$",
        description="The path at which its Transit API is mounted.",
    )
    kms_key: str = Field(
        default="kring", pattern=r"^[A-Za-z0-9_.-]{1,100}$", description="The name of the key in it."
    )
    kms_namespace: str | None = Field(default=None, description="The namespace in it, if it has any.")
    kms_token_file: Path = Field(
        default=Path("/run/secrets/kms_token"), description="The file with its token, read at each request."
    )
    kms_ca_file: Path | None = Field(
        default=None,
        description="The file with the authority of its certificate, if the system does not know it.",
    )
    kms_seconds: float = Field(default=5.0, gt=0, le=60, description="Seconds that it may take to answer.")
    smtp_host: str = Field(default="127.0.0.1", description="The mail server.")
    smtp_port: int = Field(default=1025, description="The mail server's port: mostly 25, 465 or 587.")
    smtp_tls: Literal["if-offered", "required", "from-start"] = Field(
        default="if-offered",
        description="How emails, which carry personal links, are encrypted: `if-offered`, `required` or `from-start`.",
    )
    smtp_ca_file: Path | None = Field(
        default=None,
        description="The file with the authority of the mail server's certificate, if the system does not know it.",
    )
    mail_from: str = Field(
        default="Kring <kring@kring.invalid>",
        description="The sender address of emails; the name beside it is the organisation's.",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8080",
        description="The portal's public address: links in emails begin with it.",
    )
    local_provider_url: str | None = Field(
        default=None,
        pattern=r"^http://127\.0\.0\.1:[0-9]+$",
        description="The provider where staff sign in on one machine; used in local mode only.",
    )
    http_host: str = Field(
        default="127.0.0.1", description="The address at which the process serves its API or pages."
    )
    http_port: int = Field(
        default=0, ge=0, le=65535, description="The port of the API or pages; 0: any free one."
    )
    internal_host: str = Field(default="127.0.0.1", description="The address of health and metrics.")
    internal_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="The port of health and metrics, for probes and Prometheus only; 0: any free one.",
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(),
        description="Networks of the proxies before the APIs, comma-separated: only these may name the client.",
    )
    intake_url: str = Field(default="http://127.0.0.1:8001", description="Where others reach intake.")
    network_url: str = Field(default="http://127.0.0.1:8002", description="Where others reach network.")
    scheduling_url: str = Field(default="http://127.0.0.1:8003", description="Where others reach scheduling.")
    plans_url: str = Field(default="http://127.0.0.1:8004", description="Where others reach plans.")
    training_url: str = Field(default="http://127.0.0.1:8005", description="Where others reach training.")
    portal_url: str = Field(default="http://127.0.0.1:8080", description="Where others reach the portal.")
    local: bool = Field(
        default=False,
        description="Whether tokens of the local issuer are accepted: on one machine, and never in production.",
    )
    log_level: str = Field(default="INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`.")
    otlp_endpoint: str | None = Field(default=None, description="The OTLP collector that traces are sent to.")
    traces_file: Path | None = Field(default=None, description="The file that traces are written to.")
    stop_seconds: float = Field(default=15, gt=0, description="Seconds that a process may take to stop.")
    retry_scale: float = Field(default=1.0, gt=0, description="Multiplies the intervals of message retries.")
    anonymous_limit: int = Field(
        default=120,
        ge=0,
        description="Writes to open routes in ten minutes from one address (IPv6: one /64); 0: no limit.",
    )
    staff_limit: int = Field(
        default=1200,
        ge=0,
        description="Requests of one member of staff in a minute, per process; 0: no limit.",
    )
    person_limit: int = Field(default=300, ge=0, description="The same for one person of a case.")
    integration_limit: int = Field(
        default=3000, ge=0, description="The same for one system of an organisation."
    )
    service_limit: int = Field(default=30_000, ge=0, description="The same for one service of the platform.")
    request_seconds: float = Field(
        default=30, gt=0, description="Seconds that a request may take before it is cancelled and undone."
    )
    http_connections: int = Field(
        default=1000, ge=10, description="The most concurrent connections, per process."
    )
    http_connections_per_client: int = Field(
        default=200, ge=1, description="The most of these from one address (IPv6: one /64)."
    )
    http_body_bytes: int = Field(
        default=48 * 1024 * 1024,
        ge=1024 * 1024,
        description="Bytes of request bodies that a process holds at once; beyond it the answer is 503.",
    )
    issuer_fresh_seconds: float = Field(
        default=300,
        ge=10,
        description="Seconds after which a key that its issuer withdrew is refused at the latest.",
    )
    issuer_stale_seconds: float = Field(
        default=3600, ge=10, description="Seconds for which the keys of an unreachable issuer stay valid."
    )
    issuer_again_seconds: float = Field(
        default=10,
        ge=1,
        description="The least seconds between two requests to an issuer, whatever tokens arrive.",
    )
    workflow_cache: int = Field(
        default=1000,
        ge=0,
        description="Workflows that a worker keeps in memory; with 0 none waits for a worker that was killed.",
    )

    housekeeping_hours: int = Field(
        default=1,
        ge=1,
        le=4,
        description="Hours between rounds of housekeeping, which also queue the daily emails.",
    )
    events_kept_days: int = Field(
        default=90,
        ge=EVENTS_DAYS_AT_LEAST,
        le=EVENTS_DAYS_AT_MOST,
        description="Days for which published events and the outcomes of received ones are kept.",
    )
    effects_kept_days: int = Field(
        default=3 * 365,
        ge=EFFECTS_DAYS_AT_LEAST,
        description="Days for which the effects of workflow steps are kept.",
    )
    answers_kept_hours: int = Field(
        default=24,
        ge=1,
        le=24 * 30,
        description="Hours for which answers to requests with an Idempotency-Key are kept.",
    )
    messages_kept_days: int = Field(
        default=400,
        ge=MESSAGES_DAYS_AT_LEAST,
        description="Days for which it is recorded that an email was sent (or not), its recipient and kind.",
    )
    clocks_kept_days: int = Field(
        default=400,
        ge=CLOCKS_DAYS_AT_LEAST,
        description="Days for which clocks that stopped or were breached are kept.",
    )

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, given: object) -> object:
        return (
            [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given
        )

    @field_validator("trusted_proxies")
    @classmethod
    def _refuse_everybody(cls, given: tuple[Network, ...]) -> tuple[Network, ...]:
        if any(network.prefixlen == 0 for network in given):
            raise ValueError("these would be everybody")
        return given

    def lacking(self) -> Iterator[str]:
        """Yield the settings that an installation served over https still lacks."""
        if self.public_url.startswith("https://"):
            if not self.trusted_proxies:
                # A proxy terminates TLS, and without this all its clients would be counted as one.
                yield "KRING_TRUSTED_PROXIES"
            if self.mail_domain.endswith(".invalid"):
                # Mail servers refuse a sender address that cannot exist.
                yield "KRING_MAIL_FROM"

    def service_url(self, service: str) -> str:
        """Return the base URL of a service's API."""
        return str(getattr(self, f"{service}_url")).rstrip("/")

    def database_of(self, name: str) -> str:
        """Return the URL (for asyncpg through SQLAlchemy) of the database `kring_<name>`, with its owner's login.

        For migrations and for operators; services use `database_for`.
        """
        server = self.database_url if name != "keys" else self.keys_database_url or self.database_url
        return database_url(server.get_secret_value(), f"kring_{name}")

    def namespace_of(self, process: str) -> str:
        """Return a process's Temporal namespace."""
        return self.temporal_namespace.replace("{service}", process)

    def secrets_of(self, process: str) -> Path:
        """Return the directory with the secrets of a service."""
        return secrets_of(self.secrets_dir, process)

    def database_for(self, service: str, *, name: str | None = None) -> str:
        """Return the URL of a service's database (or of `kring_<name>`), with the login of the service.

        Raises: SecretMissing if that is not there.
        """
        from sqlalchemy.engine import make_url

        login = Login.read(self.secrets_of(service) / "database_login")
        url = make_url(self.database_of(name or service)).set(username=login.user, password=login.password)
        return url.render_as_string(hide_password=False)

    def broker_for(self, service: str) -> str:
        """Return the URL of the broker with the login of a service, or as it is if it contains a user.

        Raises: SecretMissing.
        """
        parts = urlsplit(self.broker_url.get_secret_value())
        if parts.username is not None:
            return parts.geturl()
        login = Login.read(self.secrets_of(service) / "broker_login")
        return parts._replace(netloc=f"{login.user}:{login.password}@{parts.netloc}").geturl()

    @cached_property
    def mail_address(self) -> str:
        """Return the sender address of mails, without its name."""
        return parseaddr(self.mail_from)[1]

    @cached_property
    def mail_domain(self) -> str:
        """Return the domain of Message-IDs."""
        return self.mail_address.rpartition("@")[2] or "kring.invalid"


def database_url(server: str, database: str) -> str:
    """Return an asyncpg URL of one database on a server given as postgresql://user:password@host:port."""
    from sqlalchemy.engine import make_url

    url = make_url(server).set(drivername="postgresql+asyncpg", database=database)
    return url.render_as_string(hide_password=False)
