"""The secrets of an installation on one machine, generated at its first start and readable only by their owner."""

import base64
import json
import os
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path

from shared.secrets import role_of, versions
from shared.services import PROCESSES, SERVICE_WITH_LINKS, SERVICES

# Signs the tokens for Temporal.
TOKEN_KEY = "temporal_token_key"  # noqa: S105 - the name of a file
# The realm of deploy/keycloak/, at a Keycloak server.
REALM = "/realms/kring"


def ensure_secrets(directory: Path) -> None:
    """Generate the missing secrets in the directory; existing ones stay.

    Each service has a subdirectory, as has the decoder for Temporal's web UI. The list of issuers is in the
    directory itself; each service gets a copy.
    """
    from deploy.local.certificates import ensure_certificates

    for process in (directory, *(directory / name for name in (*PROCESSES, "codec"))):
        process.mkdir(parents=True, exist_ok=True)
        process.chmod(0o700)
    for service in PROCESSES:
        own = directory / service
        for name, make in MAKERS.items():
            _ensure(own / name, partial(make, service))
    _ensure(directory / SERVICE_WITH_LINKS / "link_key", _new_key)
    for name in ("local_issuer_key", TOKEN_KEY):
        _ensure(directory / name, new_issuer_key)
    _ensure(directory / "codec" / "codec_password", lambda: secrets.token_hex(20))
    ensure_certificates(directory)
    hand_out(directory)


def hand_out(directory: Path) -> None:
    """Rewrite what is derived from others' secrets: the platform's own issuer, copies, and Temporal's tokens."""
    from joserfc.jwk import ECKey

    from deploy.local.tokens import hand_out_tokens
    from shared.auth import LOCAL_ISSUER, PLATFORM_ISSUER, trusted_issuer

    # The portal acts in its readers' names, with their tokens, and has no trusted key of its own.
    signing = [path for service in SERVICES for path in versions(directory / service / "signing_key")]
    own = [
        trusted_issuer(issuer, *(ECKey.import_key(json.loads(path.read_text())) for path in paths))
        for issuer, paths in ((PLATFORM_ISSUER, signing), (LOCAL_ISSUER, [directory / "local_issuer_key"]))
    ]
    path = directory / "issuers.json"
    names = {entry["issuer"] for entry in own}
    others = json.loads(path.read_text()) if path.exists() else []
    entries = [*own, *(entry for entry in others if entry["issuer"] not in names)]
    put(path, json.dumps(entries, indent=1))
    for service in PROCESSES:
        put(directory / service / path.name, path.read_text())
    codec = directory / "codec"
    for stale in codec.glob("*_codec_key*"):
        stale.unlink()
    for service in PROCESSES:
        for key in versions(directory / service / "codec_key"):
            put(codec / f"{service}_{key.name}", key.read_text())
    hand_out_tokens(directory)


def _new_key() -> str:
    """Return a new key of 32 bytes, in its file format."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _new_login(name: str) -> str:
    """Return a new login, whose user begins with a name and is different each time."""
    return f"{name}_{secrets.token_hex(4)}:{secrets.token_hex(20)}"


def new_issuer_key() -> str:
    """Return a new key for tokens that are not signed by a service."""
    from shared.auth import generate_key

    return json.dumps(generate_key().as_dict(private=True))


def _new_signing_key(service: str) -> str:
    """Return a new signing key of a service for its tokens and events; the key id names the service."""
    from shared.auth import generate_key

    return json.dumps(generate_key(service).as_dict(private=True))


# Each service's own secrets, and the functions that make them, given the service.
MAKERS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("master_key", "index_key", "codec_key", "audit_key"), lambda _service: _new_key()),
    "database_login": lambda service: _new_login(role_of(service)),
    "broker_login": _new_login,
    # For tokens and events.
    "signing_key": _new_signing_key,
}


def _ensure(path: Path, make: Callable[[], str]) -> None:
    if not path.exists():
        write_private(path, make())


def put(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a file as `write_private` does, unless it already has this content."""
    if not path.exists() or path.read_text() != text:
        write_private(path, text, mode=mode)


def trust_keycloak(directory: Path, *, url: str, reached_at: str | None = None, local: bool = False) -> None:
    """Add the realm `kring` of a Keycloak server to the trusted issuers, if it is not there yet.

    `reached_at` is the server's address for services, if different from that for people. It may grant ops: it
    belongs to the installation, and not to one organisation. Raises: IssuersNotUsable.
    """
    from shared.auth import trusted_issuers

    path = directory / "issuers.json"
    entries = json.loads(path.read_text())
    entry = {
        "issuer": url.rstrip("/") + REALM,
        "discovery": f"{reached_at.rstrip('/')}{REALM}/.well-known/openid-configuration"
        if reached_at
        else True,
        "roles_claims": [["roles"]],
        "organisation_claim": ["organisation"],
        "ops": True,
        "sign_in": {"client_id": "kring-web"},
    }
    if any(known["issuer"] == entry["issuer"] for known in entries):
        return
    entries.append(entry)
    trusted_issuers(entries, local=local)
    write_private(path, json.dumps(entries, indent=1))
    hand_out(directory)


def write_private(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a new file, readable only by its owner unless another `mode` is given; atomically."""
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        os.fchmod(file.fileno(), mode)
    half.replace(path)
