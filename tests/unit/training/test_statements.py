"""Statement files of several kinds, and files that are none."""

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.training import statements
from services.training.statements import StatementNotReadable, camt
from tests.integration.training.bank import NAMESPACE, Line, document, statement
from tests.integration.training.house import ACCOUNT


def reason(content: bytes) -> object:
    """Return why a file is refused."""
    with pytest.raises(StatementNotReadable) as refused:
        statements.read(content)
    return refused.value.facts["reason"]


class TestCamt:
    @pytest.mark.parametrize("version", ["02", "04", "08", "13"])
    def test_reads_every_version(self, version: str) -> None:
        line = Line(
            communication="202600000192", text="dank", payer="Tom Wuytens", reference="R1", end_to_end="E1"
        )
        [entry] = statements.read(statement(line, version=version)).entries
        assert (entry.account, entry.amount, entry.booked_on) == (ACCOUNT, Decimal("20.00"), date(2026, 3, 5))
        assert (entry.payer_name, entry.structured, entry.text) == ("Tom Wuytens", "202600000192", "dank")
        assert (entry.bank_reference, entry.references, entry.reversal) == ("R1", ("E1",), False)

    def test_keeps_to_the_account_of_each_statement_in_a_file(self) -> None:
        one = Line(text="a").xml("02")
        stmt = "<Stmt><Acct><Id><IBAN>{}</IBAN></Id></Acct>{}</Stmt>"
        content = document(stmt.format("BE71 0961 2345 6769", one) + stmt.format("BE62510007547061", one))
        assert [entry.account for entry in statements.read(content).entries] == [ACCOUNT, "BE62510007547061"]

    def test_takes_the_transfers_of_a_batch_apart(self) -> None:
        parts = "".join(
            f"<TxDtls><Refs><EndToEndId>E{n}</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy='EUR'>{amount}</Amt></TxAmt>"
            f"</AmtDtls><RmtInf><Ustrd>nr {n}</Ustrd></RmtInf></TxDtls>"
            for n, amount in enumerate(("15.00", "20.00"), 1)
        )
        entry = (
            "<Ntry><Amt Ccy='EUR'>{}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><DtTm>2026-03-05T08:00:00"
            "</DtTm></BookgDt><NtryDtls>{}</NtryDtls></Ntry>"
        )
        read = statements.read(statement(inside=entry.format("35.00", parts)))
        assert [(one.amount, one.text) for one in read.entries] == [
            (Decimal("15.00"), "nr 1"),
            (Decimal("20.00"), "nr 2"),
        ]
        # Parts that do not add up to what was booked are not believed.
        read = statements.read(statement(inside=entry.format("40.00", parts)))
        assert [(one.amount, one.text) for one in read.entries] == [(Decimal("40.00"), "nr 1 nr 2")]

    def test_tells_reversals_from_debits(self) -> None:
        lines = [
            Line(direction="DBIT"),
            Line(direction="DBIT", reversal=True),
            Line(direction="CRDT", reversal=True),
            Line(direction="CRDT"),
        ]
        read = statements.read(statement(*lines))
        assert ([one.reversal for one in read.entries], read.ignored) == ([True, False], 2)

    def test_sees_a_returned_transfer_as_a_reversal(self) -> None:
        line = (
            Line(direction="DBIT")
            .xml("02")
            .replace("</TxDtls>", "<RtrInf><Rsn><Cd>AC06</Cd></Rsn></RtrInf></TxDtls>")
        )
        assert [one.reversal for one in statements.read(statement(inside=line)).entries] == [True]

    def test_cleans_and_shortens_what_people_write(self) -> None:
        line = Line(payer="N" * 500, text="a\u202eb  c\u0085" + "d" * 5000)
        [entry] = statements.read(statement(line)).entries
        assert (len(entry.payer_name), len(entry.text)) == (140, 1000)
        assert entry.text.startswith("ab c")

    def test_reads_many_entries_and_refuses_too_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(camt, "MAX_ENTRIES", 200)
        one = (
            "<Ntry><Amt Ccy='EUR'>1.00</Amt><CdtDbtInd>{}</CdtDbtInd><Sts>BOOK</Sts>"
            "<BookgDt><Dt>2026-03-05</Dt></BookgDt></Ntry>"
        )
        inside = one.format("CRDT") * 199 + one.format("DBIT")
        read = statements.read(statement(inside=inside))
        assert (len(read.entries), read.ignored) == (199, 1)
        assert reason(statement(inside=inside + one.format("DBIT"))) == "too-many-entries"


class TestHostileFiles:
    @pytest.mark.parametrize(
        ("before", "inside"),
        [
            ('<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>', "&b;"),
            ('<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
            ('<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">', ""),
            ('<!DOCTYPE d [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>', ""),
            ("<!DOCTYPE d>", ""),
        ],
    )
    def test_with_a_document_type_are_refused_before_anything_is_read(self, before: str, inside: str) -> None:
        assert reason(document(inside, before=before)) == "doctype"

    def test_with_a_bomb_in_an_attribute_are_refused(self) -> None:
        bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "a" * 10}">' for n in range(12))
        content = f'<!DOCTYPE d [{bomb}]><Document xmlns="{NAMESPACE}02" x="&a11;"/>'.encode()
        assert reason(content) in {"doctype", "not-xml"}

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "unknown-format"),
            (b"0000029031420005", "unknown-format"),
            (b"<a/>", "not-camt-053"),
            (b"<Document/>", "not-camt-053"),
            (statement(Line())[:-1], "not-xml"),
            (statement(Line()).replace(b"<Ustrd>", b"<U>"), None),
            (b"<?xml version='1.0' encoding='x'?><a/>", "not-xml"),
            (document(""), "no-account"),
            (statement(Line(amount="-5")), "amount"),
            (statement(Line(amount="1e3")), None),
            (statement(Line(amount="5 euro")), "amount"),
            (statement(Line(amount="\u0665")), "amount"),
            (statement(Line(day="gisteren")), "date"),
        ],
    )
    def test_are_named_for_what_is_wrong(self, content: bytes, why: str | None) -> None:
        if why is None:
            statements.read(content)
        else:
            assert reason(content) == why

    def test_do_not_get_far_by_depth(self) -> None:
        deep = "<x>" * 5000 + "</x>" * 5000
        assert reason(statement(inside=deep)) == "not-xml"

    @given(st.binary(max_size=400))
    @settings(max_examples=200, deadline=None)
    def test_of_any_bytes_are_refused_and_never_fail_otherwise(self, content: bytes) -> None:
        for whole in (content, b"<" + content, statement(inside="")[:-40] + content):
            with contextlib.suppress(StatementNotReadable):
                assert statements.read(whole).format == "camt.053"

    @given(st.data())
    @settings(max_examples=200, deadline=None)
    def test_with_damage_anywhere_never_fail_otherwise(self, data: st.DataObject) -> None:
        content = bytearray(statement(Line(communication="202600000192", text="dank"), version="08"))
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        with contextlib.suppress(StatementNotReadable):
            assert statements.read(bytes(content)).format == "camt.053"
