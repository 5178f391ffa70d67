"""Ports are free when they are given, stay the same over a restart, and a wish that cannot be met is said."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.errors import PlatformError
from deploy.local.ports import Ports, free_port, is_free


@contextmanager
def listening(port: int) -> Iterator[None]:
    """Be another program that uses a port."""
    with socket.create_server(("127.0.0.1", port)):
        yield


class TestPorts:
    def test_are_the_same_after_a_restart(self, tmp_path: Path) -> None:
        file = tmp_path / "ports.json"

        assert Ports(file).take("intake") == Ports(file).take("intake")

    def test_moves_when_another_program_took_the_old_one(self, tmp_path: Path) -> None:
        file = tmp_path / "ports.json"
        before = Ports(file).take("intake")

        with listening(before):
            ports = Ports(file)
            moved_to = ports.take("intake")

        assert moved_to != before
        assert ports.moved == {"intake": before}
        assert Ports(file).take("intake") == moved_to

    def test_are_not_asked_twice_within_a_run(self, tmp_path: Path) -> None:
        ports = Ports(tmp_path / "ports.json")
        port = ports.take("intake")

        with listening(port):
            assert ports.take("intake") == port

    def test_refuses_a_taken_port_that_was_asked_for(self) -> None:
        port = free_port()

        with listening(port), pytest.raises(PlatformError, match=f"Port {port}, asked for intake, is taken"):
            Ports(wanted={"intake": port}).take("intake")


class TestFreePort:
    def test_is_never_given_twice(self) -> None:
        ports = [free_port() for _ in range(50)]

        assert len(set(ports)) == 50
        assert all(is_free(port) for port in ports)
