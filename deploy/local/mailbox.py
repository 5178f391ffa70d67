"""A mailbox that accepts every mail and forwards none: an SMTP server, and a page on which messages can be read.

Runs as its own process (`python -m deploy.local.mailbox`); messages are files, so they outlive it.
"""

import argparse
import asyncio
import email
import email.policy
import html
import signal
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.local.part import OWN_PROGRAMS, NotReadyYet, Part, http_get

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_SIZE_LIMIT = 10_000_000
_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "td,th{text-align:left;padding:.2rem 1rem .2rem 0}"
    "iframe{width:100%;height:60vh;border:1px solid #ccc}pre{white-space:pre-wrap}"
)


class Mailbox(Part):
    """The process that takes the platform's mail."""

    def __init__(self, *, directory: Path, log: Path, smtp_port: int, http_port: int) -> None:
        super().__init__(name="mailbox", directory=directory, log=log)
        self.smtp_port = smtp_port
        self._http_port = http_port

    @property
    def address(self) -> str:
        """The address of its SMTP server."""
        return f"127.0.0.1:{self.smtp_port}"

    @property
    def page(self) -> str:
        """The address of its page."""
        return f"http://127.0.0.1:{self._http_port}"

    def command(self) -> list[str]:
        """Return the command that runs it."""
        ports = ["--smtp-port", str(self.smtp_port), "--http-port", str(self._http_port)]
        return [sys.executable, "-m", "deploy.local.mailbox", "--directory", str(self.directory), *ports]

    def environment(self) -> Mapping[str, str]:
        """Where its program is found."""
        return OWN_PROGRAMS

    async def probe(self) -> None:
        """Try both of its servers."""
        await self.knock()
        status, _ = await http_get(self._http_port, "/messages")
        if status != 200:
            raise NotReadyYet(f"it answers {status}")


@dataclass(frozen=True)
class Line:
    """One message in the list."""

    number: int
    to: list[str]
    sender: str
    subject: str
    date: str
    message_id: str


