"""The platform's mailbox as people read it: by address, each email once, with its link."""

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

_LINK = re.compile(r"/l/(?P<token>[\w=-]+)(?:\?to=(?P<target>[\w%./:=-]+))?")
_CONFIRMATION = re.compile(r"/r/(?P<token>[\w=-]+)")
_OGM = re.compile(r"\+\+\+\d{3}/\d{4}/\d{5}\+\+\+")


@dataclass(frozen=True)
class Email:
    """One email, however often it was delivered; `attached`: content types; `calendars`: REQUEST or CANCEL."""

    message_id: str
    kind: str
    role: str
    address: str
    subject: str
    date: datetime
    text: str
    attached: tuple[str, ...]
    calendars: tuple[str, ...]
    deliveries: int = 1

    @property
    def link(self) -> tuple[str, str | None] | None:
        """Return the token of the personal link and the page that it leads to."""
        found = _LINK.search(self.text)
        return (found["token"], found["target"]) if found else None

    @property
    def confirmation(self) -> str | None:
        """Return the token that confirms a registration."""
        found = _CONFIRMATION.search(self.text)
        return found["token"] if found else None

    @property
    def communication(self) -> str | None:
        """Return the structured communication (OGM) of the payment request."""
        found = _OGM.search(self.text)
        return found[0] if found else None

    def holds(self, what: str) -> bool:
        """Tell whether it has a `link`, `ogm`, `qr`, `calendar-request`, `calendar-cancel`, or else this text."""
        match what:
            case "link":
                return self.link is not None
            case "calendar-request" | "calendar-cancel":
                return what.removeprefix("calendar-").upper() in self.calendars
            case "qr":
                return "image/png" in self.attached
            case "ogm":
                return self.communication is not None
            case _:
                return what in self.text


class Inbox:
    """All emails of one platform, in order of arrival; `client` is at the mailbox's page."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self._last = 0
        self._emails: dict[str, Email] = {}
        # The Message-IDs to each address, in order of arrival.
        self._to: defaultdict[str, dict[str, None]] = defaultdict(dict)

    @property
    def emails(self) -> list[Email]:
        """Return the emails that were read so far."""
        return list(self._emails.values())

    def to(self, address: str | None, kind: str = "") -> list[Email]:
        """Return the emails to an address that were read so far, of one kind or all; none without an address."""
        theirs = [self._emails[each] for each in self._to[(address or "").lower()]]
        return [email for email in theirs if email.kind == kind or not kind]

    async def read(self) -> None:
        """Read new emails. Raises: httpx2.HTTPError while the mailbox is away."""
        for line in await self._get("/messages", after=self._last):
            email = as_email(await self._get(f"/messages/{line['number']}"))
            self._last = int(line["number"])
            # A repeated delivery: at least once is the promise, and the Message-ID identifies it.
            before = self._emails.get(email.message_id, replace(email, deliveries=0))
            self._emails[email.message_id] = replace(before, deliveries=before.deliveries + 1)
            self._to[email.address][email.message_id] = None

    async def skip(self) -> None:
        """Skip the emails so far. Raises: as `read`."""
        self._last = max((int(line["number"]) for line in await self._get("/messages")), default=0)

    async def _get(self, path: str, **query: int) -> Any:
        return (await self._client.get(path, params=query)).raise_for_status().json()


def as_email(message: dict[str, Any]) -> Email:
    """Return the email in a message as the mailbox shows it."""
    return Email(
        message_id=message["message_id"],
        kind=message["kind"],
        role=message["role"],
        address=message["to"][0].lower(),
        subject=message["subject"],
        date=parsedate_to_datetime(message["date"]),
        text=message["text"],
        attached=tuple(part["type"] for part in message["attachments"]),
        calendars=tuple(str(part["method"]).upper() for part in message["attachments"] if part["method"]),
    )
