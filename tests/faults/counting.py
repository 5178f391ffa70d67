"""Counts, from the databases and the mailbox, that nothing was lost and nothing happened twice."""

from collections import Counter

from deploy.catalogue import consumers
from deploy.watch.watch import Watch


async def lost_or_doubled(watch: Watch) -> list[str]:
    """Return everything that is missing or too much after a story; empty if all is right."""
    ledger = watch.ledger
    found: list[str] = []
    heard = Counter((outcome.service, outcome.event.id) for outcome in ledger.outcomes)
    listeners = consumers()
    found += [
        f"{service} noted {event.type} {heard[service, event.id]} times"
        for event in ledger.events
        for service in listeners.get(event.type, ())
        if heard[service, event.id] != 1
    ]
    numbers = Counter(event.id for event in ledger.events)
    found += [f"event {event_id} stands twice" for event_id, count in numbers.items() if count > 1]
    # All letters were read when the report was made.
    emails = {email.message_id.strip("<>").partition("@")[0]: email for email in watch.inbox.emails}
    decided = {str(message["id"]): message for message in await ledger.messages()}
    for message_id, message in decided.items():
        if message["state"] == "queued":
            found.append(f"{message['kind']} of {message['service']} was never settled")
        if message["state"] == "sent" and message_id not in emails:
            found.append(f"{message['kind']} of {message['service']} is noted as sent and did not arrive")
    found += [f"{emails[key].kind} was sent and never decided on" for key in emails if key not in decided]
    return found
