"""The realm for Keycloak fits its representation of realms, and its tokens say what our entry of issuers.json reads."""

import json
import re
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
import yaml

from deploy.cli import main
from deploy.local.secrets import ensure_secrets, trust_keycloak
from shared.auth import IssuersNotUsable, Kind, Principal, Role, read_issuers
from shared.auth.claims import check_envelope, principal_of
from shared.auth.issuers import TrustedIssuer
from shared.ids import derived

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "deploy" / "keycloak" / "kring-realm.json").read_text()
REALM: dict[str, Any] = json.loads(TEXT)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
URL = "https://login.example.org"

_FLAG, _COUNT = {"type": "boolean"}, {"type": "integer", "minimum": 1}
_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT}


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


_STRINGS = {"type": "object", "additionalProperties": {"type": "string"}}
_MAPPER = _closed(
    ["name", "protocol", "protocolMapper", "config"],
    name=_TEXT,
    protocol={"const": "openid-connect"},
    protocolMapper={
        "enum": [
            "oidc-audience-mapper",
            "oidc-sub-mapper",
            "oidc-usermodel-attribute-mapper",
            "oidc-usermodel-realm-role-mapper",
        ]
    },
    # All values are strings, also those that look like truth values.
    config=_STRINGS,
)
_CLIENT = _closed(
    ["clientId", "enabled", "protocol", "protocolMappers"],
    clientId=_TEXT,
    name=_TEXT,
    protocol={"const": "openid-connect"},
    clientAuthenticatorType={"const": "client-secret"},
    secret=_TEXT,
    redirectUris=_TEXTS,
    webOrigins=_TEXTS,
    attributes=_STRINGS,
    protocolMappers={"type": "array", "items": _MAPPER},
    **dict.fromkeys(
        [
            "enabled",
            "publicClient",
            "standardFlowEnabled",
            "implicitFlowEnabled",
            "directAccessGrantsEnabled",
            "serviceAccountsEnabled",
            "fullScopeAllowed",
        ],
        _FLAG,
    ),
)
_USER = _closed(
    ["id", "username", "enabled", "realmRoles"],
    id={"type": "string", "format": "uuid"},
    username=_TEXT,
    email=_TEXT,
    firstName=_TEXT,
    lastName=_TEXT,
    enabled=_FLAG,
    emailVerified=_FLAG,
    attributes={"type": "object", "additionalProperties": _TEXTS},
    realmRoles=_TEXTS,
    requiredActions={"type": "array", "items": {"enum": ["UPDATE_PASSWORD"]}},
    serviceAccountClientId=_TEXT,
    credentials={
        "type": "array",
        "items": _closed(
            ["type", "value", "temporary"], type={"const": "password"}, value=_TEXT, temporary={"const": True}
        ),
    },
)
# The part of Keycloak's RealmRepresentation that is used; Keycloak refuses a file with a field that it does not know.
_SCHEMA = _closed(
    ["realm", "enabled", "roles", "clients", "users"],
    realm=_TEXT,
    displayName=_TEXT,
    sslRequired={"enum": ["all", "external"]},
    passwordPolicy=_TEXT,
    defaultSignatureAlgorithm={"enum": ["ES256", "ES384", "RS256", "PS256"]},
    supportedLocales=_TEXTS,
    defaultLocale=_TEXT,
    roles=_closed(
        ["realm"],
        realm={"type": "array", "items": _closed(["name"], name=_TEXT, description=_TEXT)},
    ),
    clients={"type": "array", "items": _CLIENT},
    users={"type": "array", "items": _USER},
    components={
        "type": "object",
        "additionalProperties": {
            "type": "array",
            "items": _closed(
                ["providerId", "config"],
                providerId=_TEXT,
                config={"type": "object", "additionalProperties": _TEXTS},
            ),
        },
    },
    **dict.fromkeys(
        [
            "enabled",
            "registrationAllowed",
            "editUsernameAllowed",
            "resetPasswordAllowed",
            "rememberMe",
            "duplicateEmailsAllowed",
            "bruteForceProtected",
            "revokeRefreshToken",
            "eventsEnabled",
            "adminEventsEnabled",
            "internationalizationEnabled",
        ],
        _FLAG,
    ),
    **dict.fromkeys(
        ["failureFactor", "accessTokenLifespan", "ssoSessionIdleTimeout", "ssoSessionMaxLifespan"], _COUNT
    ),
)


def entry(directory: Path, **options: Any) -> TrustedIssuer:
    """Return the entry of issuers.json as `kring secrets` makes it."""
    ensure_secrets(directory)
    trust_keycloak(directory, url=URL, **options)
    return read_issuers(directory / "issuers.json")[f"{URL}/realms/kring"]


def claims(client: dict[str, Any], user: dict[str, Any], issuer: str) -> dict[str, Any]:
    """Return the claims that Keycloak puts into an access token, by the client's mappers."""
    now = int(time.time())
    said: dict[str, Any] = {"iss": issuer, "exp": now + 300, "iat": now, "typ": "Bearer"}
    for mapper in client["protocolMappers"]:
        config = mapper["config"]
        if config["access.token.claim"] != "true":
            continue
        kind = mapper["protocolMapper"]
        if kind == "oidc-audience-mapper":
            said["aud"] = config["included.custom.audience"]
        elif kind == "oidc-sub-mapper":
            said["sub"] = user["id"]
        elif kind == "oidc-usermodel-realm-role-mapper":
            said[config["claim.name"]] = [*user["realmRoles"], "offline_access", "default-roles-kring"]
        elif config["user.attribute"] in user.get("attributes", {}):
            said[config["claim.name"]] = user["attributes"][config["user.attribute"]][0]
    return said


