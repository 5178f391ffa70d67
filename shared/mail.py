"""Mails: a template per kind and language gives the subject, the plain text and the HTML; SMTP delivers them.

A template is text: a first line "Subject: ...", a blank line, then paragraphs. A line "-> label: url" becomes a
button, a line "[image: name.png
description]" shows an attached picture. Mails hold a first name and a link.
"""

import html
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import aiosmtplib
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.errors import Operational
from shared.languages import FALLBACK, Language, direction

Tls = Literal["if-offered", "required", "from-start"]
# The buttons' colour if the organisation chose none.
_GREEN = "#0b5d56"
_BUTTON = re.compile(r"^-> (?P<label>[^:]+): (?P<url>\S+)$")
# Marks a button or a picture at the beginning of a line.
_MARK = re.compile(r"^[^\S\n]*(?=->|\[image:)", re.MULTILINE)
_IMAGE = re.compile(r"^\[image: (?P<name>[\w.-]+) \| (?P<alt>[^\]]+)\]$")


@dataclass(frozen=True)
class Attachment:
    """A file with a mail; `inline`: also shown at its [image: ...] line."""

    name: str
    content: bytes
    maintype: str
    subtype: str
    inline: bool = False
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mail:
    """A mail as a service's writer decides it: recipient, language, template and values."""

    address: str
    name: str
    language: Language
    template: str
    values: dict[str, Any]
    attachments: tuple[Attachment, ...] = ()
    # For a reader under eighteen: with their own wording, where there is one.
    young: bool = False


@dataclass(frozen=True)
class Sender:
    """The sender of a mail: the organisation's name, the platform's address, the reply address, and the appearance."""

    name: str
    address: str
    domain: str
    reply_to: str | None
    accent_colour: str | None = None
    signature: str | None = None


class Refused(Exception):
    """The mail server refuses this recipient or this mail permanently."""


# A server's answer to the announced size of a mail (RFC 1870), before it was sent.
_TOO_LARGE = 552


def _inert(value: Any) -> Any:
    """Return a value as plain words in a mail: buttons and pictures come only from the template."""
    # There are more line separators than the one that the pattern recognises.
    return _MARK.sub("· ", "\n".join(value.splitlines())) if isinstance(value, str) else value


