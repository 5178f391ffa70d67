"""What people type: what is taken, what is kept of it, and what is refused with a word on what would be right."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.fields import (
    EmailAddress,
    KboNumber,
    LanguageCode,
    LastName,
    Line,
    Name,
    Phone,
    is_email,
    mailbox,
    plain,
    salutation,
)
from shared.http import RequestModel


class Typed(RequestModel):
    """One field of each kind."""

    line: Line = "x"
    name: Name = "x"
    last_name: LastName = ""
    email: EmailAddress = "a@example.org"
    phone: Phone = "0470 00 14 01"
    language: LanguageCode = "nl"
    kbo_number: KboNumber = "0403170701"


def kept(field: str, value: Any) -> Any:
    return getattr(Typed.model_validate({field: value}), field)


class TestNames:
    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("علی\N{ZERO WIDTH NON-JOINER}رضا", "علی\N{ZERO WIDTH NON-JOINER}رضا"),
            ("👩\N{ZERO WIDTH JOINER}👧", "👩\N{ZERO WIDTH JOINER}👧"),
            ("Anne\N{NO-BREAK SPACE}Marie", "Anne Marie"),
            ("Anne\N{NARROW NO-BREAK SPACE}Marie", "Anne Marie"),
            ("Anne\N{IDEOGRAPHIC SPACE}Marie", "Anne Marie"),
            ("Anne   Marie", "Anne Marie"),
            ("\N{RIGHT-TO-LEFT MARK}סמירה\N{LEFT-TO-RIGHT MARK}", "סמירה"),
            ("Ba\N{SOFT HYPHEN}ba", "Baba"),
            ("\N{ZERO WIDTH NO-BREAK SPACE}Jan\N{ZERO WIDTH SPACE}", "Jan"),
            ("Jan \N{RIGHT-TO-LEFT OVERRIDE}neP", "Jan neP"),
            ("Zoe\N{COMBINING DIAERESIS}", "Zoë"),
            ("J.P. d'Hondt-Ó Briain", "J.P. d'Hondt-Ó Briain"),
        ],
    )
    def test_are_taken_as_people_write_them(self, typed: str, found: str) -> None:
        assert kept("name", typed) == found

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            " ",
            "\N{ZERO WIDTH JOINER}",
            "Jan\nPiet",
            "Jan\tPiet",
            "a@b",
            "http://x",
            "www.x",
            "a" * 101,
            "a " * 13,
            "=?utf-8?q?Ann?=",
        ],
    )
    def test_are_refused_where_they_are_none(self, typed: str) -> None:
        with pytest.raises(ValidationError):
            kept("name", typed)

    def test_may_be_one_only(self) -> None:
        assert (kept("last_name", ""), kept("last_name", " Ali ")) == ("", "Ali")

    @given(st.text(max_size=60))
    def test_are_plain_once_they_are(self, typed: str) -> None:
        assert plain(plain(typed)) == plain(typed)


class TestEmailAddresses:
    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("jan@bücher.example", "jan@xn--bcher-kva.example"),
            (" Jan.Peeters+kring@Example.ORG ", "Jan.Peeters+kring@example.org"),
            ("o'brien@example.org", "o'brien@example.org"),
        ],
    )
    def test_are_kept_as_mail_servers_know_them(self, typed: str, found: str) -> None:
        assert kept("email", typed) == found

    @pytest.mark.parametrize(
        "typed",
        [
            *(
                "a..b@example.be",
                ".a@example.be",
                "a.@example.be",
                "a@example.1",
                "a@b",
                "a@localhost",
                "a b@c.be",
            ),
            *(
                "josé@example.be",
                "a@[1.2.3.4]",
                "a@b.be\nBcc: x@y.be",
                "a@example.be, b@example.be",
                "a" * 65 + "@b.be",
                "=?utf-8?q?a?=@example.be",
            ),
            *("", "@", "a@" + "b" * 250 + ".be"),
        ],
    )
    def test_are_refused_where_no_mail_would_arrive(self, typed: str) -> None:
        assert not is_email(typed)
        with pytest.raises(ValidationError, match=r"such as name@example\.org|at most 254"):
            kept("email", typed)


class TestTelephoneNumbers:
    @pytest.mark.parametrize(
        "typed",
        [
            *("0470 00 14 01", "(0470) 00 14 01", "0470/00.14.01", "+32 470 00 14 01", "0032 470 001401"),
            *(
                "0470\N{NO-BREAK SPACE}00\N{NO-BREAK SPACE}14\N{NO-BREAK SPACE}01",
                "0470\N{NON-BREAKING HYPHEN}001401",
            ),
        ],
    )
    def test_have_one_form(self, typed: str) -> None:
        assert kept("phone", typed) == "+32 470 00 14 01"

    def test_of_another_country_keep_it(self) -> None:
        assert kept("phone", "+31 6 12345678") == "+31 6 12345678"

    @pytest.mark.parametrize(
        "typed", ["", "112", "0470 (avond)", "bel mij", "0" * 30, "+999 1234567", "٠٤٧٠٠٠١٤٠١"]
    )
    def test_are_refused_where_nobody_answers(self, typed: str) -> None:
        with pytest.raises(ValidationError, match="such as 0470 12 34 56"):
            kept("phone", typed)


class TestEnterpriseNumbers:
    @pytest.mark.parametrize(
        "typed",
        ["0403.170.701", "BE 0403 170 701", "BE0403170701", "403170701", "0403\N{NO-BREAK SPACE}170 701"],
    )
    def test_have_one_form(self, typed: str) -> None:
        assert kept("kbo_number", typed) == "0403170701"

    @pytest.mark.parametrize(
        "typed", ["", "123", "0403170702", "abcdefghij", "٠٤٠٣١٧٠٧٠١", "0" * 10, "0" * 1000]
    )
    def test_are_refused_where_there_is_none(self, typed: str) -> None:
        with pytest.raises(ValidationError):
            kept("kbo_number", typed)


class TestLanguages:
    @pytest.mark.parametrize(
        ("typed", "found"),
        [("nl-BE", "nl"), ("NL", "nl"), ("fr_BE", "fr"), ("de", "de"), ("rif", "rif"), ("zh-Hant-TW", "zh")],
    )
    def test_are_taken_with_their_country_and_kept_without(self, typed: str, found: str) -> None:
        assert kept("language", typed) == found

    @pytest.mark.parametrize("typed", ["", "zz", "klingon", "nl nl", "und", 5, None, "n" * 1000])
    def test_are_refused_where_nobody_speaks_them(self, typed: Any) -> None:
        with pytest.raises(ValidationError):
            kept("language", typed)


@pytest.mark.parametrize(
    ("email", "counted"),
    [
        ("an@x.be", "an@x.be"),
        ("an+1+2@x.be", "an@x.be"),
        ("+an@x.be", "+an@x.be"),
        ('"a@b"+c@x.be', '"a@b"@x.be'),
    ],
)
def test_a_mailbox_is_one_whatever_follows_a_plus(email: str, counted: str) -> None:
    assert mailbox(email) == counted


class TestSalutation:
    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("Émile-Jan", "Émile-Jan"),
            ("  An \n Na ", "An Na"),
            ("Jan\r\nBcc: x@y.z", "JanBcc xy. z"),
            ("http://example.org/a", "httpexample. orga"),
            ("x" * 200, "x" * 60),
            ("محمد", "محمد"),
            ("Koop op goedkoop.example", "Koop op goedkoop. example"),
            ("J.P.", "J. P."),
        ],
    )
    def test_is_one_line_without_addresses(self, name: str, shown: str) -> None:
        assert salutation(name) == shown
