"""Statement files of several kinds, and files that are none."""

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.training import statements
from services.training.statements import BankEntry, StatementNotReadable, camt
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
        assert (entry.references, entry.reversal) == (("E1", "R1"), False)

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
        assert ([one.reversal for one in read.entries], len(read.left_out)) == ([True, False], 2)

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
        assert (len(read.entries), len(read.left_out)) == (199, 1)
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
        assert (structured.structured, structured.text, structured.references) == (
            "202600000192",
            "",
            ("R1",),
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
        assert ([entry.reversal for entry in read.entries], len(read.left_out)) == ([True], 3)
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
        for expected, contents in damaged.items():
            for content in contents:
                assert content != good
                assert reason(content) in {expected, "record", "sums"}

    @given(st.data())
    @settings(max_examples=200)
    def test_with_damage_anywhere_never_fails_otherwise(self, data: st.DataObject) -> None:
        content = bytearray(
            coda(Move(communication="202600000192"), Move(kind="1", details=(Move(kind="5"),)))
        )
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        with contextlib.suppress(StatementNotReadable):
            assert statements.read(bytes(content)).format == "coda"


def left_out(content: bytes) -> list[tuple[int, str]]:
    """Return which entries of a file are left out, and why."""
    return [(one.number, one.reason) for one in statements.read(content).left_out]


class TestWhatIsLeftOut:
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            (Line(amount="-5"), "amount"),
            (Line(amount="5 euro"), "amount"),
            (Line(amount="\u0665"), "amount"),
            (Line(amount="NaN"), "amount"),
            (Line(amount="1e999999"), "amount"),
            (Line(amount="1e3"), "amount"),
            (Line(amount="1_000.00"), "amount"),
            (Line(amount="20.001"), "amount"),
            (Line(amount="5.001", direction="DBIT"), "debit"),
            (Line(amount="0"), "zero"),
            (Line(day="gisteren"), "date"),
            (Line(day="2026-02-30"), "date"),
            (Line(currency="USD"), "not-euro"),
            (Line(status="PDNG"), "not-booked"),
            (Line(direction="CRDT", reversal=True), "undone-debit"),
            (Line(direction="?"), "no-direction"),
        ],
    )
    def test_says_which_entry_and_why_and_keeps_the_rest(self, line: Line, expected: str) -> None:
        content = statement(Line(text="goed"), line, Line(text="ook goed"))
        assert left_out(content) == [(2, expected)]
        assert [one.text for one in statements.read(content).entries] == ["goed", "ook goed"]

    def test_says_so_of_coda_too(self) -> None:
        moves = (Move(cents=-2000, code="01"), Move(), Move(cents=2000, code="99"), Move(cents=0))
        assert left_out(coda(*moves)) == [(1, "debit"), (3, "undone-debit"), (4, "zero")]
        assert left_out(coda(Move(), currency="USD")) == [(1, "not-euro")]

    def test_says_so_of_every_entry_without_an_account(self) -> None:
        content = statement(Line()).replace(b"<IBAN>BE71096123456769</IBAN>", b"")
        assert left_out(content) == [(1, "no-account")]


