"""The mails' templates: all are there in every language, and say what they must."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.training import emails
from shared.calendar import BELGIUM
from shared.languages import LANGUAGES, Language, day_in_words, period_in_words
from shared.mail import Mail, render

TEMPLATES = Path(emails.__file__).with_name("templates")
KINDS = sorted(emails._SENT_WHILE)
MOMENT = datetime(2026, 5, 21, 7, tzinfo=UTC)


def values(language: Language, **changes: Any) -> dict[str, Any]:
    """Return what a mail of any kind could need."""
    return {
        "first_name": "Annelies",
        "course": "Een conferentie voorstellen",
        "place": "Rupelmeer",
        "when": period_in_words(MOMENT, MOMENT + timedelta(hours=7), language, BELGIUM),
        "amount": emails.amount_in_words(Decimal(20), language),
        "account_name": "De Ring vzw",
        "iban": "BE71 0961 2345 6769",
        "communication": "+++202/6000/00192+++",
        "due_day": day_in_words(MOMENT, language, BELGIUM),
        "qr": emails.QR_FILE,
        "paid": "",
        "in_calendar": False,
        "link": "https://kring.example/r/TOKEN",
    } | changes


def test_every_kind_says_while_what_it_is_sent() -> None:
    assert {path.name.partition(".")[0] for path in TEMPLATES.glob("[a-z]*.txt")} == set(KINDS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
class TestTemplates:
    def test_say_who_what_and_where(self, kind: str, language: Language) -> None:
        mail = Mail("a@b.invalid", "Annelies Peeters", language, kind, values(language))
        used, subject, text, page = render(TEMPLATES, mail, organisation="Kring Noord")
        assert used == language
        assert "Annelies" not in subject
        when = values(language)["when"]
        for needed in ("Een conferentie voorstellen", "Rupelmeer", f"{when[:1].upper()}{when[1:]}"):
            assert needed in text
            assert needed in page
        # An address that nobody has confirmed gets no name: anyone could have typed it.
        named = kind != "registration-requested"
        assert ("Annelies" in text, "Annelies" in page) == (named, named)

    def test_speak_of_money_only_to_who_is_asked_to_pay(self, kind: str, language: Language) -> None:
        mail = Mail("a@b.invalid", "Annelies Peeters", language, kind, values(language))
        _, _, text, page = render(TEMPLATES, mail, organisation="Kring Noord")
        asks = kind in emails._WITH_PAYMENT
        for money in ("BE71 0961 2345 6769", "+++202/6000/00192+++", "20"):
            assert (money in text.replace("2026", "")) == asks
        assert (f"cid:{emails.QR_FILE}" in page) == asks


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["payment-reminder", "payment-incomplete", "registration-expired"])
def test_who_paid_a_part_is_told_what_came(kind: str, language: Language) -> None:
    paid = emails.amount_in_words(Decimal(37), language)
    mail = Mail("a@b.invalid", "Annelies Peeters", language, kind, values(language, paid=paid))
    _, _, text, page = render(TEMPLATES, mail, organisation="Kring Noord")
    for written in (text, page):
        assert paid in written
        for unseen in (
            "nog niet gezien",
            "not seen",
            "pas encore vu",
            "niet ontvangen.",
            "not received",
            "pas reçu",
        ):
            assert unseen not in written


class TestWords:
    @pytest.mark.parametrize(
        ("language", "amount"),
        [
            *(("nl", "20,50 euro"), ("fr", "20,50 €"), ("en", "€20.50")),
            *(("ar", "20,50 يورو"), ("tr", "20,50 avro"), ("pl", "20,50 euro"), ("uk", "20,50 євро")),
        ],
    )
    def test_are_those_of_the_language(self, language: Language, amount: str) -> None:
        assert emails.amount_in_words(Decimal("20.50"), language) == amount
