"""The keys of issuers over real HTTP: fetched once, renewed, rotated, kept for a while, never asked for in a hurry."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from joserfc.jwk import RSAKey

from shared.auth import IssuerSilent, Role, TokenNotAccepted, Verifier
from shared.auth.fetching import IssuerNotUnderstood, fetch_keys
from shared.auth.issuers import TrustedIssuer
from shared.auth.remembering import KeyTimes, RemoteKeys
from tests.support.eventually import eventually
from tests.support.issuer import DESCRIPTION, KEYS, TestIssuer, answer, certified, issuer_with, new_key

FIRST, SECOND = new_key("RS256"), new_key("ES256")
TIMES = KeyTimes(fresh=300, stale=3600, again=10)


class Moments:
    """The machine's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def moments(monkeypatch: pytest.MonkeyPatch) -> Moments:
    """Return the clock by which the age of keys is measured."""
    clock = Moments()
    monkeypatch.setattr("shared.auth.tokens.RemoteKeys", _with_clock(clock))
    return clock


def _with_clock(clock: Moments) -> Callable[..., RemoteKeys]:
    def remote(issuer: str, fetch: Any, *, times: KeyTimes) -> RemoteKeys:
        return RemoteKeys(issuer, fetch, times=times, clock=clock)

    return remote


@pytest.fixture
async def issuer() -> AsyncIterator[TestIssuer]:
    """Yield an issuer with one RSA key."""
    async with issuer_with(FIRST) as running:
        yield running


def verifier(issuer: TestIssuer, **entry: Any) -> Verifier:
    return Verifier.of([issuer.entry(**entry)], local=True, times=TIMES)


class TestFetchedKeys:
    @pytest.mark.parametrize("algorithm", ["ES256", "ES384", "RS256", "PS256", "EdDSA", "Ed25519"])
    async def test_check_a_token_of_every_safe_algorithm(self, issuer: TestIssuer, algorithm: str) -> None:
        key = new_key(algorithm)
        issuer.keys = [FIRST, key]
        # EdDSA is signed under the name that its key has, and checked under either.
        token = issuer.token(key=key) if algorithm != "EdDSA" else issuer.token(key=_named(key, "Ed25519"))
        issuer.keys = [FIRST, key if algorithm != "EdDSA" else _named(key, "Ed25519")]

        assert (await verifier(issuer).verify(token)).roles == {Role.COORDINATOR}

    async def test_are_found_through_the_description_or_at_their_address(self, issuer: TestIssuer) -> None:
        await verifier(issuer).verify(issuer.token())
        assert issuer.asked == [DESCRIPTION, KEYS]

        issuer.asked.clear()
        await verifier(issuer, jwks_uri=issuer.name + KEYS).verify(issuer.token())
        assert issuer.asked == [KEYS]

    async def test_are_fetched_once_for_many_who_come_at_once(self, issuer: TestIssuer) -> None:
        known = verifier(issuer)
        issuer.answering.clear()
        waiting = [asyncio.create_task(known.verify(issuer.token(sub=str(n)))) for n in range(50)]
        await eventually(lambda: bool(issuer.asked), "the issuer is asked")
        issuer.answering.set()
        await asyncio.gather(*waiting)

        assert issuer.times_asked == 1

    async def test_go_on_being_fetched_for_others_when_one_gives_up(self, issuer: TestIssuer) -> None:
        known = verifier(issuer)
        issuer.answering.clear()
        gives_up, waits = (asyncio.create_task(known.verify(issuer.token(sub=name))) for name in "ab")
        await eventually(lambda: bool(issuer.asked), "the issuer is asked")
        gives_up.cancel()
        issuer.answering.set()

        assert (await waits).roles == {Role.COORDINATOR}
        assert issuer.times_asked == 1

    async def test_are_not_fetched_for_an_issuer_that_is_not_trusted(self, issuer: TestIssuer) -> None:
        with pytest.raises(TokenNotAccepted):
            await verifier(issuer).verify(issuer.token(iss="https://elsewhere.example"))
        assert not issuer.asked

    async def test_are_not_fetched_for_an_algorithm_that_is_not_allowed(self, issuer: TestIssuer) -> None:
        for algorithm in ("none", "HS256", "PS256"):
            head = json.dumps({"alg": algorithm, "kid": "made-up"}).encode()
            forged = [urlsafe_b64encode(head).rstrip(b"=").decode(), *issuer.token().split(".")[1:]]
            with pytest.raises(TokenNotAccepted):
                await verifier(issuer, algorithms=["RS256", "ES256"]).verify(".".join(forged))
        assert not issuer.asked


