"""Tokens made to deceive: whatever stands in them, nobody gets in but by an issuer's own signature."""

import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from uuid import NAMESPACE_DNS, NAMESPACE_URL, UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from shared.auth import Role, TokenExpired, TokenNotAccepted, Verifier
from tests.support.issuer import new_key, sign

RSA, EC, MINE = RSAKey.generate_key(2048, {"kid": "r", "alg": "RS256"}), new_key("ES256"), new_key("RS256")
ISSUER = "https://login.example/realms/care"
ENTRY: dict[str, Any] = {
    "issuer": ISSUER,
    "jwks": {"keys": [key.as_dict(private=False) for key in (RSA, EC)]},
}
ORGANISATION = uuid4()
KNOWN = Verifier.of([ENTRY])
_ALGORITHMS = [
    "none",
    "None",
    "HS256",
    "HS384",
    "HS512",
    "RS512",
    "ES256K",
    "ES512",
    "RSA-OAEP",
    "dir",
    "",
    "rs256",
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": "kring", "sub": "somebody", "iat": now, "exp": now + 300}
    return {**usual, "organisation": str(ORGANISATION), "roles": ["coordinator"], **changes}


def part(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).rstrip(b"=").decode()


def signed_as_is(header: str, payload: str, key: Any = RSA) -> str:
    """Return a token with a good RS256 signature over these texts exactly."""
    text = f"{part(header)}.{part(payload)}"
    signature = key.private_key.sign(text.encode(), PKCS1v15(), SHA256())
    return f"{text}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


HEADER = json.dumps({"alg": "RS256", "kid": RSA.kid})


async def refused(token: str, verifier: Verifier = KNOWN) -> None:
    with pytest.raises(TokenNotAccepted):
        await verifier.verify(token)


class TestAlgorithm:
    async def test_good_token_as_it_is_meant(self) -> None:
        for key, algorithm in ((RSA, "RS256"), (EC, "ES256")):
            principal = await KNOWN.verify(sign(claims(), key, algorithm=algorithm))
            assert principal.roles == {Role.COORDINATOR}
        assert (await KNOWN.verify(signed_as_is(HEADER, json.dumps(claims())))).organisation == ORGANISATION

    @pytest.mark.parametrize("algorithm", _ALGORITHMS)
    async def test_that_is_not_safe_is_refused(self, algorithm: str) -> None:
        text = f"{part({'alg': algorithm, 'kid': RSA.kid})}.{part(claims())}"
        pem = RSA.as_pem(private=False)
        for secret in (pem, pem.strip(), json.dumps(RSA.as_dict(private=False)).encode(), b""):
            digest = urlsafe_b64encode(hmac.digest(secret, text.encode(), "sha256")).rstrip(b"=").decode()
            await refused(f"{text}.{digest}")
        await refused(f"{text}.")

    async def test_of_another_type_than_the_key_is_refused(self) -> None:
        _, payload, signature = sign(claims(), RSA, algorithm="RS256").split(".")
        for header in ({"alg": "ES256", "kid": RSA.kid}, {"alg": "RS256", "kid": EC.kid}):
            await refused(f"{part(header)}.{payload}.{signature}")

    async def test_that_the_key_is_not_for_is_refused(self) -> None:
        # The key says RS256; the same numbers could check PS256.
        key = type(RSA).import_key({**RSA.as_dict(private=True), "alg": "PS256"})
        await refused(sign(claims(), key, algorithm="PS256"))

    async def test_that_the_issuers_entry_leaves_out_is_refused(self) -> None:
        narrow = Verifier.of([{**ENTRY, "algorithms": ["ES256"]}])
        await narrow.verify(sign(claims(), EC, algorithm="ES256"))
        await refused(sign(claims(), RSA, algorithm="RS256"), narrow)


class TestHeader:
    async def test_that_brings_its_own_key_is_not_listened_to(self) -> None:
        public = MINE.as_dict(private=False)
        for kid in (RSA.kid, MINE.kid, None):
            header = {"alg": "RS256", "kid": kid, "jwk": public}
            await refused(signed_as_is(json.dumps(header), json.dumps(claims()), MINE))

    @pytest.mark.parametrize("name", ["jku", "x5u"])
    async def test_that_says_where_its_key_is_is_not_listened_to(self, name: str) -> None:
        header = {"alg": "RS256", "kid": RSA.kid, name: "http://127.0.0.1:1/keys"}
        await refused(signed_as_is(json.dumps(header), json.dumps(claims()), MINE))
        # By the issuer's own signature it may stand there: it is only not followed.
        await KNOWN.verify(signed_as_is(json.dumps(header), json.dumps(claims())))

    @pytest.mark.parametrize(
        "kid",
        ["", "../../../dev/null", "' OR 1=1 --", "\0", "x" * 5000, 7, True, ["a"], {"a": 1}, "\ud800", "🔑"],
        ids=repr,
    )
    async def test_with_any_kid_finds_no_other_key(self, kid: Any) -> None:
        await refused(signed_as_is(json.dumps({"alg": "RS256", "kid": kid}), json.dumps(claims())))

    async def test_without_kid_is_enough_where_there_is_no_doubt(self) -> None:
        # One key of each type here.
        token = signed_as_is(json.dumps({"alg": "RS256"}), json.dumps(claims()))
        assert (await KNOWN.verify(token)).organisation == ORGANISATION
        two = Verifier.of(
            [{**ENTRY, "jwks": {"keys": [*ENTRY["jwks"]["keys"], MINE.as_dict(private=False)]}}]
        )
        await refused(token, two)

    @pytest.mark.parametrize(
        "more",
        [
            {"crit": ["exp"]},
            {"crit": []},
            {"b64": False},
            {"b64": True},
            {"zip": "DEF"},
            {"typ": "logout+jwt"},
            {"typ": "dpop+jwt"},
            {"typ": 7},
        ],
        ids=str,
    )
    async def test_that_asks_for_more_is_refused(self, more: dict[str, Any]) -> None:
        header = json.dumps({"alg": "RS256", "kid": RSA.kid, **more})
        await refused(signed_as_is(header, json.dumps(claims())))

    @pytest.mark.parametrize(
        "text", ['{"alg":"none","alg":"RS256","kid":"%s"}', '{"alg":"RS256","kid":"a","kid":"%s"}']
    )
    async def test_with_a_name_twice_is_refused(self, text: str) -> None:
        await refused(signed_as_is(text % RSA.kid, json.dumps(claims())))


class TestClaims:
    @pytest.mark.parametrize("name", ["iss", "aud", "exp", "roles", "organisation", "sub"])
    async def test_twice_are_refused(self, name: str) -> None:
        text = json.dumps(claims())
        value = json.dumps(claims()[name])
        for twice in (f'{{"{name}":{value},{text[1:]}', f'{text[:-1]},"{name}":{value}}}'):
            await refused(signed_as_is(HEADER, twice))

    @pytest.mark.parametrize(
        "changes",
        [
            {"exp": True},
            {"exp": "4000000000"},
            {"exp": None},
            {"exp": float("nan")},
            {"exp": float("inf")},
            {"exp": 10**400},
            {"exp": [4_000_000_000]},
            {"iat": None, "exp": int(time.time()) + 25 * 3600},
            {"iat": int(time.time()) - 3600, "exp": int(time.time()) + 24 * 3600},
            {"nbf": "now"},
            {"nbf": None},
            {"nbf": 4_000_000_000.5},
            {"iat": 4_000_000_000.5},
            {"iat": {}},
            {"aud": "Kring"},
            {"aud": "kring "},
            {"aud": "kring kring"},
            {"aud": []},
            {"aud": ["other", 7, "kring"]},
            {"aud": {"kring": 1}},
            {"iss": ISSUER + "/"},
            {"iss": ISSUER.upper()},
            {"iss": [ISSUER]},
            {"typ": "ID"},
            {"typ": "Refresh"},
            {"typ": "Logout"},
            {"kind": "service", "purpose": "all"},
            {"kind": "person"},
            {"kind": ["staff"]},
            {"sub": ""},
            {"sub": None},
            {"sub": "x" * 256},
            {"sub": "a\nb"},
            {"sub": ["somebody"]},
            {"organisation": "everywhere"},
            {"organisation": [str(NAMESPACE_DNS), str(NAMESPACE_URL)]},
            {"organisation": {"id": str(NAMESPACE_DNS)}},
            {"roles": "coordinator"},
            {"roles": {"coordinator": True}},
            {"roles": ["x"] * 1001},
        ],
        # Two processes must collect the same names: these hold a clock's time and made-up ids.
        ids=",".join,
    )
    async def test_that_are_not_right_are_refused(self, changes: dict[str, Any]) -> None:
        await refused(signed_as_is(HEADER, json.dumps(claims(**changes))))

    async def test_over_their_time_say_so(self) -> None:
        with pytest.raises(TokenExpired):
            await KNOWN.verify(signed_as_is(HEADER, json.dumps(claims(exp=int(time.time()) - 31))))

    async def test_over_their_time_say_so_to_nobody_without_a_signature(self) -> None:
        await refused(signed_as_is(HEADER, json.dumps(claims(exp=1)), MINE))

    async def test_huge_token_is_refused(self) -> None:
        await refused(signed_as_is(HEADER, json.dumps(claims(more="x" * 9000))))

    @given(name=st.sampled_from(sorted(claims())), value=json_values)
    async def test_of_any_form_are_accepted_or_refused_and_nothing_else(self, name: str, value: Any) -> None:
        token = signed_as_is(HEADER, json.dumps(claims(**{name: value})))
        try:
            principal = await KNOWN.verify(token)
        except (TokenNotAccepted, TokenExpired):
            return
        assert isinstance(principal.id, UUID)
        assert Role.OPS not in principal.roles

    @given(header=json_values, payload=json_values)
    async def test_of_any_form_without_a_signature_are_refused(self, header: Any, payload: Any) -> None:
        base = {"alg": "RS256", "kid": RSA.kid}
        await refused(f"{part(header)}.{part(payload)}.AAAA")
        await refused(f"{part(base)}.{part({**claims(), 'more': payload})}.AAAA")

    @given(place=st.integers(min_value=0), character=st.characters(max_codepoint=0x2FF))
    async def test_changed_anywhere_are_refused(self, place: int, character: str) -> None:
        token = sign(claims(), EC, algorithm="ES256")
        at = place % len(token)
        changed = token[:at] + character + token[at + 1 :]
        if changed == token or _says_the_same(token, changed):
            return
        await refused(changed)

    @given(text=st.text(max_size=10))
    async def test_with_anything_around_are_refused(self, text: str) -> None:
        token = sign(claims(), EC, algorithm="ES256")
        for changed in (text + token, token + text, f"{token}.{text}"):
            if changed != token:
                await refused(changed)


def _says_the_same(token: str, changed: str) -> bool:
    # The last character of a part has bits that mean nothing.
    def read(text: str) -> list[bytes]:
        return [urlsafe_b64decode(one + "==") for one in text.split(".")]

    try:
        signature_only = token.rpartition(".")[0] == changed.rpartition(".")[0]
        return signature_only and changed.isascii() and read(token) == read(changed)
    except ValueError:
        return False
