"""The keys of an installation on one machine, generated at its first start and readable by its owner alone."""

import base64
import json
import os
import secrets
from pathlib import Path

KEYS = ("master_key", "index_key", "codec_key", "link_key", "database_key", "audit_key")
# Where the realm of deploy/keycloak/ is, at a Keycloak server.
REALM = "/realms/kring"


def ensure_secrets(directory: Path) -> None:
    """Generate what is missing in the directory of secrets; what is there stays."""
    from shared.auth import LOCAL_ISSUER, PLATFORM_ISSUER, generate_key, trusted_issuer
    from shared.secrets import index_key_of

    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    if (directory / "master_key").exists() and not (directory / "index_key").exists():
        # Made before this key had a file: what was indexed with the master key must still be found.
        master = base64.urlsafe_b64decode((directory / "master_key").read_text().strip())
        write_private(directory / "index_key", base64.urlsafe_b64encode(index_key_of(master)).decode())
    for name in KEYS:
        if not (directory / name).exists():
            write_private(directory / name, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    trusted = []
    for name, issuer in (("signing_key", PLATFORM_ISSUER), ("local_issuer_key", LOCAL_ISSUER)):
        path = directory / name
        if not path.exists():
            write_private(path, json.dumps(generate_key().as_dict(private=True)))
        trusted.append((issuer, path))
    if not (directory / "issuers.json").exists():
        from joserfc.jwk import ECKey

        entries = [
            trusted_issuer(issuer, ECKey.import_key(json.loads(path.read_text()))) for issuer, path in trusted
        ]
        write_private(directory / "issuers.json", json.dumps(entries, indent=1))


def trust_keycloak(directory: Path, *, url: str, reached_at: str | None = None, local: bool = False) -> None:
    """Put the realm `kring` of a Keycloak server among the trusted issuers, if it is not there yet.

    `reached_at` is the server's address for services, where that is another one than for people. It may make ops: it is
    the installation's own, and not that of one organisation. Raises: IssuersNotUsable.
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
    }
    if any(known["issuer"] == entry["issuer"] for known in entries):
        return
    entries.append(entry)
    trusted_issuers(entries, local=local)
    write_private(path, json.dumps(entries, indent=1))


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner can read, whole or not at all."""
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    half.replace(path)
