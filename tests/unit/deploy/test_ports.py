"""Ports are free when they are given, stay the same over a restart, and a wish that cannot be met is said."""

import socket
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pytest

from deploy.local import ports as chosen
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

    def test_is_given_by_one_process_at_a_time_also_while_nothing_listens(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        few = range(19_000, 19_200)
        monkeypatch.setattr(chosen, "_RANGE", few)
        ours = {free_port() for _ in range(10)}
        # Spawned: a fork would copy the locks that threads of this process hold, and might wait for one for ever.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
            theirs = set(other.submit(_ports_of_another_process, few, 150).result())
        assert len(theirs) == 150
        assert not ours & theirs


def _ports_of_another_process(few: range, count: int) -> list[int]:
    """Give out ports where only what is reserved tells which ones the first process has given out."""
    chosen._RANGE = few
    return [free_port() for _ in range(count)]
