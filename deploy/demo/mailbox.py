"""The mailbox of the platform, read as the people of a story read it: by address, with the link in the letter."""

import asyncio
import re
import time
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes, policy
from email.utils import getaddresses, parsedate_to_datetime

import httpx

from deploy.demo.failures import WentWrong

_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.1
_LINK = re.compile(r"/l/(?P<token>[\w=-]+)(?:\?to=(?P<target>[\w%./:=-]+))?")
_OGM = re.compile(r"\+\+\+\d{3}/\d{4}/\d{5}\+\+\+")


@dataclass(frozen=True)
class Letter:
    """One mail, however often it was delivered."""

    message_id: str
    kind: str
    role: str
    address: str
    subject: str
    date: datetime
    text: str
    attachments: tuple[tuple[str, str], ...]
    calendar_methods: tuple[str, ...] = ()
    deliveries: int = 1

    @property
    def link_token(self) -> str | None:
        """Return the token of the personal link in the letter."""
        found = _LINK.search(self.text)
        return found["token"] if found else None

    @property
    def link_target(self) -> str | None:
        """Return the page that the link leads to."""
        found = _LINK.search(self.text)
        return found["target"] if found else None

    @property
    def communication(self) -> str | None:
        """Return the structured communication that is asked for in the letter."""
        found = _OGM.search(self.text)
        return found[0] if found else None

    def has(self, what: str) -> bool:
        """Say whether the letter holds a link, a calendar entry, a QR code, a structured communication, or a text."""
        match what:
            case "link":
                return self.link_token is not None
            case "calendar-request" | "calendar-cancel":
                return what.removeprefix("calendar-").upper() in self.calendar_methods
            case "qr":
                return any(media == "image/png" for media, _ in self.attachments)
            case "ogm":
                return self.communication is not None
            case _:
                return what in self.text


class Mailbox:
    """All letters of one platform, read from its mailbox over HTTP."""

    def __init__(self, address: str) -> None:
        self._client = httpx.AsyncClient(base_url=address, timeout=10, trust_env=False)
        self._last = 0
        self._letters: dict[str, Letter] = {}

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def begin(self) -> None:
        """Pass over the letters that are there already: they belong to another story."""
        lines = (await self._client.get("/messages")).raise_for_status().json()
        self._last = max((int(line["number"]) for line in lines), default=0)

    async def look(self) -> list[Letter]:
        """Read what has come and return the letters that are new. Raises: WentWrong if the mailbox stays away."""
        until = time.monotonic() + _PATIENCE_SECONDS
        fresh: list[Letter] = []
        while True:
            try:
                answer = await self._client.get("/messages", params={"after": self._last})
                for line in answer.raise_for_status().json():
                    fresh += await self._take(int(line["number"]))
                return fresh
            except httpx.HTTPError as error:
                # Killed a moment ago, perhaps: what it holds is on disk.
                if time.monotonic() > until:
                    raise WentWrong(f"the mailbox does not answer: {type(error).__name__}") from None
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _take(self, number: int) -> list[Letter]:
        answer = await self._client.get(f"/messages/{number}.eml")
        letter = read_letter(answer.raise_for_status().content)
        self._last = number
        before = self._letters.get(letter.message_id)
        # The same letter again: at least once is the promise, and its id says that it is one.
        again = letter if before is None else replace(before, deliveries=before.deliveries + 1)
        self._letters[letter.message_id] = again
        return [letter] if before is None else []

    @property
    def letters(self) -> list[Letter]:
        """Return all letters read so far, in the order of their arrival."""
        return list(self._letters.values())

    def to(self, address: str) -> list[Letter]:
        """Return the letters to an address."""
        return [letter for letter in self.letters if letter.address == address.lower()]

    def latest_link(self, address: str) -> str | None:
        """Return the token in the latest letter with a personal link to an address."""
        tokens = [letter.link_token for letter in self.to(address) if letter.link_token is not None]
        return tokens[-1] if tokens else None


def read_letter(content: bytes) -> Letter:
    """Return the letter in a raw mail."""
    message = message_from_bytes(content, policy=policy.default)
    body = message.get_body(("plain", "html"))
    parts = [part for part in message.walk() if not part.is_multipart()]
    calendars = [part for part in parts if part.get_content_type() == "text/calendar"]
    return Letter(
        message_id=str(message["Message-ID"]),
        kind=str(message.get("Kring-Kind", "")),
        role=str(message.get("Kring-Role", "")),
        address=getaddresses([str(message["To"])])[0][1].lower(),
        subject=str(message["Subject"]),
        date=parsedate_to_datetime(str(message["Date"])),
        text=body.get_content() if body is not None else "",
        attachments=tuple((part.get_content_type(), part.get_filename() or "") for part in parts),
        calendar_methods=tuple(str(part.get_param("method", "")).upper() for part in calendars),
    )
