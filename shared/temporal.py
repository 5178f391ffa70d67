"""The connection to Temporal: starting and waking workflows idempotently.

Payloads and failures are encrypted with a key of the service: others can neither read nor write them.
"""

import dataclasses
import logging
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from prometheus_client import Counter
from pydantic import BaseModel
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.errordetails.v1 import NamespaceNotFoundFailure
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
)
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode, TLSConfig
from temporalio.types import MethodAsyncSingleParam

from shared.errors import Operational
from shared.secrets import read_secret
from shared.settings import Settings
from shared.telemetry import tracer

TENANT = SearchAttributeKey.for_keyword("KringTenant")
SEARCH_ATTRIBUTES = {
    "KringTenant": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "KringPhase": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "KringNextDue": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}
LOOK_AGAIN = "look-again"
_ENCODING = b"binary/kring-aes-gcm"

REFUSED = Counter("kring_payloads_refused_total", "Payloads of workflows that this service did not encrypt")

I = TypeVar("I", bound=BaseModel)  # noqa: E741 - the input of a workflow


class PayloadRefused(ValueError):
    """A payload was not encrypted with a key of this service, so it was written by something else."""


class Codec(PayloadCodec):
    """Encrypts every payload with a key of the service (32 bytes), and accepts no other."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take the key that encrypts, then others that also decrypt."""
        self._ciphers = [AESGCM(key) for key in keys]

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Return encrypted payloads."""
        import os

        encoded = []
        for payload in payloads:
            nonce = os.urandom(12)
            sealed = nonce + self._ciphers[0].encrypt(nonce, payload.SerializeToString(), _ENCODING)
            encoded.append(Payload(metadata={"encoding": _ENCODING}, data=sealed))
        return encoded

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Return readable payloads. Raises: PayloadRefused if one is not encrypted, or with another's key."""
        return [self._decoded(payload) for payload in payloads]

    def readable(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Return payloads readable for people who look at a history; unencrypted ones stay as they are.

        Raises: PayloadRefused if one was encrypted with another's key.
        """
        return [
            self._decoded(payload) if payload.metadata.get("encoding") == _ENCODING else payload
            for payload in payloads
        ]

    def _decoded(self, payload: Payload) -> Payload:
        for cipher in self._ciphers if payload.metadata.get("encoding") == _ENCODING else ():
            try:
                return Payload.FromString(cipher.decrypt(payload.data[:12], payload.data[12:], _ENCODING))
            except (InvalidTag, ValueError):
                continue
        REFUSED.inc()
        raise PayloadRefused("a payload was not encrypted with a key of this service")


def data_converter(codec_keys: Sequence[bytes]) -> DataConverter:
    """Return the converter of clients, workers and replayers; without a key (recorded histories) it only converts."""
    if not codec_keys:
        return pydantic_data_converter
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=Codec(codec_keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def log_through_python() -> None:
    """Route the SDK core's logs through Python, before the first client is made: by default it writes to stdout.

    Its additions to messages (a failure's text, a server's answer) are left out.
    """
    forwarding = LogForwardingConfig(
        logging.getLogger("temporalio.core"), append_target_to_name=False, append_log_fields_to_message=False
    )
    logs = dataclasses.replace(LoggingConfig.default, forwarding=forwarding)
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=logs)), error_if_already_set=False)


def task_queue_of(service: str) -> str:
    """Return the task queue of a service."""
    return f"kring-{service}"


@dataclasses.dataclass(frozen=True)
class Access:
    """How a process and the server show each other who they are, and the token that says what the process may do."""

    tls: TLSConfig | Literal[False] = dataclasses.field(default=False, repr=False)
    token: str | None = dataclasses.field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings, process: str) -> "Access":
        """Read what a process was given; without TLS there is none of it. Raises: SecretMissing."""
        if not settings.temporal_tls:
            return cls()
        directory = settings.secrets_of(process)
        authority, certificate, key = (
            read_secret(directory / f"temporal_{name}.pem").encode() for name in ("ca", "cert", "key")
        )
        tls = TLSConfig(server_root_ca_cert=authority, client_cert=certificate, client_private_key=key)
        return cls(tls, read_secret(directory / "temporal_token"))


class Temporal:
    """Starts and wakes a service's workflows. The client is made on first use: a service starts without Temporal."""

    def __init__(
        self,
        *,
        service: str,
        address: str,
        namespace: str,
        codec_keys: Sequence[bytes],
        access: Access = Access(),
    ) -> None:
        self._service = service
        self._address = address
        self._namespace = namespace
        self._codec_keys = codec_keys
        self._access = access
        self._client: Client | None = None

    async def client(self) -> Client:
        """Return the connected client. Raises: Operational."""
        if self._client is None:
            try:
                self._client = await Client.connect(
                    self._address,
                    namespace=self._namespace,
                    tls=self._access.tls,
                    api_key=self._access.token,
                    data_converter=data_converter(self._codec_keys),
                    interceptors=[TracingInterceptor(tracer)],
                )
            except (RuntimeError, RPCError):
                raise Operational("temporal: no connection") from None
        return self._client

    async def start(
        self,
        run: MethodAsyncSingleParam[Any, I, Any],
        given: I,
        *,
        id: str,  # noqa: A002 - the SDK's name
        tenant: UUID | None,
    ) -> None:
        """Start a workflow by its `run`, or wake the one that runs with this id.

        An ended one runs again under its id, with effects keyed by what it waits for. `given` is one frozen
        model of ids. Raises: Operational.
        """
        client = await self.client()
        pairs = [SearchAttributePair(TENANT, str(tenant))] if tenant is not None else []
        try:
            await client.start_workflow(
                run,
                given,
                id=id,
                task_queue=task_queue_of(self._service),
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                search_attributes=TypedSearchAttributes(pairs),
                start_signal=LOOK_AGAIN,
            )
        except RPCError as error:
            raise Operational(f"temporal: {error.status.name}") from None

    async def ensure(
        self,
        run: MethodAsyncSingleParam[Any, I, Any],
        given: I,
        *,
        id: str,  # noqa: A002 - the SDK's name
        tenant: UUID | None,
    ) -> bool:
        """Wake a workflow, or start it if none runs with this id; True if it had to be started. Raises: Operational."""
        if await self.look_again(id):
            return False
        await self.start(run, given, id=id, tenant=tenant)
        return True

    async def look_again(self, workflow_id: str) -> bool:
        """Wake a workflow, which then reloads what it waits for; False if none runs with this id.

        It has then ended, or will load the same facts when it starts. Raises: Operational.
        """
        client = await self.client()
        try:
            await client.get_workflow_handle(workflow_id).signal(LOOK_AGAIN)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND and not _lacks_namespace(error):
                return False
            raise Operational(f"temporal: {error.status.name}") from None
        return True

    async def ping(self) -> None:
        """Raise Operational if the server does not answer."""
        client = await self.client()
        try:
            await client.service_client.check_health()
        except RPCError as error:
            raise Operational(f"temporal: {error.status.name}") from None


def _lacks_namespace(error: RPCError) -> bool:
    """Tell whether the whole namespace is missing: the server was not prepared yet, or was reset."""
    return any(detail.Is(NamespaceNotFoundFailure.DESCRIPTOR) for detail in error.grpc_status.details)


async def prepare_namespace(*, address: str, namespace: str, access: Access = Access()) -> None:
    """Register the search attributes that workflows set; safe to repeat."""
    client = await Client.connect(address, namespace=namespace, tls=access.tls, api_key=access.token)
    try:
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=namespace)
        )
        missing = {
            name: kind for name, kind in SEARCH_ATTRIBUTES.items() if name not in known.custom_attributes
        }
    except RPCError:
        missing = SEARCH_ATTRIBUTES
    if not missing:
        return
    try:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=namespace, search_attributes=missing)
        )
    except RPCError as error:
        if error.status != RPCStatusCode.ALREADY_EXISTS:
            raise Operational(f"temporal: search attributes: {error.status.name}") from None
