"""What a process says of its settings when it starts."""

from shared.settings import Settings


class TestLacking:
    def test_says_nothing_on_one_machine(self) -> None:
        assert list(Settings(public_url="http://127.0.0.1:8080").lacking()) == []

    def test_names_what_an_installation_lacks_that_people_reach(self) -> None:
        settings = Settings(public_url="https://kring.example.org")
        assert list(settings.lacking()) == ["KRING_TRUSTED_PROXIES", "KRING_MAIL_FROM"]

    def test_says_nothing_where_both_are_named(self) -> None:
        given = {"trusted_proxies": "192.0.2.10", "mail_from": "kring@kring.example.org"}
        settings = Settings.model_validate({"public_url": "https://kring.example.org", **given})
        assert list(settings.lacking()) == []
