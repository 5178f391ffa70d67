"""What workflows are given and say is encrypted by the service whose they are, and nothing else is taken."""

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from shared import temporal
from shared.temporal import Codec, PayloadRefused, data_converter

OWN, OLD, OTHER = b"o" * 32, b"p" * 32, b"x" * 32
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"Fatima"')


def refused() -> float:
    return float(temporal.REFUSED._value.get())


class TestPayloads:
    async def test_are_read_with_a_key_of_the_service_also_an_older_one(self) -> None:
        (sealed,) = await Codec([OLD]).encode([PLAIN])
        assert b"Fatima" not in sealed.SerializeToString()
        assert await Codec([OWN, OLD]).decode([sealed]) == [PLAIN]

    async def test_of_anybody_else_are_refused_and_counted(self) -> None:
        (sealed,) = await Codec([OTHER]).encode([PLAIN])
        cut = Payload(metadata=sealed.metadata, data=sealed.data[:-1])
        before = refused()
        for forged in (PLAIN, sealed, cut, Payload(metadata=sealed.metadata), Payload()):
            with pytest.raises(PayloadRefused):
                await Codec([OWN]).decode([forged])
        assert refused() == before + 5

    async def test_is_how_clients_and_workers_read_arguments_results_and_failures(self) -> None:
        converter = data_converter([OWN])
        with pytest.raises(PayloadRefused):
            await converter.decode([PLAIN], [str])
        (sealed,) = await converter.encode(["Fatima"])
        assert await converter.decode([sealed], [str]) == ["Fatima"]
        failure = Failure()
        await converter.encode_failure(ApplicationError("of Fatima"), failure)
        assert b"Fatima" not in failure.SerializeToString()
