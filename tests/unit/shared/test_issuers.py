"""What issuers may say of whom: each speaks for its own organisations, and only ops' own issuer makes ops."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.auth import (
    LOCAL_ISSUER,
    NO_TENANT,
    PLATFORM_ISSUER,
    IssuersNotUsable,
    Principal,
    Role,
    TokenNotAccepted,
    Verifier,
)
from shared.auth.claims import subject_id
from shared.auth.issuers import TrustedIssuer
from tests.support.issuer import TestIssuer, new_key

KEY, OTHER_KEY = new_key("ES256"), new_key("RS256")
HERE, THERE, SUBJECT = uuid4(), uuid4(), uuid4()


class Paper(TestIssuer):
    """An issuer whose keys stand in issuers.json."""

    def __init__(self, name: str = "https://login.example", key: Any = KEY) -> None:
        super().__init__()
        self._name = name
        self.keys = [key]

    @property
    def name(self) -> str:
        return self._name

    def entry(self, **options: Any) -> dict[str, Any]:
        keys = [key.as_dict(private=False) for key in self.keys]
        return {"issuer": self.name, "jwks": {"keys": keys}, **options}


async def principal(options: dict[str, Any], issuer: TestIssuer = Paper(), **claims: Any) -> Principal:  # noqa: B008
    """Return whom a token speaks for, by an entry with these options."""
    return await Verifier.of([issuer.entry(**options)]).verify(issuer.token(**claims))


class TestOrganisations:
    async def test_unbound_issuer_speaks_for_any(self) -> None:
        for organisation in (HERE, THERE):
            assert (await principal({}, organisation=str(organisation))).organisation == organisation

    async def test_bound_issuer_speaks_for_its_own_only(self) -> None:
        bound = {"organisations": [str(HERE)]}
        assert (await principal(bound, organisation=str(HERE))).organisation == HERE
        with pytest.raises(TokenNotAccepted):
            await principal(bound, organisation=str(THERE), roles=["administrator"])

    async def test_issuer_of_one_organisation_need_not_name_it(self) -> None:
        assert (await principal({"organisations": [str(HERE)]})).tenant == HERE

    async def test_issuer_of_two_must_name_one_or_speaks_for_none(self) -> None:
        found = await principal({"organisations": [str(HERE), str(THERE)]}, roles=["administrator"])
        assert (found.organisation, found.tenant) == (None, NO_TENANT)

    async def test_is_found_where_the_entry_says(self) -> None:
        options = {"organisation_claim": ["https://care.example/claims", "org"]}
        said: dict[str, Any] = {
            "https://care.example/claims": {"org": [str(HERE)]},
            "organisation": str(THERE),
        }
        assert (await principal(options, **said)).organisation == HERE


class TestSubjects:
    async def test_id_is_taken_as_it_is_from_an_issuer_of_the_installation(self) -> None:
        assert (await principal({}, sub=str(SUBJECT))).id == SUBJECT

    async def test_other_names_become_an_id_that_stays(self) -> None:
        first, again, other = [await principal({}, sub=name) for name in ("els@care", "els@care", "an@care")]
        assert first.id == again.id != other.id
        assert first.id.version == 5

    async def test_issuer_of_an_organisation_cannot_write_the_id_of_somebody_elsewhere(self) -> None:
        bound = await principal({"organisations": [str(HERE)]}, sub=str(SUBJECT))
        assert bound.id not in (
            SUBJECT,
            (await principal({"subject_ids": "derived"}, Paper("x"), sub=str(SUBJECT))).id,
        )

    def test_names_of_issuer_and_subject_cannot_be_divided_in_two_ways(self) -> None:
        ids = {
            subject_id(TrustedIssuer(issuer=name, jwks_uri="https://a"), sub)
            for name, sub in (("https://a", "b/c"), ("https://a/b", "c"), ("https://a/b/c", "/"))
        }
        assert len(ids) == 3

    async def test_is_found_where_the_entry_says(self) -> None:
        found = await principal({"subject_claim": ["kring_id"]}, kring_id=str(SUBJECT), sub="els")
        assert found.id == SUBJECT


class TestRoles:
    @pytest.mark.parametrize(
        "claims",
        [
            {"roles": ["finance", "emperor"]},
            {"roles": None, "realm_access": {"roles": ["finance", "offline_access"]}},
            {
                "roles": None,
                "resource_access": {"kring": {"roles": ["finance"]}, "account": {"roles": ["dpo"]}},
            },
        ],
        ids=["roles", "realm", "client"],
    )
    async def test_are_found_at_the_top_and_where_keycloak_puts_them(self, claims: dict[str, Any]) -> None:
        assert (await principal({}, **claims)).roles == {Role.FINANCE}

    async def test_are_found_only_where_the_entry_says(self) -> None:
        options: dict[str, Any] = {"roles_claims": [["groups"]], "role_names": {"Boekhouding": "finance"}}
        found = await principal(options, groups=["Boekhouding", "trainer"], roles=["administrator"])
        assert found.roles == {Role.FINANCE, Role.TRAINER}

    async def test_ops_is_made_by_whom_the_entry_lets_only(self) -> None:
        said: dict[str, Any] = {"roles": ["ops", "finance"], "realm_access": {"roles": ["ops"]}}
        assert (await principal({}, **said)).roles == {Role.FINANCE}
        assert (await principal({"role_names": {"x": "ops"}}, roles=["x"])).roles == set()
        assert (await principal({"ops": True}, **said)).roles == {Role.OPS, Role.FINANCE}


class TestTwoIssuers:
    async def test_do_not_speak_for_each_other(self) -> None:
        one, two = Paper("https://one.example", KEY), Paper("https://two.example", OTHER_KEY)
        both = Verifier.of(
            [
                one.entry(organisations=[str(HERE)]),
                two.entry(organisations=[str(THERE)], audience="kring-there"),
            ]
        )
        assert (await both.verify(one.token())).organisation == HERE
        assert (await both.verify(two.token(aud="kring-there"))).organisation == THERE
        for forged in (
            one.token(iss=two.name, aud="kring-there"),
            two.token(iss=one.name),
            two.token(),
            one.token(organisation=str(THERE)),
        ):
            with pytest.raises(TokenNotAccepted):
                await both.verify(forged)

    async def test_of_one_organisation_name_different_people_alike(self) -> None:
        one, two = Paper("https://one.example"), Paper("https://two.example")
        ids = {(await principal({}, issuer, sub="els")).id for issuer in (one, two)}
        assert len(ids) == 2


ENTRY = Paper().entry()
_WRONG: dict[str, Any] = {
    "says no keys": {"jwks": None},
    "says them twice": {"jwks_uri": "https://login.example/keys"},
    "fetches without TLS": {"jwks": None, "jwks_uri": "http://login.example/keys"},
    "is described without TLS": {"jwks": None, "discovery": "http://login.example/x"},
    "fetches from a file": {"jwks": None, "jwks_uri": "file:///etc/passwd"},
    "has a password in the address": {"jwks": None, "jwks_uri": "https://a:b@login.example/keys"},
    "allows what is not safe": {"algorithms": ["HS256"]},
    "allows nothing": {"algorithms": []},
    "has a private key": {"jwks": {"keys": [KEY.as_dict(private=True)]}},
    "has no key that can be used": {"jwks": {"keys": [{"kty": "oct", "k": "AA"}]}},
    "has keys for other algorithms": {"algorithms": ["RS256"]},
    "speaks for no id": {"organisations": ["here"]},
    "is of an organisation and makes ops": {"organisations": [str(HERE)], "ops": True},
    "is of an organisation and says ids": {"organisations": [str(HERE)], "subject_ids": "as-said"},
    "knows a role that is none": {"role_names": {"x": "emperor"}},
    "has a slip of the pen": {"organisation": [str(HERE)]},
    "is the platform's and lives elsewhere": {"issuer": PLATFORM_ISSUER, "jwks": None, "discovery": True},
    "is the local one and lives elsewhere": {
        "issuer": LOCAL_ISSUER,
        "jwks": None,
        "discovery": "https://a/b",
    },
}


class TestEntry:
    @pytest.mark.parametrize("how", _WRONG)
    def test_that_is_not_right_is_told_at_the_start(self, how: str) -> None:
        with pytest.raises(IssuersNotUsable, match="entry 1 of") as raised:
            Verifier.of([{**ENTRY, **_WRONG[how]}])
        assert "login.example" not in str(raised.value)
        assert "BEGIN" not in str(raised.value)

    def test_without_tls_is_for_local_use(self) -> None:
        Verifier.of([{"issuer": "http://127.0.0.1:8090/realms/kring", "discovery": True}], local=True)
        with pytest.raises(IssuersNotUsable, match="https"):
            Verifier.of([{"issuer": "http://127.0.0.1:8090/realms/kring", "discovery": True}])

    def test_twice_is_refused(self) -> None:
        with pytest.raises(IssuersNotUsable, match="entry 2"):
            Verifier.of([ENTRY, ENTRY])

    @pytest.mark.parametrize("text", ["", "{}", "[7]", "[[]]", "nothing", '"x"'])
    def test_file_that_is_none_is_told(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "issuers.json"
        path.write_text(text)
        with pytest.raises(IssuersNotUsable, match=r"issuers\.json"):
            Verifier.load(path)
        with pytest.raises(IssuersNotUsable, match="cannot be read"):
            Verifier.load(tmp_path / "missing.json")

    def test_of_an_installation_made_before_is_still_good(self, tmp_path: Path) -> None:
        path = tmp_path / "issuers.json"
        path.write_text(json.dumps([{"issuer": PLATFORM_ISSUER, "audience": "kring", "jwks": ENTRY["jwks"]}]))
        Verifier.load(path)


def test_ids_are_those_of_the_first_day() -> None:
    """The id of a member of staff stands in cases: an algorithm that changes makes a stranger of everyone."""
    trusted = TrustedIssuer(issuer="https://login.example", jwks_uri="https://login.example/keys")
    assert subject_id(trusted, "els") == UUID("67f00c7c-79b3-57d6-b598-43856ba1f4ae")
