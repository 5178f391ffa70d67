"""A session that changes, or does not go on: who is told, what their calendars get, and what becomes of their money."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from icalendar import Calendar

from services.training import emails
from shared import messages
from shared.mail import Mail
from tests.integration.training.bank import Line, digits, statement
from tests.support.world.training import Training


async def change(world: Training, session: str, *, expect: int = 200, **changes: Any) -> dict[str, Any]:
    """Change a session as its trainer, of the version that there is."""
    path = f"/v1/sessions/{session}"
    now = await world.do("GET", path, world.anyone)
    body = {name: now[name] for name in ("version", "starts_at", "ends_at", "place", "capacity")} | changes
    found: dict[str, Any] = (await world.ask("PUT", path, world.trainer, json=body, expect=expect)).json()
    return found


async def cancel(world: Training, session: str, *, version: int = 1, expect: int = 200) -> dict[str, Any]:
    """Cancel a session as its trainer."""
    path = f"/v1/sessions/{session}/cancel"
    answer = await world.ask("POST", path, world.trainer, json={"version": version}, expect=expect)
    found: dict[str, Any] = answer.json()
    return found


async def written(world: Training, registered: dict[str, Any]) -> list[Mail]:
    """Return what the emails of a registration say that are still true, in order."""
    to = UUID(registered["registration_id"])
    rows = await world.rows("SELECT id FROM message WHERE recipient = :to ORDER BY queued_at, id", to=to)
    mails = []
    async with world.transaction() as session:
        for row in rows:
            message = await messages.read(session, row.id)
            assert message is not None
            try:
                mails.append(await emails.write(session, message, world.context))
            except messages.NotWanted:
                continue
    return mails


def entry(mail: Mail) -> tuple[str, int, str]:
    """Return what an email does to a calendar: method, sequence, place."""
    [attached] = mail.attachments
    file = Calendar.from_ical(attached.content)
    [event] = file.walk("VEVENT")
    return str(file["METHOD"]), int(str(event["SEQUENCE"])), str(event["LOCATION"])


async def test_everyone_registered_is_told_and_calendars_follow(world: Training) -> None:
    session = await world.session(capacity=1, price="0")
    coming = await world.register(session, "Tom")
    waiting = await world.register(session, "Eva")
    gone = await world.register(session, "Jan")
    await world.do("POST", f"/v1/registrations/{gone['registration_id']}/cancel", world.trainer)
    for place in ("Zaal 2", "Zaal 3"):
        await change(world, session, place=place)
    mails = await written(world, coming)
    assert [entry(mail) for mail in mails] == [("REQUEST", number, "Zaal 3") for number in range(3)]
    # Who waits has nothing in a calendar, and who cancelled hears nothing.
    [moved, _] = [mail for mail in await written(world, waiting) if mail.template == "session-changed"]
    assert moved.attachments == ()
    assert "session-changed" not in await world.kinds_emailed(gone)
    assert await world.types_published("session.changed") == ["session.changed"] * 2


async def test_more_places_go_to_who_waits_and_nobody_is_mailed_for_it(world: Training) -> None:
    session = await world.session(capacity=1, price="0")
    coming = await world.register(session, "Tom")
    waiting = await world.register(session, "Eva")
    await change(world, session, capacity=2)
    assert await world.state(waiting) == "confirmed"
    assert await world.kinds_emailed(coming) == ["registration-confirmed"]


async def test_what_is_to_be_paid_is_due_before_the_session_begins(world: Training) -> None:
    session = await world.session()
    unpaid = await world.register(session, "Tom")
    begins = (await world.now()) + timedelta(days=3)
    times: dict[str, Any] = {
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=2)).isoformat(),
    }
    await change(world, session, **times)
    payment = (await world.registration(unpaid["registration_id"]))["payment"]
    assert payment["due_on"] < unpaid["payment"]["due_on"]
    assert payment["due_on"] <= begins.date().isoformat()


async def test_a_change_is_made_of_the_version_that_was_read(world: Training) -> None:
    session = await world.session()
    await change(world, session, place="Zaal 2")
    refused = await change(world, session, place="Zaal 3", version=1, expect=409)
    assert refused["type"].endswith("other-version")
    assert (await cancel(world, session, version=1, expect=409))["type"].endswith("other-version")


async def test_a_session_that_does_not_go_on_ends_every_registration(world: Training) -> None:
    session = await world.session(capacity=2)
    paid = await world.register(session, "Tom")
    await world.import_file(statement(Line(communication=digits(paid["payment"]))))
    unpaid = await world.register(session, "Eva")
    waiting = await world.register(session, "Jan")
    asked = await world.ask_for_place(session, "Noor")
    assert (await cancel(world, session))["cancelled"]
    assert [await world.state(each) for each in (paid, unpaid, waiting)] == ["cancelled"] * 3
    assert [entry(mail)[:2] for mail in await written(world, paid) if mail.attachments] == [("CANCEL", 1)]
    assert [mail.attachments for mail in await written(world, unpaid)] == [()]
    # The money waits for finance, no place is given away, and nobody registers any more.
    [payment] = (await world.do("GET", "/v1/payments?state=late", world.finance))["items"]
    assert payment["registration_id"] == paid["registration_id"]
    assert (await world.confirm(asked, expect=409))["type"].endswith("registration-closed")
    assert (await world.do("GET", "/v1/sessions", world.anyone))["items"] == []
    [over] = (await world.do("GET", "/v1/sessions/over", world.trainer))["items"]
    assert (over["session_id"], over["cancelled"]) == (session, True)
    assert (await change(world, session, place="Zaal 2", expect=409))["type"].endswith("session-over")
    assert (await cancel(world, session, version=2, expect=409))["type"].endswith("session-over")


async def test_what_has_begun_changes_no_more_and_is_found_when_it_is_over(world: Training) -> None:
    session = await world.session()
    world.later(days=400)
    assert (await cancel(world, session, expect=409))["type"].endswith("session-over")
    [over] = (await world.do("GET", "/v1/sessions/over", world.trainer))["items"]
    assert (over["session_id"], over["cancelled"]) == (session, False)


async def test_a_session_is_not_moved_into_the_past(world: Training) -> None:
    session = await world.session()
    before = (await world.now()) - timedelta(days=1)
    times: dict[str, Any] = {
        "starts_at": before.isoformat(),
        "ends_at": (before + timedelta(hours=2)).isoformat(),
    }
    assert (await change(world, session, expect=422, **times))["type"].endswith("session-times-not-right")