def principal(trusted: TrustedIssuer, client: dict[str, Any], user: dict[str, Any]) -> Principal:
    said = claims(client, user, trusted.issuer)
    check_envelope(said, trusted)
    return principal_of(said, trusted)


class TestRealm:
    def test_fits_keycloaks_representation(self) -> None:
        jsonschema.validate(REALM, _SCHEMA, format_checker=jsonschema.FormatChecker())

    def test_has_a_role_and_one_user_for_each_of_ours(self) -> None:
        assert {role["name"] for role in REALM["roles"]["realm"]} == set(Role)
        assert sorted(name for user in REALM["users"] for name in user["realmRoles"]) == sorted(Role)

    @pytest.mark.parametrize("client", REALM["clients"], ids=lambda client: client["clientId"])
    @pytest.mark.parametrize("user", REALM["users"], ids=lambda user: user["realmRoles"][0])
    def test_says_in_tokens_what_the_entry_reads(
        self, client: dict[str, Any], user: dict[str, Any], tmp_path: Path
    ) -> None:
        role = Role(user["realmRoles"][0])
        found = principal(entry(tmp_path), client, user)

        assert (found.kind, set(found.roles)) == (Kind.STAFF, {role})
        assert found.organisation == (None if role is Role.OPS else derived("demo organisation"))
        # The same people as those of `kring token --as`.
        assert found.id == derived("demo user", role) == UUID(user["id"])

    def test_lets_nobody_change_their_own_organisation(self) -> None:
        provider = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"][0]
        profile = json.loads(provider["config"]["kc.user.profile.config"][0])
        permissions = {one["name"]: one["permissions"] for one in profile["attributes"]}

        assert permissions["organisation"]["edit"] == ["admin"]
        assert permissions["username"]["edit"] == ["admin"]
        # Else a user could have any attribute.
        assert "unmanagedAttributePolicy" not in profile

    def test_holds_no_password(self) -> None:
        secrets = [
            credential["value"] for user in REALM["users"] for credential in user.get("credentials", [])
        ]
        secrets += [client["secret"] for client in REALM["clients"] if "secret" in client]

        assert len(secrets) == len(Role)
        assert all(re.fullmatch(r"\$\{KRING_[A-Z_]+\}", secret) for secret in secrets)

    def test_people_log_in_at_keycloak_and_with_a_proof_of_the_client(self) -> None:
        for client in REALM["clients"]:
            assert not client["directAccessGrantsEnabled"]
            assert not client["implicitFlowEnabled"]
            if client["publicClient"]:
                assert client["attributes"]["pkce.code.challenge.method"] == "S256"

    def test_is_given_by_compose_what_it_leaves_open(self) -> None:
        keycloak = COMPOSE["services"]["keycloak"]

        assert set(re.findall(r"\$\{(KRING_[A-Z_]+)\}", TEXT)) <= set(keycloak["environment"])
        assert "./deploy/keycloak/kring-realm.json" in keycloak["volumes"][0]


class TestTrustKeycloak:
    def test_is_written_once(self, tmp_path: Path) -> None:
        entry(tmp_path)
        before = (tmp_path / "issuers.json").read_text()
        entry(tmp_path)

        assert (tmp_path / "issuers.json").read_text() == before
        assert (tmp_path / "issuers.json").stat().st_mode & 0o777 == 0o600
        assert [one["issuer"] for one in json.loads(before)] == [
            "kring",
            "kring-local",
            f"{URL}/realms/kring",
        ]

    def test_is_reached_elsewhere_where_that_is_said(self, tmp_path: Path) -> None:
        trusted = entry(tmp_path, reached_at="https://keycloak.internal:8443/")

        assert trusted.description_url == (
            "https://keycloak.internal:8443/realms/kring/.well-known/openid-configuration"
        )

    def test_without_tls_is_refused_outside_local_mode(self, tmp_path: Path) -> None:
        ensure_secrets(tmp_path)
        before = (tmp_path / "issuers.json").read_text()
        with pytest.raises(IssuersNotUsable, match="https"):
            trust_keycloak(tmp_path, url="http://127.0.0.1:8082")
        assert (tmp_path / "issuers.json").read_text() == before

        trust_keycloak(tmp_path, url="http://127.0.0.1:8082", local=True)
        assert "http://127.0.0.1:8082/realms/kring" in read_issuers(tmp_path / "issuers.json", local=True)

    def test_is_done_by_the_command_when_the_environment_names_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KRING_KEYCLOAK_URL", URL)
        with pytest.raises(SystemExit) as ended:
            main(["secrets", str(tmp_path)])

        assert ended.value.code == 0
        assert f"{URL}/realms/kring" in read_issuers(tmp_path / "issuers.json")