class TestRotation:
    async def test_accepts_a_new_key_at_once(self, issuer: TestIssuer, moments: Moments) -> None:
        known = verifier(issuer)
        await known.verify(issuer.token())
        issuer.keys = [FIRST, SECOND]
        moments.pass_by(11)

        assert (await known.verify(issuer.token(key=SECOND))).roles == {Role.COORDINATOR}

    async def test_refuses_a_key_taken_back_within_the_time_also_for_a_token_seen_before(
        self, issuer: TestIssuer, moments: Moments
    ) -> None:
        known = verifier(issuer)
        token = issuer.token()
        await known.verify(token)
        issuer.keys = [SECOND]
        moments.pass_by(300)

        for refused in (token, issuer.token(key=FIRST)):
            with pytest.raises(TokenNotAccepted):
                await known.verify(refused)
        await known.verify(issuer.token(key=SECOND))

    async def test_refuses_all_when_an_issuer_took_back_all(
        self, issuer: TestIssuer, moments: Moments
    ) -> None:
        known = verifier(issuer)
        token = issuer.token()
        await known.verify(token)
        issuer.keys = []
        moments.pass_by(300)

        with pytest.raises(TokenNotAccepted):
            await known.verify(token)

    async def test_renews_keys_beside_the_requests(self, issuer: TestIssuer, moments: Moments) -> None:
        known = verifier(issuer)
        token = issuer.token()
        await known.verify(token)
        issuer.keys = [SECOND]
        moments.pass_by(151)
        issuer.answering.clear()

        await known.verify(token)
        issuer.answering.set()
        await eventually(lambda: issuer.times_asked == 2, "the keys are asked for again")
        await eventually(lambda: _refused(known, token), "the key that was taken back is refused")

    async def test_a_key_of_the_same_name_with_other_content_is_another_key(
        self, issuer: TestIssuer, moments: Moments
    ) -> None:
        known = verifier(issuer)
        token = issuer.token()
        await known.verify(token)
        imposter = _named(new_key("RS256"), "RS256", kid=FIRST.kid)
        issuer.keys = [imposter]
        moments.pass_by(300)

        with pytest.raises(TokenNotAccepted):
            await known.verify(token)


class TestMadeUpKeys:
    async def test_do_not_make_us_ask_again_and_again(self, issuer: TestIssuer, moments: Moments) -> None:
        known = verifier(issuer)
        await known.verify(issuer.token())
        for number in range(200):
            with pytest.raises(TokenNotAccepted):
                await known.verify(issuer.token(header={"kid": f"made-up-{number}"}))
        assert issuer.times_asked == 1

        moments.pass_by(10)
        for number in range(200):
            with pytest.raises(TokenNotAccepted):
                await known.verify(issuer.token(header={"kid": f"made-up-{number}"}))
        assert issuer.times_asked == 2

    async def test_do_not_keep_others_out(self, issuer: TestIssuer, moments: Moments) -> None:
        known = verifier(issuer)
        await known.verify(issuer.token())
        moments.pass_by(10)
        issuer.answering.clear()
        made_up = asyncio.create_task(known.verify(issuer.token(header={"kid": "made-up"})))
        await eventually(lambda: len(issuer.asked) == 3, "the issuer is asked again")

        assert (await known.verify(issuer.token(sub="another"))).roles == {Role.COORDINATOR}
        issuer.answering.set()
        with pytest.raises(TokenNotAccepted):
            await made_up


