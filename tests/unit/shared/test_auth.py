"""Tokens: what is accepted, what is refused, and whom a token speaks for."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey

from shared.auth import (
    LOCAL_ISSUER,
    NO_TENANT,
    PLATFORM_ISSUER,
    Issuer,
    Kind,
    Role,
    TokenExpired,
    TokenNotAccepted,
    Verifier,
    generate_key,
    link_token,
    read_link_token,
    trusted_issuer,
)

KEY = generate_key("network")
LOCAL_KEY = generate_key()
EXTERNAL_KEY = generate_key()
EXTERNAL = "https://login.example/realms/care"
TRUSTED = [
    trusted_issuer(PLATFORM_ISSUER, KEY),
    trusted_issuer(LOCAL_ISSUER, LOCAL_KEY),
    trusted_issuer(EXTERNAL, EXTERNAL_KEY),
]
ORGANISATION, OTHER_ORGANISATION, PERSON, CASE = uuid4(), uuid4(), uuid4(), uuid4()


def verifier() -> Verifier:
    return Verifier.of(TRUSTED, local=True)


def staff_token(**options: Any) -> str:
    given = {"person": PERSON, "organisation": ORGANISATION, "roles": {Role.COORDINATOR}, **options}
    return Issuer(LOCAL_KEY, name=LOCAL_ISSUER).staff(**given)


def signed(claims: dict[str, Any], *, key: ECKey = EXTERNAL_KEY, header: dict[str, Any] | None = None) -> str:
    now = int(time.time())
    standard = {"iss": EXTERNAL, "aud": "kring", "sub": str(PERSON), "iat": now, "exp": now + 60}
    every = {name: value for name, value in {**standard, **claims}.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": key.kid, **(header or {})}, every, key)


def encoded(header: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()


class TestStaffToken:
    async def test_speaks_for_a_member_of_staff_at_the_own_organisation(self) -> None:
        principal = await verifier().verify(staff_token())
        assert (principal.kind, principal.id, principal.organisation) == (Kind.STAFF, PERSON, ORGANISATION)
        assert principal.tenant == ORGANISATION
        assert principal.is_of_tenant
        assert principal.has(Role.COORDINATOR, Role.OPS)
        assert not principal.has(Role.FINANCE)

    async def test_at_another_tenant_is_not_of_that_tenant(self) -> None:
        known = verifier()
        token = staff_token()
        there = await known.verify(token, tenant=OTHER_ORGANISATION)
        assert there.tenant == OTHER_ORGANISATION
        assert not there.is_of_tenant
        assert (await known.verify(token)).tenant == ORGANISATION, (
            "naming a tenant once must not stick to the token"
        )

    async def test_without_an_organisation_asks_for_no_tenant(self) -> None:
        principal = await verifier().verify(staff_token(organisation=None, roles={Role.OPS}))
        assert principal.tenant == NO_TENANT
        assert not principal.is_of_tenant

    async def test_roles_that_nobody_knows_are_left_out(self) -> None:
        token = signed({"organisation": str(ORGANISATION), "roles": ["emperor", "finance"]})
        assert (await verifier().verify(token)).roles == {Role.FINANCE}

    def test_is_made_by_the_local_issuer_only(self) -> None:
        with pytest.raises(ValueError, match="local"):
            Issuer(KEY).staff(person=PERSON, organisation=ORGANISATION, roles=set())

    async def test_of_the_local_issuer_is_refused_outside_one_machine(self) -> None:
        with pytest.raises(TokenNotAccepted):
            await Verifier.of(TRUSTED).verify(staff_token())


class TestServiceAndPersonToken:
    async def test_service_names_its_purpose(self) -> None:
        token = Issuer(KEY).service(service="network", purpose="invite", tenant=ORGANISATION)
        principal = await verifier().verify(token)
        assert (principal.kind, principal.service, principal.purpose) == (Kind.SERVICE, "network", "invite")
        assert principal.tenant == ORGANISATION
        assert not principal.is_of_tenant

    async def test_person_is_bound_to_one_case(self) -> None:
        token = Issuer(KEY).person(person=PERSON, tenant=ORGANISATION, case=CASE, case_role="circle")
        principal = await verifier().verify(token)
        assert (principal.kind, principal.case, principal.case_role) == (Kind.PERSON, CASE, "circle")
        assert not principal.roles

    async def test_person_is_under_twelve_only_if_the_token_says_so(self) -> None:
        known: Any = {"person": PERSON, "tenant": ORGANISATION, "case": CASE, "case_role": "central"}
        assert (await verifier().verify(Issuer(KEY).person(**known, under_twelve=True))).under_twelve
        assert not (await verifier().verify(Issuer(KEY).person(**known))).under_twelve

    async def test_person_decides_for_a_child_only_if_the_token_says_so(self) -> None:
        known: Any = {"person": PERSON, "tenant": ORGANISATION, "case": CASE, "case_role": "circle"}
        child = uuid4()
        decides = await verifier().verify(Issuer(KEY).person(**known, decides_for=[child]))
        assert decides.decides_for == {child}
        assert not (await verifier().verify(Issuer(KEY).person(**known))).decides_for

    async def test_person_and_service_stay_at_the_tenant_of_their_token(self) -> None:
        token = Issuer(KEY).person(person=PERSON, tenant=ORGANISATION, case=CASE, case_role="circle")
        assert (await verifier().verify(token, tenant=OTHER_ORGANISATION)).tenant == ORGANISATION

    @pytest.mark.parametrize("kind", ["service", "person"])
    async def test_an_organisations_own_issuer_cannot_make_one(self, kind: str) -> None:
        claims = {
            "kind": kind,
            "tenant": str(ORGANISATION),
            "case": str(CASE),
            "case_role": "x",
            "purpose": "x",
        }
        with pytest.raises(TokenNotAccepted):
            await verifier().verify(signed(claims))

    async def test_the_platforms_own_key_makes_no_staff(self) -> None:
        token = signed({"iss": PLATFORM_ISSUER, "organisation": str(ORGANISATION)}, key=KEY)
        with pytest.raises(TokenNotAccepted):
            await verifier().verify(token)


class TestRefusedToken:
    async def test_expired_beyond_the_skew(self) -> None:
        with pytest.raises(TokenExpired):
            await verifier().verify(signed({"exp": int(time.time()) - 31}))

    async def test_accepted_within_the_skew(self) -> None:
        assert (await verifier().verify(signed({"exp": int(time.time()) - 20}))).id == PERSON

    async def test_known_token_expires_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        known = verifier()
        token = signed({})
        await known.verify(token)
        later = time.time() + 91
        monkeypatch.setattr("shared.auth.tokens.time.time", lambda: later)
        with pytest.raises(TokenExpired):
            await known.verify(token)

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "another-platform"},
            {"aud": None},
            {"exp": None},
            {"exp": "soon"},
            {"iss": "https://unknown.example"},
            {"iss": None},
            {"sub": ""},
            {"sub": 7},
            {"nbf": 4_000_000_000},
            {"kind": "emperor"},
            {"organisation": "not-an-id"},
        ],
        ids=str,
    )
    async def test_with_a_claim_that_is_not_right(self, claims: dict[str, Any]) -> None:
        with pytest.raises(TokenNotAccepted):
            await verifier().verify(signed(claims))

    async def test_that_lasts_longer_than_a_day(self) -> None:
        now = int(time.time())
        for claims in (
            {"iat": now, "exp": now + 24 * 3600 + 60},
            # Also of one that began long ago, or does not say when.
            {"iat": now - 7 * 24 * 3600, "exp": now + 600},
            {"iat": None, "exp": now + 24 * 3600 + 60},
        ):
            with pytest.raises(TokenNotAccepted):
                await verifier().verify(signed(claims))
        await verifier().verify(signed({"iat": now - 60, "exp": now + 23 * 3600}))

    async def test_signed_by_a_key_that_is_not_the_issuers(self) -> None:
        with pytest.raises(TokenNotAccepted):
            await verifier().verify(signed({"iss": EXTERNAL}, key=KEY, header={"kid": EXTERNAL_KEY.kid}))

    async def test_without_a_signature(self) -> None:
        header, payload, _ = signed({}).split(".")
        for forged in (f"{encoded({'alg': 'none'})}.{payload}.", f"{header}.{payload}."):
            with pytest.raises(TokenNotAccepted):
                await verifier().verify(forged)

    async def test_signed_with_the_public_key_as_a_shared_secret(self) -> None:
        _, payload, _ = signed({}).split(".")
        text = f"{encoded({'alg': 'HS256', 'kid': EXTERNAL_KEY.kid})}.{payload}"
        digest = hmac.digest(EXTERNAL_KEY.as_pem(private=False), text.encode(), "sha256")
        with pytest.raises(TokenNotAccepted):
            await verifier().verify(f"{text}.{urlsafe_b64encode(digest).rstrip(b'=').decode()}")

    @given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{0,40}(\.[A-Za-z0-9_-]{0,40}){0,4}"))
    async def test_that_is_no_token_at_all(self, text: str) -> None:
        with pytest.raises(TokenNotAccepted):
            await verifier().verify(text)

    async def test_changed_in_any_part(self) -> None:
        token = signed({})
        for place in (5, token.index(".") + 5, token.rindex(".") + 5):
            changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
            with pytest.raises(TokenNotAccepted):
                await verifier().verify(changed)


class TestLink:
    key = b"k" * 32

    def test_proves_the_generation_it_was_made_for(self) -> None:
        link_id = uuid4()
        read = read_link_token(link_token(self.key, link_id, 3))
        assert read is not None
        assert read.link_id == link_id
        assert read.proves(self.key, 3)
        assert not read.proves(self.key, 2)
        assert not read.proves(self.key, 4)
        assert not read.proves(b"x" * 32, 3)

    def test_can_be_made_again(self) -> None:
        link_id = uuid4()
        assert link_token(self.key, link_id, 1) == link_token(self.key, link_id, 1)

    def test_of_another_link_proves_nothing(self) -> None:
        token = link_token(self.key, uuid4(), 1)
        other = link_token(self.key, uuid4(), 1)
        # The first 16 bytes are the id: the boundary falls inside the 22nd character, so compare by bytes.
        mixed = read_link_token(token)
        other_read = read_link_token(other)
        assert mixed is not None
        assert other_read is not None
        assert not type(mixed)(mixed.link_id, other_read.digest).proves(self.key, 1)

    @given(st.text(max_size=80) | st.text("Aa-_=+/é\0", min_size=64, max_size=64))
    def test_reads_any_text_without_failing(self, text: str) -> None:
        read = read_link_token(text)
        assert read is None or not read.proves(self.key, 1)
