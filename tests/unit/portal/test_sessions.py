"""What seals a session."""

import pytest
from cryptography.exceptions import InvalidTag

from services.portal.sessions import Secret


def test_only_its_own_secret_opens_what_was_sealed() -> None:
    one, other = Secret.new(), Secret.new()
    sealed = one.seal(b"who somebody is")
    assert one.open(sealed) == b"who somebody is"
    with pytest.raises(InvalidTag):
        other.open(sealed)


def test_a_cookie_gives_back_its_secret() -> None:
    secret = Secret.new()
    assert Secret.read(secret.cookie) == secret


@pytest.mark.parametrize("cookie", [None, "", "x", "é", "=" * 43, "A" * 44, "A" * 10_000, "\0"])
def test_what_is_no_cookie_of_ours_is_nobody(cookie: str | None) -> None:
    assert Secret.read(cookie) is None