@cache
def _environment(directory: Path) -> Environment:
    made = Environment(
        loader=FileSystemLoader(directory),
        undefined=StrictUndefined,
        finalize=_inert,
        autoescape=False,  # noqa: S701 - templates are plain text; HTML is made from it below, escaped
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    made.filters["capital"] = _capital
    return made


def _capital(text: str) -> str:
    """Return words with a capital at the beginning; a later word may be a name."""
    return f"{text[:1].upper()}{text[1:]}"


def render(
    directory: Path, mail: Mail, *, organisation: str, colour: str = _GREEN, signature: str | None = None
) -> tuple[Language, str, str, str]:
    """Return (language, subject, text, html) of a mail, in Dutch if its language has no template.

    Every template can name the organisation that it comes from. `colour`: of its buttons; `signature`: its last
    lines.
    """
    template = _environment(directory).select_template(
        [
            *([f"{mail.template}.young.{mail.language}.txt"] if mail.young else []),
            f"{mail.template}.{mail.language}.txt",
            f"{mail.template}.{FALLBACK}.txt",
        ]
    )
    language = mail.language if f".{mail.language}." in (template.name or "") else FALLBACK
    whole = template.render({**mail.values, "organisation": organisation})
    first, _, body = whole.partition("\n")
    if not first.startswith("Subject: "):
        raise ValueError(f"template {mail.template} does not begin with its subject")
    if signature is not None:
        body = f"{body.rstrip()}\n\n{_inert(signature)}"
    body = re.sub(r"\n{3,}", "\n\n", body.strip()) + "\n"
    subject = first.removeprefix("Subject: ").strip()
    return language, subject, _text(body, language), _html(body, language, subject, colour)


def subject_of(directory: Path, kind: str, language: Language) -> str | None:
    """Return the subject that all mails of a kind have, in Dutch if this language has no template.

    None if there is no such kind, or no longer.
    """
    for each in (language, FALLBACK):
        file = directory / f"{kind}.{each}.txt"
        if file.exists():
            with file.open(encoding="utf-8") as lines:
                return next(lines).removeprefix("Subject: ").strip()
    return None


def _text(body: str, language: Language) -> str:
    # French has a blank before it.
    colon = "\N{NO-BREAK SPACE}:" if language == "fr" else ":"
    lines = []
    for line in body.splitlines():
        if button := _BUTTON.match(line):
            lines.append(f"{button['label']}{colon} {button['url']}")
        elif not _IMAGE.match(line):
            lines.append(line)
    return "\n".join(lines) + "\n"


_PAGE = (
    '<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>{title}</title></head>'
    '<body style="margin:0;background:#f6f3ee;font:17px/1.55 Georgia,serif;color:#2b2a28">'
    '<div style="max-width:34em;margin:0 auto;padding:2em 1.5em;background:#fff">{content}</div></body></html>'
)
_A = (
    '<p style="margin:1.6em 0"><a href="{url}" style="display:inline-block;padding:.7em 1.3em;border-radius:.4em;'
    'background:{colour};color:#fff;text-decoration:none;font-family:sans-serif">{label}</a></p>'
)


def _html(body: str, language: Language, title: str, colour: str) -> str:
    parts = []
    for paragraph in body.strip().split("\n\n"):
        lines = paragraph.splitlines()
        plain: list[str] = []
        for line in lines:
            if button := _BUTTON.match(line):
                parts.extend(_paragraph(plain))
                parts.append(
                    _A.format(
                        url=html.escape(button["url"]), label=html.escape(button["label"]), colour=colour
                    )
                )
            elif image := _IMAGE.match(line):
                parts.extend(_paragraph(plain))
                parts.append(
                    f'<p><img src="cid:{html.escape(image["name"])}" alt="{html.escape(image["alt"])}"'
                    ' style="max-width:100%"></p>'
                )
            else:
                plain.append(line)
        parts.extend(_paragraph(plain))
    return _PAGE.format(
        language=language, direction=direction(language), title=html.escape(title), content="".join(parts)
    )


def _paragraph(lines: list[str]) -> list[str]:
    if not lines:
        return []
    escaped = "<br>".join(html.escape(line) for line in lines)
    lines.clear()
    return [f"<p>{escaped}</p>"]


def _undecoded(words: str) -> str:
    """Return words such that no mail program decodes them (RFC 2047).

    Decoded words could end the line and begin another header.
    """
    return words.replace("=?", "= ?")


def compose(
    mail: Mail, *, directory: Path, sender: Sender, message_id: UUID, role: str, date: datetime
) -> EmailMessage:
    """Return the complete message. The Message-ID is that of the effect: a mail sent twice has the same one."""
    language, subject, text, page = render(
        directory,
        mail,
        organisation=sender.name,
        colour=sender.accent_colour or _GREEN,
        signature=sender.signature,
    )
    message = EmailMessage()
    message["From"] = Address(_undecoded(sender.name), addr_spec=sender.address)
    if sender.reply_to is not None:
        message["Reply-To"] = Address(_undecoded(sender.name), addr_spec=sender.reply_to)
    message["To"] = Address(_undecoded(mail.name), addr_spec=mail.address)
    message["Subject"] = _undecoded(subject)
    message["Date"] = format_datetime(date)
    message["Message-ID"] = f"<{message_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    # Exchange honours only this header before it sends an automatic reply.
    message["X-Auto-Response-Suppress"] = "All"
    message["Kring-Kind"] = mail.template
    message["Kring-Role"] = role
    message.set_content(text)
    message.add_alternative(page, subtype="html")
    html_part = message.get_payload()[1]  # type: ignore[index]
    for attachment in mail.attachments:
        if attachment.inline:
            html_part.add_related(  # type: ignore[union-attr]
                attachment.content,
                attachment.maintype,
                attachment.subtype,
                cid=f"<{attachment.name}>",
                filename=attachment.name,
            )
        else:
            message.add_attachment(
                attachment.content,
                attachment.maintype,
                attachment.subtype,
                filename=attachment.name,
                params=attachment.parameters or None,
            )
    # Last: making a message multipart moves its Content- headers into a part.
    message["Content-Language"] = language
    return message


async def send(
    message: EmailMessage, *, host: str, port: int, tls: Tls = "if-offered", ca_file: Path | None = None
) -> None:
    """Send a message to the mail server, but never unencrypted if encryption is required.

    Raises: Refused if the server permanently refuses this mail for this address; Operational if retrying can
    help, including refusals of our connection, name, password or sender address.
    """
    try:
        await aiosmtplib.send(
            message,
            hostname=host,
            port=port,
            timeout=10,
            use_tls=tls == "from-start",
            start_tls={"if-offered": None, "required": True, "from-start": False}[tls],
            cert_bundle=None if ca_file is None else str(ca_file),
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        if all(500 <= recipient.code < 600 for recipient in error.recipients):
            raise Refused("recipient") from None
        raise Operational("smtp: recipient deferred") from None
    except aiosmtplib.SMTPResponseException as error:
        of_this_mail = isinstance(error, aiosmtplib.SMTPDataError) or error.code == _TOO_LARGE
        if of_this_mail and 500 <= error.code < 600:
            raise Refused(str(error.code)) from None
        raise Operational(f"smtp: {error.code}") from None
    except (aiosmtplib.SMTPException, OSError):
        raise Operational("smtp: no connection, or none that is encrypted") from None