class TestTolerance:
    """What banks really send."""

    def camt(self, content: bytes) -> BankEntry:
        """Return the one entry of a file."""
        read = statements.read(content)
        assert read.left_out == []
        [entry] = read.entries
        return entry

    def test_takes_a_file_that_begins_with_blanks_or_a_mark(self) -> None:
        plain = statement(Line(payer="Élise"))
        text = plain.decode()
        wide = text.replace("UTF-8", "UTF-16").encode("utf-16")
        for content in (b"\r\n " + plain, b"\xef\xbb\xbf" + plain, b"\xef\xbb\xbf\n" + plain, wide):
            assert self.camt(content).payer_name == "Élise"

    def test_takes_latin_letters_under_another_name_where_that_is_sure(self) -> None:
        latin = statement(Line(payer="Élise Çelik")).decode().encode("latin-1")
        assert self.camt(latin).payer_name == "Élise Çelik"
        both = statement(Line(payer="Élise"), Line(payer="?")).replace(b"?</Nm>", b"\xe9</Nm>")
        with pytest.raises(StatementNotReadable) as refused:
            statements.read(both)
        assert refused.value.facts == {"reason": "encoding", "byte": both.index(b"\xe9</Nm>")}

    def test_takes_the_day_of_the_value_where_none_was_booked(self) -> None:
        content = statement(Line()).replace(b"BookgDt", b"ValDt")
        assert self.camt(content).booked_on == date(2026, 3, 5)

    @pytest.mark.parametrize(
        ("written", "day"),
        [
            ("2026-03-05T23:30:00Z", 6),
            ("2026-03-05T22:30:00Z", 5),
            ("2026-03-05T23:30:00", 5),
            ("2026-03-05T23:30:00.000+01:00", 5),
        ],
    )
    def test_takes_the_day_of_the_bank(self, written: str, day: int) -> None:
        content = statement(Line()).replace(b"<Dt>2026-03-05</Dt>", f"<DtTm>{written}</DtTm>".encode())
        assert self.camt(content).booked_on == date(2026, 3, day)

    def test_takes_accounts_in_other_fields_and_entries_without_a_status(self) -> None:
        content = statement(Line())
        for old, new in (
            (b"<IBAN>BE71096123456769</IBAN>", b"<Othr><Id>BE71 0961 2345 6769</Id></Othr>"),
            (b"<IBAN>BE71096123456769</IBAN>", b"<Othr><Id>096-1234567-69</Id></Othr>"),
            (b"<Sts>BOOK</Sts>", b""),
        ):
            assert self.camt(content.replace(old, new)).account == ACCOUNT

    @pytest.mark.parametrize(("closing", "differ"), [("120.00", False), ("100.00", True)])
    def test_says_when_balances_do_not_add_up(self, closing: str, differ: bool) -> None:
        balance = (
            "<Bal><Tp><CdOrPrtry><Cd>{}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{}</Amt>"
            "<CdtDbtInd>CRDT</CdtDbtInd></Bal>"
        )
        inside = balance.format("OPBD", "100") + balance.format("CLBD", closing)
        read = statements.read(statement(Line(), Line(status="PDNG"), inside=inside))
        assert (len(read.entries), read.balances_differ) == (1, differ)

    def test_never_says_what_each_of_several_transfers_was(self) -> None:
        part = "<TxDtls><RltdPties><Dbtr><Nm>{}</Nm></Dbtr></RltdPties><RmtInf><Ustrd>{}</Ustrd></RmtInf></TxDtls>"
        parts = part.format("An", "000000000101") + part.format("Jo", "000000000202")
        whole = statement(Line()).decode()
        start, end = whole.index("<TxDtls>"), whole.index("</TxDtls>") + len("</TxDtls>")
        entry = self.camt((whole[:start] + parts + whole[end:]).encode())
        assert (entry.several, entry.payer_name, entry.text) == (True, "An, Jo", "000000000101 000000000202")

    def test_takes_no_placeholder_for_a_reference(self) -> None:
        for written in ("NONREF", "notprovided", "NONE", "N/A", "0", "000000", "-", "", "NOT PROVIDED"):
            assert self.camt(statement(Line(reference=written, end_to_end=written))).references == ()

    def test_takes_coda_as_systems_pass_it_on(self) -> None:
        text = coda(Move(communication="202600000192", payer="ELISE")).decode("windows-1252")
        spaced = coda(Move(communication="202600000192", payer="EL\xa0ISE"))
        for content in (
            b"\xef\xbb\xbf" + text.encode(),
            text.encode("utf-16"),
            text.replace("\r\n", "\r").encode(),
            text.replace("\r\n", "\n").encode() + b"\x1a",
            text.replace("ELISE ", "\xc9LIS\xc9 ").encode("windows-1252"),
            text.replace("ELISE ", "\xc9LIS\xc9 ").encode("cp850"),
            text.replace("ELISE ", "\xe9lis\xe9 ").encode("cp850"),
            spaced,
        ):
            [entry] = statements.read(content).entries
            assert entry.structured == "202600000192"
            assert entry.payer_name in ("ELISE", "ÉLISÉ", "élisé", "EL ISE")

    def test_takes_coda_without_dates_and_with_a_blank_structure(self) -> None:
        lines = coda(Move(communication="202600000192")).decode().splitlines()
        moved = lines[2][:115] + "000000" + lines[2][121:]
        undated = lines[2][:47] + "000000" + lines[2][53:115] + "000000" + lines[2][121:]
        for changes, day in (
            ({0: lines[0][:5] + "000000" + lines[0][11:]}, date(2026, 3, 5)),
            ({1: lines[1][0] + " " + lines[1][2:]}, date(2026, 3, 5)),
            ({2: moved}, date(2026, 3, 5)),
            # The day of the last balance before it.
            ({2: undated}, date(2026, 3, 4)),
            ({1: lines[1][:58] + "000000" + lines[1][64:]}, date(2026, 3, 5)),
            ({5: lines[5][:57] + "      " + lines[5][63:]}, date(2026, 3, 5)),
        ):
            changed = [changes.get(number, line) for number, line in enumerate(lines)]
            assert changed != lines
            [entry] = statements.read("\r\n".join(changed).encode()).entries
            assert (entry.account, entry.booked_on) == (ACCOUNT, day)

    def test_finds_in_coda_what_stands_in_records_of_information(self) -> None:
        lines = coda(Move(text="zie bijlage", payer="")).decode().splitlines()
        code = f"{'REF1':<21}00150000"
        more = [
            f"3100010001{code}{'0+++000/0000/00101+++':<74}{'':<12}1 0",
            f"3200010001{'':<105}{'':<10}0 1",
            f"3100010002{code}{'1001PEETERS AN':<74}{'':<12}0 0",
        ]
        trailer = lines[-1][:16] + f"{8:06}" + lines[-1][22:]
        content = "\r\n".join([*lines[:5], *more, lines[5], trailer]).encode()
        [entry] = statements.read(content).entries
        assert (entry.payer_name, entry.text) == ("PEETERS AN", "zie bijlage +++000/0000/00101+++")


