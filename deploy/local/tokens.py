"""The tokens by which Temporal identifies its clients: each process works in its own namespace and nowhere else.

Temporal's own claim mapper and authorizer understand them: ES256, by a key of the installation whose public
half the server reads from a file, with `permissions` as `namespace:role`. They are valid until that key is
replaced.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from deploy.local.certificates import OPERATOR, PAGES, SERVER, mode_of
from deploy.local.secrets import TOKEN_KEY, put
from shared.secrets import versions
from shared.services import PORTAL, PROCESSES
from shared.settings import Settings

TOKEN, PUBLISHED = "temporal_token", "temporal_token_keys.json"


def permissions_of(namespaces: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the permissions of each of Temporal's clients, given the namespace of each service."""
    everywhere = dict.fromkeys(namespaces.values())
    own = namespaces[PORTAL]
    return {
        **{process: [f"{namespace}:write"] for process, namespace in namespaces.items()},
        # It lists the running workflows of all services for ops.
        PORTAL: [f"{own}:write", *(f"{namespace}:read" for namespace in everywhere if namespace != own)],
        # It creates the namespaces.
        OPERATOR: [f"{namespace}:admin" for namespace in everywhere],
        PAGES: ["temporal-system:read"],
    }


def hand_out_tokens(directory: Path) -> None:
    """Publish the accepted keys, and sign a token for each client that has none of the key in use."""
    keys = [ECKey.import_key(json.loads(path.read_text())) for path in versions(directory / TOKEN_KEY)]
    published = {"keys": [key.as_dict(private=False) for key in keys]}
    put(directory / SERVER / PUBLISHED, json.dumps(published, indent=1), mode=mode_of(SERVER))
    settings = Settings()
    namespaces = {process: settings.namespace_of(process) for process in PROCESSES}
    for process, permissions in permissions_of(namespaces).items():
        path, claims = directory / process / TOKEN, {"sub": process, "permissions": permissions}
        if not (path.exists() and _says(path.read_text(), claims, keys[0])):
            put(
                path, jwt.encode({"alg": "ES256", "kid": keys[0].kid}, claims, keys[0]), mode=mode_of(process)
            )


def _says(token: str, claims: Mapping[str, object], key: ECKey) -> bool:
    try:
        return jwt.decode(token, key, algorithms=["ES256"]).claims == claims
    except (JoseError, ValueError):
        return False
