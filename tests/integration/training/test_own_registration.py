"""A registration behind the link of its emails: what it says, and cancelling it."""

from base64 import b64decode
from typing import Any
from uuid import UUID

import pytest

from services.training import emails
from shared import messages
from tests.integration.training.bank import Line, digits, statement
from tests.support.world import problem
from tests.support.world.training import Training


async def own(world: Training, registered: dict[str, Any], path: str = "", **given: Any) -> Any:
    """Ask as who has the link of a registration."""
    body = {"token": await world.token_of(registered["registration_id"])}
    return (await world.ask("POST", f"/v1/own-registration{path}", {}, json=body, **given)).json()


async def test_says_where_it_stands_and_how_to_pay(world: Training) -> None:
    registered = await world.register(await world.session(capacity=1), "Tom")
    found = await own(world, registered)
    assert (found["state"], found["payment"], found["can_cancel"]) == (
        *("awaiting-payment", registered["payment"]),
        True,
    )
    assert b64decode(found["qr_code"]).startswith(b"\x89PNG")
    await world.import_file(statement(Line(communication=digits(registered["payment"]))))
    found = await own(world, registered)
    assert (found["state"], found["payment"], found["qr_code"]) == ("confirmed", None, None)
    assert float(found["paid"]) > 0


async def test_reading_confirms_nothing(world: Training) -> None:
    asked = await world.ask_for_place(await world.session(), "Tom")
    found = await own(world, {"registration_id": asked})
    assert (found["state"], found["can_cancel"]) == ("requested", False)
    await own(world, {"registration_id": asked}, "/cancel", expect=409)
    assert (await world.confirm(asked))["state"] == "awaiting-payment"


async def test_is_cancelled_once_and_says_who_did(world: Training) -> None:
    session = await world.session(capacity=1, price="0")
    registered = await world.register(session, "Tom")
    waiting = await world.register(session, "Eva")
    assert (await own(world, registered, "/cancel"))["state"] == "cancelled"
    refused = await own(world, registered, "/cancel", expect=409)
    assert refused["type"].endswith("registration-over")
    [cancelled] = [each.data for each in await world.published() if "registration.cancelled" in each.type]
    assert cancelled["by"] == "participant"
    assert await world.kinds_emailed(registered) == ["registration-confirmed", "registration-cancelled"]
    assert (await own(world, waiting))["can_cancel"]


async def test_is_not_cancelled_once_the_session_has_begun(world: Training) -> None:
    registered = await world.register(await world.session(price="0"), "Tom")
    world.later(days=400)
    assert not (await own(world, registered))["can_cancel"]
    refused = await own(world, registered, "/cancel", expect=409)
    assert refused["type"].endswith("registration-closed")


async def test_is_nobodys_without_its_token(world: Training) -> None:
    registered = await world.register(await world.session(), "Tom")
    token = await world.token_of(registered["registration_id"])
    for path in ("", "/cancel"):
        for wrong in (token[:-4], f"{token[:-4]}AAA=", "", "x"):
            await world.ask("POST", f"/v1/own-registration{path}", {}, json={"token": wrong}, expect=404)


async def test_its_link_is_mailed_again_by_staff_until_it_begins(world: Training) -> None:
    registered = await world.register(await world.session(price="0"), "Tom")
    path = f"/v1/registrations/{registered['registration_id']}/mail"
    assert (await world.do("POST", path, world.trainer, expect=200))["state"] == "confirmed"
    assert await world.kinds_emailed(registered) == ["registration-confirmed", "registration-confirmed"]
    await own(world, registered, "/cancel")
    assert problem(await world.ask("POST", path, world.trainer)) == (409, "registration-over")
    world.later(days=400)
    assert problem(await world.ask("POST", path, world.trainer)) == (409, "session-over")


@pytest.mark.parametrize("price", ["0", "20.00"])
async def test_its_emails_hold_the_link(world: Training, price: str) -> None:
    registered = await world.register(await world.session(price=price), "Tom")
    await own(world, registered, "/cancel")
    [*_, last] = await world.rows(
        "SELECT id FROM message WHERE recipient = :to ORDER BY queued_at, id",
        to=UUID(registered["registration_id"]),
    )
    async with world.transaction() as session:
        message = await messages.read(session, last.id)
        assert message is not None
        mail = await emails.write(session, message, world.context)
    assert mail.values["link"].endswith(f"/r/{await world.token_of(registered['registration_id'])}")