class TestHostileFiles:
    def test_with_millions_of_elements_are_refused_unread(self) -> None:
        assert reason(statement(inside="<x/>" * 3_000_000)) == "too-many-entries"

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
        ("content", "expected"),
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
            (statement(Line(amount="1e3")), None),
        ],
    )
    def test_are_named_for_what_is_wrong(self, content: bytes, expected: str | None) -> None:
        if expected is None:
            statements.read(content)
        else:
            assert reason(content) == expected

    def test_do_not_get_far_by_depth(self) -> None:
        deep = "<x>" * 5000 + "</x>" * 5000
        assert reason(statement(inside=deep)) == "not-xml"

    @given(st.binary(max_size=400))
    @settings(max_examples=200)
    def test_of_any_bytes_are_refused_and_never_fail_otherwise(self, content: bytes) -> None:
        for whole in (content, b"<" + content, statement(inside="")[:-40] + content):
            with contextlib.suppress(StatementNotReadable):
                assert statements.read(whole).format == "camt.053"

    @given(st.data())
    @settings(max_examples=200)
    def test_with_damage_anywhere_never_fail_otherwise(self, data: st.DataObject) -> None:
        content = bytearray(statement(Line(communication="202600000192", text="dank"), version="08"))
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        with contextlib.suppress(StatementNotReadable):
            assert statements.read(bytes(content)).format == "camt.053"
