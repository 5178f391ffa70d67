"""What is wrong with a field is said at that field, with what would be right."""

from collections.abc import Mapping
from typing import ClassVar

import pytest
from pydantic import Field, ValidationError

from services.portal.client import Invalid, ServiceRefused
from services.portal.invalid import not_acceptable, refused_fields
from services.portal.visits import Form
from shared.fields import Iban, KboNumber, Line, Name, Phone, Text


class Sample(Form):
    """A field of each kind."""

    WANTED: ClassVar = {"name": "Schrijf de naam."}

    name: Name
    phone: Phone | None = None
    line: Line | None = None
    number: KboNumber | None = None
    account: Iban | None = Field(default=None, validate_default=True)
    text: Text | None = None
    count: int = 0


def _wrong(**typed: str) -> dict[str, str]:
    with pytest.raises(ValidationError) as error:
        Sample.model_validate({"name": "Ann", **typed})
    return not_acceptable(Sample, error.value, str)


class TestWhatAFormFinds:
    @pytest.mark.parametrize(
        ("field", "typed", "said"),
        [
            ("name", "", "Schrijf de naam."),
            ("name", "Jan/Els", "zonder tekens zoals / : @ [ ]."),
            ("name", "a " * 40, "hoogstens twaalf woorden"),
            ("name", "a" * 101, "Dit is te lang. Schrijf hoogstens 100 tekens."),
            ("phone", "geen", "zoals 0470 12 34 56. Je mag dit ook leeg laten."),
            ("line", "a\nb", "Schrijf dit op één regel. Je mag dit ook leeg laten."),
            ("number", "0202.239.950", "tien cijfers"),
            ("account", "BE68 5390 0754 7035", "zoals BE68 5390 0754 7034. Kijk elk cijfer na."),
            ("text", "a" * 10_001, "Dit is te lang. Schrijf hoogstens 10000 tekens."),
            ("count", "veel", "Schrijf een getal."),
        ],
    )
    def test_says_what_would_be_right(self, field: str, typed: str, said: str) -> None:
        [(name, words)] = _wrong(**{field: typed}).items()
        assert (name, said in words) == (field, True), words

    def test_says_optional_only_of_what_is(self) -> None:
        assert "leeg laten" not in "".join(_wrong(account="x", name="Jan/Els").values())


class TestWhatAServiceRefuses:
    @pytest.mark.parametrize(
        ("path", "field"),
        [
            ("body.phone", "phone"),
            ("body.venue.name", "venue_name"),
            ("body.givers.1.name", "name-3"),
            ("body.languages.1", "languages"),
            ("body.needs.0", "needs[]"),
        ],
    )
    def test_is_said_where_it_was_typed(self, path: str, field: str) -> None:
        form = {
            "phone": "geen",
            "name-1": "Ann",
            "name-3": " Jan/Els ",
            "venue_name": "x",
            "languages": "nl,a",
            "needs[]": "y",
        }
        body = {
            "phone": "geen",
            "venue": {"name": "x"},
            "givers": [{"name": "Ann"}, {"name": "Jan/Els"}],
            "languages": ["nl", "a"],
            "needs": ["y"],
        }
        invalid = [Invalid(field=path, kind="name")]
        assert list(refused_fields(_refused(invalid, body), form, str)) == [field]

    def test_is_said_of_the_field_of_that_name_if_the_same_was_typed_twice(self) -> None:
        form = {"first_name": "geen", "phone": "geen"}
        refused = _refused([Invalid(field="body.phone", kind="phone")], dict(form))
        assert list(refused_fields(refused, form, str)) == ["phone"]

    def test_is_said_of_the_whole_if_it_was_typed_on_another_page(self) -> None:
        refused = _refused(
            [Invalid(field="body.persons.0.phone", kind="phone")], {"persons": [{"phone": "x"}]}
        )
        [(name, said)] = refused_fields(refused, {}, str).items()
        assert (name, said) == ("", "Schrijf alleen het nummer, zoals 0470 12 34 56.")

    @pytest.mark.parametrize("path", ["header.idempotency-key", "body", "body.9.x", "query.limit"])
    def test_of_which_nothing_is_known_is_left_to_the_page(self, path: str) -> None:
        assert refused_fields(_refused([Invalid(field=path, kind="odd")], {"a": 1}), {}, str) == {}

    def test_of_an_unknown_kind_is_said_to_need_another_look(self) -> None:
        refused = _refused(
            [Invalid(field="body.phone", kind="odd"), Invalid(field="body.day", kind="date_parsing")], {}
        )
        said = refused_fields(refused, {"phone": "x", "day": "y"}, str)
        assert said == {
            "phone": "Dit is niet juist ingevuld. Kijk het nog eens na.",
            "day": "Dat is geen dag.",
        }


def _refused(invalid: list[Invalid], body: Mapping[str, object]) -> ServiceRefused:
    return ServiceRefused(422, "invalid-request", invalid=invalid, body=body)