class Messages:
    """The messages in a directory, one file each, numbered in order of arrival."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.lines = [_line(int(path.stem), _parse(path)) for path in sorted(directory.glob("*.eml"))]

    def add(self, *, recipients: list[str], content: bytes) -> None:
        """Store a message for the recipients of the envelope."""
        number = self.lines[-1].number + 1 if self.lines else 1
        delivered = "".join(f"Delivered-To: {recipient}\r\n" for recipient in recipients).encode()
        half = self._directory / f"{number:06}.half"
        half.write_bytes(delivered + content)
        half.replace(self.path(number))
        self.lines.append(_line(number, _parse(self.path(number))))

    def path(self, number: int) -> Path:
        """Return the file of a message."""
        return self._directory / f"{number:06}.eml"

    def find(self, *, to: str | None, after: int) -> list[Line]:
        """Return the messages to an address (all if none) that came after a number."""
        return [line for line in self.lines if line.number > after and (to is None or to in line.to)]

    def read(self, number: int) -> dict[str, Any] | None:
        """Return a message with its texts and attachments, if there is one with this number."""
        if not self.path(number).exists():
            return None
        message = _parse(self.path(number))
        text, page = message.get_body(("plain",)), message.get_body(("html",))
        return {
            **asdict(_line(number, message)),
            # Kring's own headers, for programs.
            "kind": str(message["Kring-Kind"] or ""),
            "role": str(message["Kring-Role"] or ""),
            "text": text.get_content() if text else "",
            "html": page.get_content() if page else "",
            "attachments": [
                {
                    "name": part.get_filename(),
                    "type": part.get_content_type(),
                    "method": part.get_param("method"),
                    "content": _readable(part),
                    # The picture's name in the mail's HTML, and the picture itself.
                    "id": str(part["Content-ID"] or "").strip("<>"),
                    "picture": _picture(part),
                }
                for part in message.walk()
                if part.get_filename() or part.get_content_type() in ("text/calendar", "image/png")
            ],
        }

    def clear(self) -> None:
        """Delete all messages; numbers start again at 1."""
        for line in self.lines:
            self.path(line.number).unlink(missing_ok=True)
        self.lines = []


def _readable(part: EmailMessage) -> str | None:
    """Return an attachment if it is text."""
    content = part.get_content()
    if isinstance(content, bytes):
        return content.decode("utf-8", "replace") if part.get_content_maintype() == "text" else None
    return str(content)


def _picture(part: EmailMessage) -> str | None:
    """Return a picture attachment as a data URL."""
    if part.get_content_maintype() != "image":
        return None
    return f"data:{part.get_content_type()};base64,{b64encode(part.get_content()).decode()}"


def _parse(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def _line(number: int, message: EmailMessage) -> Line:
    return Line(
        number=number,
        to=[str(value) for value in message.get_all("Delivered-To", [])],
        sender=str(message["From"] or ""),
        subject=str(message["Subject"] or ""),
        date=str(message["Date"] or ""),
        message_id=str(message["Message-ID"] or ""),
    )


def create_app(messages: Messages) -> "Starlette":
    """Return the web application through which messages are read, by people and by programs."""
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
    from starlette.routing import Route

    async def listed(request: "Request") -> "Response":
        query = request.query_params
        found = messages.find(to=query.get("to"), after=int(query.get("after", "0")))
        return JSONResponse([asdict(line) for line in found])

    async def cleared(_request: "Request") -> "Response":
        messages.clear()
        return JSONResponse([])

    async def one(request: "Request") -> "Response":
        found = messages.read(int(request.path_params["number"]))
        return JSONResponse(found) if found else JSONResponse({"title": "no such message"}, status_code=404)

    async def raw(request: "Request") -> "Response":
        path = messages.path(int(request.path_params["number"]))
        return PlainTextResponse(
            path.read_bytes() if path.exists() else b"", status_code=200 if path.exists() else 404
        )

    async def page(request: "Request") -> "Response":
        found = messages.read(int(request.path_params["number"]))
        return HTMLResponse(_page_of(found)) if found else HTMLResponse("no such message", status_code=404)

    async def index(_request: "Request") -> "Response":
        return HTMLResponse(_list_of(messages.lines))

    return Starlette(
        routes=[
            Route("/", index),
            Route("/messages", listed, methods=["GET"]),
            Route("/messages", cleared, methods=["DELETE"]),
            Route("/messages/{number:int}", one),
            Route("/messages/{number:int}.eml", raw),
            Route("/messages/{number:int}.html", page),
        ]
    )


def _list_of(lines: list[Line]) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(line.date)}</td><td>{html.escape(', '.join(line.to))}</td>"
        f'<td><a href="/messages/{line.number}.html">{html.escape(line.subject or "(no subject)")}</a></td></tr>'
        for line in reversed(lines)
    )
    return (
        f"<!doctype html><html lang=en><title>Mailbox</title><style>{_STYLE}</style><h1>Mailbox</h1>"
        f"<p>{len(lines)} messages, newest first. Nothing leaves this machine.</p>"
        f"<table><tr><th>Date<th>To<th>Subject</tr>{rows}</table></html>"
    )


def _attached(part: dict[str, Any]) -> str:
    if part["picture"]:
        return f'<img src="{html.escape(part["picture"])}" alt="">'
    return (
        f"<pre>{html.escape(part['content'])}</pre>"
        if part["content"]
        else "<p>Not text: see the raw message.</p>"
    )


def _page_of(message: dict[str, Any]) -> str:
    page = message["html"]
    for part in message["attachments"]:
        if part["picture"] and part["id"]:
            page = page.replace(f"cid:{part['id']}", part["picture"])
    attached = "".join(
        f"<h2>{html.escape(str(part['name'] or part['type']))}</h2>{_attached(part)}"
        for part in message["attachments"]
    )
    # A sandboxed frame: content of a mail must not act on this page.
    body = (
        f'<iframe sandbox srcdoc="{html.escape(page)}"></iframe>'
        if page
        else f"<pre>{html.escape(message['text'])}</pre>"
    )
    return (
        f"<!doctype html><html lang=en><title>{html.escape(message['subject'])}</title><style>{_STYLE}</style>"
        f'<p><a href="/">All messages</a> · <a href="/messages/{message["number"]}.eml">as it was sent</a></p>'
        f"<h1>{html.escape(message['subject'])}</h1>"
        f"<p>{html.escape(message['date'])}<br>from {html.escape(message['sender'])}<br>"
        f"to {html.escape(', '.join(message['to']))}</p>{body}{attached}</html>"
    )


class _Handler:
    """Accepts every message for every recipient."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self._messages.add(recipients=list(envelope.rcpt_tos), content=bytes(envelope.content))
        return "250 kept"


async def serve(*, directory: Path, smtp_port: int, http_port: int) -> None:
    """Run until SIGTERM or SIGINT."""
    import uvicorn
    from aiosmtpd.smtp import SMTP

    messages = Messages(directory)
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(_Handler(messages), loop=loop, enable_SMTPUTF8=True, data_size_limit=_SIZE_LIMIT)

    smtp = await loop.create_server(session, "127.0.0.1", smtp_port)
    web = uvicorn.Server(
        uvicorn.Config(
            create_app(messages),
            host="127.0.0.1",
            port=http_port,
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: setattr(web, "should_exit", True))
    async with smtp:
        await web._serve()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.mailbox", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    arguments = parser.parse_args()
    asyncio.run(
        serve(directory=arguments.directory, smtp_port=arguments.smtp_port, http_port=arguments.http_port)
    )


if __name__ == "__main__":
    main()