class TestIssuerThatIsDown:
    async def test_keeps_its_keys_for_a_bounded_time(self, issuer: TestIssuer, moments: Moments) -> None:
        known = verifier(issuer)
        token = issuer.token()
        await known.verify(token)
        await issuer.stop()

        moments.pass_by(3599)
        assert (await known.verify(token)).roles == {Role.COORDINATOR}
        assert (await known.verify(issuer.token(sub="another"))).roles == {Role.COORDINATOR}
        moments.pass_by(1)
        for unknown in (token, issuer.token(sub="a third")):
            with pytest.raises(IssuerSilent):
                await known.verify(unknown)

        await issuer.start()
        moments.pass_by(10)
        assert (await known.verify(token)).roles == {Role.COORDINATOR}

    async def test_is_told_apart_from_a_token_that_is_not_good(
        self, issuer: TestIssuer, moments: Moments
    ) -> None:
        known = verifier(issuer)
        await issuer.stop()
        with pytest.raises(IssuerSilent):
            await known.verify(issuer.token())

        await issuer.start()
        moments.pass_by(10)
        await known.verify(issuer.token())
        await issuer.stop()
        moments.pass_by(10)
        issuer.keys.insert(0, SECOND)
        with pytest.raises(IssuerSilent):
            await known.verify(issuer.token(key=SECOND))

    async def test_is_asked_once_in_a_while_and_nobody_waits_for_it(
        self, issuer: TestIssuer, moments: Moments
    ) -> None:
        known = verifier(issuer)
        token = issuer.token()
        await known.verify(token)
        issuer.misbehave = answer(500, b"")
        moments.pass_by(300)
        for _ in range(100):
            await known.verify(token)
        assert issuer.times_asked == 2

        # From now on it does not even answer; it is asked beside the requests.
        issuer.answering.clear()
        moments.pass_by(10)
        for _ in range(100):
            await known.verify(token)
        await eventually(lambda: len(issuer.asked) == 5, "the issuer is asked once more")


