"""Statement files of several kinds, and files that are none."""

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.training import statements
from services.training.statements import StatementNotReadable, camt
from tests.integration.training.bank import NAMESPACE, Line, Move, coda, document, statement
from tests.support.world.training import ACCOUNT


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


class TestCoda:
    def test_reads_transfers_with_either_communication(self) -> None:
        moves = (
            Move(communication="202600000192", reference="R1"),
            Move(
                text="Élodie Peeters, opleiding te Rupelmeer op de een en twintigste mei aanstaande",
                reference="R2",
            ),
        )
        read = statements.read(coda(*moves))
        assert read.format == "coda"
        structured, free = read.entries
        assert (structured.account, structured.amount, structured.booked_on) == (
            ACCOUNT,
            Decimal("20.00"),
            date(2026, 3, 5),
        )
        assert (structured.structured, structured.text, structured.bank_reference) == (
            "202600000192",
            "",
            "R1",
        )
        assert (structured.payer_name, structured.payer_iban) == ("BETALER A.", "BE43068999999501")
        assert (free.structured, free.text) == ("", moves[1].text)

    def test_takes_a_total_apart_and_counts_nothing_twice(self) -> None:
        parts = tuple(Move(cents=cents, kind="5", text=f"deel {cents}") for cents in (1500, 2000))
        depth = Move(cents=700, kind="9")
        total = Move(cents=3500, kind="1", details=(*parts, depth))
        assert [entry.amount for entry in statements.read(coda(total)).entries] == [
            Decimal("15.00"),
            Decimal("20.00"),
        ]
        # What the bank charged on a transfer is no transfer of its own.
        charged = Move(cents=3500, kind="3", details=(Move(cents=3600, kind="8"), Move(cents=-100, kind="8")))
        assert [entry.amount for entry in statements.read(coda(charged)).entries] == [Decimal("35.00")]
        # Parts that do not add up are not believed.
        odd = Move(cents=4000, kind="1", details=parts)
        assert [entry.amount for entry in statements.read(coda(odd)).entries] == [Decimal("40.00")]

    def test_tells_reversals_from_debits(self) -> None:
        moves = (
            Move(cents=-2000, code="01"),
            Move(cents=-2000, code="49"),
            Move(cents=2000, code="99"),
            Move(cents=-300, family="35", code="99"),
        )
        read = statements.read(coda(*moves))
        assert ([entry.reversal for entry in read.entries], read.ignored) == ([True], 3)
        assert statements.read(coda(Move(), currency="USD")).entries == []

    def test_refuses_what_is_damaged_however_python_runs(self) -> None:
        good = coda(Move())
        lines = good.decode().splitlines()
        damaged = {
            "record": [
                good.replace(b"RE", b"REF"),
                good.replace(b"050326", b"310226"),
                good.replace(b"210001", b"290001"),
                good.replace(b"000000000020000", b"            NaN"),
                good.replace(b"210001", b"211001"),
            ],
            "incomplete": ["\n".join(lines[:-1]).encode()],
            "sums": [good.replace(b"9" + b" " * 15 + b"000005", b"9" + b" " * 15 + b"000004")],
        }
        for why, contents in damaged.items():
            for content in contents:
                assert content != good
                assert reason(content) in {why, "record", "sums"}

    @given(st.data())
    @settings(max_examples=200, deadline=None)
    def test_with_damage_anywhere_never_fails_otherwise(self, data: st.DataObject) -> None:
        content = bytearray(
            coda(Move(communication="202600000192"), Move(kind="1", details=(Move(kind="5"),)))
        )
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        with contextlib.suppress(StatementNotReadable):
            assert statements.read(bytes(content)).format == "coda"


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
            (b"0" * 128, "incomplete"),
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
