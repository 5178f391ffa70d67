"""The rules of payments, and structured communications."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.be import ogm_vcs

from services.training.communications import communications_in, creditor_references_in, nearly
from services.training.domain import (
    PaymentState,
    RegistrationState,
    communication_of,
    effect_of_payment,
    is_communication,
    written_communication,
)
from services.training.matching import Candidate, Candidates, Suggestion
from services.training.settings import Policy, last_moment_to_pay, moment_to_remind
from shared.ids import uuid7
from shared.policies import PolicyInForce

LATER = datetime(2027, 1, 1, tzinfo=UTC)
numbers = st.integers(min_value=1, max_value=10**10 - 1)


class TestCommunication:
    @pytest.mark.parametrize(
        ("number", "written"),
        [
            (108068171, "+++010/8068/17183+++"),
            (97, "+++000/0000/09797+++"),
            (1234567890, "+++123/4567/89002+++"),
            (2026000001, "+++202/6000/00192+++"),
        ],
    )
    def test_is_written_as_people_know_it(self, number: int, written: str) -> None:
        assert written_communication(communication_of(number)) == written

    @given(numbers)
    def test_is_valid_for_others_too(self, number: int) -> None:
        digits = communication_of(number)
        assert is_communication(digits)
        assert ogm_vcs.is_valid(written_communication(digits))

    @given(numbers, st.integers(0, 11), st.integers(1, 9))
    def test_with_one_wrong_digit_is_none(self, number: int, place: int, by: int) -> None:
        digits = communication_of(number)
        wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
        assert not is_communication(wrong)

    @given(
        numbers,
        st.sampled_from(
            [
                "+++{}/{}/{}+++",
                "***{}/{}/{}***",
                "{}{}{}",
                "{} {} {}",
                "{}.{}-{}",
                "x{}/ {} /{}.",
                "{},{},{}",
                "{}_{}_{}",
                "{} / {} - {}",
                "OGM{}{}{}",
            ]
        ),
    )
    def test_is_found_in_a_text_however_it_is_written(self, number: int, form: str) -> None:
        digits = communication_of(number)
        text = "opleiding " + form.format(digits[:3], digits[3:7], digits[7:]) + " van Tom"
        assert communications_in(text) == [digits]

    @pytest.mark.parametrize(
        "text",
        [
            "+++000/0000/00101+++",
            "0000 0000 0101",
            "0000-0000-0101",
            # A bank cut the text in two in the middle of a group, and filled the line up.
            "+++000/00   00/00101+++",
            "OOO/0000/00I01",
            "0o0 OOOO 00l0l",
            "BE20063646982456 000000000101",
            "BE20 0636 4698 2456 000000000101",
        ],
    )
    def test_is_found_in_the_ways_that_people_write_it(self, text: str) -> None:
        assert communications_in(text) == ["000000000101"]

    def test_is_found_in_a_creditor_reference(self) -> None:
        for text in ("RF90000000000101", "rf90 0000 0000 0101"):
            assert creditor_references_in(text) == ["000000000101"]
        assert creditor_references_in("RF91000000000101") == []

    @pytest.mark.parametrize(
        "text",
        [
            "cursus 00000000101",
            "101 en dank",
            "+++00/0000/00101+++",
            "0000000000101",
            "000000000110",
            "000000000201",
        ],
    )
    def test_with_one_slip_is_only_nearly_one(self, text: str) -> None:
        assert communications_in(text) == []
        assert "000000000101" in nearly(text)

    def test_work_on_any_text_is_bounded(self) -> None:
        before = time.process_time()
        nearly(" ".join(str(number) for number in range(10_000)))
        assert time.process_time() - before < 1

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "BE20 0636 4698 2456",
            "+++123/4567/89012+++",
            "BE71096123456769",
            "1202600000192",
            "000000000097",
            "\u0662" * 12,
        ],
    )
    def test_is_not_found_where_there_is_none(self, text: str) -> None:
        assert communications_in(text) == []

    @given(st.text(max_size=300))
    def test_search_takes_any_text(self, text: str) -> None:
        assert all(is_communication(found) for found in communications_in(text))


PRICE = Decimal("20.00")


class TestEffectOfPayment:
    @pytest.mark.parametrize(
        ("state", "before", "amount", "expected", "settles"),
        [
            ("awaiting-payment", "0", "20.00", PaymentState.MATCHED, True),
            ("awaiting-payment", "5.00", "15.00", PaymentState.MATCHED, True),
            ("awaiting-payment", "0", "19.99", PaymentState.UNDERPAID, False),
            ("awaiting-payment", "0", "20.01", PaymentState.OVERPAID, True),
            ("confirmed", "20.00", "20.00", PaymentState.PAID_TWICE, False),
            ("waitlisted", "0", "20.00", PaymentState.EARLY, False),
            ("cancelled", "0", "20.00", PaymentState.LATE, False),
            ("expired", "0", "20.00", PaymentState.LATE, False),
        ],
    )
    def test_follows_state_and_amount(
        self, state: str, before: str, amount: str, expected: PaymentState, settles: bool
    ) -> None:
        effect = effect_of_payment(
            state=RegistrationState(state), price=PRICE, paid_before=Decimal(before), amount=Decimal(amount)
        )
        assert (effect.state, effect.settles) == (expected, settles)

    @given(st.decimals("0.01", "100", places=2))
    def test_lets_a_person_accept_any_amount(self, amount: Decimal) -> None:
        effect = effect_of_payment(
            state=RegistrationState.AWAITING_PAYMENT,
            price=PRICE,
            paid_before=Decimal(0),
            amount=amount,
            accept=True,
        )
        assert (effect.state, effect.settles) == (PaymentState.MATCHED, True)


def candidate(name: str, place: str = "Rupelmeer") -> Candidate:
    """Return somebody who has not paid."""
    return Candidate(registration_id=uuid7(), name=name, place=place, price=PRICE)


def suggest(candidates: Sequence[Candidate], *, payer: str, text: str, amount: Decimal) -> list[Suggestion]:
    """Return who of some people is suggested."""
    known = Candidates()
    for one in candidates:
        known.add(one)
    return known.suggest(payer=payer, text=text, amount=amount, threshold=75)


ANNELIES, TOM, JOSE = (
    candidate("Annelies De Smet"),
    candidate("Tom Wuytens"),
    candidate("José Öztürk-Van Damme"),
)


class TestSuggest:
    @pytest.mark.parametrize(
        ("payer", "text", "expected"),
        [
            ("Wuytens Tom", "", TOM),
            ("", "tom wuytens Rupelmeer", TOM),
            ("School voor welzijn vzw", "deelname T. Wuytens, Tom (20 euro)", TOM),
            ("DE SMET ANNELIES", "opleiding", ANNELIES),
            ("", "Wuijtens Tom", TOM),
            ("Öztürk-Van Damme José", "", JOSE),
        ],
    )
    def test_finds_the_name_wherever_it_is(self, payer: str, text: str, expected: Candidate) -> None:
        found = suggest([ANNELIES, TOM, JOSE], payer=payer, text=text, amount=PRICE)
        assert [one.registration_id for one in found] == [expected.registration_id]

    @pytest.mark.parametrize(
        ("payer", "text"),
        [("", ""), ("Electrabel", "factuur 123"), ("Stad Gent", "subsidie 2026"), ("+++", "///")],
    )
    def test_finds_nobody_where_there_is_nobody(self, payer: str, text: str) -> None:
        assert suggest([ANNELIES, TOM, JOSE], payer=payer, text=text, amount=PRICE) == []

    def test_prefers_who_comes_to_that_place(self) -> None:
        here, there = candidate("Tom Wuytens"), candidate("Tom Wuytens", place="Dijlebeke")
        found = suggest([here, there], payer="T Wuytens", text="Tom Wuytens Dijlebeke", amount=Decimal(5))
        assert [one.registration_id for one in found] == [there.registration_id, here.registration_id]


class TestNames:
    @pytest.mark.parametrize(
        ("payer", "name"),
        [
            ("LUKASZ WISNIEWSKI", "Łukasz Wiśniewski"),
            ("GHIJSELINCKX ELISE", "Élise Ghijselinckx"),
            ("OLEKSANDR KOVALCHUK", "Oleksandr Ковальчук"),
            ("STRAUSS OERE", "Øre Strauß"),
            ("SORENSEN BJORN", "Bjørn Sørensen"),
            ("ONEILL SHANE", "Shane O'Neill"),
        ],
    )
    def test_are_found_as_banks_write_them(self, payer: str, name: str) -> None:
        meant = candidate(name)
        found = suggest([ANNELIES, TOM, meant], payer=payer, text="", amount=PRICE)
        assert [one.registration_id for one in found] == [meant.registration_id]

    def test_made_to_cost_time_cost_little(self) -> None:
        odd = [candidate(" ".join("abcdefghij"[n % 10] for n in range(80))) for _ in range(500)]
        known = Candidates()
        for one in odd:
            known.add(one)
        before = time.process_time()
        for _ in range(100):
            known.suggest(payer="a b c d e f g h", text="a b c " * 300, amount=PRICE, threshold=75)
        assert time.process_time() - before < 3


class TestPolicy:
    def test_never_asks_for_payment_after_the_session_has_started(self) -> None:
        asked_at = datetime(2026, 3, 20, 9, tzinfo=UTC)
        policy = PolicyInForce(1, Policy(payment_expires="14d", payment_remind="7d"))
        for until in (timedelta(minutes=2), timedelta(days=1), timedelta(days=5)):
            due_at = last_moment_to_pay(policy, asked_at, asked_at + until)
            assert due_at == asked_at + until
            assert moment_to_remind(policy, asked_at, due_at) is None
        assert moment_to_remind(policy, asked_at, LATER) == asked_at + timedelta(days=7)

    def test_gives_the_whole_last_day(self) -> None:
        asked_at = datetime(2026, 3, 20, 9, tzinfo=UTC)
        policy = PolicyInForce(1, Policy(payment_expires="14d"))
        assert last_moment_to_pay(policy, asked_at, LATER) == datetime(2026, 4, 3, 22, tzinfo=UTC)

    def test_takes_short_lengths_exactly(self) -> None:
        asked_at = datetime(2026, 3, 20, 9, tzinfo=UTC)
        policy = PolicyInForce(1, Policy(payment_remind="PT1S", payment_expires="PT5S"))
        assert last_moment_to_pay(policy, asked_at, LATER) == asked_at + timedelta(seconds=5)