class TestTransport:
    async def test_fetches_over_tls_outside_local_mode(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tls, trusted = certified(tmp_path)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        async with issuer_with(FIRST, tls=tls) as issuer:
            known = Verifier.of([issuer.entry()], times=TIMES)
            assert (await known.verify(issuer.token())).roles == {Role.COORDINATOR}

    async def test_believes_nobody_whom_no_authority_vouches_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tls, _ = certified(tmp_path)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        async with issuer_with(FIRST, tls=tls) as issuer:
            with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await fetch_keys(TrustedIssuer(**issuer.entry()), local=False)
            with pytest.raises(IssuerSilent):
                await Verifier.of([issuer.entry()], times=TIMES).verify(issuer.token())
        assert not issuer.asked


_WRONG: dict[str, Callable[[str, bytes], bytes | None]] = {
    "not JSON": answer(200, b"<html>"),
    "another status": answer(503, b'{"keys": []}'),
    "a redirect": answer(302, b"", "location: http://127.0.0.1:9/keys"),
    "a list": answer(200, b"[]"),
    "keys that are none": answer(200, b'{"keys": "all"}'),
    "deep": answer(200, b"[" * 200_000),
    "huge": answer(200, b" " * 300_000 + b'{"keys": []}'),
    "compressed": answer(200, b"x", "content-encoding: gzip"),
    "cut off": lambda path, usual: usual[:-5] if path == KEYS else usual,
    "nothing": lambda path, usual: None if path == KEYS else usual,
    "not HTTP": lambda _path, _usual: b"SSH-2.0-x\r\n",
    "many keys": answer(200, json.dumps({"keys": [{"kty": "oct"}] * 101}).encode()),
}


class TestIssuerThatMisbehaves:
    @pytest.mark.parametrize("how", _WRONG)
    async def test_changes_nothing(self, issuer: TestIssuer, moments: Moments, how: str) -> None:
        known = verifier(issuer)
        token = issuer.token()
        await known.verify(token)
        issuer.misbehave = _WRONG[how]
        moments.pass_by(300)

        assert (await known.verify(token)).roles == {Role.COORDINATOR}
        assert issuer.times_asked == 2 or how == "not HTTP"

    async def test_by_being_slow_is_given_up(self, issuer: TestIssuer) -> None:
        issuer.answering.clear()
        with pytest.raises(TimeoutError):
            await fetch_keys(TrustedIssuer(**issuer.entry()), local=True, seconds=0.2)

    async def test_by_claiming_to_be_another_is_not_believed(self, issuer: TestIssuer) -> None:
        issuer.description["issuer"] = "https://another.example"
        with pytest.raises(IssuerNotUnderstood, match="another issuer"):
            await fetch_keys(TrustedIssuer(**issuer.entry()), local=True)

    @pytest.mark.parametrize(
        "url", [None, 7, "", "file:///etc/passwd", "ftp://a/b", "http://u:p@h/k", "//h/k"]
    )
    async def test_by_sending_us_elsewhere_is_not_followed(self, issuer: TestIssuer, url: Any) -> None:
        issuer.description["jwks_uri"] = url
        with pytest.raises(IssuerNotUnderstood, match="no address"):
            await fetch_keys(TrustedIssuer(**issuer.entry()), local=True)

    async def test_by_passing_us_on_is_not_followed(self, issuer: TestIssuer) -> None:
        async with issuer_with(SECOND) as another:
            issuer.misbehave = answer(302, b"", f"location: {another.name}{KEYS}")
            with pytest.raises(IssuerNotUnderstood, match="another status"):
                await fetch_keys(TrustedIssuer(**issuer.entry()), local=True)
            assert not another.asked

    async def test_by_leaving_tls_is_not_followed_outside_local_mode(self, issuer: TestIssuer) -> None:
        with pytest.raises(IssuerNotUnderstood, match="no address"):
            await fetch_keys(TrustedIssuer(**issuer.entry()), local=False)

    async def test_with_keys_that_are_not_safe_has_only_the_others(self, issuer: TestIssuer) -> None:
        weak = RSAKey.import_key(generate_private_key(65537, 2048)).as_dict(private=False)
        weak["n"] = urlsafe_b64encode((1 << 1023 | 1).to_bytes(128)).rstrip(b"=").decode()
        foreign = _named(new_key("RS256"), "RS512")
        encrypting = new_key("RS256").as_dict(private=False) | {"use": "enc"}
        document = {
            "keys": [
                {"kty": "oct", "kid": "shared", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ", "alg": "HS256"},
                {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
                {"kty": "EC", "kid": "off", "crv": "P-256", "x": "AA", "y": "AA"},
                {"kty": "RSA", "kid": 7},
                "no object",
                encrypting,
                weak,
                foreign.as_dict(private=False),
                FIRST.as_dict(private=False),
            ]
        }
        issuer.misbehave = answer(200, json.dumps(document).encode())

        ring = await fetch_keys(TrustedIssuer(**issuer.entry()), local=True)

        assert len(ring) == 1
        assert ring.knows(FIRST.kid)


def _named(key: Any, algorithm: str, *, kid: str | None = None) -> Any:
    """Return the same key, said to be for another algorithm or to have another id."""
    return type(key).import_key({**key.as_dict(private=True), "alg": algorithm, "kid": kid or key.kid})


async def _refused(known: Verifier, token: str) -> bool:
    try:
        await known.verify(token)
    except TokenNotAccepted:
        return True
    return False
