"""The real parts: each does its work, keeps its data over a kill, and leaves nothing behind."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path

import aio_pika
import asyncpg
import pytest
from sqlalchemy import text
from temporalio.client import Client

import deploy.local
from deploy.local.errors import PartFailed
from deploy.local.part import Part
from deploy.local.ports import free_port
from deploy.local.postgres import PostgreSQL
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.temporal import RETENTION, TemporalServer, TimeSkippingServer
from shared.database import Database
from tests.support.backing import PLATFORM
from tests.support.eventually import eventually


async def restart(part: Part) -> None:
    """Kill a part and start it again."""
    await part.kill()
    assert part.pid is None
    await part.start()
    await part.ready()


class TestPostgreSQL:
    async def test_keeps_what_was_committed_over_a_kill(self, tmp_path: Path) -> None:
        server = PostgreSQL(directory=tmp_path / "data", log=tmp_path / "log", port=free_port())
        await server.start()
        await server.ready()
        connection = await asyncpg.connect(f"{server.url}/postgres")
        await connection.execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')")

        await restart(server)

        connection = await asyncpg.connect(f"{server.url}/postgres")
        assert await connection.fetchval("SELECT word FROM kept") == "here"
        await connection.close()
        await server.stop()

    async def test_logs_neither_values_nor_statements(self, postgres: PostgreSQL) -> None:
        connection = await asyncpg.connect(f"{postgres.url}/postgres")
        await connection.execute(
            "CREATE TEMP TABLE word (it text UNIQUE); INSERT INTO word VALUES ('Veerle')"
        )
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO word VALUES ('Veerle')")
        with pytest.raises(asyncpg.DataError):
            await connection.execute("SELECT 'Veerle'::uuid")
        await connection.close()
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await asyncpg.connect(f"{postgres.url}/nowhere")

        log = postgres.log.read_text()

        assert '"nowhere" does not exist' in log
        assert "Veerle" not in log

    async def test_a_command_line_shows_no_password(self, postgres: PostgreSQL) -> None:
        command = Path(f"/proc/{postgres.pid}/cmdline").read_text()

        assert postgres.url.split(":")[2].split("@")[0] not in command


class TestDatabases:
    async def test_every_test_starts_with_empty_tables(
        self, database: Callable[[str], Awaitable[Database]]
    ) -> None:
        for _ in range(2):
            fresh = await database(PLATFORM)
            async with fresh.transaction() as session:
                assert await session.scalar(text("SELECT count(*) FROM inbox")) == 0
                await session.execute(text("CREATE TABLE of_another_test ()"))


class TestRabbitMQ:
    async def test_keeps_a_confirmed_message_over_a_kill(self, tmp_path: Path) -> None:
        broker = RabbitMQ(
            directory=tmp_path / "data",
            log=tmp_path / "log",
            port=free_port(),
            distribution_port=free_port(),
            management_port=free_port(),
        )
        await broker.start()
        await broker.ready()
        async with await aio_pika.connect(broker.url) as connection:
            channel = await connection.channel()
            await channel.declare_queue("kept", durable=True, arguments={"x-queue-type": "quorum"})
            await channel.default_exchange.publish(aio_pika.Message(b"here"), routing_key="kept")
        await eventually(
            lambda: _registered(broker, "kept"), "the queue to be in the broker's register on disk"
        )

        await restart(broker)

        async with await aio_pika.connect(broker.url) as connection:
            queue = await (await connection.channel()).get_queue("kept")
            message = await queue.get(no_ack=True, timeout=20)
            assert message is not None
            assert message.body == b"here"
        await broker.kill()

    async def test_virtual_hosts_are_apart(self, rabbitmq: RabbitMQ, broker_url: str) -> None:
        async with await aio_pika.connect(broker_url) as connection:
            await (await connection.channel()).declare_queue("mine", exclusive=True)
            async with await aio_pika.connect(rabbitmq.url) as other:
                with pytest.raises(aio_pika.exceptions.ChannelNotFoundEntity):
                    await (await other.channel()).declare_queue("mine", passive=True)

    async def test_starts_no_epmd(self, rabbitmq: RabbitMQ) -> None:
        ours = rabbitmq.environment()["RABBITMQ_MNESIA_BASE"].encode()
        names = [
            (process / "comm").read_text().strip()
            for process in Path("/proc").glob("[0-9]*")
            if ours in _environment(process)
        ]

        assert "beam.smp" in names
        assert "epmd" not in names


async def _registered(broker: RabbitMQ, queue: str) -> bool:
    """Say whether a quorum queue is known on disk.

    RabbitMQ 3.10 writes this half a second after it has confirmed the queue; killed before, it loses the queue's log.
    """
    registers = broker.directory.glob("mnesia/*/quorum/*/names.dets")
    return any(queue.encode() in register.read_bytes() for register in registers)


def _environment(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


class TestTemporalServer:
    async def test_keeps_what_ended_for_more_than_a_year(self, temporal_dev: TemporalServer) -> None:
        from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest

        client = await Client.connect(temporal_dev.address)
        for namespace in temporal_dev.namespaces:
            found = await client.workflow_service.describe_namespace(
                DescribeNamespaceRequest(namespace=namespace)
            )
            assert found.config.workflow_execution_retention_ttl.ToTimedelta() == RETENTION

        assert RETENTION.days > 366


class TestWhatCannotStart:
    async def test_says_why_in_one_sentence(self, tmp_path: Path) -> None:
        port = free_port()
        first = PostgreSQL(directory=tmp_path / "one", log=tmp_path / "one.log", port=port, fast=True)
        second = PostgreSQL(directory=tmp_path / "two", log=tmp_path / "two.log", port=port, fast=True)
        await first.start()
        await first.ready()

        await second.start()
        with pytest.raises(
            PartFailed, match=r"postgresql ended before it was ready; its log says: .*could not"
        ):
            await second.ready()

        await first.stop()


class TestGuard:
    async def test_ends_everything_when_we_are_killed(self, tmp_path: Path) -> None:
        program = textwrap.dedent(
            """
            import asyncio, pathlib, sys
            from deploy.local.process import Process, guard
            async def main():
                here = pathlib.Path(sys.argv[1])
                thrown_away = here / "thrown-away"
                thrown_away.mkdir()
                guard.remove(thrown_away)
                child = Process(log=here / "log")
                await child.start(["sh", "-c", "sleep 600 & sleep 600"],
                                  environment={"PATH": "/usr/bin:/bin"}, directory=here)
                print(child.pid, flush=True)
                await asyncio.Event().wait()
            asyncio.run(main())
            """
        )
        parent = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
        )
        assert parent.stdout is not None
        leader = int(parent.stdout.readline())
        assert os.getpgid(leader) == leader

        parent.send_signal(signal.SIGKILL)
        parent.wait()
        parent.stdout.close()

        async def group_is_gone() -> bool:
            try:
                os.killpg(leader, 0)
            except ProcessLookupError:
                return not (tmp_path / "thrown-away").exists()
            return False

        assert await eventually(group_is_gone, "the guard to end the process group")


def listening(group: int) -> set[str]:
    """Return the addresses (as the kernel writes them) on which the processes of a group listen."""
    sockets = set()
    for process in Path("/proc").glob("[0-9]*"):
        # Others end meanwhile, and close what they had open.
        with contextlib.suppress(OSError):
            if os.getpgid(int(process.name)) == group:
                for each in (process / "fd").iterdir():
                    with contextlib.suppress(OSError):
                        sockets.add(str(each.readlink()))
    lines = [
        line.split()
        for kind in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]
    ]
    return {
        line[1].partition(":")[0] for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in sockets
    }


class TestTemporalOfThisMachine:
    @pytest.mark.parametrize("kind", [TemporalServer, TimeSkippingServer])
    async def test_is_reached_from_this_machine_only(
        self, kind: type[TemporalServer] | type[TimeSkippingServer], tmp_path: Path
    ) -> None:
        port = free_port()
        server = kind(directory=tmp_path / "data", log=tmp_path / "log", port=port)
        await server.start()
        try:
            await server.ready()
            assert server.pid is not None
            # 127.0.0.1, and the same as an IPv6 socket has it.
            assert listening(server.pid) <= {"0100007F", "0000000000000000FFFF00000100007F"}
            assert listening(server.pid)
            # Another address of this machine, as anybody else has.
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.2", port)
        finally:
            await server.stop()

    def test_a_program_that_is_kept_to_it_ends_as_it_would(self) -> None:
        loopback = str(Path(deploy.local.__file__).with_name("loopback.py"))
        ended = subprocess.run([sys.executable, "-I", loopback, "/bin/sh", "-c", "exit 7"], check=False)
        missing = subprocess.run(
            [sys.executable, "-I", loopback, "/no/such"], check=False, capture_output=True, text=True
        )
        assert (ended.returncode, missing.returncode) == (7, 1)
        assert missing.stderr == "/no/such cannot be run: No such file or directory\n"
