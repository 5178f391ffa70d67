"""Browser sessions: stored in the database, sealed with a secret that only the cookie holds.

The database alone opens no session, and a cookie is useless without the row, so signing out really ends it.
"""

import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, Field
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.portal.models import BrowserSession
from shared.auth import Role
from shared.languages import Language

# A link opens the page again at any time; an abandoned browser forgets its user.
LASTS = timedelta(hours=12)
# A form that is sent after its session was over comes back for this long.
FORMS_LAST = timedelta(days=7)
_SECRET_BYTES = 32
_NONCE_BYTES = 12


class Unsent(BaseModel):
    """A form that arrived after its session had ended."""

    path: str
    form: dict[str, str]


class Contact(BaseModel):
    """The coordinator whom a reader can call."""

    name: str
    phone: str | None

    @property
    def dialled(self) -> str:
        """The number without what only makes it readable."""
        return re.sub(r"[^\d+]", "", self.phone or "")


class PersonOfCase(BaseModel):
    """A reader with a personal link. `token` is valid until `token_until`; `link` gets the next one.

    `unsent`: a form that they sent before they had to open their link again.
    """

    link: str
    token: str
    token_until: datetime
    tenant: UUID
    case_id: UUID
    person_id: UUID
    role: str
    language: Language
    # Under eighteen: pages use their own wording. Under twelve: also who reads along.
    young: bool = False
    reads_with: list[str] | None = None
    # Of a central person under twelve.
    decides_for_child: bool = False
    # As known when the token was last renewed; None if there is none.
    to_call: Contact | None = None
    unsent: Unsent | None = None


class Registrant(BaseModel):
    """A reader with the link of their training registration. `link`: the token in it."""

    link: str
    tenant: UUID
    language: Language


class StaffMember(BaseModel):
    """A member of staff. `token` is valid until `token_until`; after `until` they sign in again.

    `tenant`: the organisation whose pages they read, if known. `unsent`: a form that they sent before they had
    to sign in.
    """

    issuer: str
    id: UUID
    name: str
    organisation: UUID | None
    roles: frozenset[Role]
    tenant: UUID | None
    token: str
    token_until: datetime
    refresh_token: str | None
    until: datetime
    unsent: Unsent | None = None


class Draft(BaseModel):
    """An unsent referral: the answers per step. `owner`: the member of staff who writes it.

    `once` changes with each edit: it makes sending the same words twice one referral.
    """

    tenant: UUID
    owner: UUID | None
    once: UUID
    steps: dict[str, dict[str, str]] = Field(default_factory=dict)


Content = PersonOfCase | Registrant | StaffMember | Draft
ContentT = TypeVar("ContentT", PersonOfCase, Registrant, StaffMember, Draft)
MemberT = TypeVar("MemberT", PersonOfCase, StaffMember)


@dataclass(frozen=True, slots=True)
class Secret:
    """The content of the cookie."""

    raw: bytes

    @classmethod
    def new(cls) -> "Secret":
        """Return one that nobody can guess."""
        return cls(secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def read(cls, cookie: str | None) -> "Secret | None":
        """Return the secret in a cookie; None if it is not valid."""
        try:
            raw = urlsafe_b64decode((cookie or "") + "=")
        except (NotBase64, ValueError):
            return None
        return cls(raw) if len(raw) == _SECRET_BYTES else None

    @property
    def cookie(self) -> str:
        """The value of the cookie."""
        return urlsafe_b64encode(self.raw).decode().rstrip("=")

    @property
    def id(self) -> bytes:
        """The id under which the session is stored."""
        return sha256(b"id" + self.raw).digest()

    @property
    def form_token(self) -> str:
        """The token in forms of this session, so that no other site can send one."""
        return hmac.digest(self.raw, b"form", sha256).hex()

    def form_token_of(self, reader: str) -> str:
        """Return the token in forms of this session, with a digest of its reader, who may confirm them in another."""
        return f"{self.form_token}.{sha256(b'reader' + reader.encode()).hexdigest()[:32]}"

    def seal(self, content: bytes) -> bytes:
        """Return content sealed so that only this secret opens it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key).encrypt(nonce, content, self.id)

    def open(self, sealed: bytes) -> bytes:
        """Return what was sealed. Raises: InvalidTag."""
        return AESGCM(self._key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self.id)

    @property
    def _key(self) -> bytes:
        return sha256(b"seal" + self.raw).digest()


def is_same_session(token: str, own: str) -> bool:
    """Tell whether the token of a form is of this session."""
    return hmac.compare_digest(*(each.partition(".")[0].encode() for each in (token, own)))


def is_same_reader(token: str, own: str) -> bool:
    """Tell whether the token of a form names this session's reader."""
    sent, reader = (each.partition(".")[2].encode() for each in (token, own))
    return reader != b"" and hmac.compare_digest(sent, reader)


async def keep(
    session: AsyncSession, secret: Secret, content: Content, *, now: datetime, lasts: timedelta = LASTS
) -> None:
    """Store content for its lifetime; expired content of others is deleted."""
    await session.execute(delete(BrowserSession).where(BrowserSession.kept_until <= now))
    kept = FORMS_LAST if isinstance(content, PersonOfCase | StaffMember) else lasts
    statement = insert(BrowserSession).values(
        id=secret.id,
        sealed=_sealed(secret, content),
        created_at=now,
        expires_at=now + lasts,
        kept_until=now + kept,
    )
    renewed = {name: statement.excluded[name] for name in ("sealed", "expires_at", "kept_until")}
    await session.execute(statement.on_conflict_do_update(index_elements=[BrowserSession.id], set_=renewed))


async def keep_unsent(
    session: AsyncSession, secret: Secret, content: PersonOfCase | StaffMember, *, now: datetime
) -> None:
    """Store a form with a session that is over: it lets nobody in for it."""
    changed = {"sealed": _sealed(secret, content), "kept_until": now + FORMS_LAST}
    await session.execute(update(BrowserSession).where(BrowserSession.id == secret.id).values(changed))


def _sealed(secret: Secret, content: Content) -> bytes:
    return secret.seal(content.model_dump_json().encode())


async def load(
    session: AsyncSession, secret: Secret, kind: type[ContentT], *, now: datetime, also_over: bool = False
) -> ContentT | None:
    """Return the content of a session of one kind; None if there is none (any more). `also_over`: if it is over too."""
    until = BrowserSession.kept_until if also_over else BrowserSession.expires_at
    query = select(BrowserSession.sealed).where(BrowserSession.id == secret.id, until > now)
    sealed = (await session.execute(query)).scalar_one_or_none()
    if sealed is None:
        return None
    try:
        return kind.model_validate_json(secret.open(sealed))
    except (InvalidTag, ValueError):
        return None


async def replace(
    session: AsyncSession, secret: Secret | None, kind: type[ContentT], *, now: datetime
) -> ContentT | None:
    """End the session before another one in the same browser; return what it held, also if it was over."""
    if secret is None:
        return None
    before = await load(session, secret, kind, now=now, also_over=True)
    await end(session, secret)
    return before


async def end(session: AsyncSession, secret: Secret) -> None:
    """End a session."""
    await session.execute(delete(BrowserSession).where(BrowserSession.id == secret.id))
