"""`kring openapi` and `kring asyncapi`: descriptions of the APIs and events, for machines and other organisations."""

import json
import tempfile
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

from shared.services import SERVICES


async def openapi(service: str) -> int:
    """Print the OpenAPI document of a service."""
    print(json.dumps(await openapi_of(service), indent=1, ensure_ascii=False, sort_keys=True))
    return 0


async def openapi_of(service: str) -> dict[str, Any]:
    """Return the OpenAPI document of a service; nothing needs to run."""
    from deploy.local.secrets import ensure_secrets
    from shared.runtime import connected
    from shared.settings import Settings

    with tempfile.TemporaryDirectory() as directory:
        ensure_secrets(Path(directory))
        async with connected(service, Settings(secrets_dir=Path(directory))) as context:
            document: dict[str, Any] = import_module(f"services.{service}.api").create_app(context).openapi()
    return document


def asyncapi() -> int:
    """Print the AsyncAPI document of all events and commands."""
    print(json.dumps(asyncapi_document(), indent=1, ensure_ascii=False))
    return 0


def asyncapi_document() -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document: one channel and one message per type of event or command."""
    from shared.events.base import COMMANDS, REGISTRY

    for service in SERVICES:
        import_module(f"shared.events.{service}")
    channels, operations, messages = {}, {}, {}
    for event_type, data in sorted(REGISTRY.items()):
        channels[event_type] = {
            "address": event_type,
            "description": (data.__doc__ or "").strip(),
            "messages": {event_type: {"$ref": f"#/components/messages/{event_type}"}},
            "bindings": {"amqp": {"is": "routingKey", "exchange": {"name": data.EXCHANGE, "type": "topic"}}},
        }
        # A command is received by the service it is named after; an event is sent by it.
        action = "receive" if data.EXCHANGE == COMMANDS else "send"
        operations[event_type] = {"action": action, "channel": {"$ref": f"#/channels/{event_type}"}}
        messages[event_type] = {
            "name": event_type,
            "contentType": "application/cloudevents+json",
            "x-public": data.PUBLIC,
            "payload": _envelope(event_type, data.model_json_schema()),
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Kring events", "version": version()},
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def version() -> str:
    """Return the version of Kring."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    return str(project["project"]["version"])


def _envelope(event_type: str, data: dict[str, Any]) -> dict[str, Any]:
    from shared.events.base import EventData, Received

    envelope = Received[EventData].model_json_schema(by_alias=True)
    envelope.pop("$defs", None)
    envelope["title"] = event_type
    envelope["properties"]["type"] = {"const": event_type}
    envelope["properties"]["data"] = data
    return envelope
