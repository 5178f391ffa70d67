"""Where RabbitMQ is missing, and may not be installed, one sentence says what to type."""

import shutil
from pathlib import Path

import pytest

from deploy.local import rabbitmq
from deploy.local.errors import PlatformError


class TestInstall:
    def test_says_the_command_where_it_may_not_install(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("os.geteuid", lambda: 1000)
        monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)

        with pytest.raises(PlatformError) as told:
            rabbitmq.install()

        assert "`sudo apt-get install --yes --no-install-recommends rabbitmq-server`" in str(told.value)
        assert "KRING_BROKER_URL" in str(told.value)

    def test_says_what_is_needed_where_there_is_no_apt(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shutil, "which", lambda _name: None)

        with pytest.raises(PlatformError, match=r"install `rabbitmq-server` 3\.10 or later"):
            rabbitmq.install()
