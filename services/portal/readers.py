"""Who reads a page that is for nobody in particular, or for somebody else than the one who asks for it."""

from services.portal.people import known_person
from services.portal.registrants import known_registrant
from services.portal.staff import known_member
from services.portal.visits import Visit


async def whoever(visit: Visit) -> Visit:
    """Let anybody in, as who they are known to be in this browser. No service is asked, and no token renewed."""
    return await known_member(visit) or await known_person(visit) or await known_registrant(visit) or visit
