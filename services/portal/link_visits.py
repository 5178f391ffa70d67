"""Readers who came by a link of an email: their session, and the language that they chose."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from starlette.responses import Response

from services.portal import sessions
from services.portal.sessions import PersonOfCase, Registrant, Secret
from services.portal.visits import Visit


@dataclass(kw_only=True)
class LinkVisit(Visit, ABC):
    """A request of somebody who came by a link."""

    secret: Secret

    @property
    @abstractmethod
    def came(self) -> PersonOfCase | Registrant:
        """Who came, as their session keeps it."""

    @property
    def form_token(self) -> str:
        """What forms of this session carry."""
        return self.secret.form_token

    async def close(self, answer: Response) -> Response:
        """Remember a language that was chosen."""
        if self.language != self.came.language:
            changed = self.came.model_copy(update={"language": self.language})
            await sessions.keep(self.session, self.secret, changed, now=await self.parts.clock.now())
        return answer
