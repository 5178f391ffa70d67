"""Readers with a link from an email: their session, and the language that they chose."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from services.portal import sessions
from services.portal.client import AnswerT, Operation, ServiceRefused
from services.portal.sessions import PersonOfCase, Registrant, Secret
from services.portal.visits import Instead, Visit


@dataclass(kw_only=True)
class Stranger(Visit):
    """A request of a reader who has no page of their own any more. `was_young`: which wording they read."""

    was_young: bool

    @property
    def young(self) -> bool:
        """Whether the reader is under eighteen."""
        return self.was_young


@dataclass(kw_only=True)
class LinkVisit(Visit, ABC):
    """A request of a reader with a link. `refused`: why services refuse requests in their name."""

    secret: Secret
    refused: ServiceRefused | None = None

    @property
    @abstractmethod
    def came(self) -> PersonOfCase | Registrant:
        """The reader, as stored in their session."""

    @property
    def came_by_link(self) -> bool:
        """Whether the reader came by a link of an email."""
        return True

    @property
    @abstractmethod
    def reader(self) -> str:
        """Whose the forms are."""

    @property
    def form_token(self) -> str:
        """The token in forms of this session."""
        return self.secret.form_token_of(self.reader)

    @abstractmethod
    def over(self, refused: ServiceRefused) -> Response | None:
        """Return the page that says what ended since they came, if that is why they are refused."""

    @property
    def as_stranger(self) -> Stranger:
        """The same request without a page of their own."""
        return Stranger(**self.as_fields, was_young=self.young)

    async def ask(self, operation: Operation[AnswerT], **asked: Any) -> AnswerT:
        """Return a service's answer to this reader. Raises: Instead, ServiceRefused, Operational."""
        try:
            if self.refused is not None:
                raise self.refused
            return await super().ask(operation, **asked)
        except ServiceRefused as refused:
            page = self.over(refused)
            if page is None:
                raise
            raise Instead(page) from None

    async def close(self, answer: Response) -> Response:
        """Store a language that was chosen."""
        if self.language != self.came.language:
            changed = self.came.model_copy(update={"language": self.language})
            await sessions.keep(self.session, self.secret, changed, now=await self.parts.clock.now())
        return answer
